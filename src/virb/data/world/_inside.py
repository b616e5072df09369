"""Kinds of places indoors: a room laid out as its kind is, and where one looks at it from."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, final

from virb.data.world._fittings import FITTINGS, fitting
from virb.data.world._furniture import furniture
from virb.data.world._interiors import LABELS as FURNITURE
from virb.data.world._interiors import RECIPES, Hole, Room, Side, lamp
from virb.data.world._pieces import Box, Piece, Stuff, box
from virb.data.world._places import sky
from virb.data.world._scene import Camera, Scene, Shape
from virb.data.world._stream import Stream
from virb.data.world.sets import Split

LABELS: Mapping[str, int] = {
    **FURNITURE,
    **{name: label for label, name in enumerate((*FITTINGS, "ceiling lamp"), start=101)},
}
"""Class id of everything in a room of any kind."""

_EYES = (1.0, 1.8)
"""Metres of the eye above the floor."""


@final
class Interior:
    """A room that is being filled: what goes in gets the next instance id.

    Args:
        draw: randomness of the room.
        split: whose materials.
        sides: metres from and to of the shorter side, and of the longer one.
        height: of the ceiling, from and to.
        window: how likely one wall has a window.
    """

    def __init__(
        self,
        draw: Stream,
        split: Split,
        sides: tuple[tuple[float, float], tuple[float, float]],
        height: tuple[float, float] = (2.4, 3.1),
        window: float = 0.5,
    ) -> None:
        width, depth, high = draw.uniform(*sides[0]), draw.uniform(*sides[1]), draw.uniform(*height)
        holes: dict[Side, Hole] = {}
        if draw.chance(window):
            side: Side = draw.choice(("north", "south", "west", "east"))
            along = width if side in ("north", "south") else depth
            wide, sill = draw.uniform(0.35, 0.7) * along, draw.uniform(0.8, 1.2)
            holes[side] = Hole(0.0, wide, sill, min(high - 0.2, sill + draw.uniform(0.7, 1.3)))
        self.split: Split = split
        self.room = Room(Box(-width / 2, width / 2, 0.0, high, -depth / 2, depth / 2), holes)
        self.room.build(draw.child("shell"), split)
        self.stuff = Stuff(draw.child("materials"), split)
        self.width, self.depth, self.high = width, depth, high
        self._instance = 1
        if holes:
            outside = self.stuff.big(draw)
            self.room.shapes.append(Shape("plane", (0.0, -draw.uniform(0.3, 9.0), 0.0), texture=outside))

    def make(self, name: str, draw: Stream) -> Piece:
        """A piece of furniture, or of what else there is."""
        return (fitting if name in FITTINGS else furniture)(name, draw, self.stuff)

    def put(self, piece: Piece, x: float, z: float, yaw: float = 0.0, y: float = 0.0) -> None:
        """Stand a piece somewhere."""
        self.room.put(piece, (x, y, z), yaw, LABELS[piece.name], self._instance)
        self._instance += 1

    def fit(self, draw: Stream, name: str, against: bool = True) -> bool:
        """Put a piece in where there is room for it."""
        fitted = self.room.fit(draw, self.make(name, draw), LABELS[name], self._instance, against)
        self._instance += fitted
        return fitted

    def furnish(self, draw: Stream, names: tuple[str, ...]) -> None:
        """Put furniture in as homes have it."""
        self._instance = self.room.furnish(draw, self.split, names, self._instance)


def _home(kind: str, sides: tuple[tuple[float, float], tuple[float, float]]) -> Callable[[Stream, Split], Interior]:
    """A room of a flat."""

    def build(draw: Stream, split: Split) -> Interior:
        place = Interior(draw, split, sides)
        names = RECIPES[kind]
        place.furnish(draw.child("pieces"), (*names[:6], *draw.child("more").shuffled(names[6:])[: draw.integer(3, 9)]))
        return place

    return build


def _bathroom(draw: Stream, split: Split) -> Interior:
    place = Interior(draw, split, ((2.1, 3.2), (2.3, 4.2)), window=0.3)
    names = ["toilet", "basin", draw.choice(("bath", "bath", "shower")), "towels"]
    names += draw.shuffled(("shower", "basin", "chest", "towels", "picture", "stool"))[: draw.integer(1, 4)]
    for n, name in enumerate(names):
        place.fit(draw.child("piece", n), name)
    if draw.chance(0.5):
        place.furnish(draw.child("more"), ("rug", "plant"))
    return place


def _corridor(draw: Stream, split: Split) -> Interior:
    """Doors on both sides, lamps overhead, a few things along the walls."""
    place = Interior(draw, split, ((1.6, 2.8), (9.0, 24.0)), (2.3, 3.2), window=0.15)
    step, half, odd = draw.uniform(2.2, 4.0), place.width / 2, draw.uniform(0, 1.5)
    for side in (-1, 1):
        z = place.depth / 2 - 1.0 - (odd if side > 0 else 0.0)
        while z > 0.8 - place.depth / 2:
            door = place.make("door", draw.child("door", side, round(10 * z)))
            place.put(door, side * (half - door.half[1] - 1e-6), z, -90.0 * side)
            z -= step
    shade, gap = place.stuff.small(draw), draw.uniform(2.0, 4.0)
    long = draw.uniform(0.2, 1.3)
    for n in range(int(place.depth / gap)):
        light = Piece("ceiling lamp", (box(0, -0.06, 0, 0.25, 0.06, long, shade),), (0.13, long / 2), -0.06, 0.0)
        place.put(light, 0.0, place.depth / 2 - gap * (n + 0.5), 0.0, place.high)
    for n in range(draw.integer(3, 8)):
        place.fit(
            draw.child("piece", n), draw.choice(("picture", "picture", "plant", "chest", "chair", "crate", "shelf"))
        )
    return place


def _classroom(draw: Stream, split: Split) -> Interior:
    """Rows of desks that face a board, and a teacher's desk before it."""
    place = Interior(draw, split, ((5.5, 8.5), (6.0, 10.0)), (2.7, 3.5), window=0.6)
    board = place.make("board", draw.child("board"))
    place.put(board, draw.uniform(-0.4, 0.4), board.half[1] - place.depth / 2)
    place.put(
        place.make("desk", draw.child("teacher")), draw.uniform(-1, 1) * place.width / 4, 1.3 - place.depth / 2, 0.0
    )
    first = place.make("school desk", draw.child("desk"))
    across, along = 2 * first.half[0] + draw.uniform(0.35, 0.8), draw.uniform(1.25, 1.6)
    columns = max(2, int((place.width - 0.6) / across))
    rows = max(2, min(5, int((place.depth - 3.4) / along)))
    for row in range(rows):
        for column in range(min(columns, 5)):
            if draw.chance(0.93):
                x = (column - (min(columns, 5) - 1) / 2) * across + draw.uniform(-0.05, 0.05)
                z = 3.0 - place.depth / 2 + row * along
                place.put(place.make("school desk", draw.child("desk")), x, z, 180.0 + draw.uniform(-5, 5))
    for n in range(draw.integer(1, 5)):
        place.fit(draw.child("piece", n), draw.choice(("shelf", "picture", "picture", "wardrobe", "plant")))
    return place


def _office(draw: Stream, split: Split) -> Interior:
    """Pairs of desks with chairs, a screen between the two of a pair."""
    place = Interior(draw, split, ((5.0, 9.0), (6.0, 11.0)), (2.5, 3.2), window=0.6)
    columns, rows = max(1, int((place.width - 1.0) / 2.3)), max(1, int((place.depth - 1.0) / 3.6))
    for column in range(min(columns, 3)):
        for row in range(min(rows, 2)):
            child = draw.child("pair", column, row)
            x = (column - (min(columns, 3) - 1) / 2) * 2.2 + child.uniform(-0.1, 0.1)
            z = (row - (min(rows, 2) - 1) / 2) * 3.8 + child.uniform(-0.1, 0.1)
            if child.chance(0.8):
                place.put(place.make("partition", child.child("screen")), x, z)
            for side in (-1, 1):
                if child.chance(0.9):
                    # Who sits there looks at the screen: the desk's back is towards it.
                    yaw = 0.0 if side > 0 else 180.0
                    place.put(place.make("desk", child.child("desk", side)), x, z + side * 0.45, yaw)
                    chair = place.make("chair", child.child("chair", side))
                    place.put(
                        chair, x + child.uniform(-0.3, 0.3), z + side * 1.15, yaw + 180.0 + child.uniform(-40, 40)
                    )
    for n in range(draw.integer(2, 6)):
        place.fit(draw.child("piece", n), draw.choice(("shelf", "chest", "picture", "plant", "wardrobe")))
    return place


def _aisles(place: Interior, draw: Stream, name: str, gap: tuple[float, float], edge: float, most: int) -> None:
    """At most so many of one kind of shelf, in rows along z with aisles between them and along the walls."""
    first = place.make(name, draw.child("unit", 0))
    wide, length = 2 * first.half[0], 2 * first.half[1]
    step = wide + draw.uniform(*gap)
    columns = min(4, max(2, int((place.width - 2 * edge + step - wide) / step)))
    rows = max(1, min(most // columns, int((place.depth - 3.0) / (length + 0.25))))
    start = draw.uniform(-0.5, 0.5)
    for column in range(columns):
        for row in range(rows):
            child = draw.child("unit", column, row)
            if child.chance(0.95):
                x = (column - (columns - 1) / 2) * step
                z = (row - (rows - 1) / 2) * (length + 0.2) + start
                place.put(place.make(name, child), x, z)


def _shop(draw: Stream, split: Split) -> Interior:
    """Aisles of shelves, goods along the walls, a till."""
    place = Interior(draw, split, ((6.0, 9.0), (7.0, 12.0)), (2.7, 3.8), window=0.3)
    _aisles(place, draw.child("aisles"), "gondola", (1.2, 1.8), 0.9, 12)
    place.put(
        place.make("till", draw.child("till")), draw.uniform(-1, 1) * (place.width / 2 - 0.6), place.depth / 2 - 1.4
    )
    for n in range(draw.integer(3, 6)):
        place.fit(draw.child("piece", n), draw.choice(("fridge", "shelf", "shelf", "crate")))
    return place


def _warehouse(draw: Stream, split: Split) -> Interior:
    """High racks with loads, pallets on the floor, perhaps a forklift."""
    place = Interior(draw, split, ((10.0, 16.0), (13.0, 24.0)), (6.0, 9.0), window=0.0)
    _aisles(place, draw.child("aisles"), "rack", (2.6, 3.8), 0.6, 12)
    if draw.chance(0.5):
        place.fit(draw.child("forklift"), "forklift", against=False)
    for n in range(draw.integer(4, 9)):
        place.fit(draw.child("piece", n), "pallet", against=False)
    return place


class Kind(NamedTuple):
    """A kind of place indoors.

    Attributes:
        build: lays it out.
        reach: metres that the wall ahead should be away, from and to.
        telling: what tells this kind from the others.
        least: how many telling pieces a view shows.
        near: metres that half of a view is farther away than.
    """

    build: Callable[[Stream, Split], Interior]
    reach: tuple[float, float]
    telling: tuple[str, ...]
    least: int
    near: float


KINDS: Mapping[str, Kind] = {
    "bathroom": Kind(_bathroom, (1.8, 4.0), ("bath", "toilet", "basin", "shower"), 2, 1.2),
    "bedroom": Kind(_home("bedroom", ((2.8, 4.5), (3.2, 5.5))), (2.5, 6.0), ("bed",), 1, 1.6),
    "classroom": Kind(_classroom, (4.0, 9.0), ("school desk",), 4, 2.5),
    "corridor": Kind(_corridor, (5.0, 22.0), ("door",), 3, 2.2),
    "kitchen": Kind(_home("kitchen", ((2.8, 5.0), (3.0, 6.0))), (2.5, 6.0), ("counter", "cooker", "fridge"), 2, 1.6),
    "living room": Kind(
        _home("living room", ((4.0, 6.5), (4.5, 7.5))), (3.5, 7.5), ("sofa", "low table", "television"), 2, 1.8
    ),
    "office": Kind(_office, (3.5, 9.0), ("desk", "partition"), 3, 2.0),
    "shop": Kind(_shop, (4.0, 11.0), ("gondola",), 3, 2.2),
    "warehouse": Kind(_warehouse, (11.0, 24.0), ("rack",), 3, 2.6),
}
"""Every kind, by name."""


def inside(name: str, draw: Stream, split: Split) -> Scene | None:
    """A place of a kind, seen from a free spot in it; nothing if there is none.

    Args:
        name: one of :data:`KINDS`.
        draw: randomness of the place.
        split: whose materials.
    """
    kind = KINDS[name]
    room = kind.build(draw.child("layout"), split).room
    eye = draw.child("eye")
    fov = eye.uniform(58, 74)
    view = room.view(eye, _EYES, fov, eye.uniform(*kind.reach))
    if view is None:
        return None
    at, yaw = view
    camera = Camera(at, (yaw, eye.uniform(-26, 3), eye.uniform(-3, 3)), fov)
    return Scene(tuple(room.shapes), camera, lamp(draw.child("lamp"), room.space), sky(draw.child("sky")))
