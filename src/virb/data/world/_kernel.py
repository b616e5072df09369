"""The kernel that draws a picture: tile by tile, colours and truths of each pixel, then the shadows of the tile."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from virb.data.world._compiled import allocating, entry, kernel, sources
from virb.data.world._hills import CELLS, grow
from virb.data.world._shading import albedo, normal, sky, to_world
from virb.data.world._shadows import cast_light
from virb.data.world._tone import STEPS
from virb.data.world._tracing import back, direction, first, hidden
from virb.data.world._view import COLUMNS, ORIGIN, TILE, tiles, unit_maps, view

SAMPLES = 4
"""Colour samples a pixel, in a grid of 2 x 2. A fifth ray, through the pixel's centre, is for the truths."""


@allocating
def _draw(
    marks: NDArray[Any], bodies: NDArray[Any], skins: NDArray[Any], seeds: NDArray[Any], photos: NDArray[Any],
    eye: NDArray[Any], lamp: NDArray[Any], encoding: NDArray[Any],
    moves: bool, bodies_after: NDArray[Any], eye_after: NDArray[Any],
    colour: NDArray[Any], depth: NDArray[Any], labels: NDArray[Any], instances: NDArray[Any], normals: NDArray[Any],
    flow: NDArray[Any], visible: NDArray[Any],
) -> None:  # fmt: skip
    """Fill the pictures; ``flow`` and ``visible`` only where it ``moves``. Tables are those of ``_table``."""
    size, shapes = len(colour), len(marks)
    side = (size + TILE - 1) // TILE
    order, shaders = np.empty(shapes, np.int64), np.empty(shapes, np.int64)
    maps, rows = np.empty((shapes, 12)), np.empty((shapes, COLUMNS))
    nearby = np.empty((side * side, 1 + shapes), np.int64)
    maps_after, rows_after, nearby_after = np.empty_like(maps), np.empty_like(rows), np.empty_like(nearby)
    hills = np.empty((len(seeds), 2, CELLS, CELLS), np.float32)
    for terrain in range(len(seeds)):
        grow(seeds[terrain], hills[terrain])
    unit_maps(bodies, maps)
    view(marks, bodies, hills, maps, eye, rows)
    tiles(marks, rows, eye[12], size, order, nearby)
    if moves:
        unit_maps(bodies_after, maps_after)
        view(marks, bodies_after, hills, maps_after, eye_after, rows_after)
        tiles(marks, rows_after, eye_after[12], size, order, nearby_after)
    light, box = np.empty((TILE * TILE, 3)), np.empty(6)
    # Samples that the lamp may reach: shape and pixel of the tile; place, and the light to be added.
    lit, places = np.empty((TILE * TILE * SAMPLES, 2), np.int64), np.empty((TILE * TILE * SAMPLES, 6))
    for tile in range(side * side):
        top, left = tile // side * TILE, tile % side * TILE
        bottom, right = min(top + TILE, size), min(left + TILE, size)
        light[:] = 0.0
        count = int(np.int64(0))  # a plain 0 has a type of its own, for which all would be compiled again
        for row in range(top, bottom):
            for column in range(left, right):
                pixel = (row - top) * TILE + column - left
                for sample in range(SAMPLES + 1):
                    across = 0.5 if sample == SAMPLES else 0.25 + 0.5 * (sample & 1)
                    down = 0.5 if sample == SAMPLES else 0.25 + 0.5 * (sample >> 1)
                    x = eye[12] * (2.0 * (column + across) / size - 1.0)
                    y = eye[12] * (1.0 - 2.0 * (row + down) / size)
                    k, t = first(marks, rows, hills, nearby, tile, x, y)
                    ux = uy = uz = nx = ny = nz = 0.0
                    if k >= 0:
                        dx, dy, dz = direction(rows, k, x, y)
                        ux = rows[k, ORIGIN] + t * dx
                        uy = rows[k, ORIGIN + 1] + t * dy
                        uz = rows[k, ORIGIN + 2] + t * dz
                        nx, ny, nz = normal(marks, rows, hills, k, ux, uy, uz, dx, dy, dz)
                    if sample < SAMPLES:
                        count = _colour(
                            marks, bodies, skins, photos, maps, eye, lamp, 2.0 * eye[12] / size,
                            k, t, x, y, ux, uy, uz, nx, ny, nz, pixel, light, lit, places, count,
                        )  # fmt: skip
                        continue
                    _truths(marks, maps, eye, row, column, k, t, nx, ny, nz, depth, labels, instances, normals)
                    if moves:
                        _motion(
                            marks, rows_after, hills, nearby_after, eye_after[12], size, row, column,
                            k, ux, uy, uz, flow, visible,
                        )  # fmt: skip
        cast_light(marks, maps, rows, hills, lamp, lit, places, count, box, shaders, light)
        for row in range(top, bottom):
            for column in range(left, right):
                pixel = (row - top) * TILE + column - left
                for channel in range(3):
                    level = min(max(light[pixel, channel] * (1.0 / SAMPLES), 0.0), 1.0)
                    colour[row, column, channel] = encoding[int(level * (STEPS - 1) + 0.5)]


@kernel
def _colour(
    marks: NDArray[Any], bodies: NDArray[Any], skins: NDArray[Any], photos: NDArray[Any],
    maps: NDArray[Any], eye: NDArray[Any], lamp: NDArray[Any], pixel_width: float,
    k: int, t: float, x: float, y: float,
    ux: float, uy: float, uz: float, ax: float, ay: float, az: float,
    pixel: int, light: NDArray[Any], lit: NDArray[Any], places: NDArray[Any], count: int,
) -> int:  # fmt: skip
    """Add a sample's sky or ambient light to its pixel, and note it if the lamp may reach it. Returns the new count."""
    dx = eye[0] * x + eye[1] * y - eye[2]
    dy = eye[3] * x + eye[4] * y - eye[5]
    dz = eye[6] * x + eye[7] * y - eye[8]
    length = math.sqrt(x * x + y * y + 1.0)
    if k < 0:
        red, green, blue = sky(lamp, dy / length)
        light[pixel, 0] += red
        light[pixel, 1] += green
        light[pixel, 2] += blue
        return count
    nx, ny, nz = to_world(maps, k, ax, ay, az)
    slant = max(-(nx * dx + ny * dy + nz * dz) / length, 0.2)
    red, green, blue = albedo(marks, bodies, skins, photos, k, ux, uy, uz, ax, ay, az, t * length * pixel_width / slant)
    light[pixel, 0] += red * lamp[7]
    light[pixel, 1] += green * lamp[8]
    light[pixel, 2] += blue * lamp[9]
    px, py, pz = eye[9] + t * dx, eye[10] + t * dy, eye[11] + t * dz
    lx, ly, lz, distance = lamp[0], lamp[1], lamp[2], 1.0
    if lamp[3] == 0.0:
        lx, ly, lz = lx - px, ly - py, lz - pz
        distance = math.sqrt(lx * lx + ly * ly + lz * lz) + 1e-12
    share = (nx * lx + ny * ly + nz * lz) / distance
    if share <= 0.0:
        return count
    lit[count, 0], lit[count, 1] = k, pixel
    places[count, 0], places[count, 1], places[count, 2] = px, py, pz
    places[count, 3] = red * lamp[4] * share
    places[count, 4] = green * lamp[5] * share
    places[count, 5] = blue * lamp[6] * share
    return count + 1


@kernel
def _truths(
    marks: NDArray[Any], maps: NDArray[Any], eye: NDArray[Any],
    row: int, column: int, k: int, t: float, nx: float, ny: float, nz: float,
    depth: NDArray[Any], labels: NDArray[Any], instances: NDArray[Any], normals: NDArray[Any],
) -> None:  # fmt: skip
    """What is true of a pixel now."""
    if k < 0:
        depth[row, column] = np.inf
        labels[row, column] = instances[row, column] = 0
        normals[row, column, :] = 0.0
        return
    depth[row, column] = t
    labels[row, column] = marks[k, 1]
    instances[row, column] = marks[k, 2]
    nx, ny, nz = to_world(maps, k, nx, ny, nz)
    for i in range(3):
        normals[row, column, i] = eye[i] * nx + eye[3 + i] * ny + eye[6 + i] * nz


@kernel
def _motion(
    marks: NDArray[Any], rows: NDArray[Any], hills: NDArray[Any], nearby: NDArray[Any], spread: float, size: int,
    row: int, column: int, k: int, ux: float, uy: float, uz: float, flow: NDArray[Any], visible: NDArray[Any],
) -> None:  # fmt: skip
    """Where what a pixel shows is in the next picture, and whether it is seen there."""
    x = y = depth = 0.0
    if k >= 0:
        x, y, z = back(rows, k, ux, uy, uz)
        depth = -z
    if depth <= 1e-6:
        flow[row, column, :] = np.nan
        visible[row, column] = False
        return
    x, y = x / depth, y / depth
    right, down = 0.5 * size * (1.0 + x / spread), 0.5 * size * (1.0 - y / spread)
    flow[row, column, 0] = right - (column + 0.5)
    flow[row, column, 1] = down - (row + 0.5)
    seen = 0.0 <= right < size and 0.0 <= down < size
    if seen:
        tile = int(down) // TILE * ((size + TILE - 1) // TILE) + int(right) // TILE
        seen = not hidden(marks, rows, hills, nearby, tile, k, ux, uy, uz, x, y, depth)
    visible[row, column] = seen


def _sealed(digest: int) -> Callable[..., None]:
    """``_draw`` for Python, kept on disk for these very sources."""

    def draw(*tables: Any) -> None:
        if digest >= 0:  # always so; but only what is used is a part of the function
            _draw(*tables)

    return entry(draw)


draw = _sealed(sources())
