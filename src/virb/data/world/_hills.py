"""Terrain: a height field on a lattice, bilinear between its points, and the first place where a ray meets it.

In the unit space of a terrain one step along x or z is one cell of the lattice, and heights go from 0 to 1. The surface
is one continuous sheet of bilinear patches. A ray is followed from cell to cell, and in each cell the height above the
patch is a quadratic of the way along the ray: whether it changed its sign since the last border is exact at borders, so
that no ray slips between two cells.
"""

import math
from typing import Any

from numpy.typing import NDArray

from virb.data.world._compiled import kernel, large_kernel
from virb.data.world._lattice import chance, fade
from virb.data.world._solids import FAR

CELLS = 128
"""Cells of the lattice each way before it repeats: a power of two."""

CELLS_A_HILL = 8
"""Cells from hill to hill: two steps of the noise that the heights are made of."""

_WRAP = CELLS - 1
_STEPS = 512
"""Cells that a ray is followed for: 64 hills. Beyond, the terrain is level at height 0."""


@kernel
def grow(seed: int, hills: NDArray[Any]) -> None:
    """Fill ``hills`` (2 x CELLS x CELLS): heights at the lattice's points, and the highest corner of each cell."""
    low, high = 2.0, 0.0
    for j in range(CELLS):
        for i in range(CELLS):
            height = _octave(i, j, 4, seed) + 0.35 * _octave(i, j, 2, seed + 1)
            hills[0, j, i] = height
            low, high = min(low, height), max(high, height)
    for j in range(CELLS):
        for i in range(CELLS):
            hills[0, j, i] = (hills[0, j, i] - low) / (high - low)
    for j in range(CELLS):
        for i in range(CELLS):
            right, down = (i + 1) & _WRAP, (j + 1) & _WRAP
            near, far = max(hills[0, j, i], hills[0, j, right]), max(hills[0, down, i], hills[0, down, right])
            hills[1, j, i] = max(near, far)


@kernel
def _octave(i: int, j: int, spacing: int, seed: int) -> float:
    """Value noise that repeats after CELLS."""
    period = CELLS // spacing
    x, z = i // spacing, j // spacing
    a, b = fade((i % spacing) / spacing), fade((j % spacing) / spacing)
    right, down = (x + 1) % period, (z + 1) % period
    near = chance(x, 0, z, seed) * (1.0 - a) + chance(right, 0, z, seed) * a
    far = chance(x, 0, down, seed) * (1.0 - a) + chance(right, 0, down, seed) * a
    return near * (1.0 - b) + far * b


@large_kernel
def march(
    hills: NDArray[Any],
    ox: float, oy: float, oz: float,
    dx: float, dy: float, dz: float,
    start: float, end: float,
) -> float:  # fmt: skip
    """The first ``t`` between ``start`` and ``end`` at which the ray meets the terrain, from above or below, or FAR."""
    t, last = start, end
    if dy != 0.0:
        a, b = -oy / dy, (1.0 - oy) / dy
        t, last = max(t, min(a, b)), min(last, max(a, b))
    elif oy < 0.0 or oy > 1.0:
        return FAR
    if t > last:
        return FAR
    i, j = math.floor(ox + dx * t), math.floor(oz + dz * t)
    across, along = 1.0 / dx if dx != 0.0 else FAR, 1.0 / dz if dz != 0.0 else FAR
    step_i, edge_i = (1, 1) if dx > 0.0 else (-1, 0)
    step_j, edge_j = (1, 1) if dz > 0.0 else (-1, 0)
    next_i = (i + edge_i - ox) * across if dx != 0.0 else FAR
    next_j = (j + edge_j - oz) * along if dz != 0.0 else FAR
    above = oy + dy * t > height(hills, ox + dx * t, oz + dz * t)
    for _ in range(_STEPS):
        border = max(min(next_i, next_j, last), t)
        y0, y1 = oy + dy * t, oy + dy * border
        if not above or min(y0, y1) <= hills[1, j & _WRAP, i & _WRAP]:
            a, b = ox + dx * t - i, oz + dz * t - j
            share, above_after = _patch(hills, i, j, a, b, dx * (border - t), dz * (border - t), y0, y1 - y0, above)
            if share >= 0.0:
                return t + share * (border - t)
            above = above_after
        if border >= last:
            return FAR
        t = border
        if next_i <= next_j:
            i += step_i
            next_i = (i + edge_i - ox) * across
        else:
            j += step_j
            next_j = (j + edge_j - oz) * along
    if dy < 0.0 and above:
        level = -oy / dy
        return level if start < level < end else FAR
    return FAR


@kernel
def _patch(
    hills: NDArray[Any],
    i: int, j: int,
    a: float, b: float, da: float, db: float,
    y: float, dy: float,
    above: bool,
) -> tuple[float, bool]:  # fmt: skip
    """How far into a cell (0 to 1 of the way through it) the ray meets the patch, or -1; and its side on leaving."""
    right, down = (i + 1) & _WRAP, (j + 1) & _WRAP
    i, j = i & _WRAP, j & _WRAP
    h00 = hills[0, j, i]
    p, q = hills[0, j, right] - h00, hills[0, down, i] - h00
    k = hills[0, down, right] - h00 - p - q
    c0 = y - (h00 + p * a + q * b + k * a * b)
    c1 = dy - (p * da + q * db + k * (a * db + b * da))
    c2 = -k * da * db
    after = c0 + c1 + c2 > 0.0
    if after == above:
        # Still a ray may dip through a ridge and back: then the quadratic turns inside the cell, on the other side.
        if c2 == 0.0:
            return -1.0, after
        turn = -0.5 * c1 / c2
        if not 0.0 < turn < 1.0 or (c0 + 0.5 * c1 * turn > 0.0) == above:
            return -1.0, after
    root = math.sqrt(max(c1 * c1 - 4.0 * c2 * c0, 0.0))
    stable = -0.5 * (c1 + math.copysign(root, c1))
    first = stable / c2 if c2 != 0.0 else FAR
    second = c0 / stable if stable != 0.0 else FAR
    low, high = min(first, second), max(first, second)
    share = low if low > -1e-9 else high
    return min(max(share, 0.0), 1.0), after


@kernel
def height(hills: NDArray[Any], x: float, z: float) -> float:
    """Of the terrain above a point of its ground."""
    fx, fz = math.floor(x), math.floor(z)
    a, b = x - fx, z - fz
    i, j = fx & _WRAP, fz & _WRAP
    right, down = (i + 1) & _WRAP, (j + 1) & _WRAP
    near = hills[0, j, i] * (1.0 - a) + hills[0, j, right] * a
    far = hills[0, down, i] * (1.0 - a) + hills[0, down, right] * a
    return float(near * (1.0 - b) + far * b)


@kernel
def upward(hills: NDArray[Any], x: float, z: float) -> tuple[float, float, float]:
    """The normal above a point of the ground, not of unit length: slopes at the lattice's points, bilinear between.

    A patch's own normal would jump at its borders and show the lattice.
    """
    fx, fz = math.floor(x), math.floor(z)
    a, b = x - fx, z - fz
    sx = sz = 0.0
    for dj in range(2):
        for di in range(2):
            weight = (a if di else 1.0 - a) * (b if dj else 1.0 - b)
            u, v = (fx + di) & _WRAP, (fz + dj) & _WRAP
            sx += weight * 0.5 * (hills[0, v, (u + 1) & _WRAP] - hills[0, v, (u - 1) & _WRAP])
            sz += weight * 0.5 * (hills[0, (v + 1) & _WRAP, u] - hills[0, (v - 1) & _WRAP, u])
    return -sx, 1.0, -sz
