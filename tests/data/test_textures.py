"""Tiles of surfaces: one histogram for all."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn.linear_model import LogisticRegression

from virb.data import Dataset
from virb.data import _tiles as tiles
from virb.data.textures import SOURCE, equalise
from virb.errors import UserError


@pytest.fixture(scope="module")
def images() -> Dataset:
    return SOURCE.open()


@pytest.fixture(scope="module")
def pixels(images: Dataset) -> np.ndarray:
    return np.stack([images.read(row) for row in range(len(images))])


def test_every_tile_has_exactly_nine_pixels_of_each_grey(pixels: np.ndarray) -> None:
    assert pixels.shape[1:] == (48, 48, 3)
    assert (pixels == pixels[..., :1]).all()
    assert all((np.bincount(tile.ravel(), minlength=256) == 9).all() for tile in pixels[..., 0])


def test_no_two_tiles_are_the_same(pixels: np.ndarray) -> None:
    assert len({tile.tobytes() for tile in pixels}) == len(pixels)


def test_there_are_enough_tiles_in_every_split(images: Dataset) -> None:
    assert images.official is not None
    counts = Counter(images.official.tolist())
    assert counts == {"fit": 405, "select": 147, "test": 325}
    for label in range(8):
        own = Counter(images.official[images.columns["label"] == label].tolist())
        assert min(own[split] for split in counts) >= 6
        assert own["test"] >= 20


def test_the_bytes_do_not_change_with_releases_or_platforms(images: Dataset) -> None:
    assert images.digest == "1e32553c878659dafafe31ec48383d0b"


def test_raw_pixels_hardly_tell_the_surfaces_apart(images: Dataset, pixels: np.ndarray) -> None:
    assert images.official is not None
    small = pixels[..., 0].reshape(-1, 16, 3, 16, 3).mean((2, 4)).reshape(len(pixels), -1) / 255 - 0.5
    test, labels = images.official == "test", images.columns["label"]
    model = LogisticRegression(C=0.01, max_iter=500).fit(small[~test], labels[~test])
    assert model.score(small[test], labels[test]) < 0.4


@given(npst.arrays(np.int64, (16, 32), elements=st.integers(0, 255)))
def test_equalising_keeps_what_is_brighter_than_what(values: np.ndarray) -> None:
    greys = equalise(values)
    assert (np.bincount(greys.ravel(), minlength=256) == 2).all()
    order = np.argsort(values.ravel(), kind="stable")
    for level in np.unique(values)[1:]:
        assert greys[values < level].max() <= greys[values >= level].min()
    assert order.size == greys.size


def test_equal_pixels_are_ordered_by_their_neighbours_then_by_place() -> None:
    values = np.zeros((16, 16), np.int64)
    values[4, 4] = 9
    greys = equalise(values).astype(int)
    near = greys[3:6, 3:6].copy()
    assert greys[4, 4] == 255
    assert (near >= 247).all()  # the ring within 3 x 3 comes next
    assert (greys[2:7, 2:7] >= 231).all()  # then the ring within 5 x 5
    far = np.delete(greys.ravel(), [row * 16 + column for row in range(2, 7) for column in range(2, 7)])
    np.testing.assert_array_equal(far, np.arange(231))


def test_without_scikit_image_the_command_that_gets_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="'textures' needs scikit-image") as caught:
        SOURCE.open()
    assert "pip install 'virb[demo]'" in caught.value.remedy
