"""THOR depth: shares of the camera's range, and black is missing."""

import numpy as np
import pytest
from PIL import Image

import miniatures
from virb.data import BadImage


def test_depth_is_the_grey_of_its_file_and_black_is_missing(tmp_path):
    data = miniatures.write("thor-depth", "official", tmp_path).open(tmp_path)
    for row in range(0, len(data), 7):
        path = tmp_path / "thor_depth_prediction" / data.keys[data.images[row, 0]].replace("_rgb.", "_depth.")
        grey = np.asarray(Image.open(path).convert("L"))
        found = data.truth("depth", row)
        np.testing.assert_array_equal(np.isnan(found[..., 0]), grey == 0)
        np.testing.assert_allclose(255 * found[grey > 0, 0], grey[grey > 0], rtol=1e-6)
        assert (grey == 0).any()


def test_views_of_a_room_are_one_group_where_there_are_rooms(tmp_path):
    data = miniatures.write("thor-depth", "official", tmp_path).open(tmp_path)
    assert len(np.unique(data.groups)) == 16
    for path in (tmp_path / "thor_depth_prediction/train").iterdir():
        if path.name not in ("FloorPlan1", "FloorPlan2"):
            for file in path.iterdir():
                file.rename(tmp_path / f"thor_depth_prediction/train/FloorPlan1/{path.name}_{file.name}")
            path.rmdir()
    source = miniatures.SOURCES.load("thor-depth").sized({"fit": 36, "test": 12}, 48)
    assert source.open(tmp_path).groups is None


def test_colours_in_the_place_of_depth_are_named(tmp_path):
    source = miniatures.write("thor-depth", "official", tmp_path)
    miniatures.photo(tmp_path / "thor_depth_prediction/train/FloorPlan1/00000_depth.jpg", 1, 1)
    data = source.open(tmp_path)
    row = [data.keys[image] for image in data.images[:, 0]].index("train/FloorPlan1/00000_rgb.jpg")
    with pytest.raises(BadImage, match=r"00000_depth.jpg': eight bits of grey are wanted, and this is 8 bits a colour"):
        data.truth("depth", row)
