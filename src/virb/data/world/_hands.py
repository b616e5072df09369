"""Hands on forearms: what tells left from right is where the thumb is, and where the arm comes from."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import final

from virb.data.world._camera import rotation
from virb.data.world._pieces import ahead
from virb.data.world._posing import apply, limb
from virb.data.world._scene import Shape, Texture, Vector
from virb.data.world._stream import Stream

LONG = 0.2
"""Metres from the wrist to the tip of the longest finger, stretched out."""
FOREARM = 0.27
"""Metres."""

_FINGERS = ((-0.033, 0.074), (-0.011, 0.086), (0.011, 0.08), (0.032, 0.062))
"""Of a right hand with its palm down and its fingers ahead: metres to the right, and length; the index finger first."""


@final
@dataclass(frozen=True)
class Hand:
    """Where a hand is, and how it is held.

    Attributes:
        side: -1 for a left hand, 1 for a right one.
        wrist: its place in metres.
        yaw: of a camera that looks where the fingers point.
        pitch: degrees by which the fingers point up.
        roll: degrees by which it is turned clockwise, as its owner sees it; at 0 the palm looks down.
        curl: degrees by which each joint of its fingers is bent.
        spread: degrees from one finger to the next.
        elbow: the other end of the forearm.
    """

    side: int
    wrist: Vector
    yaw: float
    pitch: float
    roll: float
    curl: float
    spread: float
    elbow: Vector

    @property
    def middle(self) -> Vector:
        """About the middle of the palm."""
        return ahead(self.wrist, self.yaw, 0.08)

    def shapes(self, skin: Texture, sleeve: Texture, label: int) -> list[Shape]:
        """The hand with some of its wrist under one label, and the sleeve without any."""
        matrix = rotation((self.yaw, self.pitch, self.roll))

        def place(x: float, y: float, z: float) -> Vector:
            a, b, c = apply(matrix, (x * self.side, y, z))
            return self.wrist[0] + a, self.wrist[1] + b, self.wrist[2] + c

        def finger(base: Vector, yaw: float, curl: float, long: float, thick: float) -> list[Shape]:
            knuckle = _along(base, yaw, -curl, long * 0.55)
            tip = _along(knuckle, yaw, -2.2 * curl, long * 0.5)
            points = [place(*point) for point in (base, knuckle, tip)]
            return [limb(a, b, thick, skin, label) for a, b in pairwise(points)]

        turn = (self.yaw, self.pitch, self.roll)
        shapes = [
            Shape("ellipsoid", place(0, 0, -0.055), (0.047, 0.02, 0.062), turn, skin, label, label),
            Shape("box", place(0, 0, -0.066), (0.04, 0.012, 0.036), turn, skin, label, label),
        ]
        for number, (x, long) in enumerate(_FINGERS):
            shapes += finger((x, 0.0, -0.1), (1.5 - number) * self.spread, self.curl, long, 0.0105)
        shapes += finger((-0.036, -0.004, -0.035), 48.0, self.curl * 0.4, 0.075, 0.0125)
        cuff = tuple(a + (b - a) * 0.16 for a, b in zip(self.wrist, self.elbow, strict=True))
        shapes.append(limb(place(0, 0, -0.012), (cuff[0], cuff[1], cuff[2]), 0.026, skin, label, round_ends=False))
        shapes.append(limb((cuff[0], cuff[1], cuff[2]), self.elbow, 0.042, sleeve, 0, round_ends=False))
        return shapes


def _along(start: Vector, yaw: float, pitch: float, step: float) -> Vector:
    x, y, z = apply(rotation((yaw, pitch, 0.0)), (0.0, 0.0, -step))
    return start[0] + x, start[1] + y, start[2] + z


def held(draw: Stream, side: int, wrist: Vector, shoulder: Vector) -> Hand:
    """A hand somewhere, held in some way, its forearm more or less towards a shoulder.

    Args:
        draw: randomness of how it is held.
        side: -1 for left, 1 for right.
        wrist: its place.
        shoulder: that it hangs on.
    """
    x, y, z = (b - a for a, b in zip(wrist, shoulder, strict=True))
    far = (x * x + y * y + z * z) ** 0.5
    # The elbow is pushed out to the side and hangs lower than a straight line to the shoulder.
    out, low = draw.uniform(-0.03, 0.1), draw.uniform(0.3, 0.7)
    elbow = (
        wrist[0] + x / far * FOREARM + out * (1 if x > 0 else -1),
        wrist[1] + y / far * FOREARM * (1 - low),
        wrist[2] + z / far * FOREARM,
    )
    yaw = _yaw(elbow, wrist) + draw.uniform(-30, 30)
    closed = draw.uniform()
    return Hand(
        side, wrist, yaw, draw.uniform(-22, 12), draw.uniform(-35, 35), 55 * closed * closed, draw.uniform(2, 14), elbow
    )


def _yaw(start: Vector, end: Vector) -> float:
    """Of a camera that looks from one point to another."""
    return round(math.degrees(math.atan2(start[0] - end[0], start[2] - end[2])), 9)
