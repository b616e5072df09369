"""Large buildings: halls and rooms on a plan of crossing walls, with doorways, windows and roofs of glass."""

import math
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, final

from virb.data.world._fittings import fitting
from virb.data.world._furniture import furniture
from virb.data.world._landmarks import landmark
from virb.data.world._parts import placed
from virb.data.world._pieces import Box, Piece, Stuff, bounds, box, rod, stand
from virb.data.world._places import sun
from virb.data.world._scene import Light, Shape, Texture, Vector
from virb.data.world._stream import Stream
from virb.data.world._things import THINGS, thing
from virb.data.world.sets import Split

OUTSIDE = 1
"""Class id of the ground around a building."""
BUILT = 2
"""Class id of walls, floors, ceilings and beams."""
STANDING = 3
"""Class id of everything that stands in a building."""

MOST = 190
"""Shapes from which no more pieces are put in."""

Cell = tuple[int, int]
"""Column and row of a room on the plan."""


class Opening(NamedTuple):
    """A hole in a wall, seen along the wall: its middle, its width, and from where to where it reaches."""

    middle: Vector
    width: float
    low: float
    high: float


class _Wall(NamedTuple):
    """A wall between two corners of the plan: along x or along z, from and to, and where it crosses the other axis."""

    along: Literal["x", "z"]
    start: float
    end: float
    across: float
    high: float


@final
class Building:
    """A building of two or three by three or four rooms.

    Args:
        draw: randomness of the building.
        split: whose materials.

    Attributes:
        shapes: everything so far.
        taken: what each piece takes up.
        columns: x of the walls along z, from west to east.
        rows: z of the walls along x, from north to south.
        north: of each room the hole in its north wall, where there is one.
    """

    def __init__(self, draw: Stream, split: Split) -> None:
        self.stuff = Stuff(draw.child("materials"), split, 9, scale=(0.3, 0.9))
        self.split: Split = split
        self.shapes: list[Shape] = []
        self.taken: list[Box] = []
        self.north: dict[Cell, Opening] = {}
        self._instance = 1
        size = draw.uniform(3.0, 6.0)
        self.columns = self._lines(draw, draw.integer(2, 4), size)
        self.rows = self._lines(draw, draw.integer(3, 5), size * draw.uniform(0.9, 1.5))
        self._thick = draw.uniform(0.08, 0.3)
        common = draw.uniform(2.5, 5.5)
        self.heights = {cell: common if draw.chance(0.4) else common * draw.uniform(0.75, 1.7) for cell in self.cells()}
        self.glass = {cell for cell in self.cells() if draw.chance(0.25)}
        self._build(draw.child("shell"))

    def cells(self) -> list[Cell]:
        """Every room."""
        return [(column, row) for column in range(len(self.columns) - 1) for row in range(len(self.rows) - 1)]

    def space(self, cell: Cell) -> Box:
        """What is inside a room's walls."""
        column, row = cell
        t = self._thick
        return Box(
            self.columns[column] + t, self.columns[column + 1] - t, 0.0, self.heights[cell],
            self.rows[row] + t, self.rows[row + 1] - t,
        )  # fmt: skip

    def free(self, at: Vector, gap: float) -> bool:
        """Whether nothing is nearer to a point than ``gap`` metres but walls."""
        return not any(one.holds(at, gap) for one in self.taken)

    def furnish(self, draw: Stream, cell: Cell) -> None:
        """Fill a room as one of a few kinds of halls."""
        _FILLS[draw.choice(tuple(_FILLS))](self, draw, cell)

    def put(self, piece: Piece, at: Vector, yaw: float, cell: Cell) -> bool:
        """Stand a piece in a room, unless it would be in a wall, in something else, or in a doorway."""
        place, space = bounds(piece, at, yaw), self.space(cell)
        inside = (
            place.west >= space.west and place.east <= space.east
            and place.north >= space.north and place.south <= space.south and place.high <= space.high
        )  # fmt: skip
        if not inside or len(self.shapes) > MOST or any(place.meets(other, 0.05) for other in self.taken):
            return False
        self.shapes += stand(piece, at, yaw, STANDING, self._instance)
        self.taken.append(place)
        self._instance += 1
        return True

    def show(self, draw: Stream, cell: Cell, at: Vector) -> None:
        """A plinth with a thing on it."""
        side, high, large = draw.uniform(0.5, 0.9), draw.uniform(0.3, 1.1), draw.uniform(0.7, 1.5)
        plinth = Piece(
            "plinth", (box(0, 0, 0, side, high, side, self.stuff.big(draw)),), (side / 2, side / 2), 0, high + 1
        )
        if self.put(plinth, at, draw.choice((0.0, 45.0)), cell):
            coat = [self.stuff.small(draw), self.stuff.big(draw), self.stuff.small(draw)]
            parts, above = thing(draw.choice(tuple(THINGS)), draw.child("thing")), (at[0], high, at[2])
            self.shapes += placed(parts, coat, above, draw.uniform(0, 360), large, STANDING, self._instance)
            self._instance += 1

    def spot(self, draw: Stream, cell: Cell) -> Vector:
        """Any place on the floor of a room."""
        space = self.space(cell)
        return draw.uniform(space.west, space.east), 0.0, draw.uniform(space.north, space.south)

    def light(self, draw: Stream, cells: list[Cell]) -> Light:
        """A lamp in one of some rooms; or the sun, where one of them has a roof of glass. Much light is everywhere."""
        dim = draw.uniform(0.3, 0.5)
        if self.glass & set(cells) and draw.chance(0.7):
            above = sun(draw)
            return Light(above.at, True, above.colour, (dim, dim, dim))
        space = self.space(draw.choice(cells))
        level, x, z = draw.uniform(0.45, 0.75), draw.uniform(0.25, 0.75), draw.uniform(0.25, 0.75)
        at = (
            space.west + x * (space.east - space.west),
            space.high * draw.uniform(0.8, 0.95),
            space.north + z * (space.south - space.north),
        )
        return Light(at, False, (level, level, level), (dim, dim, dim))

    @staticmethod
    def _lines(draw: Stream, count: int, size: float) -> list[float]:
        """Where walls stand: the middle of the plan is near 0."""
        steps = [size * draw.uniform(0.65, 2.0) for _ in range(count)]
        lines = [-sum(steps) / 2]
        for step in steps:
            lines.append(lines[-1] + step)
        return lines

    def _slab(self, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], texture: Texture) -> None:
        low, high = zip(x, y, z, strict=True)
        if min(b - a for a, b in (x, y, z)) > 1e-6:
            middle = tuple((a + b) / 2 for a, b in zip(low, high, strict=True))
            half = tuple((b - a) / 2 for a, b in zip(low, high, strict=True))
            self.shapes.append(
                Shape(
                    "box", (middle[0], middle[1], middle[2]), (half[0], half[1], half[2]), texture=texture, label=BUILT
                )
            )

    def _build(self, draw: Stream) -> None:
        """Floors, ceilings, and walls with their holes."""
        ground = Shape("plane", (0.0, -draw.uniform(0.3, 6.0), 0.0), texture=self.stuff.big(draw), label=OUTSIDE)
        self.shapes.append(ground)
        floor, ceiling, t = self.stuff.big(draw), self.stuff.big(draw), self._thick
        for cell in self.cells():
            own, space = draw.child("cell", *cell), self.space(cell)
            x, z = (space.west - t, space.east + t), (space.north - t, space.south + t)
            self._slab(x, (-0.1, 0.0), z, floor if own.chance(0.5) else self.stuff.big(own))
            if cell in self.glass:
                bars = own.integer(2, 5)
                for n in range(1, bars):
                    at = z[0] + (z[1] - z[0]) * n / bars
                    self._slab(x, (space.high, space.high + 0.25), (at - 0.1, at + 0.1), ceiling)
            else:
                self._slab(x, (space.high, space.high + 0.1), z, ceiling if own.chance(0.5) else self.stuff.big(own))
        paint = self.stuff.big(draw)
        for cell in self.cells():
            column, row = cell
            own = draw.child("walls", *cell)
            west, east, north, south = (
                self.columns[column], self.columns[column + 1], self.rows[row], self.rows[row + 1],
            )  # fmt: skip
            top = max(self.heights[cell], self.heights.get((column, row - 1), 0.0))
            hole = self._wall(own.child("north"), _Wall("x", west, east, north, top), row == 0, paint)
            if hole is not None and row > 0:
                self.north[cell] = hole
            top = max(self.heights[cell], self.heights.get((column - 1, row), 0.0))
            self._wall(own.child("west"), _Wall("z", north, south, west, top), column == 0, paint)
            if column == len(self.columns) - 2:
                self._wall(own.child("east"), _Wall("z", north, south, east, self.heights[cell]), True, paint)
            if row == len(self.rows) - 2:
                self._wall(own.child("south"), _Wall("x", west, east, south, self.heights[cell]), True, paint)

    def _wall(self, draw: Stream, wall: _Wall, outer: bool, paint: Texture) -> Opening | None:
        """Build a wall, and say what hole it has."""
        texture = paint if draw.chance(0.4) else self.stuff.big(draw)
        length, top = wall.end - wall.start, wall.high
        if outer:
            kind = draw.choice(("wall", "wall", "window"))
        else:
            kind = draw.choice(("wall", "door", "door", "arch", "arch", "open"))
        if kind == "wall" or length < 1.6:
            self._boards(wall, texture, wall.start, wall.end, 0.0, 0.0)
            return None
        width, low, high = {
            "door": (draw.uniform(0.9, 1.4), 0.0, min(top - 0.2, draw.uniform(2.0, 2.4))),
            "arch": (length * draw.uniform(0.35, 0.75), 0.0, top * draw.uniform(0.6, 0.92)),
            "open": (length * draw.uniform(0.86, 0.96), 0.0, top * draw.uniform(0.85, 0.97)),
            "window": (length * draw.uniform(0.3, 0.8), top * draw.uniform(0.2, 0.4), top * draw.uniform(0.6, 0.9)),
        }[kind]
        width = min(width, length - 0.4)
        reach = (length - width) / 2 - 0.15
        middle = (wall.start + wall.end) / 2 + draw.uniform(-1, 1) * max(0.0, reach)
        self._boards(wall, texture, middle - width / 2, middle + width / 2, low, high)
        if kind == "arch" and width > 2.5 and draw.chance(0.4):  # pillars in it
            for n in range(1, draw.integer(2, 4)):
                self._post(wall, middle - width / 2 + width * n / 3, high, self.stuff.big(draw))
        at = (middle, (low + high) / 2, wall.across) if wall.along == "x" else (wall.across, (low + high) / 2, middle)
        return Opening(at, width, low, high)

    def _boards(self, wall: _Wall, texture: Texture, start: float, end: float, low: float, high: float) -> None:
        """A wall around a hole; whole where the hole has no height."""
        t = self._thick
        pieces = [(wall.start - t, wall.end + t, 0.0, wall.high)]
        if high > low:
            pieces = [
                (wall.start - t, start, 0.0, wall.high), (end, wall.end + t, 0.0, wall.high),
                (start, end, high, wall.high), (start, end, 0.0, low),
            ]  # fmt: skip
        for one, other, under, over in pieces:
            along, across = (one, other), (wall.across - t, wall.across + t)
            x, z = (along, across) if wall.along == "x" else (across, along)
            self._slab(x, (under, over), z, texture)

    def _post(self, wall: _Wall, along: float, high: float, texture: Texture) -> None:
        x, z = (along, wall.across) if wall.along == "x" else (wall.across, along)
        radius = self._thick * 1.2
        post = Piece("post", (rod(0, 0, 0, radius, high, texture),), (radius, radius), 0, high)
        self.shapes += stand(post, (x, 0.0, z), 0.0, BUILT, 0)
        self.taken.append(bounds(post, (x, 0.0, z), 0.0))


def _pillars(building: Building, draw: Stream, cell: Cell) -> None:
    """Two rows of pillars up to the ceiling, and benches."""
    space, texture, round_ = building.space(cell), building.stuff.big(draw), draw.chance(0.5)
    high, radius, count = space.high - 1e-3, draw.uniform(0.12, 0.35), draw.integer(2, 5)
    part = rod(0, 0, 0, radius, high, texture) if round_ else box(0, 0, 0, 2 * radius, high, 2 * radius, texture)
    foot = box(0, 0, 0, 3 * radius, 0.25, 3 * radius, building.stuff.small(draw))
    pillar = Piece("pillar", (part, foot), (1.5 * radius, 1.5 * radius), 0, high)
    for side in (0.25, 0.75):
        for n in range(count):
            x = space.west + side * (space.east - space.west)
            z = space.north + (n + 0.5) / count * (space.south - space.north)
            building.put(pillar, (x, 0.0, z), 0.0, cell)
    _several(building, draw, cell, ("bench", "bench", "plant", "crate"), (1, 5))


def _gallery(building: Building, draw: Stream, cell: Cell) -> None:
    """Things on plinths, and benches to look at them from."""
    for n in range(draw.integer(3, 8)):
        building.show(draw.child("plinth", n), cell, building.spot(draw, cell))
    _several(building, draw, cell, ("bench", "bench", "plant"), (0, 4))


def _store(building: Building, draw: Stream, cell: Cell) -> None:
    """Racks, pallets and crates."""
    _several(building, draw, cell, ("rack", "pallet", "pallet", "crate", "gondola"), (5, 11), square=True)


def _court(building: Building, draw: Stream, cell: Cell) -> None:
    """A fountain, bushes, palms, benches and rocks."""
    _several(building, draw, cell, ("fountain", "bush", "palm", "bench", "rock", "plant"), (4, 10))


def _desks(building: Building, draw: Stream, cell: Cell) -> None:
    """Desks and screens."""
    _several(
        building, draw, cell, ("desk", "partition", "school desk", "chair", "shelf", "stool"), (5, 10), square=True
    )


def _stairs(building: Building, draw: Stream, cell: Cell) -> None:
    """A flight of steps that leads nowhere, or a stage, and a few things."""
    rise, tread, wide = draw.uniform(0.15, 0.25), draw.uniform(0.26, 0.4), draw.uniform(1.2, 3.0)
    count, stone, other = draw.integer(4, 11), building.stuff.big(draw), building.stuff.big(draw)
    parts = [
        box(0, 0, (n - (count - 1) / 2) * tread, wide, rise * (n + 1), tread, (stone, other)[n % 2])
        for n in range(count)
    ]
    flight = Piece("stairs", tuple(parts), (wide / 2, count * tread / 2), 0, rise * count)
    for _ in range(4):
        if building.put(flight, building.spot(draw, cell), draw.choice((0.0, 90.0, 180.0, 270.0)), cell):
            break
    _several(building, draw, cell, ("plant", "crate", "bench", "stool", "pallet"), (2, 6))


def _several(
    building: Building, draw: Stream, cell: Cell, names: tuple[str, ...], count: tuple[int, int], square: bool = False
) -> None:
    """Pieces of some names, turned anyhow or along the walls."""
    for n in range(draw.integer(*count)):
        child = draw.child("piece", n)
        name = child.choice(names)
        piece = _MAKERS[name](name, child, building.stuff)
        for _ in range(3):
            yaw = child.choice((0.0, 90.0, 180.0, 270.0)) if square else child.uniform(0, 360)
            if building.put(piece, building.spot(child, cell), yaw, cell):
                break


_MAKERS: Mapping[str, Callable[[str, Stream, Stuff], Piece]] = {
    **dict.fromkeys(("fountain", "bush", "palm", "bench", "rock"), landmark),
    **dict.fromkeys(("rack", "pallet", "gondola", "partition", "school desk"), fitting),
    **dict.fromkeys(("plant", "crate", "desk", "chair", "shelf", "stool"), furniture),
}
_FILLS: Mapping[str, Callable[[Building, Stream, Cell], None]] = {
    "pillars": _pillars,
    "gallery": _gallery,
    "store": _store,
    "court": _court,
    "desks": _desks,
    "stairs": _stairs,
}


def toward(at: Vector, target: Vector) -> tuple[float, float]:
    """Yaw and pitch, in degrees, under which one point is seen from another."""
    x, y, z = (b - a for a, b in zip(at, target, strict=True))
    return round(math.degrees(math.atan2(-x, -z)), 9), round(math.degrees(math.atan2(y, math.hypot(x, z))), 9)
