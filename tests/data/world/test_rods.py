"""Rods go from one point to another, whatever their direction."""

import numpy as np
import pytest

from virb.data.world._camera import rotation
from virb.data.world._rods import arc, bent, disc, rod

DIRECTIONS = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1), (1, -2, 3), (-0.5, 0.2, -0.1)]


def ends(part):
    """Both ends of a part's own y axis."""
    axis = np.array(rotation(part.turn)).reshape(3, 3)[:, 1] * part.size[1]
    return np.array(part.at) - axis, np.array(part.at) + axis


@pytest.mark.parametrize("way", DIRECTIONS)
def test_a_rod_ends_where_it_was_told_to(way):
    start = np.array((0.3, 0.2, -0.4))
    part = rod(tuple(start), tuple(start + way), 0.05, slot=2)
    low, high = ends(part)
    np.testing.assert_allclose(low, start, atol=1e-9)
    np.testing.assert_allclose(high, start + way, atol=1e-9)
    assert (part.kind, part.slot) == ("cylinder", 2)
    assert part.size[0] == part.size[2] == 0.05


def test_what_is_bent_goes_through_every_point():
    points = [(0, 0, 0), (1, 0, 0), (1, 1, 0.5)]
    parts = bent(points, 0.1)
    assert len(parts) == 2
    np.testing.assert_allclose(ends(parts[0])[1], ends(parts[1])[0], atol=1e-9)


def test_a_ring_is_closed_and_faces_z():
    parts = arc((1, 2, 3), 0.5, 0.05)
    joints = np.array([ends(part)[0] for part in parts])
    np.testing.assert_allclose(ends(parts[-1])[1], joints[0], atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(joints - (1, 2, 3), axis=1), 0.5)
    np.testing.assert_allclose(joints[:, 2], 3)


def test_an_arc_begins_on_the_right_and_goes_over_the_top():
    parts = arc((0, 0, 0), 1.0, 0.05, sweep=(0, 90), rods=2)
    np.testing.assert_allclose(ends(parts[0])[0], (1, 0, 0), atol=1e-9)
    np.testing.assert_allclose(ends(parts[-1])[1], (0, 1, 0), atol=1e-9)


def test_a_disc_faces_z():
    part = disc((0, 0, 0), 0.5, 0.02)
    np.testing.assert_allclose(ends(part)[1], (0, 0, 0.02), atol=1e-9)
