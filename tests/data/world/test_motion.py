"""Optical flow and visibility, against closed forms and the next picture."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from scenes import ORIGIN, furnished, moved
from virb.data.world._camera import project, rays, unproject
from virb.data.world._render import render
from virb.data.world._scene import Light, Scene, Shape


def test_flow_of_a_sideways_camera_is_its_step_over_the_depth():
    wall = Scene((Shape("box", (0, 0, -6), (9, 9, 1)),), ORIGIN)
    frame = render(wall, 32, replace(wall, camera=replace(ORIGIN, at=(0.5, 0.25, 0))))
    pixels = 16 / np.tan(np.pi / 6) / 5
    np.testing.assert_allclose(frame.flow[..., 0], -0.5 * pixels, rtol=1e-5)
    np.testing.assert_allclose(frame.flow[..., 1], 0.25 * pixels, rtol=1e-5)


def test_flow_of_a_turning_camera_is_a_homography():
    scene = furnished("turning")
    after = replace(scene, camera=replace(ORIGIN, turn=(5, 3, -10)))
    frame = render(scene, 32, after)
    expected = project(after.camera, rays(ORIGIN, 32), 32)[0] - project(ORIGIN, rays(ORIGIN, 32), 32)[0]
    hit = np.isfinite(frame.depth)
    np.testing.assert_allclose(frame.flow[hit], expected[hit], atol=1e-4)


def test_flow_of_a_moved_and_turned_shape_follows_its_points():
    before, size = Shape("box", (0.3, 0, -5), (0.8, 0.6, 0.5), (30, 20, 10)), 40
    after = replace(before, at=(0.1, 0.2, -4.5), turn=(40, 15, 5))
    frame = render(Scene((before,), ORIGIN), size, None)
    flow = render(Scene((before,), ORIGIN), size, Scene((after,), ORIGIN)).flow
    hit = np.isfinite(frame.depth)
    turns = [Rotation.from_euler("YXZ", [s.turn[0], s.turn[1], -s.turn[2]], degrees=True) for s in (before, after)]
    points = unproject(ORIGIN, frame.depth)[hit]
    there = turns[1].apply(turns[0].inv().apply(points - before.at)) + after.at
    expected = project(ORIGIN, there, size)[0] - project(ORIGIN, points, size)[0]
    np.testing.assert_allclose(flow[hit], expected, atol=1e-4)
    assert np.isnan(flow[~hit]).all()


def test_nothing_moves_where_nothing_moved():
    scene = furnished("still")
    frame = render(scene, 32, scene)
    hit = np.isfinite(frame.depth)
    np.testing.assert_allclose(frame.flow[hit], 0, atol=1e-6)
    np.testing.assert_array_equal(frame.visible, hit)


@pytest.mark.parametrize("number", range(4))
def test_the_next_picture_read_through_the_flow_is_this_one_where_visible(number):
    # A light from everywhere, so that colours stay the same as shapes turn.
    scene = replace(furnished("warp", number), light=Light(ambient=(1, 1, 1), colour=(0, 0, 0)))
    after = moved(scene)
    one, two = render(scene, 96, after), render(after, 96)
    sure = one.visible.copy()
    for axis in (0, 1):  # where a sample of either picture may lie on two shapes, colours mix
        edge = np.abs(np.diff(np.minimum(one.depth, 1e3), axis=axis)) > 0.1
        near = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
        far = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        sure[near] &= ~edge
        sure[far] &= ~edge
    rows, columns = np.nonzero(sure)
    x, y = columns + one.flow[sure][:, 0], rows + one.flow[sure][:, 1]
    i, j = np.clip(np.floor(x).astype(int), 0, 94), np.clip(np.floor(y).astype(int), 0, 94)
    a, b = (x - i)[:, None], (y - j)[:, None]
    picture = two.colour.astype(float)
    warped = (picture[j, i] * (1 - a) + picture[j, i + 1] * a) * (1 - b)
    warped += (picture[j + 1, i] * (1 - a) + picture[j + 1, i + 1] * a) * b
    error = np.abs(warped - one.colour[sure]).mean()
    unmoved = np.abs(picture[sure] - one.colour[sure]).mean()
    assert sure.sum() > 2000
    assert error < 3
    assert error < 0.3 * unmoved


@pytest.mark.parametrize("number", range(6))
def test_visible_is_what_a_finer_next_picture_shows_at_the_same_depth(number):
    scene = furnished("visible", number)
    after = moved(scene)
    one, fine = render(scene, 48, after), render(after, 48 * 8)
    hit = np.isfinite(one.depth)
    rows, columns = np.nonzero(hit)
    x, y = columns + 0.5 + one.flow[hit][:, 0], rows + 0.5 + one.flow[hit][:, 1]
    within = (x >= 0) & (x < 48) & (y >= 0) & (y < 48)
    np.testing.assert_array_equal(one.visible[hit] & ~within, False)
    # Which shape is seen there in the next picture; where its neighbours agree, an edge is not near.
    i, j = np.clip((x * 8).astype(int), 1, 382), np.clip((y * 8).astype(int), 1, 382)
    around = np.stack([fine.instances[j + v, i + u] for v in (-1, 0, 1) for u in (-1, 0, 1)])
    sure = within & (around == around[0]).all(0)
    hidden_by_other = around[0] != one.instances[hit]
    assert not (one.visible[hit] & hidden_by_other & sure).any()
    # Seen there is the same shape: then it is the same point, unless the shape hides it itself.
    facing = sure & ~hidden_by_other & ~one.visible[hit]
    assert facing.sum() < 0.05 * sure.sum()
    assert (~one.visible[hit] & sure).any()


def test_a_solid_hides_its_own_far_side_when_it_turns():
    ball = Shape("ellipsoid", (0, 0, -4))
    frame = render(Scene((ball,), ORIGIN), 33, Scene((replace(ball, turn=(90, 0, 0)),), ORIGIN))
    # A quarter turn to the left takes a normal's x to -z; seen from 4 m, the cap of a unit sphere with z > 1/4 shows.
    turned = -frame.normals[..., 0]
    sure = np.isfinite(frame.depth) & (np.abs(turned - 0.25) > 1e-5)
    np.testing.assert_array_equal(frame.visible[sure], turned[sure] > 0.25)
    assert 10 < frame.visible.sum() < sure.sum() - 10


def test_what_passes_behind_the_camera_has_no_flow():
    box = Shape("box", (0, 0, -5))
    frame = render(Scene((box,), ORIGIN), 16, Scene((replace(box, at=(0, 0, 5)),), ORIGIN))
    assert np.isnan(frame.flow).all()
    assert not frame.visible.any()
