"""Compound objects: how they are measured, and how they stand."""

import math

import numpy as np
import pytest

from virb.data.world._creatures import BREEDS, creature
from virb.data.world._parts import Part, aimed, bounds, fitted, placed, rotated
from virb.data.world._render import render
from virb.data.world._scene import Scene, Texture
from virb.data.world._stream import Stream
from virb.data.world._things import FORTY, thing

PLAIN = (Texture(),)


def seen_from(parts, at, target, size=96, **placing):
    shapes = placed(parts, PLAIN, label=1, instance=1, **placing)
    return render(Scene(shapes, aimed(at, target, 50.0)), size).instances == 1


@pytest.mark.parametrize("turn", [(0, 0, 0), (30, 0, 0), (0, 40, 0), (0, 0, 50), (-70, 25, 110)])
def test_a_turned_vector_is_where_the_renderer_puts_it(turn):
    tip = rotated((0.0, 1.0, 0.0), turn)
    ball = Part("ellipsoid", tuple(2 * x for x in tip), (0.25, 0.25, 0.25))
    rod = Part("cylinder", (0, 0, 0), (0.15, 2.0, 0.15), turn)
    for at in ((0, 0, 8), (8, 0, 0), (1, 8, 1)):  # the rod's end is inside the ball, whichever way one looks
        both = seen_from([rod, ball], at, (0, 0, 0))
        alone = seen_from([ball], at, (0, 0, 0))
        only_rod = seen_from([rod], at, (0, 0, 0))
        assert (alone & only_rod).any()
        assert both.sum() < alone.sum() + only_rod.sum()


def test_bounds_hold_turned_corners():
    low, high = bounds([Part("box", (1, 2, 3), (1, 2, 4), (90, 0, 0)), Part("ellipsoid", (0, -1, 0), (0.5, 0.5, 0.5))])
    np.testing.assert_allclose(low, (-3, -1.5, -0.5), atol=1e-9)
    np.testing.assert_allclose(high, (5, 4, 4), atol=1e-9)


def test_a_fitted_object_stands_over_the_origin_with_a_diagonal_of_one():
    low, high = bounds(fitted([Part("box", (5, 7, 1), (1, 2, 3)), Part("cone", (6, 9, 1), (0.5, 4, 0.5))]))
    assert low[1] == pytest.approx(0)
    assert low[0] == pytest.approx(-high[0])
    assert low[2] == pytest.approx(-high[2])
    assert math.dist(low, high) == pytest.approx(1)


def test_a_placed_object_is_turned_as_a_whole():
    parts = [Part("box", (1, 0.5, 0), (0.1, 0.1, 0.1)), Part("box", (0, 0.5, 2), (0.1, 0.1, 0.3))]
    one, other = placed(parts, PLAIN, (10, 1, 0), 90, 2)
    np.testing.assert_allclose(one.at, (10, 2, -2), atol=1e-9)
    np.testing.assert_allclose(other.at, (14, 2, 0), atol=1e-9)
    assert other.turn == (90, 0, 0)
    np.testing.assert_allclose(other.size, (0.2, 0.2, 0.6))


def test_parts_of_a_slot_share_its_material():
    materials = [Texture(seed=n) for n in range(2)]
    shapes = placed([Part("box", (0, 0, 0), (1, 1, 1), slot=slot) for slot in (0, 1, 2, 1)], materials)
    assert [shape.texture.seed for shape in shapes] == [0, 1, 0, 1]


@pytest.mark.parametrize("at", [(0, 1, 5), (3, 4, -2), (-1, 0.2, 0.5), (0.01, 6, 0)])
def test_an_aimed_camera_has_its_target_in_the_middle(at):
    seen = seen_from([Part("ellipsoid", (0.5, 0.3, -1), (0.02, 0.02, 0.02))], at, (0.5, 0.3, -1), size=97)
    rows, columns = np.nonzero(seen)
    assert abs(rows.mean() - 48) < 1
    assert abs(columns.mean() - 48) < 1


EVERYTHING = [
    *(pytest.param(lambda stream, kind=kind: thing(kind, stream), id=kind) for kind in FORTY),
    *(pytest.param(lambda stream, breed=n: creature(breed, stream), id=name) for n, name in enumerate(BREEDS)),
]


@pytest.mark.parametrize("build", EVERYTHING)
def test_a_thing_is_in_one_piece(build):
    """From any of three sides its silhouette is one, so nothing floats."""
    from scipy.ndimage import label  # only here

    for number in range(3):
        parts = build(Stream("test", number))
        assert 2 <= len(parts) <= 40
        for at in ((1.6, 0.5, 0.9), (-0.9, 0.7, 1.6), (0.3, 0.6, -1.9)):
            _, pieces = label(seen_from(parts, at, (0, 0.3, 0), size=128), np.ones((3, 3)))
            assert pieces == 1


@pytest.mark.parametrize("build", EVERYTHING)
def test_a_thing_touches_the_ground_and_is_not_sunk_in_it(build):
    for number in range(3):
        parts = build(Stream("test", number))
        below = placed(parts, PLAIN, instance=1)
        low, high = bounds(parts)
        assert low[1] == pytest.approx(0, abs=1e-9)
        assert high[1] > 0.15
        # seen level with the ground, the lowest row of pixels is at the horizon
        camera = aimed((0, 0.0, 3), (0, 0.0, 0), 40.0)
        rows = np.nonzero((render(Scene(below, camera), 192).instances == 1).any(1))[0]
        assert 93 <= rows.max() <= 96


@pytest.mark.parametrize("build", EVERYTHING)
def test_instances_of_a_thing_differ(build):
    assert len({build(Stream("test", number)) for number in range(10)}) == 10
