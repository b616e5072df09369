"""Tiles of photographs: where they are cut, how they turn, what gives them away."""

from collections import Counter
from importlib.resources import files

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression

from virb.data import Dataset
from virb.data import _tiles as tiles
from virb.data.photos import SOURCE
from virb.errors import UserError


@pytest.fixture(scope="module")
def images() -> Dataset:
    return SOURCE.open()


@pytest.fixture(scope="module")
def pixels(images: Dataset) -> np.ndarray:
    return np.stack([images.read(row) for row in range(len(images))])


def test_tiles_are_cut_from_the_photographs_as_they_are(images: Dataset) -> None:
    with Image.open(str(files("skimage") / "data" / "astronaut.png")) as opened:
        photo = np.asarray(opened)
    row = images.keys.index("astronaut/02-03/0")
    np.testing.assert_array_equal(images.read(row), photo[96:144, 144:192])
    row = images.keys.index("astronaut/02-09/0")  # beyond both gaps of half the 32 pixels that the grid leaves
    np.testing.assert_array_equal(images.read(row), photo[96:144, 464:512])


def test_the_four_rotations_turn_counter_clockwise_and_are_one_group(images: Dataset, pixels: np.ndarray) -> None:
    assert images.groups is not None
    upright = pixels[::4]
    for turns, degrees in enumerate(("0", "90", "180", "270")):
        own = pixels[turns::4]
        expected = [np.asarray(Image.fromarray(tile).rotate(int(degrees))) for tile in upright[:50]]
        np.testing.assert_array_equal(own[:50], expected)
        assert (images.columns["rotation"][turns::4] == turns).all()
        assert images.class_names["rotation"][turns] == degrees
    assert (images.groups == np.arange(len(images)) // 4).all()
    assert images.official is not None
    assert all(len(set(images.official[start : start + 4])) == 1 for start in range(0, len(images), 4))


def test_there_are_enough_tiles_in_every_split(images: Dataset) -> None:
    assert images.official is not None
    assert Counter(images.official[::4].tolist()) == {"fit": 264, "select": 97, "test": 323}
    for label in range(7):
        own = Counter(images.official[::4][images.columns["photo"][::4] == label].tolist())
        assert own["fit"] >= 15
        assert own["select"] >= 6
        assert own["test"] >= 25


def test_no_upright_tile_is_there_twice(pixels: np.ndarray) -> None:
    upright = {tile.tobytes() for tile in pixels[::4]}
    assert len(upright) == len(pixels) // 4


def test_the_bytes_do_not_change_with_releases_or_platforms(images: Dataset) -> None:
    assert images.digest == "857b4aa351d0869fcef3a5c20ed36c96"


def test_neither_raw_pixels_nor_colours_tell_the_rotation(images: Dataset, pixels: np.ndarray) -> None:
    assert images.official is not None
    test, labels = images.official == "test", images.columns["rotation"]
    small = pixels.reshape(-1, 8, 6, 8, 6, 3).mean((2, 4)).reshape(len(pixels), -1) / 255 - 0.5
    colours = np.stack([np.bincount(tile.ravel() // 32, minlength=8) for tile in pixels]) / 1000
    for features, highest in ((small, 0.32), (colours, 0.25)):
        model = LogisticRegression(C=0.01, max_iter=500).fit(features[~test], labels[~test])
        assert model.score(features[test], labels[test]) <= highest


def test_without_the_packages_the_command_that_gets_them_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="'photos' needs scikit-image") as caught:
        SOURCE.open()
    assert "pip install 'virb[demo]'" in caught.value.remedy
