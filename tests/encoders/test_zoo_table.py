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

from virb.encoders import _zoo_table
from virb.encoders._layouts import layout_named
from virb.encoders._packaged import PACKAGED
from virb.encoders._zoo_table import TABLES, row_named, rows, rows_of
from virb.encoders.zoo import SOURCE
from virb.errors import UserError

ROWS = list(rows().values())
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


def test_every_row_is_complete():
    for row in ROWS:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.name), row.name
        assert row.licence in LICENCES, row.name
        assert row.page.startswith("https://"), row.name
        assert row.images is None or row.images >= 250_000, row.name
        part = (row.fraction, row.balance)
        assert part in {(1.0, None), (0.5, None), (0.5, "linear"), (0.25, None), (0.25, "log")}, row.name
        assert SOURCE.parse(row.name, row.name).pretraining.method == row.method
        assert row.about


def test_every_file_is_published_over_https_and_kept_under_the_row_s_name():
    for row in ROWS:
        if row.url is not None:
            assert urlsplit(row.url).scheme == "https", row.name
            assert re.fullmatch(rf"{row.name}\.(pt|pth|pth\.tar|torch|ckpt)", row.file), row.file


def test_every_architecture_exists():
    for row in ROWS:
        assert timm.is_model(row.arch) or row.arch in torchvision.models.list_models(), row.name


def test_every_layout_is_known_and_has_the_network_that_is_taken():
    for row in ROWS:
        if row.layout is not None:
            copies = {copy.name for copy in layout_named(row.layout).copies}
            assert row.which is None or row.which in copies, row.name


def test_what_timm_publishes_is_published_so():
    published = set(timm.list_pretrained())
    for row in ROWS:
        source, _, name = (row.via or "").partition(":")
        if source != "timm":
            continue
        assert name in published
        card = timm.get_pretrained_cfg(name)
        assert card.hf_hub_id == f"timm/{name}"  # by which the list knows whether it is here
        own = card.license.removesuffix("-license")
        assert own == row.licence.lower() or "timm's model card says" in row.licence_note, name


def test_no_name_is_given_twice():
    names = [name for row in ROWS for name in (row.name, *row.aliases)] + list(PACKAGED)
    assert len({name.lower() for name in names}) == len(names)
    folder = Path(_zoo_table.__file__).parent / "_zoo_rows"
    text = "".join((folder / f"{table}.yaml").read_text(encoding="utf-8") for table in TABLES)
    assert len(ROWS) == len(re.findall(r"- \{?name: ", text))  # a name given twice would be one row


def test_no_file_is_another_row_s_file():
    urls = [row.url or row.via for row in ROWS]
    assert len(set(urls)) == len(urls)


def test_the_2021_study_s_names_are_found_in_any_case():
    for alias in STUDY:
        row = row_named(alias)
        assert row.study == "paper-2021"
        assert row_named(alias.lower()) == row
        assert SOURCE.parse(alias, alias).declared() == SOURCE.parse(row.name, row.name).declared()


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
