"""What a ray of the camera meets first, and whether anything stands between two points."""

from typing import Any

from numpy.typing import NDArray

from virb.data.world._compiled import kernel
from virb.data.world._hills import march
from virb.data.world._solids import FAR, PLANE, TERRAIN, crossing, outward
from virb.data.world._view import BACK, INSIDE, NEAR, ORIGIN, RAY

CLEAR = 1e-6
"""Metres within which two surfaces count as one."""


@kernel
def direction(rows: NDArray[Any], k: int, x: float, y: float) -> tuple[float, float, float]:
    """A camera's ray (x, y, -1) in the unit space of shape k."""
    return (
        rows[k, RAY] * x + rows[k, RAY + 1] * y - rows[k, RAY + 2],
        rows[k, RAY + 3] * x + rows[k, RAY + 4] * y - rows[k, RAY + 5],
        rows[k, RAY + 6] * x + rows[k, RAY + 7] * y - rows[k, RAY + 8],
    )


@kernel
def first(
    marks: NDArray[Any], rows: NDArray[Any], hills: NDArray[Any], nearby: NDArray[Any], tile: int, x: float, y: float
) -> tuple[int, float]:
    """The shape that the ray (x, y, -1) meets first, and the depth there; (-1, FAR) if it meets none."""
    who, best = -1, FAR
    for place in range(1, nearby[tile, 0] + 1):
        k = nearby[tile, place]
        if rows[k, NEAR] >= best:
            break
        kind = marks[k, 0]
        ox, oy, oz = rows[k, ORIGIN], rows[k, ORIGIN + 1], rows[k, ORIGIN + 2]
        dx, dy, dz = direction(rows, k, x, y)
        if kind == TERRAIN:
            t = march(hills[marks[k, 3]], ox, oy, oz, dx, dy, dz, CLEAR, best)
        else:
            t, out = crossing(kind, ox, oy, oz, dx, dy, dz)
            if t <= CLEAR:
                t = out
        if CLEAR < t < best:
            who, best = k, t
    return who, best


@kernel
def blocks(
    marks: NDArray[Any], hills: NDArray[Any], k: int,
    ox: float, oy: float, oz: float, dx: float, dy: float, dz: float,
    start: float, end: float,
) -> bool:  # fmt: skip
    """Whether the surface of shape k is met between ``start`` and ``end`` by a ray of its unit space."""
    if marks[k, 0] == TERRAIN:
        return march(hills[marks[k, 3]], ox, oy, oz, dx, dy, dz, start, end) < end
    t0, t1 = crossing(marks[k, 0], ox, oy, oz, dx, dy, dz)
    return start < t0 < end or start < t1 < end


@kernel
def hidden(
    marks: NDArray[Any], rows: NDArray[Any], hills: NDArray[Any], nearby: NDArray[Any], tile: int,
    who: int, ux: float, uy: float, uz: float, x: float, y: float, depth: float,
) -> bool:  # fmt: skip
    """Whether a camera cannot see a point, though it is in this tile of its picture.

    The point belongs to shape ``who``, is at ``u`` in its unit space, and on the ray (x, y, -1) at a depth.
    """
    kind = marks[who, 0]
    if kind != TERRAIN and kind != PLANE and rows[who, INSIDE] == 0.0:
        # A solid hides its own far side: which side a point is on needs no ray.
        nx, ny, nz = outward(kind, ux, uy, uz)
        facing = nx * (rows[who, ORIGIN] - ux) + ny * (rows[who, ORIGIN + 1] - uy) + nz * (rows[who, ORIGIN + 2] - uz)
        if facing <= 0.0:
            return True
    end = depth - CLEAR * (1.0 + depth)
    for place in range(1, nearby[tile, 0] + 1):
        k = nearby[tile, place]
        if rows[k, NEAR] >= depth:
            return False
        if k == who and kind != TERRAIN:
            continue
        dx, dy, dz = direction(rows, k, x, y)
        ox, oy, oz = rows[k, ORIGIN], rows[k, ORIGIN + 1], rows[k, ORIGIN + 2]
        if blocks(marks, hills, k, ox, oy, oz, dx, dy, dz, CLEAR, end):
            return True
    return False


@kernel
def back(rows: NDArray[Any], k: int, x: float, y: float, z: float) -> tuple[float, float, float]:
    """A point of unit space in a camera's space."""
    return (
        rows[k, BACK] * x + rows[k, BACK + 1] * y + rows[k, BACK + 2] * z + rows[k, BACK + 9],
        rows[k, BACK + 3] * x + rows[k, BACK + 4] * y + rows[k, BACK + 5] * z + rows[k, BACK + 10],
        rows[k, BACK + 6] * x + rows[k, BACK + 7] * y + rows[k, BACK + 8] * z + rows[k, BACK + 11],
    )
