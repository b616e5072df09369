"""Furnished rooms: walls with holes in them, what stands where, and where one can look from."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, final

from virb.data.world._furniture import PIECES, furniture
from virb.data.world._pieces import Box, Piece, Stuff, ahead, bounds, heading, stand, surface, turned
from virb.data.world._scene import Light, Shape, Vector
from virb.data.world._stream import Stream
from virb.data.world.sets import Split

Side = Literal["north", "south", "west", "east"]

IN_SIGHT = 4
"""Pieces in sight from which a view is not searched any further for more."""

SHELL = ("floor", "ceiling", "wall")
LABELS: Mapping[str, int] = {name: label for label, name in enumerate((*SHELL, *PIECES), start=1)}
"""Class id of everything in a room."""

WALL = 0.06
"""Metres of a wall; two rooms that share one have one each."""

_AGAINST_WALL = frozenset(
    ("sofa", "bed", "wardrobe", "shelf", "chest", "desk", "counter", "fridge", "cooker", "television")
)
_ON_WALL = frozenset(("picture", "door"))
_FACING: Mapping[Side, float] = {"north": 0.0, "west": 90.0, "south": 180.0, "east": 270.0}
"""Yaw of what stands with its back to a wall."""

RECIPES: Mapping[str, tuple[str, ...]] = {
    "living room": (
        "sofa", "low table", "television", "sofa", "shelf", "rug", "lamp", "plant", "chest", "picture",
        "stool", "table", "chair", "chair", "crate", "picture", "pendant", "shelf", "plant",
    ),
    "bedroom": (
        "bed", "wardrobe", "chest", "picture", "desk", "chair", "rug", "lamp", "shelf", "crate", "chest",
        "stool", "plant", "picture", "pendant", "door",
    ),
    "kitchen": (
        "counter", "table", "chair", "chair", "fridge", "cooker", "counter", "chair", "stool", "shelf",
        "crate", "pendant", "picture", "plant", "chair", "door",
    ),
    "corridor": (
        "door", "chest", "picture", "door", "plant", "rug", "crate", "shelf", "stool", "picture", "pendant",
        "door", "lamp", "wardrobe", "crate",
    ),
    "study": (
        "desk", "chair", "shelf", "shelf", "table", "chair", "lamp", "crate", "desk", "picture", "plant",
        "rug", "stool", "chest", "pendant", "sofa", "crate",
    ),
}  # fmt: skip
"""What stands in each kind of room, what makes it this kind first."""


class Hole(NamedTuple):
    """An opening in a wall: its middle along the wall (metres from the room's, to +x or +z), width, low and high."""

    middle: float
    width: float
    low: float
    high: float


@final
class Room:
    """One room, built up piece by piece.

    Args:
        space: what is inside its walls.
        holes: at most one hole in each wall.

    Attributes:
        shapes: everything so far.
        taken: what each piece takes up.
    """

    def __init__(self, space: Box, holes: Mapping[Side, Hole] | None = None) -> None:
        self.space = space
        self.shapes: list[Shape] = []
        self.taken: list[Box] = []
        self._rugs: list[Box] = []
        self._holes = dict(holes or {})
        self._kept = [self._threshold(side, hole) for side, hole in self._holes.items()]

    def build(self, draw: Stream, split: Split) -> None:
        """Floor, ceiling and walls, each of any material."""
        west, east, low, high, north, south = self.space
        floor, ceiling, wall = (surface(draw, split) for _ in range(3))
        x, z = (west + east) / 2, (north + south) / 2
        flat = ((east - west) / 2 + WALL, WALL / 2, (south - north) / 2 + WALL)
        self.shapes.append(Shape("box", (x, low - WALL / 2, z), flat, texture=floor, label=LABELS["floor"]))
        self.shapes.append(Shape("box", (x, high + WALL / 2, z), flat, texture=ceiling, label=LABELS["ceiling"]))
        for side in _FACING:
            for start, end, under, over in self._boards(side):
                at, half = (
                    self._board(side, (start + end) / 2, (under + over) / 2),
                    ((end - start) / 2, (over - under) / 2),
                )
                size = (half[0], half[1], WALL / 2) if side in ("north", "south") else (WALL / 2, half[1], half[0])
                self.shapes.append(Shape("box", at, size, texture=wall, label=LABELS["wall"]))

    def furnish(self, stream: Stream, split: Split, names: Sequence[str], first: int, small: float = 0.6) -> int:
        """Put pieces in, as far as they fit: each stands on the floor, against a wall, on it, or hangs.

        Args:
            stream: randomness.
            split: whose materials.
            names: of the pieces, the most important first.
            first: instance id of the first piece.
            small: how likely a small thing stands on a piece that has a top.

        Returns:
            The first instance id that is free.
        """
        instance, stuff = first, Stuff(stream.child("materials"), split)
        for number, name in enumerate(names):
            draw = stream.child(number)
            piece = furniture(name, draw, stuff)
            spot = self._spot(draw, piece)
            if spot is None:
                continue
            at, yaw = spot
            self._put(piece, at, yaw, instance)
            instance += 1
            if piece.top is not None and draw.chance(small):
                instance += self._top(draw, stuff, piece, at, yaw, instance)
        return instance

    def put(self, piece: Piece, at: Vector, yaw: float, label: int, instance: int) -> None:
        """Stand any piece at a place, whatever is there."""
        self.shapes.extend(stand(piece, at, yaw, label, instance))
        self.taken.append(bounds(piece, at, yaw))

    def fit(self, draw: Stream, piece: Piece, label: int, instance: int, against: bool = True) -> bool:
        """Put any piece in where it fits.

        Args:
            draw: randomness of its place.
            piece: what is put in.
            label: its class id.
            instance: its id.
            against: whether its back goes to a wall, at whatever height the piece itself is.

        Returns:
            Whether a place was found.
        """
        spot = self._search(draw, piece, against, 0.02)
        if spot is not None:
            self.put(piece, *spot, label, instance)
        return spot is not None

    def free(self, at: Vector, gap: float = 0.2) -> bool:
        """Whether a point is in the room, and nothing is nearer than ``gap`` metres."""
        west, east, low, high, north, south = self.space
        x, y, z = at
        inside = west + gap < x < east - gap and low + gap < y < high - gap and north + gap < z < south - gap
        return inside and not any(box.holds(at, gap) for box in self.taken)

    def view(
        self, draw: Stream, heights: tuple[float, float], fov: float, reach: float | None = None
    ) -> tuple[Vector, float] | None:
        """A place to look from, and a yaw under which several pieces are in sight; nothing if no place is free.

        Args:
            draw: randomness.
            heights: lowest and highest place of the eye above the floor.
            fov: field of view in degrees.
            reach: metres that the wall ahead should be away; without it any wall will do.
        """
        west, east, low, _, north, south = self.space
        best, most = None, -math.inf
        for _ in range(12):
            at = (draw.uniform(west, east), low + draw.uniform(*heights), draw.uniform(north, south))
            if not self.free(at, 0.3) or not self.taken:
                continue
            aim = draw.choice(self.taken)
            x, z = (aim.west + aim.east) / 2 - at[0], (aim.north + aim.south) / 2 - at[2]
            yaw = round(math.degrees(math.atan2(-x, -z)), 9) + draw.uniform(-0.4, 0.4) * fov
            if not self.free(ahead(at, yaw, 0.9), 0.05):
                continue
            score = float(min(IN_SIGHT, self._in_sight(at, yaw, fov)))
            if reach is not None:
                score -= 3 * abs(math.log(self._wall_ahead(at, yaw) / reach))
            if score > most:
                best, most = (at, yaw), score
            if score >= IN_SIGHT:
                break
        return best

    def _wall_ahead(self, at: Vector, yaw: float) -> float:
        """Metres to the wall in the direction of a yaw."""
        sine, cosine = heading(yaw)
        x = (at[0] - self.space.west if sine > 0 else self.space.east - at[0]) / max(abs(sine), 1e-9)
        z = (at[2] - self.space.north if cosine > 0 else self.space.south - at[2]) / max(abs(cosine), 1e-9)
        return min(x, z)

    def _in_sight(self, at: Vector, yaw: float, fov: float) -> int:
        """How many pieces have their middle in a wedge ahead."""
        sine, cosine = heading(yaw)
        reach, count = math.tan(math.radians(fov * 0.42)), 0
        for box in self.taken:
            x, z = (box.west + box.east) / 2 - at[0], (box.north + box.south) / 2 - at[2]
            far = -x * sine - z * cosine
            count += 0.6 < far < 7.0 and abs(x * cosine - z * sine) < reach * far
        return count

    def _put(self, piece: Piece, at: Vector, yaw: float, instance: int) -> None:
        if piece.name == "rug":
            self.shapes.extend(stand(piece, at, yaw, LABELS["rug"], instance))
            self._rugs.append(bounds(piece, at, yaw))
        else:
            self.put(piece, at, yaw, LABELS[piece.name], instance)

    def _top(self, draw: Stream, stuff: Stuff, piece: Piece, at: Vector, yaw: float, instance: int) -> bool:
        """Put a small thing on the piece that was put last, unless it would be in a wall or another piece."""
        assert piece.top is not None
        high, wide, deep = piece.top
        thing, turn = furniture("trinket", draw, stuff), yaw + draw.uniform(-40, 40)
        place = turned(at, yaw, draw.uniform(-wide, wide), high, draw.uniform(-deep, deep))
        box = bounds(thing, place, turn)
        if not self._inside(box) or any(box.meets(other) for other in self.taken[:-1]):
            return False
        self._put(thing, place, turn, instance)
        return True

    def _inside(self, box: Box) -> bool:
        west, east, low, high, north, south = self.space
        level = box.low >= low and box.high <= high
        return level and box.west >= west and box.east <= east and box.north >= north and box.south <= south

    def _spot(self, draw: Stream, piece: Piece) -> tuple[Vector, float] | None:
        """A place and a yaw for a piece of furniture; nothing if it finds none."""
        on_wall = piece.name in _ON_WALL
        against = on_wall or (piece.name in _AGAINST_WALL and not draw.chance(0.15))
        return self._search(draw, piece, against, 0.0 if on_wall else 0.02)

    def _search(self, draw: Stream, piece: Piece, against: bool, gap: float) -> tuple[Vector, float] | None:
        """A place and a yaw, with the back to a wall and that far from it, or anywhere; nothing if it finds none."""
        west, east, low, high, north, south = self.space
        level = high if piece.high <= 0 else low
        for _ in range(8):
            if against:
                at, yaw = self._along(draw.choice(tuple(_FACING)), piece, draw.uniform(-1, 1), gap)
            else:
                yaw = draw.choice((0.0, 90.0, 180.0, 270.0)) + draw.uniform(-12, 12) * draw.integer(0, 3)
                at = (draw.uniform(west, east), level, draw.uniform(north, south))
            box = bounds(piece, at, yaw)
            others = self._rugs if piece.name == "rug" else (*self.taken, *self._kept)  # what stands may stand on a rug
            if self._inside(box) and not any(box.meets(other, 0.04) for other in others):
                return at, yaw
        return None

    def _along(self, side: Side, piece: Piece, share: float, gap: float) -> tuple[Vector, float]:
        """A place with the back to a wall: ``share`` from -1 to 1 is from one of its corners to the other."""
        west, east, low, _, north, south = self.space
        x, z = (west + east) / 2, (north + south) / 2
        back, wide = piece.half[1] + gap + 1e-6, piece.half[0]
        if side in ("north", "south"):
            x += share * max(0.0, (east - west) / 2 - wide)
            z = north + back if side == "north" else south - back
        else:
            z += share * max(0.0, (south - north) / 2 - wide)
            x = west + back if side == "west" else east - back
        return (x, low, z), _FACING[side]

    def _threshold(self, side: Side, hole: Hole) -> Box:
        """What must stay free before a hole."""
        x, _, z = self._board(side, hole.middle, 0)
        half, deep = hole.width / 2, 0.8
        wide = (half, deep) if side in ("north", "south") else (deep, half)
        return Box(x - wide[0], x + wide[0], hole.low, hole.high, z - wide[1], z + wide[1])

    def _boards(self, side: Side) -> list[tuple[float, float, float, float]]:
        """A wall in boards around its hole: from and to along the wall, from and to in height."""
        west, east, low, high, north, south = self.space
        half = (east - west if side in ("north", "south") else south - north) / 2 + WALL
        if side not in self._holes:
            return [(-half, half, low, high)]
        middle, width, under, over = self._holes[side]
        start, end = middle - width / 2, middle + width / 2
        boards = [(-half, start, low, high), (end, half, low, high), (start, end, over, high), (start, end, low, under)]
        return [board for board in boards if board[1] - board[0] > 1e-6 and board[3] - board[2] > 1e-6]

    def _board(self, side: Side, along: float, y: float) -> Vector:
        """The point of a wall's middle plane that far along it."""
        west, east, _, _, north, south = self.space
        x, z = (west + east) / 2, (north + south) / 2
        if side in ("north", "south"):
            return x + along, y, north - WALL / 2 if side == "north" else south + WALL / 2
        return west - WALL / 2 if side == "west" else east + WALL / 2, y, z + along


def lamp(draw: Stream, space: Box) -> Light:
    """A lamp somewhere below the ceiling, of nearly white light."""
    share = (draw.uniform(0.2, 0.8), draw.uniform(0.8, 0.96), draw.uniform(0.2, 0.8))
    at = (
        space.west + share[0] * (space.east - space.west),
        space.low + share[1] * (space.high - space.low),
        space.north + share[2] * (space.south - space.north),
    )
    level, dim = draw.uniform(0.5, 0.85), draw.uniform(0.25, 0.45)
    tint = draw.uniform(-0.08, 0.08)
    return Light(at, False, (level * (1 + tint), level, level * (1 - tint)), (dim, dim, dim))
