"""Ten things that people own, as ``_things`` builds them: flat ones show their broad side to the front."""

import math
from collections.abc import Callable, Mapping

from virb.data.world._parts import Part
from virb.data.world._rods import arc, bent, disc, rod
from virb.data.world._scene import Vector
from virb.data.world._stream import Stream


def _bicycle(stream: Stream) -> list[Part]:
    u = stream.uniform
    wheel, thick, apart = u(0.27, 0.33), u(0.03, 0.042), u(0.4, 0.48)
    back, front = (-apart, wheel, 0.0), (apart, wheel, 0.0)
    pedal, seat, head = (-0.06, wheel * 0.95, 0.0), (-apart * 0.5, wheel * u(2.2, 2.5), 0.0), (apart * 0.72, 0.8, 0.0)
    handle = (head[0] + u(-0.06, 0.06), head[1] + u(0.12, 0.2), 0.0)
    return [
        *arc(back, wheel, thick, slot=1),
        *arc(front, wheel, thick, slot=1),
        rod(back, pedal, thick),
        rod(back, seat, thick),
        rod(pedal, seat, thick),
        rod(pedal, head, thick),
        rod((seat[0] + 0.03, seat[1] - 0.08, 0.0), head, thick),
        rod(front, handle, thick),
        Part("box", (seat[0], seat[1] + 0.04, 0), (0.12, 0.035, 0.07), slot=2),
        rod((handle[0], handle[1], -0.2), (handle[0], handle[1], 0.2), 0.035, slot=2),
        disc((pedal[0], pedal[1], 0.0), 0.085, 0.04, slot=2),
    ]


def _clock(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, deep, bell = u(0.36, 0.44), u(0.1, 0.18), u(0.13, 0.17)
    middle, front = wide + 0.12, deep + 0.01
    hour, minute = u(0, 360), u(0, 360)
    return [
        disc((0, middle, 0), wide, deep),
        disc((0, middle, front), wide * 0.82, 0.01, slot=1),
        Part("box", (0, middle, front + 0.02), (0.035, wide * 0.7, 0.01), (0, 0, minute), slot=2),
        Part("box", (0, middle, front + 0.02), (0.04, wide * 0.4, 0.01), (0, 0, hour), slot=2),
        *(Part("ellipsoid", (x * wide * 0.6, middle + wide * 0.98, 0), (bell, bell * 0.8, bell)) for x in (-1, 1)),
        rod((0, middle + wide * 0.9, 0), (0, middle + wide * 1.35, 0), 0.05, slot=2),
        *(rod((x * wide * 0.6, middle - wide * 0.7, 0), (x * wide * 0.85, 0, 0), 0.05, slot=2) for x in (-1, 1)),
    ]


def _guitar(stream: Stream) -> list[Part]:
    u = stream.uniform
    low, high, neck, deep = u(0.28, 0.34), u(0.19, 0.24), u(0.52, 0.66), u(0.06, 0.09)
    waist = low + u(0.3, 0.36)
    top = waist + high + neck
    return [
        disc((0, low, 0), low, deep),
        disc((0, waist, 0), high, deep),
        disc((0, (low + waist) / 2 + 0.05, deep), 0.1, 0.015, slot=2),
        Part("box", (0, low * 0.7, deep), (0.12, 0.03, 0.03), slot=2),
        Part("box", (0, (waist + top) / 2, deep), (0.045, (top - waist) / 2, 0.04), slot=1),
        Part("box", (0, top + 0.08, deep * 0.8), (0.085, 0.11, 0.035), slot=2),
    ]


def _hammer(stream: Stream) -> list[Part]:
    u = stream.uniform
    long, thick, head, claw = u(0.75, 0.95), u(0.05, 0.065), u(0.15, 0.2), u(0.2, 0.28)
    return [
        rod((0, 0, 0), (0, long, 0), thick, slot=1),
        rod((0, 0, 0), (0, long * u(0.35, 0.5), 0), thick * 1.4, slot=2),
        Part("box", (0, long, 0), (0.1, 0.085, 0.085)),
        rod((0.05, long, 0), (0.1 + head, long, 0), 0.085),
        rod((0.1 + head - 0.09, long, 0), (0.1 + head, long, 0), 0.12),
        *bent([(-0.05, long + 0.03, 0), (-claw * 0.75, long + 0.02, 0), (-claw * 1.25, long - 0.12, 0)], 0.05),
    ]


def _hourglass(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, high, post = u(0.24, 0.32), u(0.26, 0.36), u(0.025, 0.04)
    middle = high + 0.06
    return [
        Part("cylinder", (0, 0.04, 0), (wide * 1.25, 0.04, wide * 1.25), slot=1),
        Part("cylinder", (0, 2 * middle - 0.04, 0), (wide * 1.25, 0.04, wide * 1.25), slot=1),
        Part("cone", (0, middle - high * 0.46, 0), (wide, high * 0.54, wide)),
        Part("cone", (0, middle + high * 0.46, 0), (wide, high * 0.54, wide), (0, 180, 0), slot=2),
        *(
            rod((x * wide, 0, z * wide), (x * wide, 2 * middle - 0.04, z * wide), post, slot=1)
            for x, z in ((-1, 0.2), (1, 0.2), (0.0, -1))
        ),
    ]


def _key(stream: Stream) -> list[Part]:
    u = stream.uniform
    ring, long, thick, tooth = u(0.15, 0.2), u(0.5, 0.62), u(0.042, 0.055), u(0.13, 0.19)
    step = u(0.11, 0.15)
    return [
        *arc((0, long + ring, 0), ring, thick * 1.1),
        rod((0, 0, 0), (0, long, 0), thick),
        rod((0, long - 0.06, 0), (0, long, 0), thick * 1.8, slot=1),
        *(
            Part("box", (tooth / 2, 0.045 + n * step, 0), (tooth / 2, 0.04, thick * 0.8))
            for n in range(stream.integer(2, 4))
        ),
    ]


def _ladder(stream: Stream) -> list[Part]:
    u = stream.uniform
    wide, high, thick, lean, rungs = u(0.17, 0.23), u(0.95, 1.1), u(0.032, 0.042), u(0.05, 0.3), stream.integer(5, 8)
    return [
        *(rod((x * wide, 0, 0), (x * wide * 0.9, high, -lean), thick) for x in (-1, 1)),
        *(
            rod((-wide, high * share, -lean * share), (wide, high * share, -lean * share), thick * 0.9, slot=1)
            for share in ((n + 0.6) / (rungs + 0.2) for n in range(rungs))
        ),
    ]


def _scissors(stream: Stream) -> list[Part]:
    u = stream.uniform
    ring, thick, spread, blade, grip = u(0.13, 0.17), u(0.04, 0.05), u(0.15, 0.25), u(0.45, 0.6), u(0.18, 0.26)
    pivot = 2 * ring + grip
    parts = []
    for side in (-1, 1):
        eye = (side * (ring + 0.05), ring, side * 0.02)
        parts += arc(eye, ring, thick, slot=1, rods=9)
        parts.append(rod((eye[0] * 0.75, 2 * ring - 0.02, eye[2]), (0, pivot, eye[2]), thick, slot=1))
        tip = (-side * spread, pivot + blade, eye[2])
        parts += [rod((0, pivot, eye[2]), tip, 0.05), rod((0, pivot, eye[2]), _between(tip, pivot), 0.065)]
    return [*parts, disc((0, pivot, 0), 0.06, 0.08, slot=2)]


def _between(tip: tuple[float, float, float], pivot: float) -> tuple[float, float, float]:
    """Halfway up a blade."""
    return tip[0] / 2, (tip[1] + pivot) / 2, tip[2]


def _spectacles(stream: Stream) -> list[Part]:
    u = stream.uniform
    glass, thick, gap, arm, flat = u(0.19, 0.24), u(0.032, 0.042), u(0.07, 0.12), u(0.4, 0.6), stream.chance(0.4)
    out = gap + 2 * glass
    rims: list[Part] = []
    for side in (-1, 1):
        middle = side * (gap + glass)
        if flat:  # four straight sides
            x, y = glass, glass * 0.75
            corners = [(middle + a * x, glass + b * y, 0.0) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
            rims += bent(corners, thick)
        else:
            rims += arc((middle, glass, 0), glass, thick)
        hinge, ear = (side * out, glass * 1.3, 0.0), (side * out, glass * 1.3, -arm)
        rims += bent([hinge, ear, (side * out, 0.0, -arm - 0.12)], thick, slot=1)
    return [*rims, rod((-gap, glass * 1.25, 0), (gap, glass * 1.25, 0), thick, slot=1)]


def _umbrella(stream: Stream) -> list[Part]:
    """Open, and laid down on its rim and its handle."""
    u = stream.uniform
    wide, high, long, lean = u(0.42, 0.5), u(0.1, 0.15), u(0.75, 0.9), u(35, 65) * stream.choice((-1, 1))
    sine, cosine = math.sin(math.radians(lean)), math.cos(math.radians(lean))

    def at(along: float, aside: float = 0.0) -> Vector:
        return along * sine + aside * cosine, along * cosine - aside * sine, 0.0

    return [
        Part("cone", at(long - high), (wide, high, wide), (0, 0, lean)),
        rod(at(0), at(long + 0.06), 0.032, slot=1),
        *bent([at(0), at(-0.08, 0.02), at(-0.1, 0.1), at(-0.02, 0.15)], 0.04, slot=2),
    ]


BELONGINGS: Mapping[str, Callable[[Stream], list[Part]]] = {
    "bicycle": _bicycle,
    "clock": _clock,
    "guitar": _guitar,
    "hammer": _hammer,
    "hourglass": _hourglass,
    "key": _key,
    "ladder": _ladder,
    "scissors": _scissors,
    "spectacles": _spectacles,
    "umbrella": _umbrella,
}
"""By name, in alphabetical order."""
