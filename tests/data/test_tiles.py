"""Cutting photographs into tiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from virb.data import DataCard
from virb.data import _tiles as tiles
from virb.data._tiles import SIDE, check_count, cut, grey, package_folder, packaged_image, spread
from virb.errors import UserError

ORDER = ("fit", "select", "test")


@given(st.integers(SIDE, 300), st.integers(5 * SIDE, 700), st.integers(20, 60), st.integers(20, 35))
def test_tiles_never_overlap_and_lie_within_one_strip(height: int, width: int, to_select: int, span: int) -> None:
    # Each pixel is its own place, so that a tile says where it was cut.
    pixels = np.zeros((height, width, 3), np.uint8)
    rows, columns = np.indices((height, width))
    pixels[..., 0], pixels[..., 1], pixels[..., 2] = rows % 256, columns % 256, (rows // 256) * 16 + columns // 256
    seen: set[tuple[int, int]] = set()
    edges: dict[str, list[int]] = {}
    for tile in cut(pixels, to_select, to_select + span):
        assert tile.pixels.shape == (SIDE, SIDE, 3)
        place = tile.pixels.astype(int)
        row, column = place[..., 0] + (place[..., 2] // 16) * 256, place[..., 1] + (place[..., 2] % 16) * 256
        np.testing.assert_array_equal(row, row[0, 0] + np.arange(SIDE)[:, None] + np.zeros((1, SIDE), int))
        np.testing.assert_array_equal(column, column[0, 0] + np.arange(SIDE)[None] + np.zeros((SIDE, 1), int))
        own = set(zip(row.ravel().tolist(), column.ravel().tolist(), strict=True))
        assert not own & seen
        seen |= own
        edges.setdefault(tile.split, []).extend([int(column.min()), int(column.max())])
    assert sorted(edges, key=ORDER.index) == list(edges) == list(ORDER)
    assert max(edges["fit"]) < min(edges["select"]) <= max(edges["select"]) < min(edges["test"])
    assert len(seen) == (height // SIDE) * (width // SIDE) * SIDE * SIDE


@given(npst.arrays(np.int64, (7, 5), elements=st.integers(0, 255)))
def test_spread_is_the_standard_deviation(values: np.ndarray) -> None:
    assert spread(values) == pytest.approx(values.std(), abs=1e-9)


def test_grey_is_the_green_channel() -> None:
    assert grey(np.array([[[1, 2, 3]]], np.uint8)).tolist() == [[2]]


def test_a_package_that_is_not_installed_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="'textures' needs scikit-image") as caught:
        package_folder("textures", "skimage")
    assert caught.value.remedy == "pip install 'virb[demo]'"


def test_a_photograph_that_the_package_lacks_is_named() -> None:
    with pytest.raises(UserError, match=r"'skimage/data/none\.png': No such file"):
        packaged_image("textures", "skimage", "data/none.png")


def test_another_number_of_tiles_than_the_card_says_is_refused() -> None:
    card = DataCard(name="x", title="", about="", licence="", citation="", homepage="", images=3)
    check_count(card, 3)
    with pytest.raises(UserError, match="'x' has 4 images here, not 3"):
        check_count(card, 4)
