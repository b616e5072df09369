"""Compound objects: parts in a frame of their own, measured, then placed in a scene."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

from virb.data.world._camera import rotation
from virb.data.world._scene import Camera, Shape, ShapeKind, Texture, Vector

_CORNERS: tuple[Vector, ...] = tuple((x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1))


@final
@dataclass(frozen=True)
class Part:
    """One shape of an object.

    Attributes:
        kind: of shape.
        at: its centre in the object's frame: x to the right, y up, z to the object's front.
        size: half its extent.
        turn: yaw, pitch and roll in degrees.
        slot: parts of equal slot share a material.
    """

    kind: ShapeKind
    at: Vector
    size: Vector
    turn: Vector = (0.0, 0.0, 0.0)
    slot: int = 0


def rotated(vector: Vector, turn: Vector) -> Vector:
    """A vector of a shape's own space as the scene sees it."""
    return _applied(rotation(turn), vector)


def _applied(matrix: tuple[float, ...], vector: Vector) -> Vector:
    x, y, z = vector
    a, b, c, d, e, f, g, h, i = matrix
    return a * x + b * y + c * z, d * x + e * y + f * z, g * x + h * y + i * z


def bounds(parts: Sequence[Part]) -> tuple[Vector, Vector]:
    """Lowest and highest x, y and z of the boxes around some parts."""
    corners = [
        (part.at[0] + x, part.at[1] + y, part.at[2] + z)
        for part, matrix in zip(parts, (rotation(part.turn) for part in parts), strict=True)
        for x, y, z in (_applied(matrix, _scaled(part.size, signs)) for signs in _CORNERS)
    ]
    lowest = tuple(min(corner[axis] for corner in corners) for axis in range(3))
    highest = tuple(max(corner[axis] for corner in corners) for axis in range(3))
    return (lowest[0], lowest[1], lowest[2]), (highest[0], highest[1], highest[2])


def fitted(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The same object standing on y = 0 with its middle over the origin, its box's diagonal 1 metre long."""
    low, high = bounds(parts)
    scale = 1 / math.dist(low, high)
    shift = (-(low[0] + high[0]) / 2, -low[1], -(low[2] + high[2]) / 2)
    return tuple(
        replace(
            part,
            at=_scaled((part.at[0] + shift[0], part.at[1] + shift[1], part.at[2] + shift[2]), (scale,) * 3),
            size=_scaled(part.size, (scale,) * 3),
        )
        for part in parts
    )


def placed(
    parts: Sequence[Part],
    materials: Sequence[Texture],
    at: Vector = (0.0, 0.0, 0.0),
    yaw: float = 0.0,
    size: float = 1.0,
    label: int = 0,
    instance: int = 0,
) -> tuple[Shape, ...]:
    """An object in a scene.

    Args:
        parts: of it.
        materials: of its slots, begun again where there are more slots.
        at: where its origin goes.
        yaw: how far it is turned to the left, in degrees.
        size: how many times larger it becomes.
        label: its class id.
        instance: its id.
    """
    shapes = []
    for part in parts:
        x, y, z = rotated(part.at, (yaw, 0, 0))
        shapes.append(
            Shape(
                part.kind,
                (at[0] + x * size, at[1] + y * size, at[2] + z * size),
                _scaled(part.size, (size,) * 3),
                (part.turn[0] + yaw, part.turn[1], part.turn[2]),
                materials[part.slot % len(materials)],
                label,
                instance,
            )
        )
    return tuple(shapes)


def aimed(at: Vector, target: Vector, fov: float, roll: float = 0.0) -> Camera:
    """A camera at one point that has another in the middle of its image."""
    x, y, z = (b - a for a, b in zip(at, target, strict=True))
    return Camera(at, (math.degrees(math.atan2(-x, -z)), math.degrees(math.atan2(y, math.hypot(x, z))), roll), fov)


def _scaled(vector: Vector, factors: Vector) -> Vector:
    return vector[0] * factors[0], vector[1] * factors[1], vector[2] * factors[2]
