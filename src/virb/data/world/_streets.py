"""What stands in a street and what moves through it: houses, cars, people, trees, poles. Fronts look to +z."""

from collections.abc import Mapping
from typing import NamedTuple, final

from virb.data.world._pieces import OUTDOORS, Box, Part, Piece, Stuff, ball, bounds, box, cone, rod, stand
from virb.data.world._scene import Shape, Texture, Vector
from virb.data.world._stream import Stream
from virb.data.world.sets import Split

LABELS: Mapping[str, int] = {
    name: label
    for label, name in enumerate(("road", "pavement", "building", "vehicle", "person", "plant", "pole"), start=1)
}
"""Class id of everything in a street; 0 is the sky."""

KERB = 0.12
"""Metres from the road up to the pavement."""
LANE = (2.8, 3.6)
"""Metres of a lane, from and to."""
BEHIND, AHEAD = 12.0, -62.0
"""Where the street begins and ends: z."""


def car(draw: Stream, stuff: Stuff) -> Piece:
    """A car, a van or a lorry on four wheels."""
    paint, glass, tyre, lights = stuff.big(draw), stuff.small(draw), stuff.small(draw), stuff.small(draw)
    width, length, sill, belt = (
        draw.uniform(1.65, 1.9),
        draw.uniform(3.6, 4.8),
        draw.uniform(0.2, 0.3),
        draw.uniform(0.8, 1.0),
    )
    kind = draw.choice(("car", "car", "estate", "van", "lorry"))
    parts = [box(0, sill, 0, width, belt - sill, length, paint)]
    high = belt + draw.uniform(0.45, 0.6)
    if kind == "lorry":
        width, length, high = width + 0.35, length + 2.5, draw.uniform(2.7, 3.3)
        parts = [
            box(0, 0.5, -0.9, width, high - 0.5, length - 1.8, stuff.big(draw)),
            box(0, 0.4, length / 2 - 0.8, width - 0.1, 1.9, 1.6, paint),
            box(0, 1.5, length / 2 - 0.02, width - 0.3, 0.6, 0.06, glass),
        ]
    elif kind == "van":
        high = draw.uniform(1.9, 2.3)
        parts += [
            box(0, belt - 0.01, -0.35, width - 0.06, high - belt + 0.01, length - 0.7, paint),
            box(0, belt + 0.15, length / 2 - 0.72, width - 0.2, high - belt - 0.35, 0.1, glass),
        ]
    else:
        cabin, back = (length * 0.72, -length * 0.12) if kind == "estate" else (length * 0.5, -length * 0.06)
        parts += [
            box(0, belt - 0.01, back, width - 0.16, high - belt - 0.05, cabin, glass),
            box(0, high - 0.07, back, width - 0.14, 0.07, cabin - 0.3, paint),
        ]
    reach, wheel = length * 0.31, draw.uniform(0.29, 0.36) + 0.12 * (kind == "lorry")
    for side in (-1, 1):
        for end in (-1, 1):
            at = (side * (width / 2 - 0.1), wheel, end * reach)
            parts.append(Part("cylinder", at, (wheel, 0.12, wheel), tyre, (0.0, 0.0, 90.0)))
        parts.append(box(side * width * 0.36, belt - 0.28, length / 2, 0.3, 0.16, 0.06, lights))
        parts.append(box(side * width * 0.36, belt - 0.28, -length / 2, 0.3, 0.16, 0.06, lights))
    return Piece("vehicle", tuple(parts), (width / 2 + 0.03, length / 2 + 0.03), 0, high)


def person(draw: Stream, stuff: Stuff) -> Piece:
    """Somebody who walks: two legs, a trunk, two arms, a head."""
    tall, stride, coat, trousers, skin = (
        draw.uniform(1.5, 1.95),
        draw.uniform(0.0, 0.2),
        stuff.small(draw),
        stuff.small(draw),
        stuff.small(draw),
    )
    hip, neck, wide = tall * 0.48, tall * 0.83, draw.uniform(0.19, 0.26)
    parts = [
        box(-0.09, 0, stride, 0.15, hip, 0.17, trousers),
        box(0.09, 0, -stride, 0.15, hip, 0.17, trousers),
        box(0, hip - 0.03, 0, wide * 2, neck - hip, 0.24, coat),
        ball(0, neck - 0.02, 0, (0.1, tall * 0.085, 0.12), skin),
        *(box(x * (wide + 0.05), hip - 0.02, -x * stride * 0.6, 0.1, neck - hip - 0.02, 0.12, coat) for x in (-1, 1)),
    ]
    return Piece("person", tuple(parts), (wide + 0.1, 0.12 + stride), 0, tall)


def tree(draw: Stream, stuff: Stuff) -> Piece:
    """A trunk under a crown: round, in two, or a fir."""
    trunk, radius, leaf, bark = draw.uniform(1.5, 2.8), draw.uniform(1.0, 2.0), stuff.big(draw), stuff.small(draw)
    parts = [rod(0, 0, 0, draw.uniform(0.1, 0.22), trunk + 0.5, bark)]
    kind = draw.integer(0, 3)
    if kind == 0:
        parts.append(ball(0, trunk, 0, (radius, radius * draw.uniform(0.8, 1.4), radius), leaf))
    elif kind == 1:
        for x, y in ((-0.25, 0.0), (0.25, radius * 0.8)):
            parts.append(ball(x * radius, trunk + y, 0, (radius * 0.75, radius * 0.7, radius * 0.75), leaf))
    else:
        for n in range(3):
            wide = radius * (0.9 - 0.22 * n)
            parts.append(cone(0, trunk * 0.6 + n * radius * 0.9, 0, wide, radius * 1.5, leaf))
    return Piece("plant", tuple(parts), (radius, radius), 0, max(part.at[1] + part.half[1] for part in parts))


def hedge(draw: Stream, stuff: Stuff) -> Piece:
    """A clipped hedge or a few bushes."""
    length, high, leaf = draw.uniform(2, 5), draw.uniform(0.5, 1.3), stuff.big(draw)
    if draw.chance(0.5):
        return Piece("plant", (box(0, 0, 0, 0.7, high, length, leaf),), (0.35, length / 2), 0, high)
    bushes = [ball(0, -0.1, z * length / 3, (0.45, (high + 0.1) / 2, length / 5), leaf) for z in (-1, 0, 1)]
    return Piece("plant", tuple(bushes), (0.45, length * 0.54), -0.1, high)


def pole(draw: Stream, stuff: Stuff) -> Piece:
    """A street lamp, a sign, a signal or a bollard."""
    metal, face, kind = stuff.small(draw), stuff.small(draw), draw.integer(0, 4)
    if kind == 0:
        high, arm = draw.uniform(4.5, 7), draw.uniform(0.6, 1.6)
        lamp = (box(arm / 2, high - 0.08, 0, arm, 0.08, 0.08, metal), box(arm, high - 0.15, 0, 0.6, 0.12, 0.25, face))
        return Piece("pole", (rod(0, 0, 0, 0.08, high, metal), *lamp), (arm + 0.3, 0.13), 0, high)
    if kind == 3:
        high = draw.uniform(0.8, 1.1)
        return Piece(
            "pole",
            (rod(0, 0, 0, 0.09, high, metal), ball(0, high - 0.1, 0, (0.1, 0.1, 0.1), face)),
            (0.1, 0.1),
            0,
            high + 0.1,
        )
    high, wide = draw.uniform(2.2, 3.2), draw.uniform(0.3, 0.5)
    tall = wide if kind == 1 else 0.9
    board = box(0, high - tall, 0.06, wide, tall, 0.06 if kind == 1 else 0.25, face)
    return Piece("pole", (rod(0, 0, 0, 0.05, high, metal), board), (wide / 2, 0.2), 0, high)


def house(draw: Stream, stuff: Stuff, length: float, near: bool) -> Piece:
    """A house as long as told along its front, with windows if it is near enough for them to be seen."""
    storeys, storey, deep = draw.integer(1, 5), draw.uniform(2.7, 3.3), draw.uniform(7, 10)
    wall, frame, roof, high = stuff.big(draw), stuff.big(draw), stuff.big(draw), storeys * storey
    parts = [box(0, 0, 0, length, high, deep, wall)]
    if near:
        columns = max(2, int(length / draw.uniform(2.5, 4)))
        wide, tall, sill = draw.uniform(0.8, 1.4), draw.uniform(1.1, 1.7), draw.uniform(0.7, 1.0)
        door = draw.integer(0, columns)
        for level in range(min(storeys, 3)):
            for column in range(columns):
                x = (column + 0.5) * length / columns - length / 2
                if level == 0 and column == door:
                    parts.append(box(x, 0, deep / 2, 1.0, 2.1, 0.12, roof))
                else:
                    parts.append(box(x, level * storey + sill, deep / 2, wide, tall, 0.08, frame))
    if storeys < 4 and draw.chance(0.6):  # a gable: a box on its edge, the lower half of it inside the walls
        half = (deep / 2 + 0.2) * 0.7071
        parts.append(Part("box", (0, high, 0), (length / 2 + 0.15, half, half), roof, (0.0, 45.0, 0.0)))
        low, top = min(0.0, high - deep / 2 - 0.2), high + deep / 2 + 0.2
    else:
        parts.append(box(0, high, 0, length + 0.3, 0.3, deep + 0.4, roof))
        low, top = 0.0, high + 0.3
    return Piece("building", tuple(parts), (length / 2 + 0.15, deep / 2 + 0.2), low, top)


class Mover(NamedTuple):
    """Something that is elsewhere at the next moment: shapes ``start`` up to ``end`` move by ``step`` metres."""

    start: int
    end: int
    step: Vector


@final
class Street:
    """A straight street along z, and everything in it.

    Args:
        draw: randomness of the street.
        split: whose materials.

    Attributes:
        shapes: everything, at the first moment.
        movers: what moves.
        taken: what everything that stands or moves takes up, its way included.
        width: of the road, in metres.
        lane: x of the middle of the lane on which one drives to -z; the other one is at ``-lane``.
    """

    def __init__(self, draw: Stream, split: Split) -> None:
        self._stuff = Stuff(draw.child("materials"), split, 12, OUTDOORS, (0.3, 2.0))
        self.shapes: list[Shape] = []
        self.movers: list[Mover] = []
        self.taken: list[Box] = []
        lane = draw.uniform(*LANE)
        self.parking = 2.2 if draw.chance(0.6) else 0.0
        self.width = 2 * lane + 2 * self.parking
        self.lane = lane / 2 * draw.choice((-1, 1))
        self._instance = 1
        self._pave(draw.child("ground"))
        for side in (-1, 1):
            self._build(draw.child("houses", side), side)
            self._plant(draw.child("plants", side), side)
            if self.parking:
                self._park(draw.child("parked", side), side)

    def drive(self, draw: Stream, keep: Box, waiting: bool) -> None:
        """Put moving cars into both lanes, and people who walk on the pavements or across.

        Args:
            draw: randomness.
            keep: what the camera takes up on its way.
            waiting: whether the camera stands; then more moves.
        """
        self.taken.append(keep)
        for _ in range(draw.integer(4, 8) if waiting else draw.integer(0, 4)):
            oncoming = draw.chance(0.6)
            x = (-self.lane if oncoming else self.lane) + draw.uniform(-0.3, 0.3)
            step = draw.uniform(0.5 if waiting else 0.2, 1.3) * (1 if oncoming else -1)
            at = (x, 0.0, -draw.uniform(4.5, 14 if waiting else 35))
            self._put(
                car(draw.child(len(self.shapes)), self._stuff), at, 0.0 if oncoming else 180.0, "vehicle", (0, 0, step)
            )
        for _ in range(draw.integer(2, 9)):
            side = draw.choice((-1, 1))
            across, pace, far = draw.chance(0.35), draw.uniform(0, 0.15), draw.uniform(-22, -3)
            somebody = person(draw.child(len(self.shapes)), self._stuff)
            if across:
                x = draw.uniform(-1, 1) * self.width / 2
                self._put(somebody, (x, 0.0, far), side * 90.0, "person", (side * pace, 0.0, 0.0))
            else:
                x, to = side * (self.width / 2 + draw.uniform(0.5, 1.8)), draw.choice((-1, 1))
                self._put(somebody, (x, KERB, far), 90.0 - 90.0 * to, "person", (0.0, 0.0, to * pace))

    def _put(self, piece: Piece, at: Vector, yaw: float, label: str, step: Vector = (0.0, 0.0, 0.0)) -> bool:
        """Stand a piece somewhere, unless something is there or on its way."""
        now = bounds(piece, at, yaw)
        way = Box(
            now.west + min(0, step[0]), now.east + max(0, step[0]), now.low, now.high,
            now.north + min(0, step[2]), now.south + max(0, step[2]),
        )  # fmt: skip
        if any(way.meets(other, 0.1) for other in self.taken):
            return False
        start = len(self.shapes)
        self.shapes.extend(stand(piece, at, yaw, LABELS[label], self._instance))
        self.taken.append(way)
        self._instance += 1
        if any(step):
            self.movers.append(Mover(start, len(self.shapes), step))
        return True

    def _slab(self, x: float, width: float, high: float, stuff: Texture, label: str) -> None:
        """Something flat along the whole street."""
        middle, length = (BEHIND + AHEAD) / 2, (BEHIND - AHEAD) / 2 + 40
        at = (x, high / 2 - 0.1, middle)
        self.shapes.append(Shape("box", at, (width / 2, high / 2 + 0.1, length), texture=stuff, label=LABELS[label]))

    def _pave(self, draw: Stream) -> None:
        """Road, kerbs, pavements, verges and marks."""
        stuff, edge = self._stuff, self.width / 2
        self.shapes.append(Shape("plane", texture=stuff.big(draw), label=LABELS["road"]))
        kerb, pavement, verge = stuff.small(draw), stuff.big(draw), stuff.big(draw)
        for side in (-1, 1):
            self._slab(side * (edge + 0.1), 0.2, KERB + 0.01, kerb, "pavement")
            self._slab(side * (edge + 20.2), 40.0, KERB, pavement, "pavement")
            if draw.chance(0.5):
                self._slab(side * (edge + 2.9), 1.2, KERB + 0.02, verge, "plant")
        paint, dash = stuff.small(draw), draw.uniform(1.5, 3.5)
        for n in range(draw.choice((0, 9, 9))):
            at = (0.0, 0.0, 4.0 - n * 2 * dash)
            self.shapes.append(Shape("box", at, (0.07, 0.008, dash / 2), texture=paint, label=LABELS["road"]))
        if draw.chance(0.3):
            far, stripe = draw.uniform(-20, -7), self.width / 10
            for n in range(5):
                at = (-self.width / 2 + (2 * n + 1) * stripe, 0.0, far)
                self.shapes.append(Shape("box", at, (stripe / 2, 0.009, 1.5), texture=paint, label=LABELS["road"]))

    def _build(self, draw: Stream, side: int) -> None:
        """Houses along one side, with gaps."""
        z, setback = BEHIND, self.width / 2 + draw.uniform(3.8, 8.0)
        while z > AHEAD:
            length = draw.uniform(6, 15)
            if draw.chance(0.85):
                piece = house(draw.child(len(self.shapes)), self._stuff, length, near=z > -25)
                x = side * (setback + piece.half[1] + draw.uniform(0, 0.6))
                self._put(piece, (x, KERB, z - length / 2), -90.0 * side, "building")
            z -= length + 0.55 + (draw.uniform(1, 8) if draw.chance(0.4) else 0.0)

    def _plant(self, draw: Stream, side: int) -> None:
        """Trees, hedges and poles between the kerb and the houses."""
        z, green = BEHIND, draw.uniform(0, 1)
        while z > -42:
            z -= draw.uniform(2, 7)
            kind = draw.uniform()
            child = draw.child(len(self.shapes))
            if kind < 0.5 * green:
                self._put(
                    tree(child, self._stuff), (side * (self.width / 2 + draw.uniform(2.0, 3.4)), KERB, z), 0.0, "plant"
                )
            elif kind < 0.7 * green:
                self._put(hedge(child, self._stuff), (side * (self.width / 2 + 3.2), KERB, z), 0.0, "plant")
            elif kind < 0.75:
                x = side * (self.width / 2 + draw.uniform(0.3, 0.6))
                self._put(pole(child, self._stuff), (x, KERB, z), 0.0 if side < 0 else 180.0, "pole")

    def _park(self, draw: Stream, side: int) -> None:
        """Cars parked along one kerb."""
        z, full = BEHIND, draw.uniform(0.2, 0.8)
        while z > -38:
            z -= draw.uniform(5.2, 7.0)
            if draw.chance(full):
                x = side * (self.width / 2 - self.parking / 2 + draw.uniform(-0.1, 0.1))
                yaw = draw.choice((0.0, 180.0)) + draw.uniform(-3, 3)
                self._put(car(draw.child(len(self.shapes)), self._stuff), (x, 0.0, z), yaw, "vehicle")
