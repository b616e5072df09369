"""The pinhole camera, in float64: turns to matrices, points to pixels and back.

In camera space x is right, y is up and z points back at the viewer: the camera looks along -z. A picture has ``size`` x
``size`` pixels of continuous coordinates (x to the right, y down, both from 0 to ``size``): the centre of the pixel in
row i and column j is at ``(j + 0.5, i + 0.5)``. A point (X, Y, Z) of camera space with Z < 0 falls on::

    x = size / 2 * (1 + X / (-Z tan(fov / 2)))        y = size / 2 * (1 - Y / (-Z tan(fov / 2)))

and its depth is -Z, the distance along the optical axis. Sums are written out: a matrix product may add in another
order on another machine.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from virb.data.world._scene import Camera, Vector

_DIGITS = 12
"""Of sines and cosines: C libraries differ in the last bit of theirs, and a quarter turn becomes exact."""


def rotation(turn: Vector) -> tuple[float, ...]:
    """The matrix from the own space of what is turned to the world, row by row: ``Ry(yaw) Rx(pitch) Rz(-roll)``.

    Args:
        turn: yaw (to the left), pitch (up) and roll (clockwise for one who looks along -z) in degrees.
    """
    yaw, pitch, roll = turn
    sy, cy = _sine_cosine(yaw)
    sp, cp = _sine_cosine(pitch)
    sr, cr = _sine_cosine(roll)
    return (
        cy * cr - sy * sp * sr, cy * sr + sy * sp * cr, sy * cp,
        -cp * sr, cp * cr, -sp,
        -sy * cr - cy * sp * sr, -sy * sr + cy * sp * cr, cy * cp,
    )  # fmt: skip


def spread(camera: Camera) -> float:
    """Half the side of the picture one metre in front of the camera: ``tan(fov / 2)``.

    Raises:
        ValueError: the field of view is not between 0 and 180 degrees.
    """
    if not 0.0 < camera.fov < 180.0:
        raise ValueError(f"a pinhole camera cannot see {camera.fov} degrees")
    sine, cosine = _sine_cosine(camera.fov / 2)
    return sine / cosine


def pose(camera: Camera) -> NDArray[np.float64]:
    """The 3 x 4 matrix that takes world points (with a 1 below) to camera space."""
    turned = np.array(rotation(camera.turn)).reshape(3, 3).T
    return np.column_stack([turned, -_apply(turned, np.array(camera.at, np.float64))])


def project(camera: Camera, points: NDArray[np.float64], size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where points of the world fall in the picture.

    Args:
        camera: that sees them.
        points: ... x 3, metres.
        size: of the picture in pixels.

    Returns:
        Pixel coordinates (... x 2) and depths (...). Coordinates are NaN where the depth is not above 0, and may lie
        outside the picture.
    """
    matrix = pose(camera)
    inside = _apply(matrix[:, :3], points) + matrix[:, 3]
    depth = -inside[..., 2]
    reach = np.where(depth > 0, depth, np.nan) * spread(camera)
    x, y = inside[..., 0] / reach, inside[..., 1] / reach
    return np.stack([size / 2 * (1 + x), size / 2 * (1 - y)], axis=-1), depth


def rays(camera: Camera, size: int) -> NDArray[np.float64]:
    """Directions in the world through the pixels' centres (size x size x 3), each one metre long along the axis."""
    offset = spread(camera) * (2 * (np.arange(size) + 0.5) / size - 1)
    x, y = np.meshgrid(offset, -offset)
    turned = np.array(rotation(camera.turn)).reshape(3, 3)
    return _apply(turned, np.stack([x, y, np.full_like(x, -1.0)], axis=-1))


def unproject(camera: Camera, depth: NDArray[np.floating]) -> NDArray[np.float64]:
    """The points of the world that a depth map shows (size x size x 3): the inverse of :func:`project`.

    Where the depth is infinite, since nothing was hit, no coordinate means anything.
    """
    directions = rays(camera, len(depth))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.array(camera.at) + directions * depth[..., None])


def _apply(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y, z = points[..., :1], points[..., 1:2], points[..., 2:]
    return np.asarray(x * matrix[:, 0] + y * matrix[:, 1] + z * matrix[:, 2])


def _sine_cosine(degrees: float) -> tuple[float, float]:
    if degrees == 0.0:  # as most angles are; zero keeps its sign, which a cache would lose
        return float(degrees), 1.0
    return _rounded(degrees)


@lru_cache(4096)
def _rounded(degrees: float) -> tuple[float, float]:
    angle = math.radians(degrees)
    return round(math.sin(angle), _DIGITS), round(math.cos(angle), _DIGITS)
