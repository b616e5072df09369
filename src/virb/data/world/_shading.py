"""The light that a surface, or the sky, sends to the camera."""

import math
from typing import Any

from numpy.typing import NDArray

from virb.data.world._compiled import kernel
from virb.data.world._hills import upward
from virb.data.world._patterns import PHOTO, PLAIN, pattern, texel
from virb.data.world._solids import PLANE, TERRAIN, outward
from virb.data.world._view import INSIDE


@kernel
def normal(
    marks: NDArray[Any], rows: NDArray[Any], hills: NDArray[Any], k: int,
    ux: float, uy: float, uz: float, dx: float, dy: float, dz: float,
) -> tuple[float, float, float]:  # fmt: skip
    """The normal of shape k where a ray (d) meets it (u), in unit space, of any length, on the side of the camera."""
    kind = marks[k, 0]
    if kind == TERRAIN:
        nx, ny, nz = upward(hills[marks[k, 3]], ux, uz)
    else:
        nx, ny, nz = outward(kind, ux, uy, uz)
    flip = nx * dx + ny * dy + nz * dz > 0.0 if kind == PLANE else rows[k, INSIDE] != 0.0
    if flip:
        return -nx, -ny, -nz
    return nx, ny, nz


@kernel
def to_world(maps: NDArray[Any], k: int, nx: float, ny: float, nz: float) -> tuple[float, float, float]:
    """A normal of unit space as a unit vector of the world: normals go by the transposed map."""
    x = maps[k, 0] * nx + maps[k, 3] * ny + maps[k, 6] * nz
    y = maps[k, 1] * nx + maps[k, 4] * ny + maps[k, 7] * nz
    z = maps[k, 2] * nx + maps[k, 5] * ny + maps[k, 8] * nz
    length = math.sqrt(x * x + y * y + z * z)
    if length == 0.0:  # the very tip of a cone
        return 0.0, 1.0, 0.0
    return x / length, y / length, z / length


@kernel
def albedo(
    marks: NDArray[Any], bodies: NDArray[Any], skins: NDArray[Any], photos: NDArray[Any], k: int,
    ux: float, uy: float, uz: float, nx: float, ny: float, nz: float, width: float,
) -> tuple[float, float, float]:  # fmt: skip
    """The colour of shape k at a point (u) with a normal (n), both in unit space; ``width`` is a pixel's in metres."""
    kind = marks[k, 4]
    if kind == PLAIN:
        return skins[k, 0], skins[k, 1], skins[k, 2]
    scale = skins[k, 6]
    x = ux * bodies[k, 12] * scale + skins[k, 7]
    y = uy * bodies[k, 13] * scale + skins[k, 8]
    z = uz * bodies[k, 14] * scale + skins[k, 9]
    ax, ay, az = abs(nx) / bodies[k, 12], abs(ny) / bodies[k, 13], abs(nz) / bodies[k, 14]
    if ay >= ax and ay >= az:
        u, v = x, -z
    elif ax >= az:
        u, v = z, y
    else:
        u, v = x, y
    if marks[k, 7] == 1:
        u, v = v, u
    if kind == PHOTO:
        colour = texel(photos, marks[k, 6], marks[k, 7] != 2, u, v, width * scale)
        if marks[k, 7] == 2:
            return colour
        share = colour[0]
    else:
        share = pattern(kind, marks[k, 5], x, y, z, u, v, width * scale)
    return (
        skins[k, 0] + (skins[k, 3] - skins[k, 0]) * share,
        skins[k, 1] + (skins[k, 4] - skins[k, 1]) * share,
        skins[k, 2] + (skins[k, 5] - skins[k, 2]) * share,
    )


@kernel
def sky(lamp: NDArray[Any], elevation: float) -> tuple[float, float, float]:
    """The sky in a direction: from the horizon's colour to that above by the sine of the elevation."""
    share = max(elevation, 0.0)
    return (
        lamp[10] + (lamp[13] - lamp[10]) * share,
        lamp[11] + (lamp[14] - lamp[11]) * share,
        lamp[12] + (lamp[15] - lamp[12]) * share,
    )
