"""Textures: how far a point of a surface is from one colour to the other.

Coordinates count periods of the pattern along the shape's own axes. Checks, noise and marble fill space; stripes, dots,
bricks, planks and photographs are laid on along the axis that the surface faces most. ``width`` is that of a pixel on
the surface, in periods: where a pattern grows too fine for the samples of a pixel, it fades into its mean.
"""

import math
from typing import Any

from numpy.typing import NDArray

from virb.data.world._compiled import kernel
from virb.data.world._lattice import chance, noise
from virb.data.world._motifs import ink, motif
from virb.data.world._photos import LEVELS, SIDE

PLAIN, CHECKER, STRIPES, DOTS, NOISE, MARBLE, BRICKS, PLANKS, PHOTO = range(9)
"""What comes after are motifs."""

_FINE, _TOO_FINE = 0.4, 1.0
"""Widths of a pixel in periods between which a pattern fades: two samples a pixel show two periods at best."""


@kernel
def pattern(kind: int, seed: int, x: float, y: float, z: float, u: float, v: float, width: float) -> float:
    """From 0 (the first colour) to 1 (the second) at a point. Not for photographs.

    ``x``, ``y`` and ``z`` are the point in periods, ``u`` and ``v`` its places across and up the axis that the surface
    faces, and ``width`` is that of a pixel.
    """
    if kind == PLAIN:
        return 0.0
    if kind > PHOTO:
        width *= 2.0  # a motif has about two features a period
    if width >= _TOO_FINE:
        return _mean(kind, seed)
    if kind == CHECKER:
        value = float((math.floor(2.0 * x) + math.floor(2.0 * y) + math.floor(2.0 * z)) & 1)
    elif kind == STRIPES:
        value = 0.0 if u - math.floor(u) < 0.5 else 1.0
    elif kind == DOTS:
        a, b = u - math.floor(u) - 0.5, v - math.floor(v) - 0.5
        value = 1.0 if a * a + b * b < 0.1 else 0.0
    elif kind == NOISE:
        fine = noise(2.0 * x, 2.0 * y, 2.0 * z, seed)
        value = _stretched(0.7 * fine + 0.3 * noise(4.0 * x + 0.5, 4.0 * y + 0.5, 4.0 * z + 0.5, seed + 1))
    elif kind == MARBLE:
        wave = x + 0.6 * y + 0.4 * z + 1.2 * noise(1.5 * x, 1.5 * y, 1.5 * z, seed)
        value = abs(2.0 * (wave - math.floor(wave)) - 1.0)
        value = value * value * (3.0 - 2.0 * value)
    elif kind == BRICKS:
        value = _bricks(u, v, seed)
    elif kind == PLANKS:
        value = _planks(u, v, seed)
    else:
        value = motif(kind - PHOTO - 1, seed, u, v)
    if width > _FINE:
        value += (_mean(kind, seed) - value) * (width - _FINE) / (_TOO_FINE - _FINE)
    return value


@kernel
def _mean(kind: int, seed: int) -> float:
    """Of a pattern's values."""
    if kind > PHOTO:
        return ink(seed)
    if kind == DOTS:
        return 0.314
    if kind == BRICKS:
        return 0.37
    if kind == PLANKS:
        return 0.42
    return 0.5


@kernel
def _stretched(value: float) -> float:
    """Value noise seldom leaves the middle: its outer fifths are cut off."""
    return min(max((value - 0.2) / 0.6, 0.0), 1.0)


@kernel
def _bricks(u: float, v: float, seed: int) -> float:
    """Two courses a period, each shifted by half a brick; joints are the second colour."""
    course = math.floor(2.0 * v)
    shifted = u + 0.5 * (course & 1)
    brick = math.floor(shifted)
    a, b = shifted - brick, 2.0 * v - course
    if a < 0.05 or b < 0.1:
        return 1.0
    return 0.5 * chance(brick, course, 0, seed)


@kernel
def _planks(u: float, v: float, seed: int) -> float:
    """Planks one period wide and five long along v, each of its own shade and grain; gaps are the second colour."""
    plank = math.floor(u)
    shifted = v * 0.2 + chance(plank, 1, 0, seed)
    end = math.floor(shifted)
    a, b = u - plank, shifted - end
    if a < 0.05 or b < 0.01:
        return 1.0
    shade = chance(plank, end, 0, seed)
    return 0.45 * shade + 0.35 * noise(5.0 * u, 0.4 * v, 7.0 * shade, seed)


@kernel
def texel(photos: NDArray[Any], photo: int, grey: bool, u: float, v: float, width: float) -> tuple[float, float, float]:
    """A photograph's colour, of the size whose pixels are as wide as a sample, bilinear; mirrored beyond its edge.

    Args:
        photos: the atlas.
        photo: which.
        grey: whether only its stretched grey is wanted, three times.
        u: to the right, in photographs.
        v: up.
        width: of a pixel of the rendering, in photographs.
    """
    side, offset = SIDE, 0
    for _ in range(LEVELS - 1):
        if width * side < 3.0:
            break
        offset += side * side
        side >>= 1
    x, y = _mirrored(u) * side - 0.5, _mirrored(-v) * side - 0.5
    fx, fy = math.floor(x), math.floor(y)
    a, b = x - fx, y - fy
    left, right = max(fx, 0), min(fx + 1, side - 1)
    upper, lower = offset + max(fy, 0) * side, offset + min(fy + 1, side - 1) * side
    channel, red, green = 3 if grey else 0, 0.0, 0.0
    while True:
        above = photos[photo, upper + left, channel] * (1.0 - a) + photos[photo, upper + right, channel] * a
        below = photos[photo, lower + left, channel] * (1.0 - a) + photos[photo, lower + right, channel] * a
        value = above * (1.0 - b) + below * b
        if grey:
            return value, value, value
        if channel == 2:
            return red, green, value
        red, green = green if channel else value, value
        channel += 1


@kernel
def _mirrored(x: float) -> float:
    """From 0 to 1 and back over two."""
    half = 0.5 * x
    folded = 2.0 * (half - math.floor(half))
    return folded if folded < 1.0 else 2.0 - folded
