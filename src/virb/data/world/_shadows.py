"""Hard shadows: for the samples of one tile, first which shapes may shade any of them, then which are shaded."""

import math
from typing import Any

from numpy.typing import NDArray

from virb.data.world._compiled import kernel
from virb.data.world._solids import BOX, CONE, FAR, PLANE, TERRAIN
from virb.data.world._tracing import CLEAR, blocks
from virb.data.world._view import INSIDE

_LIFT = 0.02
"""Of a hill's height: by which terrain is lifted out of its own shadow, whose edge would show the lattice."""


@kernel
def cast_light(
    marks: NDArray[Any], maps: NDArray[Any], rows: NDArray[Any], hills: NDArray[Any], lamp: NDArray[Any],
    lit: NDArray[Any], places: NDArray[Any], count: int,
    box: NDArray[Any], shaders: NDArray[Any], light: NDArray[Any],
) -> None:  # fmt: skip
    """Add the lamp's light to the samples that no shape of the scene hides from it."""
    if count == 0:
        return
    for i in range(3):
        low = high = places[0, i]
        for sample in range(1, count):
            low, high = min(low, places[sample, i]), max(high, places[sample, i])
        box[i], box[3 + i] = 0.5 * (low + high), 0.5 * (high - low)
    found = 0
    for k in range(len(marks)):
        if _may_shade(marks, maps, k, lamp, box):
            shaders[found] = k
            found += 1
    for sample in range(count):
        who = lit[sample, 0]
        # The side of a solid that faces the light is never in its own shadow, but for its inside.
        alone = marks[who, 0] != TERRAIN and not (marks[who, 0] <= CONE and rows[who, INSIDE] != 0.0)
        shaded = False
        for place in range(found):
            k = shaders[place]
            if k == who and alone:
                continue
            lift = _LIFT if k == who and marks[k, 0] == TERRAIN else 0.0
            if _shaded_by(marks, maps, hills, k, lamp, places[sample, 0], places[sample, 1], places[sample, 2], lift):
                shaded = True
                # What shades a sample most likely shades the next one too.
                shaders[place], shaders[0] = shaders[0], k
                break
        if not shaded:
            for channel in range(3):
                light[lit[sample, 1], channel] += places[sample, 3 + channel]


@kernel
def _may_shade(marks: NDArray[Any], maps: NDArray[Any], k: int, lamp: NDArray[Any], box: NDArray[Any]) -> bool:
    """Whether shape k may stand between the light and any point of a box of the world (its middle and half extents)."""
    kind = marks[k, 0]
    start, end = -FAR, FAR
    if lamp[3] == 0.0:
        start, end = 0.0, 1.0
    within = kind == BOX and lamp[3] == 0.0
    for i in range(3):
        o, d, reach = maps[k, 9 + i], 0.0, 1e-9
        for j in range(3):
            o += maps[k, 3 * i + j] * box[j]
            d += maps[k, 3 * i + j] * lamp[j]
            reach += abs(maps[k, 3 * i + j]) * box[3 + j]
        if lamp[3] == 0.0:
            d += maps[k, 9 + i] - o
        else:
            start = max(start, 0.0)
        low, high = -1.0 - reach, 1.0 + reach
        if kind in (PLANE, TERRAIN):
            if i != 1:
                continue
            low, high = -reach, reach + (1.0 if kind == TERRAIN else 0.0)
        if within and (abs(o) + reach >= 1.0 or abs(o + d) >= 1.0):
            within = False
        if abs(d) < 1e-12:
            if o < low or o > high:
                return False
            continue
        a, b = (low - o) / d, (high - o) / d
        start, end = max(start, min(a, b)), min(end, max(a, b))
        if start > end:
            return False
    # A room with both the light and the points inside casts no shadow on them.
    return not within


@kernel
def _shaded_by(
    marks: NDArray[Any], maps: NDArray[Any], hills: NDArray[Any], k: int, lamp: NDArray[Any],
    px: float, py: float, pz: float, lift: float,
) -> bool:  # fmt: skip
    """Whether shape k stands between a point of the world and the light."""
    ox, oy, oz = _to_unit(maps, k, px, py, pz)
    if lamp[3] != 0.0:
        lx, ly, lz = px + lamp[0], py + lamp[1], pz + lamp[2]
        start, end = CLEAR, FAR
    else:
        lx, ly, lz = lamp[0], lamp[1], lamp[2]
        distance = math.sqrt((lx - px) * (lx - px) + (ly - py) * (ly - py) + (lz - pz) * (lz - pz))
        start, end = CLEAR / (distance + CLEAR), 1.0
    dx, dy, dz = _to_unit(maps, k, lx, ly, lz)
    return blocks(marks, hills, k, ox, oy + lift, oz, dx - ox, dy - oy, dz - oz, start, end)


@kernel
def _to_unit(maps: NDArray[Any], k: int, x: float, y: float, z: float) -> tuple[float, float, float]:
    """A point of the world in the unit space of shape k."""
    return (
        maps[k, 0] * x + maps[k, 1] * y + maps[k, 2] * z + maps[k, 9],
        maps[k, 3] * x + maps[k, 4] * y + maps[k, 5] * z + maps[k, 10],
        maps[k, 6] * x + maps[k, 7] * y + maps[k, 8] * z + maps[k, 11],
    )
