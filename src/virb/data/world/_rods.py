"""Rods and rings: what thin things are bent from."""

import math
from collections.abc import Sequence
from itertools import pairwise

from virb.data.world._parts import Part
from virb.data.world._scene import Vector


def rod(start: Vector, end: Vector, thick: float, slot: int = 0) -> Part:
    """A cylinder from one point to another.

    Args:
        start: one end,
        end: and the other.
        thick: half its thickness.
        slot: of its material.
    """
    x, y, z = (b - a for a, b in zip(start, end, strict=True))
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, (start[2] + end[2]) / 2)
    turn = (math.degrees(math.atan2(x, z)), math.degrees(math.atan2(math.hypot(x, z), y)), 0.0)
    return Part("cylinder", middle, (thick, math.dist(start, end) / 2, thick), turn, slot)


def bent(points: Sequence[Vector], thick: float, slot: int = 0) -> list[Part]:
    """Rods from each point to the next."""
    return [rod(a, b, thick, slot) for a, b in pairwise(points)]


def arc(
    centre: Vector,
    radius: float,
    thick: float,
    slot: int = 0,
    sweep: tuple[float, float] = (0.0, 360.0),
    rods: int = 10,
) -> list[Part]:
    """A part of a ring that faces z.

    Args:
        centre: of the ring.
        radius: of its middle line.
        thick: half its thickness.
        slot: of its material.
        sweep: degrees from and to, counted from the right over the top.
        rods: how many it is bent from.
    """
    angles = (math.radians(sweep[0] + (sweep[1] - sweep[0]) * n / rods) for n in range(rods + 1))
    x, y, z = centre
    return bent([(x + radius * math.cos(angle), y + radius * math.sin(angle), z) for angle in angles], thick, slot)


def disc(centre: Vector, radius: float, thick: float, slot: int = 0) -> Part:
    """A flat cylinder that faces z."""
    return Part("cylinder", centre, (radius, thick, radius), (0, 90, 0), slot)
