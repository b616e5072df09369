"""Polygons become the pixels whose centres lie in them."""

import numpy as np
import pytest
from skimage.draw import polygon2mask

from virb.data._polygons import inside

SQUARE = np.array([[1, 1], [4, 1], [4, 4], [1, 4]], float)


def plain(corners, height, width):
    """Point by point: the sides that a ray to the right crosses are counted."""
    found = np.zeros((height, width), bool)
    for row, column in np.ndindex(height, width):
        for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], *corners[:1]], strict=True):
            if (y0 > row) != (y1 > row) and column < x0 + (row - y0) * (x1 - x0) / (y1 - y0):
                found[row, column] ^= True
    return found


@pytest.mark.parametrize("seed", range(12))
def test_they_are_those_of_a_plain_count_even_where_sides_cross_or_leave_the_image(seed):
    corners = np.random.default_rng(seed).uniform(-8, 28, (3 + seed, 2))
    np.testing.assert_array_equal(inside(corners, 17, 23), plain(corners, 17, 23))


@pytest.mark.parametrize("seed", range(4))
def test_they_are_those_of_scikit_image_where_no_centre_is_on_a_side(seed):
    angles = np.sort(np.random.default_rng(seed).uniform(0, 2 * np.pi, 9))
    corners = np.stack([20 + 15 * np.cos(angles), 16 + 12 * np.sin(angles)], axis=1)
    np.testing.assert_array_equal(inside(corners, 32, 40), polygon2mask((32, 40), corners[:, ::-1]))


def test_a_centre_on_a_side_belongs_to_what_is_right_or_below():
    found = inside(SQUARE, 6, 6)
    assert found.sum() == 9
    assert found[1:4, 1:4].all()
    np.testing.assert_array_equal(inside(SQUARE[::-1], 6, 6), found)


@pytest.mark.parametrize("corner", [(2.0, 3.0), (1.7, 2.3), (4.0, 2.0), (1.1, 3.9)])
def test_neighbours_share_no_pixel_and_leave_none_out(corner):
    """Four triangles that meet at a point fill the square once."""
    sides = zip(SQUARE, np.roll(SQUARE, -1, axis=0), strict=True)
    total = sum(inside(np.array([one, other, corner]), 6, 6).astype(int) for one, other in sides)
    np.testing.assert_array_equal(total, inside(SQUARE, 6, 6))


@pytest.mark.parametrize("corners", [np.zeros((0, 2)), np.ones((1, 2)), np.array([[1.0, 1], [4, 4]]), SQUARE + 50])
def test_nothing_is_in_what_has_no_area_or_lies_outside(corners):
    assert not inside(corners, 6, 6).any()


@pytest.mark.parametrize("corners", [np.zeros((3, 3)), np.zeros(6), np.full((3, 2), np.nan), SQUARE * np.inf])
def test_corners_that_are_none_are_refused(corners):
    with pytest.raises(ValueError, match="corners"):
        inside(corners, 6, 6)
