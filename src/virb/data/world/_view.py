"""Shapes as one camera sees them: maps between its pixels and their unit spaces, and which may be in which tile."""

from typing import Any

from numpy.typing import NDArray

from virb.data.world._compiled import kernel
from virb.data.world._hills import height
from virb.data.world._solids import FAR, PLANE, TERRAIN, contains

TILE = 8
"""Side of a tile in pixels."""

# Columns of a view, one row a shape:
RAY = 0
"""9: takes (x, y, -1), a ray of the camera one metre long along its axis, to the shape's unit space."""
ORIGIN = 9
"""3: the camera in unit space."""
BACK = 12
"""12: takes a point of unit space to camera space: 3 x 3 and what is added."""
NEAR = 24
"""1: no point of the shape has less depth."""
INSIDE = 25
"""1: whether the camera is inside, or under a terrain."""
COLUMNS = 26


@kernel
def unit_maps(bodies: NDArray[Any], maps: NDArray[Any]) -> None:
    """Fill ``maps`` (n x 12): what takes a point of the world to each shape's unit space: 3 x 3, and what is added."""
    for k in range(len(bodies)):
        for i in range(3):
            inverse = 1.0 / bodies[k, 12 + i]
            added = 0.0
            for j in range(3):
                turned = bodies[k, 3 * j + i] * inverse
                maps[k, 3 * i + j] = turned
                added -= turned * bodies[k, 9 + j]
            maps[k, 9 + i] = added


@kernel
def view(
    marks: NDArray[Any], bodies: NDArray[Any], hills: NDArray[Any], maps: NDArray[Any],
    eye: NDArray[Any], rows: NDArray[Any],
) -> None:  # fmt: skip
    """Fill ``rows`` (n x COLUMNS): see the columns above."""
    for k in range(len(bodies)):
        for i in range(3):
            origin, added = maps[k, 9 + i], 0.0
            for j in range(3):
                origin += maps[k, 3 * i + j] * eye[9 + j]
                added += eye[3 * j + i] * (bodies[k, 9 + j] - eye[9 + j])
                ray = axis = 0.0
                for m in range(3):
                    ray += maps[k, 3 * i + m] * eye[3 * m + j]
                    axis += eye[3 * m + i] * bodies[k, 3 * m + j]
                rows[k, RAY + 3 * i + j] = ray
                rows[k, BACK + 3 * i + j] = axis * bodies[k, 12 + j]
            rows[k, ORIGIN + i] = origin
            rows[k, BACK + 9 + i] = added
        kind = marks[k, 0]
        x, y, z = rows[k, ORIGIN], rows[k, ORIGIN + 1], rows[k, ORIGIN + 2]
        if kind == TERRAIN:
            rows[k, INSIDE] = y < height(hills[marks[k, 3]], x, z)
        else:
            rows[k, INSIDE] = contains(kind, x, y, z)
        rows[k, NEAR] = 0.0
        if kind != PLANE and kind != TERRAIN:
            middle = -rows[k, BACK + 11]
            reach = abs(rows[k, BACK + 6]) + abs(rows[k, BACK + 7]) + abs(rows[k, BACK + 8])
            rows[k, NEAR] = middle - reach
            if middle + reach <= 0.0:
                rows[k, NEAR] = FAR


@kernel
def tiles(
    marks: NDArray[Any], rows: NDArray[Any], spread: float, size: int, order: NDArray[Any], lists: NDArray[Any]
) -> None:
    """Which shapes may be seen in each tile, nearest first.

    Args:
        marks: of the shapes.
        rows: the camera's view of them.
        spread: of the camera.
        size: of the picture.
        order: n, for the shapes sorted by nearness.
        lists: tiles x (1 + n), to be filled: a row starts with how many there are.
    """
    count, side = len(rows), (size + TILE - 1) // TILE
    for k in range(count):
        place = k
        while place > 0 and rows[order[place - 1], NEAR] > rows[k, NEAR]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = k
    lists[:, 0] = 0
    for place in range(count):
        k = order[place]
        if rows[k, NEAR] == FAR:
            continue
        if marks[k, 0] == PLANE or marks[k, 0] == TERRAIN:
            left, top, right, bottom = 0.0, 0.0, float(size), float(size)
        else:
            left, top, right, bottom = _bounds(rows, k, spread, size)
        first_i, last_i = max(int(left) // TILE, 0), min(int(right) // TILE, side - 1)
        first_j, last_j = max(int(top) // TILE, 0), min(int(bottom) // TILE, side - 1)
        for j in range(first_j, last_j + 1):
            for i in range(first_i, last_i + 1):
                if marks[k, 0] == PLANE and not _faced(rows, k, spread, size, i, j):
                    continue
                tile = j * side + i
                lists[tile, 0] += 1
                lists[tile, lists[tile, 0]] = k


@kernel
def _bounds(rows: NDArray[Any], k: int, spread: float, size: int) -> tuple[float, float, float, float]:
    """The pixels between which a solid's unit cube is seen, and a little more; the whole picture if it is too near."""
    left, top, right, bottom = 1.0 * size, 1.0 * size, -1.0, -1.0
    if rows[k, NEAR] < 1e-3:
        return 0.0, 0.0, 1.0 * size, 1.0 * size
    for corner in range(8):
        a = 1.0 if corner & 1 else -1.0
        b = 1.0 if corner & 2 else -1.0
        c = 1.0 if corner & 4 else -1.0
        x = rows[k, 21] + a * rows[k, 12] + b * rows[k, 13] + c * rows[k, 14]
        y = rows[k, 22] + a * rows[k, 15] + b * rows[k, 16] + c * rows[k, 17]
        z = rows[k, 23] + a * rows[k, 18] + b * rows[k, 19] + c * rows[k, 20]
        inverse = -1.0 / (z * spread)
        px, py = 0.5 * size * (1.0 + x * inverse), 0.5 * size * (1.0 - y * inverse)
        left, right = min(left, px), max(right, px)
        top, bottom = min(top, py), max(bottom, py)
    # Clipped before they become whole numbers, which hold less.
    left, top = max(left - 0.01, -1e6), max(top - 0.01, -1e6)
    return left, top, min(right + 0.01, 1e6), min(bottom + 0.01, 1e6)


@kernel
def _faced(rows: NDArray[Any], k: int, spread: float, size: int, i: int, j: int) -> bool:
    """Whether any ray of a tile meets a plane: if one does, one through a corner does."""
    height = rows[k, ORIGIN + 1]
    for corner in range(4):
        x = spread * (2.0 * TILE * (i + (corner & 1)) / size - 1.0)
        y = spread * (1.0 - 2.0 * TILE * (j + (corner >> 1)) / size)
        if height * (rows[k, RAY + 3] * x + rows[k, RAY + 4] * y - rows[k, RAY + 5]) < 0.0:
            return True
    return False
