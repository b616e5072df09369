"""KITTI flow as torchvision's reader gives it, pair by pair; and which pairs are related."""

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import KittiFlow

import deep_png
import miniatures
from miniatures.kitti_flow import DRIVES, PAIRS, encoded, flow
from virb.cache import Cache
from virb.data import BadImage
from virb.data._framed import framed
from virb.data._splits import carve
from virb.data._verifying import verify
from virb.errors import UserError
from virb.progress import Quiet
from virb.spec import InputPolicy
from virb.tasks import TASKS

TASK = TASKS.load("kitti-flow")


@pytest.fixture
def source(tmp_path):
    return miniatures.write("kitti-flow", "official", tmp_path)


@pytest.mark.filterwarnings("ignore:The image decoding:DeprecationWarning")
def test_frames_flow_and_valid_pixels_are_those_of_torchvision(source, tmp_path):
    data = source.open(tmp_path)
    (tmp_path / "KittiFlow").symlink_to(tmp_path / "KITTI")
    reference = KittiFlow(tmp_path, split="train")
    assert len(reference) == len(data) == PAIRS
    for row, (first, second, their_flow, valid) in enumerate(reference):
        found = data.truth("flow", row)
        assert found.dtype == np.float32
        for place, frame in enumerate((first, second)):
            np.testing.assert_array_equal(data.read(int(data.images[row, place])), np.asarray(frame))
        np.testing.assert_array_equal(np.isfinite(found).all(axis=-1), valid)
        np.testing.assert_array_equal(found[valid], np.moveaxis(their_flow, 0, -1)[valid])
        assert np.isnan(found[~valid]).all()


def test_a_step_is_a_64th_of_a_pixel_right_and_down(source, tmp_path):
    """The study took the brightness of a colour rendering for the flow."""
    steps, known = flow(4, 41, 13)
    np.testing.assert_array_equal(source.open(tmp_path).truth("flow", 4)[known], (steps / 64)[known])


def test_no_two_splits_share_a_drive_and_what_is_of_no_public_drive_stays_together(source, tmp_path):
    data = source.open(tmp_path)
    assert len(np.unique(data.groups)) == DRIVES - 1  # two of them are not public, and count as one
    unknown = [row for row in range(PAIRS) if row * DRIVES // PAIRS in (3, 7)]
    assert len(np.unique(data.groups[unknown])) == 1
    for seed in range(5):
        parts = [set(data.groups[rows].tolist()) for rows in carve(data, "flow", TASK.splits, seed).values()]
        assert sum(map(len, parts)) == DRIVES - 1


def test_flow_shrinks_with_its_frames(source, tmp_path):
    """A field that is the same everywhere stays so, in the pixels of the square."""
    steps = np.broadcast_to([41 * 64, -26 * 64], (13, 41, 2))
    for row in range(0, PAIRS, 2):
        deep_png.write(tmp_path / f"KITTI/training/flow_occ/{row:06d}_10.png", encoded(steps, np.ones((13, 41), bool)))
    found, bad = framed(source.open(tmp_path), TASK, InputPolicy(size=16), Cache(tmp_path / "cache"), Quiet())
    assert not bad
    np.testing.assert_allclose(found.columns["flow"][0], np.broadcast_to([16, -32], (16, 16, 2)), rtol=1e-5)


def test_the_colour_rendering_in_the_place_of_the_flow_is_named(source, tmp_path):
    path = tmp_path / "KITTI/training/flow_occ/000003_10.png"
    Image.fromarray(np.zeros((14, 40, 3), np.uint8)).save(path)
    with pytest.raises(BadImage, match=r"000003_10.png': a PNG of 16 bits a colour is wanted, and this is 8 bits"):
        source.open(tmp_path).truth("flow", 3)


def test_flow_that_is_nowhere_valid_or_not_of_its_frame_is_named(source, tmp_path):
    folder = tmp_path / "KITTI/training/flow_occ"
    deep_png.write(folder / "000002_10.png", encoded(*flow(2, 40, 13)))
    deep_png.write(folder / "000004_10.png", np.zeros((13, 41, 3)))
    problems = verify(source.unhashed(tmp_path), 1, Quiet()).problems
    assert any("000002_10.png' is 40 x 13 pixels, and its image" in problem for problem in problems)
    assert any("000004_10.png': no pixel of it is valid" in problem for problem in problems)
    assert len(problems) == 2


def test_without_the_development_kit_it_says_what_is_missing_and_where_it_is(source, tmp_path):
    """The study's folder: which drive a pair is from is told by the kit alone."""
    mapping = tmp_path / "KITTI/devkit/mapping/train_mapping.txt"
    lines = mapping.read_text().splitlines()
    mapping.write_text("\n".join(lines[:20]))
    with pytest.raises(UserError, match=r"train_mapping.txt ends before pair 000020"):
        source.open(tmp_path)
    mapping.unlink()
    with pytest.raises(UserError, match=r"(?s)train_mapping.txt' is missing.*devkit_scene_flow.zip"):
        source.open(tmp_path)
