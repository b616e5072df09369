"""Motifs: twenty two-tone patterns that differ in form alone. Each seed inks another share, in the same range for all.

So neither the mean, nor the contrast, nor the histogram of a picture tells one motif from another. A motif is a field
of numbers over a surface, inked where they are below a threshold: the quantile at the share of its seed. All of them
are bent a little by noise, some seeds more than others, as things are that grew or were made by hand.
"""

import math

from virb.data.world._compiled import kernel, large_kernel
from virb.data.world._lattice import chance, noise

BANDED, CHEQUERED, DOTTED, BRICKED, GRIDDED, ZIGZAGGED, WAVED, WOVEN, CRACKED, SPOTTED = range(10)
SCALY, SPIRALLED, RINGED, HONEYCOMBED, MARBLED, BLOTCHY, FACETED, CROSSED, FLECKED, GRAINED = range(10, 20)

LEAST, MOST = 0.3, 0.5
"""Share of a surface that is inked."""

QUANTILES = (
    (0.3000, 0.4000, 0.4999),
    (-0.1327, -0.0499, -0.0000),
    (0.0955, 0.1274, 0.1591),
    (0.0539, 0.0740, 0.0955),
    (0.0817, 0.1127, 0.1464),
    (0.3003, 0.4004, 0.4995),
    (0.2998, 0.3996, 0.4995),
    (0.2988, 0.3986, 0.4988),
    (0.1399, 0.1935, 0.2514),
    (0.3056, 0.3576, 0.4067),
    (0.1227, 0.1662, 0.2087),
    (0.2998, 0.3993, 0.4996),
    (0.3001, 0.4003, 0.5002),
    (0.0819, 0.1129, 0.1466),
    (0.2983, 0.3980, 0.4978),
    (0.5770, 0.6396, 0.6994),
    (0.0537, 0.0742, 0.0970),
    (0.3674, 0.4242, 0.4743),
    (0.1511, 0.1946, 0.2381),
    (0.3855, 0.4452, 0.5018),
)
"""Of each motif's field: what 30, 40 and 50 percent of it are below, of a million places drawn at random."""

_BEND = 0.3
"""Periods by which a place is moved at most."""


@kernel
def ink(seed: int) -> float:
    """The share that is inked."""
    return LEAST + (MOST - LEAST) * chance(1, 2, 3, seed)


@large_kernel
def motif(kind: int, seed: int, u: float, v: float) -> float:
    """1 where a place is inked, else 0. ``u`` and ``v`` count periods across and up the surface."""
    bend = _BEND * chance(3, 2, 1, seed)
    a = u + bend * (noise(0.9 * u, 0.9 * v, 0.0, seed + 1) - 0.5)
    b = v + bend * (noise(0.9 * u, 0.9 * v, 8.5, seed + 1) - 0.5)
    low, middle, high = QUANTILES[kind]
    share = (ink(seed) - LEAST) / (MOST - LEAST) * 2.0
    threshold = low + (middle - low) * share if share < 1.0 else middle + (high - middle) * (share - 1.0)
    return 1.0 if field(kind, seed, a, b) < threshold else 0.0


@kernel
def field(kind: int, seed: int, u: float, v: float) -> float:
    """The numbers of a motif; small where it is inked first."""
    if kind == BANDED:
        return _up_and_down(u)
    if kind == CHEQUERED:
        return (2.0 * _up_and_down(u) - 1.0) * (2.0 * _up_and_down(v) - 1.0)
    if kind == DOTTED:
        a, b = u - math.floor(u) - 0.5, v - math.floor(v) - 0.5
        return a * a + b * b
    if kind == BRICKED:
        course = math.floor(2.0 * v)
        return min(_to_line(u + 0.5 * (course & 1)), 0.5 * _to_line(2.0 * v))
    if kind == GRIDDED:
        return min(_to_line(u), _to_line(v))
    if kind == ZIGZAGGED:
        return _up_and_down(1.3 * v + 0.9 * _up_and_down(0.7 * u))
    if kind == WAVED:
        rise = _up_and_down(0.5 * u)
        return _up_and_down(1.3 * v + 0.75 * rise * rise * (3.0 - 2.0 * rise))
    if kind == WOVEN:
        along = (math.floor(0.8 * u) + math.floor(0.8 * v)) & 1
        return _up_and_down(2.4 * (u if along else v))
    if CRACKED <= kind <= SPOTTED or kind == FLECKED:
        return _scattered(kind, seed, 1.2 * u, 1.2 * v)
    if kind == SCALY:
        return _scales(0.65 * u, 0.6 * v)
    if SPIRALLED <= kind <= RINGED:
        return _whirl(kind, seed, u, v)
    if kind == HONEYCOMBED:
        return _hexagons(1.1 * u, 1.1 * v)
    if kind == MARBLED:
        wave = 0.6 * u + 0.5 * v + 2.4 * noise(0.9 * u, 0.9 * v, 0.5, seed)
        return _up_and_down(wave + 0.6 * noise(2.2 * u, 2.2 * v, 4.5, seed))
    if kind == BLOTCHY:
        return noise(1.4 * u, 1.4 * v, 0.5, seed) + 0.4 * noise(3.2 * u, 3.2 * v, 4.5, seed)
    if kind == FACETED:
        rise = 0.6928 * v
        return min(_to_line(0.8 * u), min(_to_line(0.4 * u + rise), _to_line(0.4 * u - rise)))
    if kind == CROSSED:
        row = math.floor(v)
        shifted = u + 0.5 * (row & 1)
        a, b = abs(shifted - math.floor(shifted) - 0.5), abs(v - row - 0.5)
        return min(max(3.0 * a, b), max(a, 3.0 * b))
    return noise(3.4 * u, 0.3 * v, 0.5, seed)


@kernel
def _up_and_down(x: float) -> float:
    """From 1 to 0 and back to 1 over one period."""
    return abs(2.0 * (x - math.floor(x)) - 1.0)


@kernel
def _to_line(x: float) -> float:
    """How far the nearest whole number is."""
    part = x - math.floor(x)
    return min(part, 1.0 - part)


@kernel
def _scattered(kind: int, seed: int, u: float, v: float) -> float:
    """Points, one somewhere in each cell of a lattice: how near one is, how nearly two are; or strokes through them."""
    column, row = math.floor(u), math.floor(v)
    nearest, second = 9.0, 9.0
    for i in range(-1, 2):
        for j in range(-1, 2):
            x, y = column + i, row + j
            a = x + 0.1 + 0.8 * chance(x, y, 0, seed) - u
            b = y + 0.1 + 0.8 * chance(x, y, 1, seed) - v
            if kind == FLECKED:
                half = 2.0 * chance(x, y, 2, seed) - 1.0  # the tangent of half an angle between -90 and 90 degrees
                over = 1.0 / (1.0 + half * half)
                c, s = (1.0 - half * half) * over, 2.0 * half * over
                along = min(max(c * a + s * b, -0.4), 0.4)
                a, b = a - along * c, b - along * s
            away = math.sqrt(a * a + b * b)
            if kind == SPOTTED:
                away /= 0.6 + 0.8 * chance(x, y, 2, seed)
            if away < nearest:
                nearest, second = away, nearest
            elif away < second:
                second = away
    return second - nearest if kind == CRACKED else nearest


@kernel
def _scales(u: float, v: float) -> float:
    """How far the rim of a scale is: discs of radius a half in rows, each row over the one above it."""
    row = math.ceil(4.0 * v)
    for _ in range(2):
        x = u + 0.5 * (row & 1)
        a, b = x - math.floor(x) - 0.5, 0.25 * row - v
        away = math.sqrt(a * a + b * b)
        if away < 0.5:
            return 0.5 - away
        row += 1
    return 0.0


@kernel
def _whirl(kind: int, seed: int, u: float, v: float) -> float:
    """Rings around the middle of each of large square cells, or a spiral of one arm."""
    column, row = math.floor(u / 3.0), math.floor(v / 3.0)
    a, b = u - 3.0 * column - 1.5, v - 3.0 * row - 1.5
    rings = 1.25 * math.sqrt(a * a + b * b) + chance(column, row, 0, seed)
    if kind == RINGED:
        return _up_and_down(rings)
    return _up_and_down(rings + (_turn(a, b) if chance(0, 0, 1, seed) < 0.5 else -_turn(a, b)))


@kernel
def _turn(x: float, y: float) -> float:
    """The angle of a direction in turns, but for a thousandth: atan(t) is nearly t (45 + 15.64 (1 - t)) degrees."""
    wide, high = abs(x), abs(y)
    if wide + high == 0.0:
        return 0.0
    slope = min(wide, high) / max(wide, high)
    turn = slope * (0.125 + 0.04345 * (1.0 - slope))
    if high > wide:
        turn = 0.25 - turn
    if x < 0.0:
        turn = 0.5 - turn
    return -turn if y < 0.0 else turn


@kernel
def _hexagons(u: float, v: float) -> float:
    """How far the side of a hexagon is: each place belongs to the nearer of two lattices' middles."""
    root = 1.7320508
    a, b = u - math.floor(u) - 0.5, v - root * math.floor(v / root) - 0.5 * root
    x, y = u - 0.5, v - 0.5 * root
    c, d = x - math.floor(x) - 0.5, y - root * math.floor(y / root) - 0.5 * root
    if a * a + b * b > c * c + d * d:
        a, b = c, d
    return 0.5 - max(abs(a), 0.5 * abs(a) + 0.5 * root * abs(b))
