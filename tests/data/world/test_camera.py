"""The pinhole camera."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from virb.data.world._camera import pose, project, rays, rotation, spread, unproject
from virb.data.world._scene import Camera

ANGLES = st.tuples(*[st.floats(-360, 360)] * 3)


def matrix(turn):
    return np.array(rotation(turn)).reshape(3, 3)


@pytest.mark.parametrize(
    ("turn", "ahead", "up"),
    [
        ((0, 0, 0), (0, 0, -1), (0, 1, 0)),
        ((90, 0, 0), (-1, 0, 0), (0, 1, 0)),
        ((0, 90, 0), (0, 1, 0), (0, 0, 1)),
        ((0, 0, 90), (0, 0, -1), (1, 0, 0)),
        ((90, 0, 90), (-1, 0, 0), (0, 0, -1)),
        ((180, 90, 0), (0, 1, 0), (0, 0, -1)),
    ],
)
def test_yaw_turns_left_pitch_up_and_roll_clockwise(turn, ahead, up):
    np.testing.assert_array_equal(matrix(turn) @ (0, 0, -1), ahead)
    np.testing.assert_array_equal(matrix(turn) @ (0, 1, 0), up)


@given(ANGLES)
def test_turns_are_those_of_scipy(turn):
    expected = Rotation.from_euler("YXZ", [turn[0], turn[1], -turn[2]], degrees=True).as_matrix()
    np.testing.assert_allclose(matrix(turn), expected, atol=1e-10)


def test_pixels_of_the_corners_and_the_middle():
    camera = Camera(at=(1, 2, 3), fov=90)
    points = np.array([[1, 2, 1], [-1, 4, 1], [3, 0, 1], [3, 4, 1]], float)
    pixels, depth = project(camera, points, 10)
    np.testing.assert_allclose(pixels, [[5, 5], [0, 0], [10, 10], [10, 0]], atol=1e-10)
    np.testing.assert_allclose(depth, 2)


def test_what_is_behind_has_no_pixel_but_a_negative_depth():
    pixels, depth = project(Camera(at=(0, 0, 0)), np.array([[0.0, 0, 1], [0, 0, 0]]), 8)
    assert np.isnan(pixels).all()
    np.testing.assert_array_equal(depth, [-1, 0])


@given(ANGLES, st.tuples(*[st.floats(-100, 100)] * 3), st.floats(5, 150), st.integers(1, 9))
def test_unprojecting_a_depth_map_and_projecting_it_gives_the_pixels_centres(turn, at, fov, size):
    camera = Camera(at, turn, fov)
    depth = np.random.default_rng(size).uniform(0.5, 20, (size, size))
    pixels, again = project(camera, unproject(camera, depth), size)
    columns, rows = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    np.testing.assert_allclose(pixels, np.stack([columns, rows], -1), atol=1e-6)
    np.testing.assert_allclose(again, depth, atol=1e-6)


def test_the_pose_takes_points_of_the_world_to_the_camera():
    camera = Camera((1, 2, 3), (20, -30, 40))
    point = np.array([0.3, -2.0, 5.0])
    expected = matrix(camera.turn).T @ (point - camera.at)
    np.testing.assert_allclose(pose(camera) @ [*point, 1], expected, atol=1e-12)


def test_rays_are_one_metre_long_along_the_axis():
    camera = Camera(turn=(30, 20, 10), fov=70)
    directions = rays(camera, 5)
    np.testing.assert_allclose(directions @ (matrix(camera.turn) @ (0, 0, -1)), 1, atol=1e-12)
    np.testing.assert_allclose(directions[2, 2], matrix(camera.turn) @ (0, 0, -1), atol=1e-12)


def test_half_the_picture_is_the_tangent_of_half_the_view():
    assert spread(Camera(fov=90)) == 1.0
    assert spread(Camera(fov=60)) == pytest.approx(np.tan(np.pi / 6), rel=1e-11)


@pytest.mark.parametrize("fov", [0, -10, 180, float("nan")])
def test_a_view_that_no_pinhole_has_is_refused(fov):
    with pytest.raises(ValueError, match="cannot see"):
        spread(Camera(fov=fov))
