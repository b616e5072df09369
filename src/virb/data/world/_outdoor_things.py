"""Ten things from out of doors, as ``_things`` builds them: flat ones show their broad side to the front."""

import math
from collections.abc import Callable, Mapping

from virb.data.world._parts import Part
from virb.data.world._rods import arc, bent, disc, rod
from virb.data.world._stream import Stream


def _anchor(stream: Stream) -> list[Part]:
    u = stream.uniform
    bend, thick, long, stock = u(0.32, 0.4), u(0.045, 0.06), u(0.62, 0.75), u(0.22, 0.3)
    middle = (0.0, bend + thick, 0.0)
    high = thick + long
    return [
        rod((0, thick, 0), (0, high, 0), thick),
        *arc((0, high + 0.1, 0), 0.1, thick * 0.8, slot=1, rods=8),
        rod((-stock, high - 0.1, 0), (stock, high - 0.1, 0), thick, slot=1),
        *arc(middle, bend, thick, sweep=(190, 350), rods=7),
        *(
            Part("cone", (x * bend * 1.02, bend * 0.95, 0), (0.11, 0.12, 0.05), (0, 0, -x * 10.0), slot=2)
            for x in (-1, 1)
        ),
    ]


def _bridge(stream: Stream) -> list[Part]:
    """A suspension bridge."""
    u = stream.uniform
    long, high, tower, wide, apart = u(0.85, 1.0), u(0.18, 0.28), u(0.34, 0.46), u(0.1, 0.16), u(0.4, 0.5)
    top, deck, hang = high + tower, high + 0.04, 0.08
    cable = [(-long, deck, 0.0), (-apart, top, 0.0)]
    cable += [(x * apart, deck + hang + (top - deck - hang) * x * x, 0.0) for x in (-0.6, -0.2, 0.2, 0.6)]
    cable += [(apart, top, 0.0), (long, deck, 0.0)]
    hangers = cable[2:-2]
    hangers += [(x * (apart + long) / 2, (top + deck) / 2, 0.0) for x in (-1, 1)]
    return [
        Part("box", (0, high, 0), (long, 0.04, wide)),
        *(Part("box", (x * apart, top / 2, 0), (0.05, top / 2, wide * 0.9), slot=1) for x in (-1, 1)),
        *bent(cable, 0.028, slot=2),
        *(rod((x, deck, z), (x, y, z), 0.018, slot=2) for x, y, z in hangers),
    ]


def _butterfly(stream: Stream) -> list[Part]:
    u = stream.uniform
    body, upper, lower, tall = u(0.24, 0.3), u(0.26, 0.32), u(0.17, 0.24), u(0.18, 0.24)
    middle = 0.4
    high, low = middle + tall * 0.75, middle - tall * 0.75
    parts = [Part("ellipsoid", (0, middle, 0), (0.06, body, 0.06), slot=1)]
    for side in (-1, 1):
        parts += [
            Part("ellipsoid", (side * upper, high, 0), (upper, tall, 0.025), (0, 0, side * -40.0)),
            Part("ellipsoid", (side * lower * 0.9, low, 0), (lower, tall * 0.8, 0.025)),
            rod((0, middle + body * 0.9, 0), (side * 0.14, middle + body + 0.2, 0), 0.018, slot=1),
            disc((side * upper * 1.15, middle + tall * 0.9, 0), 0.08, 0.035, slot=2),
        ]
    return parts


def _cactus(stream: Stream) -> list[Part]:
    u = stream.uniform
    thick, high = u(0.1, 0.15), u(0.8, 1.0)
    parts = [rod((0, 0, 0), (0, high, 0), thick), Part("ellipsoid", (0, high, 0), (thick, thick, thick))]
    for side in (-1, 1):
        out, low, up, arm = u(0.26, 0.36), high * u(0.3, 0.55), u(0.18, 0.38), thick * 0.75
        elbow, tip = (side * out, low, 0.0), (side * out, low + up, 0.0)
        parts += [
            *bent([(0, low, 0), elbow, tip], arm),
            *(Part("ellipsoid", at, (arm, arm, arm)) for at in (elbow, tip)),
        ]
    return [*parts, Part("ellipsoid", (0, high + thick * 1.1, 0), (0.06, 0.05, 0.06), slot=1)]


def _cannon(stream: Stream) -> list[Part]:
    u = stream.uniform
    wheel, long, thick, lift, wide = u(0.24, 0.3), u(0.55, 0.7), u(0.09, 0.12), math.radians(u(8, 28)), u(0.14, 0.19)
    axle = (0.0, wheel + 0.02, 0.0)

    def along(share: float) -> tuple[float, float, float]:
        return share * long * math.cos(lift), axle[1] + 0.06 + share * long * math.sin(lift), 0.0

    return [
        rod(along(-0.45), along(1.0), thick),
        rod(along(-0.5), along(0.1), thick * 1.3),
        rod(along(0.93), along(1.03), thick * 1.3, slot=1),
        Part("ellipsoid", along(-0.55), (thick, thick, thick), slot=1),
        *(disc((0, wheel, z * wide), wheel, 0.04, slot=2) for z in (-1, 1)),
        *(disc((0, wheel, z * (wide + 0.04)), 0.07, 0.03) for z in (-1, 1)),
        rod(axle, (-long * 0.95, 0.05, 0), 0.06, slot=1),
    ]


def _castle(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, deep, wall, tower, high, roof = (
        u(0.4, 0.5),
        u(0.35, 0.5),
        u(0.2, 0.28),
        u(0.11, 0.15),
        u(0.34, 0.44),
        u(0.14, 0.22),
    )
    corners = [(x * wide, z * deep) for x in (-1, 1) for z in (-1, 1)]
    return [
        Part("box", (0, wall, 0), (wide, wall, deep)),
        *(Part("box", (x * wide * 0.45, 2 * wall + 0.04, deep * 0.9), (0.07, 0.05, 0.05)) for x in (-1, 0, 1)),
        *(Part("cylinder", (x, high, z), (tower, high, tower)) for x, z in corners),
        *(Part("cone", (x, 2 * high + roof, z), (tower * 1.25, roof, tower * 1.25), slot=1) for x, z in corners),
        Part("box", (0, wall * 0.55, deep), (0.12, wall * 0.55, 0.02), slot=2),
    ]


def _crane(stream: Stream) -> list[Part]:
    u = stream.uniform
    high, thick, jib, back, drop, at = (
        u(0.85, 1.05),
        u(0.045, 0.06),
        u(0.6, 0.75),
        u(0.22, 0.3),
        u(0.2, 0.5),
        u(0.6, 0.95),
    )
    peak = high + u(0.15, 0.22)
    return [
        Part("box", (0, 0.04, 0), (0.2, 0.04, 0.2), slot=1),
        Part("box", (0, high / 2, 0), (thick, high / 2, thick)),
        Part("box", ((jib - back) / 2, high, 0), ((jib + back) / 2, 0.04, thick)),
        Part("box", (0, (high + peak) / 2, 0), (thick * 0.7, (peak - high) / 2, thick * 0.7)),
        rod((0, peak, 0), (jib * 0.9, high, 0), 0.02, slot=2),
        rod((0, peak, 0), (-back, high, 0), 0.02, slot=2),
        Part("box", (0.08, high - 0.1, 0.02), (0.08, 0.08, 0.08), slot=2),
        Part("box", (-back * 0.85, high - 0.08, 0), (0.08, 0.11, 0.08), slot=1),
        rod((jib * at, high, 0), (jib * at, high - drop, 0), 0.02, slot=2),
        Part("box", (jib * at, high - drop - 0.07, 0), (0.09, 0.07, 0.09), slot=1),
    ]


def _flower(stream: Stream) -> list[Part]:
    u = stream.uniform
    high, heart, petals, long, wide = u(0.65, 0.85), u(0.09, 0.13), stream.integer(5, 8), u(0.13, 0.18), u(0.07, 0.1)
    turn, nod = u(0, 360), u(0.02, 0.08)
    parts = [
        rod((0, 0, 0), (0, high, 0), 0.032, slot=1),
        Part("ellipsoid", (0, high, nod), (heart, heart, 0.06), slot=2),
    ]
    for petal in range(petals):
        angle = turn + petal * 360 / petals
        x, y = math.sin(math.radians(angle)), math.cos(math.radians(angle))
        reach = heart + long * 0.8
        parts.append(Part("ellipsoid", (x * reach, high + y * reach, nod * 0.5), (wide, long, 0.03), (0, 0, angle)))
    for side in (-1, 1):
        leaf, low = u(0.13, 0.2), u(0.15, 0.35)
        parts.append(
            Part("ellipsoid", (side * leaf * 0.9, low + leaf * 0.4, 0), (0.06, leaf, 0.03), (0, 0, side * 60.0), slot=1)
        )
    return parts


def _helicopter(stream: Stream) -> list[Part]:
    u = stream.uniform
    long, high, tail, blade, turn = u(0.28, 0.34), u(0.17, 0.22), u(0.55, 0.7), u(0.55, 0.7), u(0, 90)
    middle = 0.14 + high
    top, end = middle + high, -long * 0.5 - tail
    return [
        Part("ellipsoid", (0, middle, 0), (long, high, high * 0.85)),
        Part("ellipsoid", (long * 0.45, middle + 0.02, 0), (long * 0.5, high * 0.75, high * 0.75), slot=1),
        rod((-long * 0.5, middle + high * 0.3, 0), (end, middle + high * 0.55, 0), 0.05),
        Part("box", (end, middle + high * 0.8, 0), (0.05, 0.14, 0.02)),
        disc((end, middle + high * 0.6, 0.06), 0.12, 0.012, slot=2),
        rod((0, top - 0.03, 0), (0, top + 0.09, 0), 0.04),
        *(Part("box", (0, top + 0.09, 0), (blade, 0.016, 0.05), (turn + q, 0, 0), slot=2) for q in (0, 90)),
        *(rod((-long * 0.9, 0.03, z * high * 0.7), (long * 0.9, 0.03, z * high * 0.7), 0.03, slot=2) for z in (-1, 1)),
        *(
            rod((x * long * 0.45, 0.03, z * high * 0.7), (x * long * 0.4, middle, z * high * 0.3), 0.025, slot=2)
            for x in (-1, 1)
            for z in (-1, 1)
        ),
    ]


def _spider(stream: Stream) -> list[Part]:
    u = stream.uniform
    back, head, high, knee, reach = u(0.18, 0.24), u(0.1, 0.14), u(0.14, 0.2), u(0.2, 0.3), u(0.42, 0.55)
    parts = [
        Part("ellipsoid", (0, high + back * 0.35, -back * 0.7), (back * 0.85, back * 0.75, back)),
        Part("ellipsoid", (0, high, head * 0.9), (head, head * 0.85, head), slot=1),
    ]
    for side in (-1, 1):
        for leg, forward in enumerate((-0.75, -0.25, 0.25, 0.75)):
            hip, far = (0.0, high, head * 0.5), reach * (1.0 if leg in (0, 3) else 0.9)
            bend = (side * far * 0.55, high + knee, forward * far * 0.5)
            parts += bent([hip, bend, (side * far, 0.0, forward * far * 1.1)], 0.03, slot=2)
    return parts


OUTSIDE: Mapping[str, Callable[[Stream], list[Part]]] = {
    "anchor": _anchor,
    "bridge": _bridge,
    "butterfly": _butterfly,
    "cactus": _cactus,
    "cannon": _cannon,
    "castle": _castle,
    "crane": _crane,
    "flower": _flower,
    "helicopter": _helicopter,
    "spider": _spider,
}
"""By name, in alphabetical order."""
