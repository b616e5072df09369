"""Shapes in poses: turns and their angles, leaning, and limbs."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from virb.data.world._camera import rotation
from virb.data.world._parts import Part, placed
from virb.data.world._posing import apply, limb, product, tipped, turn_of
from virb.data.world._scene import Shape, Texture

PLAIN = Texture()


def matrix(turn):
    return np.array(rotation(turn)).reshape(3, 3)


@pytest.mark.parametrize(
    "turn", [(0, 0, 0), (30, 20, 10), (-170, 85, 120), (10, -89, 0), (75, 90, 0), (75, -90, 30), (0, 90, -45)]
)
def test_the_angles_of_a_turn_make_the_same_turn_again(turn):
    np.testing.assert_allclose(matrix(turn_of(rotation(turn))), matrix(turn), atol=1e-9)


def test_a_product_turns_by_its_second_factor_first():
    one, other = (20, 30, 40), (-50, 10, 5)
    turns = [Rotation.from_euler("YXZ", [yaw, pitch, -roll], degrees=True) for yaw, pitch, roll in (one, other)]
    expected = (turns[0] * turns[1]).apply([1.0, 2.0, 3.0])
    np.testing.assert_allclose(apply(product(rotation(one), rotation(other)), (1.0, 2.0, 3.0)), expected, atol=1e-9)


def test_what_is_tipped_by_a_right_angle_lies_where_it_was_tipped_to():
    post = Shape("box", (0.0, 1.0, 0.0), (0.1, 1.0, 0.1))
    (lies,) = tipped([post], (0.0, 0.0, -0.1), 0.0, 90.0)  # over its edge at z = -0.1, away from a camera at +z
    np.testing.assert_allclose(lies.at, (0.0, 0.1, -1.1), atol=1e-9)
    top = np.array(lies.at) + matrix(lies.turn) @ (0.0, 1.0, 0.0)
    np.testing.assert_allclose(top, (0.0, 0.1, -2.1), atol=1e-9)


def test_tipping_keeps_an_object_in_one_piece():
    parts = [Part("box", (0.2, 0.5, 0), (0.1, 0.1, 0.1)), Part("cone", (0, 1, 0.3), (0.1, 0.2, 0.1), (20, 30, 40))]
    shapes = placed(parts, [PLAIN], (1, 0, 2), 35)
    leant = tipped(shapes, (0.5, 0.0, 2.0), 70.0, 25.0)
    np.testing.assert_allclose(np.linalg.norm(np.subtract(leant[0].at, leant[1].at)), np.linalg.norm(
        np.subtract(shapes[0].at, shapes[1].at)))  # fmt: skip
    between = [matrix(pair[0].turn).T @ matrix(pair[1].turn) for pair in (shapes, leant)]
    np.testing.assert_allclose(between[0], between[1], atol=1e-7)
    assert [shape.texture for shape in leant] == [shape.texture for shape in shapes]


@pytest.mark.parametrize("end", [(0.0, 1.0, 0.0), (0.0, -1.0, 0.0), (1.0, 0.0, 0.0), (0.3, -0.4, 0.8)])
def test_a_limb_goes_from_one_point_to_the_other(end):
    start = (0.1, 0.2, 0.3)
    shape = limb(start, tuple(a + b for a, b in zip(start, end, strict=True)), 0.05, PLAIN, 3, round_ends=False)
    axis = matrix(shape.turn) @ (0.0, shape.size[1], 0.0)
    np.testing.assert_allclose(np.array(shape.at) - axis, start, atol=1e-8)
    np.testing.assert_allclose(np.array(shape.at) + axis, np.add(start, end), atol=1e-8)
    assert (shape.label, shape.instance) == (3, 3)
