"""Animals of twenty-four breeds: what tells them apart is their build, their ears and their tail, never their coat."""

import math
from typing import NamedTuple, final

from virb.data.world._parts import Part, fitted
from virb.data.world._stream import Stream


@final
class Build(NamedTuple):
    """Proportions of a body, in lengths of nothing in particular.

    Attributes:
        long: half the body's length.
        girth: half its height and width.
        leg: length of the legs below the body.
        thick: half the thickness of a leg.
        neck: how far the head is above the back.
        snout: half the length of the snout.
    """

    long: float
    girth: float
    leg: float
    thick: float
    neck: float
    snout: float


BUILDS = {
    "long": Build(0.75, 0.24, 0.18, 0.08, 0.12, 0.2),
    "round": Build(0.48, 0.38, 0.22, 0.09, 0.08, 0.09),
    "tall": Build(0.5, 0.22, 0.75, 0.055, 0.5, 0.16),
    "stout": Build(0.62, 0.34, 0.5, 0.11, 0.18, 0.2),
}
EARS = ("pointed", "round", "drooping")
TAILS = ("long", "short")

BREEDS = tuple(f"{build}, {ears} ears, {tail} tail" for build in BUILDS for ears in EARS for tail in TAILS)
"""Names of the breeds, in id order."""


def creature(breed: int, stream: Stream) -> tuple[Part, ...]:
    """One animal, standing on y = 0, its head to the front, its box's diagonal 1 metre long.

    Args:
        breed: which of :data:`BREEDS`.
        stream: randomness of its proportions: each within 8 percent of its breed's, and how it holds head and tail.
    """
    build, rest = divmod(breed, len(EARS) * len(TAILS))
    ears, tail = divmod(rest, len(TAILS))
    body = Build(*(length * stream.uniform(0.92, 1.08) for length in tuple(BUILDS.values())[build]))
    height = body.leg + body.girth
    return fitted(
        [
            Part("ellipsoid", (0, height, 0), (body.girth * 0.9, body.girth, body.long)),
            *_legs(body),
            *_head(body, EARS[ears], stream),
            _tail(body, TAILS[tail], stream),
        ]
    )


def _legs(body: Build) -> list[Part]:
    half = (body.leg + body.girth * 0.7) / 2  # up into the body
    return [
        Part("cylinder", (x * body.girth * 0.5, half, z * body.long * 0.62), (body.thick, half, body.thick), slot=1)
        for x in (-1, 1)
        for z in (-1, 1)
    ]


def _head(body: Build, ears: str, stream: Stream) -> list[Part]:
    turn = stream.uniform(-12, 12)
    size = 0.2 + body.girth * 0.15
    back = body.leg + 2 * body.girth
    y, z = back + body.neck, body.long + size * 0.35
    foot_y, foot_z = body.leg + body.girth * 1.2, body.long * 0.65
    long = math.hypot(y - foot_y, z - foot_z) / 2
    lean = math.degrees(math.atan2(z - foot_z, y - foot_y))  # from upright to the front
    neck = Part(
        "ellipsoid", (0, (y + foot_y) / 2, (z + foot_z) / 2), (size * 0.55, long * 1.25, size * 0.6), (0, lean, 0)
    )
    head = Part("ellipsoid", (0, y, z), (size * 0.85, size * 0.85, size))
    snout = Part(
        "ellipsoid", (0, y - size * 0.25, z + size * 0.75), (size * 0.4, size * 0.36, body.snout + 0.08), slot=2
    )
    return [neck, head, snout, *_ears(ears, y, z, size, turn)]


def _ears(ears: str, y: float, z: float, size: float, turn: float) -> list[Part]:
    parts = []
    for side in (-1, 1):
        if ears == "pointed":
            at, half, roll = (side * size * 0.5, y + size * 1.15, z), (size * 0.28, size * 0.6, size * 0.2), 12.0
            parts.append(Part("cone", at, half, (0, turn, side * roll), slot=2))
        elif ears == "round":
            at, half = (side * size * 0.85, y + size * 0.75, z), (size * 0.45, size * 0.45, size * 0.15)
            parts.append(Part("ellipsoid", at, half, (0, turn, 0), slot=2))
        else:
            at, half = (side * size * 0.95, y - size * 0.3, z - size * 0.05), (size * 0.17, size * 0.8, size * 0.38)
            parts.append(Part("ellipsoid", at, half, (0, turn, -side * 12.0), slot=2))
    return parts


def _tail(body: Build, tail: str, stream: Stream) -> Part:
    y, z = body.leg + body.girth * 1.3, -body.long * 0.9
    if tail == "short":
        return Part("ellipsoid", (0, y + 0.05, z - 0.06), (0.13, 0.13, 0.13), slot=2)
    long, lean = 0.34, stream.uniform(25, 65)  # degrees from upright to the back
    rise, back = math.cos(math.radians(lean)), math.sin(math.radians(lean))
    return Part("cylinder", (0, y + long * rise, z - long * back), (0.05, long, 0.05), (0, -lean, 0), slot=2)
