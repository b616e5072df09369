"""Two people at a table, seen by one of them: which hand is whose, and which is left?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from virb.data.world._frame import Frame
from virb.data.world._hands import Hand, held
from virb.data.world._materials import CALM, material
from virb.data.world._parts import aimed, placed
from virb.data.world._pieces import ahead
from virb.data.world._places import lamp, room
from virb.data.world._posing import limb
from virb.data.world._scene import Scene, Shape, ShapeKind, Texture, Vector
from virb.data.world._stream import Stream
from virb.data.world._things import THINGS, thing
from virb.data.world.sets import Drawn, SceneSet, Split

HANDS = ("my left", "my right", "your left", "your right")
REGIONS = ("background", *HANDS)

TABLE = 0.75
"""Metres from the floor to the top of the table."""
_FEWEST = 150 / 96**2
"""Share of the image below which a hand is cut off so far that it is drawn again."""
_SOLIDS: tuple[ShapeKind, ...] = ("box", "ellipsoid", "cylinder", "cone")


@final
class Hands(SceneSet):
    """Up to four hands over a table."""

    title = "Hands"
    version = 2
    about = (
        "A table with things on it from the eyes of one of two people who face each other; up to four hands reach "
        "anywhere, crossed or not. Skin, sleeves and things are of the same materials, so that shape alone says what "
        "is a hand, and arm and thumb whose it is and which."
    )
    examples: Mapping[Split, int] = {"fit": 1200, "select": 300, "test": 500}
    regions: Mapping[str, tuple[str, ...]] = {"hands": REGIONS}

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """Seat two people, let them reach, and put things where their hands are not."""
        pool = [material(stream.child("material", n), split, kinds=CALM, scale=(0.05, 0.2)) for n in range(6)]
        hands = _hands(stream.child("hands"))
        shapes = [
            *_scenery(stream.child("scenery"), split),
            *_clothed(stream.child("clothes"), hands, pool),
            *_things(stream.child("things"), split, pool, hands),
        ]
        draw = stream.child("camera")
        eye = (draw.uniform(-0.12, 0.12), TABLE + draw.uniform(0.42, 0.6), draw.uniform(0.5, 0.68))
        target = (draw.uniform(-0.1, 0.1), TABLE, draw.uniform(-0.1, 0.08))
        camera = aimed(eye, target, draw.uniform(26, 34), draw.uniform(-10, 10))
        return Drawn((Scene(tuple(shapes), camera, lamp(stream.child("lamp"), (4.0, 2.6, 4.0))),))

    def accept(self, drawn: Drawn, frames: Sequence[Frame]) -> bool:
        """Refuse images in which a hand is there but hardly seen, or of no hand at all."""
        pixels = np.bincount(frames[0].labels.ravel(), minlength=5)[1:]
        there = {shape.label for shape in drawn.moments[0].shapes} - {0}
        return bool(there) and all(pixels[label - 1] >= _FEWEST * frames[0].labels.size for label in there)

    def truths(self, drawn: Drawn, frames: Sequence[Frame]) -> dict[str, NDArray[Any]]:
        """``hands``: which hand each pixel shows."""
        return {"hands": frames[0].labels}


def _hands(draw: Stream) -> dict[int, Hand]:
    """Some of the four hands by label, none inside another."""
    hands: dict[int, Hand] = {}
    for label in draw.shuffled((1, 2, 3, 4)):
        own = draw.child(label)
        if not own.chance(0.8):
            continue
        mine, side = label <= 2, -1 if label % 2 else 1
        for _ in range(12):
            hand = _reaching(own, mine, side)
            if all(math.dist(hand.middle, other.middle) > 0.11 for other in hands.values()):
                hands[label] = hand
                break
    return hands


def _reaching(draw: Stream, mine: bool, side: int) -> Hand:
    """One hand of somebody; what is drawn for me is turned by half a circle about the table for you."""
    x = side * 0.05 + draw.uniform(-0.16, 0.16)
    wrist = (x, TABLE + draw.uniform(0.025, 0.12), draw.uniform(0.04, 0.2))
    shoulder = (side * draw.uniform(0.17, 0.23) + draw.uniform(-0.05, 0.05), TABLE + 0.3, draw.uniform(0.62, 0.75))
    hand = held(draw, side, wrist, shoulder)
    if mine:
        return hand
    return replace(hand, wrist=_across(hand.wrist), elbow=_across(hand.elbow), yaw=hand.yaw + 180)


def _across(at: Vector) -> Vector:
    return -at[0], at[1], -at[2]


def _scenery(draw: Stream, split: Split) -> list[Shape]:
    """A room and a table."""
    top = material(draw, split, scale=(0.1, 0.5))
    half = (draw.uniform(0.6, 0.9), draw.uniform(0.42, 0.55))
    walls = room(draw.child("room"), split, (draw.uniform(3, 5), 2.6, draw.uniform(3.5, 5)))
    legs = [
        Shape("box", (x * (half[0] - 0.05), TABLE / 2 - 0.02, z * (half[1] - 0.05)), (0.03, TABLE / 2 - 0.02, 0.03))
        for x in (-1, 1)
        for z in (-1, 1)
    ]
    return [
        *walls,
        Shape("box", (0, TABLE - 0.02, 0), (half[0], 0.02, half[1]), texture=top),
        *(replace(leg, texture=top) for leg in legs),
    ]


def _clothed(draw: Stream, hands: Mapping[int, Hand], pool: Sequence[Texture]) -> list[Shape]:
    """The hands with their sleeves, and the one who sits across."""
    shapes: list[Shape] = []
    for mine in (True, False):
        skin, sleeve = draw.choice(pool), draw.choice(pool)
        for label, hand in hands.items():
            if (label <= 2) == mine:
                shapes += hand.shapes(skin, sleeve, label)
                shoulder = (0.2 * hand.side, TABLE + 0.3, 0.7)
                shapes.append(limb(hand.elbow, shoulder if mine else _across(shoulder), 0.05, sleeve, 0))
        if not mine:
            shapes.append(Shape("ellipsoid", (0, TABLE + 0.1, -0.78), (0.24, 0.42, 0.14), texture=sleeve))
    return shapes


def _things(draw: Stream, split: Split, pool: Sequence[Texture], hands: Mapping[int, Hand]) -> list[Shape]:
    """What lies and stands on the table: things of all kinds, solids, and sticks as thick as fingers."""
    shapes: list[Shape] = []
    taken = [(hand.middle, 0.09) for hand in hands.values()]
    for index in range(draw.integer(2, 7)):
        own = draw.child(index)
        half = own.uniform(0.03, 0.09)
        at = (own.uniform(-0.5, 0.5), TABLE, own.uniform(-0.38, 0.38))
        if any(math.dist((at[0], 0, at[2]), (other[0], 0, other[2])) < half + room for other, room in taken):
            continue
        taken.append((at, half))
        kind, coat = own.integer(0, 3), [own.choice(pool) for _ in range(3)]
        if kind == 0:
            parts = thing(own.choice(tuple(THINGS)), own.child("shape"))
            shapes += placed(parts, coat, at, own.uniform(0, 360), 2 * half)
        elif kind == 1:
            size = (half * own.uniform(0.5, 1), half * own.uniform(0.3, 1), half * own.uniform(0.5, 1))
            turn = (own.uniform(0, 360), 0.0, 0.0)
            shapes.append(Shape(own.choice(_SOLIDS), (at[0], TABLE + size[1], at[2]), size, turn, coat[0]))
        else:
            yaw, thick = own.uniform(0, 360), own.uniform(0.008, 0.02)
            for stick in range(own.integer(1, 5)):
                start = ahead(at, yaw + 90, stick * 2.6 * thick)
                low = (start[0], TABLE + thick, start[2])
                end = ahead(low, yaw + own.uniform(-12, 12), 1.6 * half)
                shapes.append(limb(low, end, thick, coat[0], 0, round_ends=own.chance(0.5)))
    return shapes


SET = Hands()
