"""Every row of the zoo is complete, and names what exists."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import timm
import torchvision
from make_zoo_page import PAGE, page

from virb.encoders import _zoo_table, parse_encoder
from virb.encoders._packaged import PACKAGED
from virb.encoders._zoo_table import TABLES, row_named, rows, rows_of
from virb.errors import UserError

ROWS = list(rows().values())
PUBLISHED = set(timm.list_pretrained())
LICENCES = {"Apache-2.0", "BSD-3-Clause", "CC-BY-NC-4.0", "DINOv3", "MIT", "none needed"}
STUDY = (
    *("Supervised", "Random", "SWAV_800", "MoCov2_800", "MoCov1_200"),
    *("PIRL_800", "SimCLR_1000", "MoCov2_200", "MoCov2Combination", "MoCov2Taskonomy"),
    *("MoCov2Kinetics", "MoCov2Places", "MoCov2HalfImagenet", "MoCov2LogImagenet", "MoCov2UnbalancedImagenet"),
    *("MoCov2QuarterImagenet", "MoCov2HalfImagenet_100", "MoCov2UnbalancedImagenet_100", "MoCov2_100", "MoCov2_50"),
    *("SWAV_200", "SWAVCombination", "SWAVTaskonomy", "SWAVKinetics", "SWAVPlaces"),
    *("SWAVUnbalancedImagenet", "SWAVQuarterImagenet", "SWAVHalfImagenet", "SWAVLogImagenet", "SWAVHalfImagenet_100"),
    *("SWAVUnbalancedImagenet_100", "SWAV_50", "SWAV_100"),
)
"""Of configs/experiment_lists/all.yaml in allenai/ViRB."""


def each(test):
    return pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)(test)


@each
def test_a_row_is_complete(row):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.name)
    assert row.licence in LICENCES
    assert row.page.startswith("https://")
    assert row.images is None or row.images >= 250_000
    assert (row.fraction, row.balance) in {(1.0, None), (0.5, None), (0.5, "linear"), (0.25, None), (0.25, "log")}
    if row.url is not None:
        assert urlsplit(row.url).scheme == "https"
        assert re.fullmatch(r"[a-z0-9-]+\.(pt|pth|pth\.tar|torch|ckpt)", row.file)
    assert parse_encoder(f"zoo:{row.name}").pretraining.method == row.method


@each
def test_its_architecture_exists(row):
    assert timm.is_model(row.arch) or row.arch in torchvision.models.list_models()


@each
def test_what_timm_publishes_is_published_so(row):
    if row.via is None or not row.via.startswith("timm:"):
        return
    name = row.via.removeprefix("timm:")
    assert name in PUBLISHED
    card = timm.get_pretrained_cfg(name)
    assert card.hf_hub_id == f"timm/{name}"  # by which the list knows whether it is here
    own = card.license.removesuffix("-license")
    assert own == row.licence.lower() or "timm's model card says" in row.licence_note


def test_no_name_is_given_twice():
    names = [name for row in ROWS for name in (row.name, *row.aliases)] + list(PACKAGED)
    assert len({name.lower() for name in names}) == len(names)
    folder = Path(_zoo_table.__file__).parent / "_zoo_rows"
    text = "".join((folder / f"{table}.yaml").read_text(encoding="utf-8") for table in TABLES)
    assert len(ROWS) == len(re.findall(r"- \{?name: ", text))  # a name given twice would be one row


def test_no_file_is_another_row_s_file():
    urls = [row.url or row.via for row in ROWS]
    assert len(set(urls)) == len(urls)


@pytest.mark.parametrize("alias", STUDY)
def test_the_2021_study_s_names_are_found(alias):
    assert row_named(alias).study == "paper-2021"
    assert row_named(alias.lower()) == row_named(alias)
    assert parse_encoder(f"zoo:{alias}").declared() == parse_encoder(f"zoo:{row_named(alias).name}").declared()


def test_the_2021_study_has_its_thirty_three_encoders():
    assert len(rows_of("paper-2021")) == 33 == len(STUDY)


def test_the_full_sized_encoders_of_the_study_are_one_matched_grid():
    """Two methods on five data sets at one budget: what the study compares."""
    made = [row.pretraining() for row in rows_of("paper-2021")]
    full = {(m.method, m.data) for m in made if (m.images, m.images_seen, m.fraction) == (1_300_000, 260_000_000, 1.0)}
    data = ("imagenet-1k", "places", "kinetics", "taskonomy", "combination")
    assert full == {(method, on) for method in ("moco-v2", "swav") for on in data} | {("moco-v1", "imagenet-1k")}


def test_an_unknown_study_is_refused_with_those_there_are():
    with pytest.raises(UserError, match="lightly-100"):
        rows_of("paper-2022")


def test_rows_do_without_torch():
    script = "import sys; from virb.encoders.zoo import SOURCE; SOURCE.listed(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_page_about_the_zoo_is_of_these_rows():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python docs/make_zoo_page.py"
