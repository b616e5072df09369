"""A scene as plain tables of numbers, one row a shape: what the kernels read."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from virb.data.world._camera import rotation, spread
from virb.data.world._hills import CELLS_A_HILL
from virb.data.world._photos import PHOTOS
from virb.data.world._scene import Camera, Light, Scene, Shape, ShapeKind, TextureKind
from virb.data.world._stream import Stream

_SHAPES = {kind: number for number, kind in enumerate(get_args(ShapeKind))}
_TEXTURES = {kind: number for number, kind in enumerate(get_args(TextureKind))}
_WHITE = ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0))
_HIGHEST = 255
"""Label or instance that a mask can hold."""


class Table(NamedTuple):
    """The shapes of a scene.

    Attributes:
        marks: n x 8, int64: kind, label, instance, terrain's row in ``seeds``; texture's kind, seed, photograph and
            turn (0: u is across, 1: u is up, 2: a photograph in its own colours).
        bodies: n x 15, float64: rotation from its own space (9), place (3), half extents (3).
        skins: n x 10, float64: two colours (6), periods a metre (1), offset in periods (3).
        seeds: of the terrains, int64.
    """

    marks: NDArray[np.int64]
    bodies: NDArray[np.float64]
    skins: NDArray[np.float64]
    seeds: NDArray[np.int64]


def table(scene: Scene) -> Table:
    """All tables of a scene's shapes.

    Raises:
        ValueError: a shape or a texture has a size that is not above 0, a label or an instance does not fit its mask,
            or a number is not finite.
    """
    count = len(scene.shapes)
    terrains: dict[int, int] = {}
    rows = [_row(shape, terrains) for shape in scene.shapes]
    return Table(
        marks=np.array([row[0] for row in rows], np.int64).reshape(count, 8),
        bodies=_finite("a shape", [row[1] for row in rows]).reshape(count, 15),
        skins=_finite("a texture", [row[2] for row in rows]).reshape(count, 10),
        seeds=np.array(list(terrains), np.int64),
    )


def eye(camera: Camera) -> NDArray[np.float64]:
    """A camera as 13 numbers: rotation to the world (9), place (3), half the picture's side at one metre.

    Raises:
        ValueError: no pinhole camera has its field of view, or a number is not finite.
    """
    return _finite("the camera", (*rotation(camera.turn), *camera.at, spread(camera)))


def lamp(light: Light, sky: tuple[tuple[float, ...], tuple[float, ...]]) -> NDArray[np.float64]:
    """Light and sky as 16 numbers: place or unit direction (3), sun (1), colours of light, ambient, and two of the sky.

    Raises:
        ValueError: a sun without a direction, or a number that is not finite.
    """
    x, y, z = light.at
    if light.sun:
        length = math.sqrt(x * x + y * y + z * z)
        if length == 0.0:
            raise ValueError("a sun needs a direction")
        x, y, z = x / length, y / length, z / length
    return _finite("the light", (x, y, z, float(light.sun), *light.colour, *light.ambient, *sky[0], *sky[1]))


def _row(shape: Shape, terrains: dict[int, int]) -> tuple[tuple[int, ...], tuple[float, ...], tuple[float, ...]]:
    size, hills = shape.size, 0
    if shape.kind == "plane":
        size = (1.0, 1.0, 1.0)
    elif shape.kind == "terrain":
        cell = size[0] / CELLS_A_HILL
        size = (cell, size[1], cell)
        hills = terrains.setdefault(shape.seed, len(terrains))
    if min(size) <= 0:
        raise ValueError(f"a {shape.kind} of size {shape.size} has no inside")
    if not (0 <= shape.label <= _HIGHEST and 0 <= shape.instance <= _HIGHEST):
        raise ValueError(f"label {shape.label} and instance {shape.instance} do not both fit a mask of bytes")
    texture = shape.texture
    if texture.scale <= 0:
        raise ValueError(f"a texture of scale {texture.scale} has no period")
    whole, offset = _variant(texture.kind, texture.seed, texture.colours == _WHITE)
    marks = (_SHAPES[shape.kind], shape.label, shape.instance, hills, _TEXTURES[texture.kind], *whole)
    body = (*rotation(shape.turn), *shape.at, *size)
    return marks, body, (*texture.colours[0], *texture.colours[1], 1.0 / texture.scale, *offset)


@lru_cache(4096)
def _variant(kind: TextureKind, seed: int, own_colours: bool) -> tuple[tuple[int, int, int], tuple[float, ...]]:
    """What a texture's seed decides: seed of its lattice, photograph and turn; and its offsets in periods."""
    stream = Stream("texture", kind, seed)
    whole = stream.integer(0, 1 << 32), stream.integer(0, len(PHOTOS)), stream.integer(0, 2)
    if kind == "photo":
        whole = whole[0], whole[1], 2 if own_colours else 0
    elif kind == "bricks":
        whole = whole[0], whole[1], 0
    return whole, tuple(stream.uniform(0.0, 64.0) for _ in range(3))


def _finite(owner: str, numbers: Sequence[Any]) -> NDArray[np.float64]:
    """The numbers as an array. NaN would fail every comparison of a kernel and leave holes without an error."""
    array = np.array(numbers, np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"a number of {owner} is not finite")
    return array
