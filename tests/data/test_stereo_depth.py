"""Real depth, from the disparity of a photograph to a score: the example of the documentation, step by step."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import stereo_motorcycle

from virb.analysis import load_outcomes
from virb.cache import Cache
from virb.data import DataCard
from virb.data._deep import decode_grey16
from virb.data._distances import distances
from virb.data._listing import Listing
from virb.encoders import load_encoder
from virb.probes import PROBES, best_layer
from virb.progress import Quiet
from virb.run import Bench, run_experiment
from virb.spec import FAMILIES, Experiment, Found, InputPolicy, Quadrant, Task, Values
from virb.store import Store

EXAMPLE = Path(__file__).parents[2] / "examples/stereo_depth.py"
TASK = Task(
    name="motorcycle",
    quadrant=Quadrant(level="pixelwise", kind="structural"),
    data="motorcycle",
    column="depth",
    target=Values(size=1, dense=True, masked=True, positive=True, unit="m"),
    metrics=FAMILIES["depth"],
    primary="delta-1.25",
)
CARD = DataCard(name="motorcycle", title="", about="", licence="", citation="", homepage="")


@pytest.fixture(scope="module")
def example():
    spec = spec_from_file_location("stereo_depth", EXAMPLE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tiles(example, tmp_path_factory):
    folder = tmp_path_factory.mktemp("motorcycle")
    example.write(folder, step=40)
    return folder


def in_metres(path, key):
    return distances(decode_grey16(path, key) / np.float32(1000), key)


def test_the_published_calibration_of_the_full_size_gives_the_same_depth(example):
    """calib.txt of Motorcycle: cam0=[3979.911 …], doffs=124.343, baseline=193.001 mm, of four times the pixels."""
    disparity = np.linspace(7, 61, 50)
    full = 3979.911 * 193.001 / (4 * disparity + 124.343) / 1000
    np.testing.assert_allclose(example.metres(disparity), full, rtol=1e-5)


def test_depth_is_missing_where_disparity_is_and_that_of_a_room_elsewhere(example):
    _, _, disparity = stereo_motorcycle()
    depth = example.metres(disparity)
    np.testing.assert_array_equal(np.isnan(depth), ~np.isfinite(disparity))
    assert 0.05 < np.isnan(depth).mean() < 0.1
    assert 1.5 < np.nanmin(depth) < 2.5
    assert 4 < np.nanmax(depth) < 6


def test_tiles_hold_the_depth_of_their_place_to_half_a_millimetre(example, tiles):
    left, _, disparity = stereo_motorcycle()
    depth = example.metres(disparity)
    for file in sorted(tiles.glob("depth/*/*.png"))[::8]:
        y, x = map(int, file.stem.split("-"))
        place = np.s_[y : y + 100, x : x + 100]
        np.testing.assert_allclose(in_metres(file, file.name)[..., 0], depth[place], atol=0.00051)
        image = tiles / "images" / file.parent.name / file.name
        np.testing.assert_array_equal(np.asarray(Image.open(image)), left[place])
    columns = {split: range(*band) for split, band in example.BANDS.items()}
    assert not set(columns["train"]) & set(columns["test"])


def test_an_encoder_is_scored_on_real_depth_at_its_own_resolution(tiles, tmp_path):
    listing = Listing()
    for split, part in (("fit", "train"), ("select", "val"), ("test", "test")):
        for file in sorted((tiles / "depth" / part).iterdir()):
            image = tiles / "images" / part / file.name
            listing.add(split, (f"{part}/{file.name}", image), depth=file)
    data = listing.hashed(listing.dataset(CARD, {"depth": in_metres}), Quiet(), "")
    encoder = load_encoder("pixels", InputPolicy(size=64))
    experiment = Experiment(
        encoder=encoder.spec, task=TASK, probe=best_layer(PROBES.load("dense-linear")).spec, inputs=encoder.inputs
    )
    bench = Bench(Store(tmp_path / "store"), Cache(tmp_path / "cache", budget=10**9))
    record = run_experiment(experiment, encoder, data, Found(data=data.digest), bench)
    outcomes = load_outcomes(bench.store.folder, record)
    assert record.score > record.chance + 0.1  # colours and places tell a part of it
    assert 0 < record.scores["depth-l1"] < 0.9  # metres
    assert len(outcomes["example"]) == 33
