"""Shapes in poses: tipped over as a whole, or laid from one point to another."""

import math
from collections.abc import Sequence
from dataclasses import replace

from virb.data.world._camera import rotation
from virb.data.world._scene import Shape, Texture, Vector

Matrix = tuple[float, ...]
"""3 x 3, row by row."""


def turn_of(matrix: Matrix) -> Vector:
    """Yaw, pitch and roll in degrees of a turn: the inverse of :func:`virb.data.world._camera.rotation`.

    Degrees are rounded to 9 digits: C libraries differ in the last bits of their arc tangents.
    """
    pitch = math.asin(max(-1.0, min(1.0, -matrix[5])))
    if abs(matrix[5]) > 1 - 1e-9:  # straight up or down: yaw and roll are about the same axis, and roll is put to 0
        yaw, roll = math.atan2(-matrix[6], matrix[0]), 0.0
    else:
        yaw, roll = math.atan2(matrix[2], matrix[8]), math.atan2(-matrix[3], matrix[4])
    first, second, third = (round(math.degrees(angle), 9) for angle in (yaw, pitch, roll))
    return first, second, third


def product(one: Matrix, other: Matrix) -> Matrix:
    """The turn that does ``other`` first."""
    return tuple(
        sum(one[3 * row + k] * other[3 * k + column] for k in range(3)) for row in range(3) for column in range(3)
    )


def apply(matrix: Matrix, point: Vector) -> Vector:
    """A point, turned about the origin."""
    x, y, z = (sum(matrix[3 * row + k] * point[k] for k in range(3)) for row in range(3))
    return x, y, z


def tipped(shapes: Sequence[Shape], pivot: Vector, towards: float, angle: float) -> tuple[Shape, ...]:
    """Shapes leant over about a level line through a point.

    Args:
        shapes: what is leant, as one.
        pivot: the point.
        towards: yaw of a camera that looks to where the top goes.
        angle: by how many degrees; 90 lays them down.
    """
    matrix = product(rotation((towards, -angle, 0.0)), rotation((-towards, 0.0, 0.0)))
    return tuple(_turned(shape, matrix, pivot) for shape in shapes)


def limb(start: Vector, end: Vector, thick: float, texture: Texture, label: int, round_ends: bool = True) -> Shape:
    """Something long and round from one point to another.

    Args:
        start: of its axis.
        end: of its axis.
        thick: its radius in metres.
        texture: its material.
        label: its class id, and its instance.
        round_ends: an ellipsoid that reaches a little beyond both ends; otherwise a cylinder.
    """
    x, y, z = _minus(end, start)
    half = math.sqrt(x * x + y * y + z * z) / 2
    turn = (round(math.degrees(math.atan2(x, z)), 9), round(math.degrees(math.atan2(math.hypot(x, z), y)), 9), 0.0)
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, (start[2] + end[2]) / 2)
    size = (thick, half * 1.25 if round_ends else half, thick)
    return Shape("ellipsoid" if round_ends else "cylinder", middle, size, turn, texture, label, label)


def _turned(shape: Shape, matrix: Matrix, pivot: Vector) -> Shape:
    x, y, z = apply(matrix, _minus(shape.at, pivot))
    at = (x + pivot[0], y + pivot[1], z + pivot[2])
    return replace(shape, at=at, turn=turn_of(product(matrix, rotation(shape.turn))))


def _minus(one: Vector, other: Vector) -> Vector:
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]
