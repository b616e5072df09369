"""Twenty kinds of things, each built of a few parts whose proportions differ from one instance to the next.

Twenty more are in ``_belongings`` and ``_outdoor_things``, built likewise. All of them are here by name.

Things stand on y = 0 and face z. Slots say which parts share a material; which material that is is drawn elsewhere, so
no kind can be told by its colours.
"""

from collections.abc import Callable, Mapping

from virb.data.world._belongings import BELONGINGS
from virb.data.world._outdoor_things import OUTSIDE
from virb.data.world._parts import Part, fitted
from virb.data.world._scene import Vector
from virb.data.world._stream import Stream

_WHEEL: Vector = (0, 0, 90)
"""Turns a cylinder's axis to x."""
_FORWARD: Vector = (0, 90, 0)
"""Turns a cylinder's or a cone's tip to the front."""


def thing(kind: str, stream: Stream) -> tuple[Part, ...]:
    """One instance of a kind, standing on y = 0, its diagonal 1 metre long.

    Args:
        kind: one of :data:`FORTY`.
        stream: randomness of its proportions.
    """
    return fitted(FORTY[kind](stream))


def _legs(wide: float, deep: float, high: float, thick: float, slot: int = 1) -> list[Part]:
    """Four, below the corners of a plate."""
    return [
        Part("box", (x * (wide - thick), high / 2, z * (deep - thick)), (thick, high / 2, thick), slot=slot)
        for x in (-1, 1)
        for z in (-1, 1)
    ]


def _chair(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, high, back, thick = u(0.22, 0.3), u(0.4, 0.55), u(0.25, 0.4), u(0.025, 0.045)
    seat = Part("box", (0, high, 0), (wide, 0.04, wide))
    rest = Part("box", (0, high + back, 0.03 - wide), (wide, back, 0.04))
    return [seat, rest, *_legs(wide, wide, high, thick)]


def _table(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, deep, high = u(0.5, 0.75), u(0.35, 0.5), u(0.5, 0.75)
    return [Part("box", (0, high, 0), (wide, 0.04, deep)), *_legs(wide, deep, high, u(0.03, 0.06))]


def _sofa(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, deep, high, back, arm = u(0.6, 0.9), u(0.35, 0.45), u(0.16, 0.24), u(0.4, 0.55), u(0.3, 0.4)
    return [
        Part("box", (0, high / 2 + 0.04, 0), (wide, high / 2 + 0.04, deep)),
        Part("box", (0, back, 0.1 - deep), (wide, back, 0.1), slot=1),
        Part("box", (-wide, arm, 0), (0.09, arm, deep), slot=1),
        Part("box", (wide, arm, 0), (0.09, arm, deep), slot=1),
    ]


def _bed(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, long, high, head = u(0.4, 0.55), u(0.9, 1.1), u(0.2, 0.3), u(0.4, 0.55)
    return [
        Part("box", (0, high, 0), (wide, 0.1, long)),
        Part("box", (0, head, -long), (wide, head, 0.05), slot=1),
        Part("box", (0, high * 0.8, long), (wide, high * 0.8, 0.05), slot=1),
        Part("ellipsoid", (0, high + 0.13, 0.25 - long), (wide * 0.75, 0.1, 0.18), slot=2),
    ]


def _lamp(stream: Stream) -> list[Part]:
    u = stream.uniform
    high, shade, wide = u(0.9, 1.3), u(0.16, 0.24), u(0.28, 0.4)
    return [
        Part("cylinder", (0, 0.03, 0), (u(0.18, 0.26), 0.03, u(0.18, 0.26)), slot=1),
        Part("cylinder", (0, high / 2, 0), (0.035, high / 2, 0.035), slot=1),
        Part("cone", (0, high, 0), (wide, shade, wide)),
    ]


def _mushroom(stream: Stream) -> list[Part]:
    u = stream.uniform
    high, thick, cap = u(0.4, 0.6), u(0.1, 0.18), u(0.35, 0.5)
    return [
        Part("cylinder", (0, high / 2, 0), (thick, high / 2, thick), slot=1),
        Part("ellipsoid", (0, high, 0), (cap, u(0.18, 0.28), cap)),
    ]


def _wheels(wide: float, front: float, back: float, radius: float) -> list[Part]:
    return [
        Part("cylinder", (x * wide, radius, z), (radius, 0.06, radius), _WHEEL, slot=2)
        for x in (-1, 1)
        for z in (front, -back)
    ]


def _car(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, long, body, cabin, wheel = u(0.36, 0.44), u(0.85, 1.05), u(0.15, 0.2), u(0.13, 0.18), u(0.17, 0.22)
    top = wheel + 2 * body - 0.05
    return [
        Part("box", (0, wheel + body - 0.05, 0), (wide, body, long)),
        Part("box", (0, top + cabin, -u(0.05, 0.2)), (wide * 0.85, cabin, long * u(0.45, 0.55)), slot=1),
        *_wheels(wide, long * 0.6, long * 0.6, wheel),
    ]


def _truck(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, cab, load, cargo, wheel = u(0.38, 0.46), u(0.24, 0.32), u(0.6, 0.8), u(0.38, 0.5), u(0.16, 0.2)
    return [
        Part("box", (0, wheel + cargo, -0.05 - cab / 2), (wide, cargo, load)),
        Part("box", (0, wheel + cargo * 0.65, load + cab * 0.5 - 0.02), (wide * 0.92, cargo * 0.65, cab), slot=1),
        *_wheels(wide * 0.95, load + cab * 0.4, load * 0.7, wheel),
    ]


def _mug(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, high, out, thick = u(0.28, 0.36), u(0.3, 0.42), u(0.16, 0.24), u(0.035, 0.055)
    grip = wide + out
    return [
        Part("cylinder", (0, high, 0), (wide, high, wide)),
        Part("cylinder", (0, 2 * high, 0), (wide * 0.86, 0.004, wide * 0.86), slot=2),
        Part("box", (grip - out / 2, high * 1.5, 0), (out / 2 + thick, thick, thick), slot=1),
        Part("box", (grip - out / 2, high * 0.55, 0), (out / 2 + thick, thick, thick), slot=1),
        Part("box", (grip, high * 1.02, 0), (thick, high * 0.5, thick), slot=1),
    ]


def _bottle(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, high, neck = u(0.17, 0.24), u(0.3, 0.45), u(0.055, 0.08)
    top = 2 * high
    return [
        Part("cylinder", (0, high, 0), (wide, high, wide)),
        Part("ellipsoid", (0, top, 0), (wide, wide * u(0.7, 1.1), wide)),
        Part("cylinder", (0, top + wide, 0), (neck, u(0.2, 0.3), neck)),
        Part("cylinder", (0, top + wide + 0.26, 0), (neck * 1.3, 0.05, neck * 1.3), slot=1),
    ]


def _teapot(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, high = u(0.32, 0.4), u(0.24, 0.32)
    return [
        Part("ellipsoid", (0, high, 0), (wide, high, wide)),
        Part("cylinder", (0, high * 1.95, 0), (wide * 0.45, 0.04, wide * 0.45), slot=1),
        Part("ellipsoid", (0, high * 2.2, 0), (0.06, 0.06, 0.06), slot=1),
        Part("cone", (wide + 0.12, high * 1.25, 0), (0.09, 0.26, 0.09), (0, 0, 50)),
        Part("box", (-wide - 0.1, high * 1.5, 0), (0.14, 0.03, 0.04), slot=1),
        Part("box", (-wide - 0.1, high * 0.6, 0), (0.14, 0.03, 0.04), slot=1),
        Part("box", (-wide - 0.22, high * 1.05, 0), (0.03, high * 0.55, 0.04), slot=1),
    ]


def _tree(stream: Stream) -> list[Part]:
    u = stream.uniform
    trunk, wide, high = u(0.12, 0.3), u(0.36, 0.5), u(0.3, 0.4)
    crown = [
        Part("cone", (0, 2 * trunk + high * (1 + 0.85 * level), 0), (size, high, size))
        for level, size in enumerate((wide, wide * 0.8, wide * 0.58))
    ]
    return [Part("cylinder", (0, trunk, 0), (0.08, trunk, 0.08), slot=1), *crown]


def _house(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, deep, wall = u(0.4, 0.5), u(0.5, 0.75), u(0.28, 0.4)
    side = wide * 0.78  # a roof is a box on its edge; its lower half is inside the walls
    return [
        Part("box", (0, wall, 0), (wide, wall, deep)),
        Part("box", (0, 2 * wall - 0.03, 0), (side, side, deep * 1.04), (0, 0, 45), slot=1),
        Part("box", (wide * 0.5, 2 * wall + wide * 0.75, -deep * 0.5), (0.07, wide * 0.5, 0.07), slot=2),
        Part("box", (0, wall * 0.6, deep), (0.11, wall * 0.6, 0.02), slot=2),
    ]


def _snowman(stream: Stream) -> list[Part]:
    u = stream.uniform
    low, middle, head = u(0.32, 0.42), u(0.24, 0.3), u(0.16, 0.21)
    chest = 1.75 * low + middle * 0.8
    face = chest + (middle + head) * 0.82
    return [
        Part("ellipsoid", (0, low * 0.95, 0), (low, low * 0.95, low)),
        Part("ellipsoid", (0, chest, 0), (middle, middle, middle)),
        Part("ellipsoid", (0, face, 0), (head, head, head)),
        Part("cone", (0, face, head + 0.08), (0.05, 0.13, 0.05), _FORWARD, slot=1),
        Part("cylinder", (0, face + head * 0.75, 0), (head * 1.3, 0.025, head * 1.3), slot=2),
        Part("cylinder", (0, face + head * 1.2, 0), (head * 0.75, head * 0.5, head * 0.75), slot=2),
    ]


def _rocket(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, high, nose, fin = u(0.16, 0.22), u(0.42, 0.55), u(0.18, 0.28), u(0.16, 0.22)
    foot = 0.14
    return [
        Part("cylinder", (0, foot + high, 0), (wide, high, wide)),
        Part("cone", (0, foot + 2 * high + nose, 0), (wide, nose, wide), slot=1),
        Part("box", (0, fin, 0), (wide + fin, fin, 0.03), slot=2),
        Part("box", (0, fin, 0), (0.03, fin, wide + fin), slot=2),
    ]


def _aeroplane(stream: Stream) -> list[Part]:
    u = stream.uniform
    body, long, span, chord = u(0.12, 0.16), u(0.75, 0.95), u(0.8, 1.0), u(0.14, 0.2)
    height = 0.28
    return [
        Part("ellipsoid", (0, height, 0), (body, body, long)),
        Part("box", (0, height, 0.12), (span, 0.025, chord), slot=1),
        Part("box", (0, height + 0.04, 0.12 - long), (span * 0.38, 0.02, chord * 0.6), slot=1),
        Part("box", (0, height + 0.18, 0.1 - long), (0.02, 0.18, chord * 0.65), slot=1),
        *(Part("box", (x, 0.07, 0.15), (0.025, height / 2 - 0.07 + body, 0.04), slot=2) for x in (-0.2, 0.2)),
    ]


def _boat(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, long, hull, mast = u(0.2, 0.28), u(0.55, 0.75), u(0.12, 0.16), u(0.45, 0.6)
    deck = 2 * hull
    return [
        Part("box", (0, hull, -0.1), (wide, hull, long * 0.8)),
        Part("cone", (0, hull, long * 1.05 - 0.1), (wide, long * 0.25, hull), _FORWARD),
        Part("cylinder", (0, deck + mast, 0.05), (0.03, mast, 0.03), slot=1),
        Part("cone", (0, deck + mast * 1.05, -long * 0.3), (0.015, mast * 0.85, long * 0.42), slot=2),
    ]


def _windmill(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, high, blade = u(0.22, 0.3), u(0.42, 0.52), u(0.55, 0.68)
    hub, turn, front = 2 * high - 0.05, u(20, 70), wide * 0.95
    return [
        Part("cylinder", (0, high, 0), (wide * 0.85, high, wide * 0.85)),
        Part("cone", (0, 2 * high + 0.16, 0), (wide, 0.16, wide), slot=1),
        Part("box", (0, hub, front), (0.05, blade, 0.02), (0, 0, turn), slot=2),
        Part("box", (0, hub, front), (0.05, blade, 0.02), (0, 0, turn + 90), slot=2),
        Part("cylinder", (0, hub, front * 0.9), (0.05, 0.1, 0.05), _FORWARD, slot=1),
    ]


def _robot(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, body, leg, head = u(0.2, 0.27), u(0.24, 0.32), u(0.18, 0.26), u(0.12, 0.17)
    hip = 2 * leg
    return [
        Part("box", (0, hip + body, 0), (wide, body, wide * 0.6)),
        Part("box", (0, hip + 2 * body + head - 0.01, 0), (head * 1.15, head, head), slot=1),
        *(Part("box", (x * wide * 0.55, leg, 0), (0.075, leg, 0.085), slot=2) for x in (-1, 1)),
        *(
            Part("cylinder", (x * (wide + 0.055), hip + body * 1.1, 0), (0.065, body * 0.9, 0.065), slot=2)
            for x in (-1, 1)
        ),
    ]


def _dumbbell(stream: Stream) -> list[Part]:
    u = stream.uniform
    long, weight = u(0.4, 0.6), u(0.2, 0.28)
    return [
        Part("cylinder", (0, weight, 0), (0.05, long, 0.05), _WHEEL, slot=1),
        *(Part("cylinder", (x * long, weight, 0), (weight, u(0.09, 0.14), weight), _WHEEL) for x in (-1, 1)),
    ]


THINGS: Mapping[str, Callable[[Stream], list[Part]]] = {
    "aeroplane": _aeroplane,
    "bed": _bed,
    "boat": _boat,
    "bottle": _bottle,
    "car": _car,
    "chair": _chair,
    "dumbbell": _dumbbell,
    "house": _house,
    "lamp": _lamp,
    "mug": _mug,
    "mushroom": _mushroom,
    "robot": _robot,
    "rocket": _rocket,
    "snowman": _snowman,
    "sofa": _sofa,
    "table": _table,
    "teapot": _teapot,
    "tree": _tree,
    "truck": _truck,
    "windmill": _windmill,
}
"""What there is, by name, in alphabetical order: a thing's place is its class id."""

FORTY: Mapping[str, Callable[[Stream], list[Part]]] = dict(sorted({**THINGS, **BELONGINGS, **OUTSIDE}.items()))
"""Those and twenty more, in alphabetical order too."""
