"""Kinds of places outdoors: ground, what stands on it as its kind has it, and where one looks at it from."""

from collections.abc import Callable, Mapping
from math import hypot, sqrt
from typing import NamedTuple, final

from virb.data.world._landmarks import LANDMARKS, landmark
from virb.data.world._pieces import Box, Piece, Stuff, ahead, bounds, heading, rod, stand
from virb.data.world._places import sky, sun
from virb.data.world._scene import Camera, Scene, Shape, ShapeKind, Texture, Vector
from virb.data.world._stream import Stream
from virb.data.world._streets import LABELS as STREET
from virb.data.world._streets import Street, car, hedge, house, person, pole, tree
from virb.data.world.sets import Split

LABELS: Mapping[str, int] = {
    **STREET,
    **{
        name: label for label, name in enumerate((*LANDMARKS, "mound", "sea", "foam", "bay", "path", "pond"), start=101)
    },
}
"""Class id of everything outdoors."""

_STREET: Mapping[str, Callable[[Stream, Stuff], Piece]] = {
    "car": car,
    "tree": tree,
    "hedge": hedge,
    "person": person,
    "pole": pole,
}


class Mound(NamedTuple):
    """A hill or a dune, an ellipsoid or a cone: x and z of its middle, radii and height, and its turn."""

    kind: ShapeKind
    x: float
    z: float
    half: Vector
    yaw: float

    def height(self, x: float, z: float) -> float:
        """Of its surface above the ground; 0 beside it."""
        sine, cosine = heading(self.yaw)
        x, z = x - self.x, z - self.z
        reach = hypot((x * cosine - z * sine) / self.half[0], (x * sine + z * cosine) / self.half[2])
        if reach >= 1:
            return 0.0
        return self.half[1] * (sqrt(1 - reach * reach) if self.kind == "ellipsoid" else 1 - reach)


@final
class Ground:
    """Open ground that is being filled, seen from the origin: what goes in gets the next instance id.

    Args:
        draw: randomness of the place.
        split: whose materials.
        eye: metres of the camera above the ground, from and to.
        pitch: degrees by which it looks up, from and to.

    Attributes:
        yaw: where the camera looks.
        fov: its field of view.
    """

    def __init__(
        self, draw: Stream, split: Split, eye: tuple[float, float] = (1.2, 2.4), pitch: tuple[float, float] = (-12, 3)
    ) -> None:
        self.stuff = Stuff(draw.child("materials"), split, 9)
        self.yaw, self.fov = draw.uniform(0, 360), draw.uniform(54, 70)
        self.eye, self._tilt = draw.uniform(*eye), (draw.uniform(*pitch), draw.uniform(-3, 3))
        self.shapes: list[Shape] = [Shape("plane", texture=self.stuff.big(draw))]
        self.mounds: list[Mound] = []
        self._taken: list[Box] = [Box(-0.8, 0.8, -1.0, 3.0, -0.8, 0.8)]
        self._instance = 1

    def before(self, far: float, across: float) -> Vector:
        """The point that far ahead of the camera, and to its right, on the ground."""
        return ahead(ahead((0.0, 0.0, 0.0), self.yaw, far), self.yaw - 90, across)

    def somewhere(self, draw: Stream, near: float, far: float, wide: float = 0.5) -> Vector:
        """A place in view, as likely near as far; ``wide`` as a share of the field of view to either side."""
        way = near * (far / near) ** draw.uniform()
        return ahead((0.0, 0.0, 0.0), self.yaw + draw.uniform(-wide, wide) * self.fov, way)

    def mound(self, kind: ShapeKind, at: Vector, half: Vector, yaw: float, texture: Texture) -> None:
        """Raise a hill."""
        # A cone stands on its base, whose radius is its half extent; of an ellipsoid half is in the ground.
        low = half[1] / 2 if kind == "cone" else 0.0
        size = (half[0], half[1] / 2, half[2]) if kind == "cone" else half
        self._add("mound", [Shape(kind, (at[0], low, at[2]), size, (yaw, 0.0, 0.0), texture)])
        self.mounds.append(Mound(kind, at[0], at[2], half, yaw))

    def height(self, at: Vector) -> float:
        """Of the ground at a place."""
        return max((mound.height(at[0], at[2]) for mound in self.mounds), default=0.0)

    def flat(self, label: str, shape: Shape) -> None:
        """Add a path, a pond, the sea: things may stand on it."""
        self._add(label, [shape])

    def put(
        self, piece: Piece, at: Vector, yaw: float, label: str, gap: float = 0.1, sunk: float = 0.0, crown: bool = False
    ) -> bool:
        """Stand a piece somewhere, unless something is there.

        Args:
            piece: what is put in.
            at: where.
            yaw: its turn.
            label: what it counts as.
            gap: metres to what is next to it.
            sunk: metres of it that are in the ground.
            crown: whether it may reach into others but for its first part: its trunk.
        """
        at = (at[0], at[1] + self.height(at) - sunk, at[2])
        trunk = piece.parts[0].half
        place = bounds(piece._replace(half=(trunk[0] + 0.3, trunk[2] + 0.3)) if crown else piece, at, yaw)
        if any(place.meets(other, gap) for other in self._taken):
            return False
        self._taken.append(place)
        self._add(label, stand(piece, at, yaw, 0, 0))
        return True

    def scatter(
        self, draw: Stream, name: str, count: int, near: float, far: float, wide: float = 0.5, gap: float = 0.1
    ) -> None:
        """Put pieces of one name in view, turned anyhow, where there is room."""
        for n in range(count):
            child = draw.child(name, n)
            piece = _STREET[name](child, self.stuff) if name in _STREET else landmark(name, child, self.stuff)
            # What streets have is named as streets name it: a tree is a plant.
            label = piece.name if name in _STREET else name
            at, yaw = self.somewhere(child, near, far, wide), child.uniform(0, 360)
            self.put(piece, at, yaw, label, gap, 0.05, crown=name == "tall tree")

    def scene(self, draw: Stream) -> Scene:
        """What the camera sees."""
        at = (0.0, self.eye + self.height((0.0, 0.0, 0.0)), 0.0)
        camera = Camera(at, (self.yaw, *self._tilt), self.fov)
        return Scene(tuple(self.shapes), camera, sun(draw.child("sun")), sky(draw.child("sky")))

    def _add(self, label: str, shapes: list[Shape]) -> None:
        instance = self._instance if self._instance < 255 else 0
        self.shapes += [
            Shape(one.kind, one.at, one.size, one.turn, one.texture, LABELS[label], instance) for one in shapes
        ]
        self._instance += 1


def _beach(draw: Stream, split: Split) -> Scene:
    """Sand, the sea along one side with foam at its edge, and what people bring."""
    ground = Ground(draw, split, (1.3, 3.5), (-14, 1))
    water, foam = ground.stuff.big(draw), ground.stuff.small(draw)
    away, turn = draw.uniform(5.0, 14.0), ground.yaw + draw.uniform(-38, 38)
    shore = ahead((0.0, 0.0, 0.0), turn, away)
    middle = ahead(shore, turn, 250.0)
    ground.flat("sea", Shape("box", (middle[0], 0.0, middle[2]), (400.0, 0.02, 250.0), (turn, 0.0, 0.0), water))
    for n in range(draw.integer(2, 5)):
        at = ahead(ahead(shore, turn - 90, draw.uniform(-25, 25)), turn, draw.uniform(-1.0, 2.0))
        half = (draw.uniform(6, 16), 0.015, draw.uniform(1.5, 4.0))
        ground.flat("bay", Shape("cylinder", at, half, (turn, 0.0, 0.0), water))
        far = ahead(ahead(shore, turn, draw.uniform(1.0, 3.0) + 4.0 * n), turn - 90, draw.uniform(-20, 20))
        ground.flat("foam", Shape("box", far, (draw.uniform(8, 30), 0.04, 0.12 + 0.05 * n), (turn, 0.0, 0.0), foam))
    child = draw.child("things")
    ground.scatter(child, "parasol", child.integer(3, 8), 3.0, away * 1.1)
    for n in range(child.integer(4, 10)):
        name = child.choice(("lounger", "towel"))
        piece = landmark(name, child.child(n), ground.stuff)
        ground.put(piece, ground.somewhere(child, 2.5, away), turn + 180.0 + child.uniform(-25, 25), name)
    ground.scatter(child, "person", child.integer(1, 5), 3.5, away * 1.4)
    ground.scatter(child, "palm", child.integer(0, 4), 6.0, 20.0)
    return ground.scene(draw)


def _car_park(draw: Stream, split: Split) -> Scene:
    """Rows of marked bays, most of them with a car in, and lamps."""
    ground = Ground(draw, split, (1.4, 4.5), (-14, 0))
    paint, along = ground.stuff.small(draw), draw.uniform(-50, 50)
    bay, deep, lane = draw.uniform(2.4, 2.7), 5.0, draw.uniform(5.5, 7.0)
    full, turn = draw.uniform(0.65, 1.0), ground.yaw + along
    shift, first = draw.uniform(-1, 1) * bay, draw.uniform(3.0, 5.0)
    for row in range(3):
        far = first + deep / 2 + row * (deep + (lane if row % 2 == 0 else 0.4))
        for n in range(-5, 6):
            child = draw.child("bay", row, n)
            at = ahead(ahead((0.0, 0.0, 0.0), turn, far), turn - 90, n * bay + shift)
            line = ahead(at, turn - 90, bay / 2)
            ground.flat("path", Shape("box", line, (0.06, 0.012, deep / 2), (turn, 0.0, 0.0), paint))
            if child.chance(full) and abs(n) < 5:
                yaw = turn + child.choice((0.0, 180.0)) + child.uniform(-3, 3)
                ground.put(car(child, ground.stuff), at, yaw, "vehicle", 0.05)
        if draw.chance(0.6):
            edge = ahead(ahead((0.0, 0.0, 0.0), turn, far + deep / 2 + 0.3), turn - 90, draw.uniform(-8, 8))
            ground.put(pole(draw.child("pole", row), ground.stuff), edge, turn, "pole")
    ground.scatter(draw.child("walkers"), "person", draw.integer(0, 3), 4.0, 16.0)
    if draw.chance(0.5):
        at = ahead((0.0, 0.0, 0.0), turn, first + 34.0)
        ground.put(house(draw.child("house"), ground.stuff, draw.uniform(20, 40), near=False), at, turn, "building")
    ground.scatter(draw.child("trees"), "tree", draw.integer(0, 4), 22.0, 34.0)
    return ground.scene(draw)


def _desert(draw: Stream, split: Split) -> Scene:
    """Dunes, and cacti and rocks on them."""
    ground = Ground(draw, split, (1.6, 4.0), (-12, 1))
    sand, lie = ground.stuff.big(draw), draw.uniform(0, 360)
    for n in range(draw.integer(7, 12)):
        far = 12.0 * 7.0 ** (n / 11) * draw.uniform(0.8, 1.2)
        at = ahead((0.0, 0.0, 0.0), ground.yaw + draw.uniform(-0.6, 0.6) * ground.fov, far)
        long, wide = draw.uniform(9, 16) * (0.6 + far / 40), draw.uniform(4, 7) * (0.6 + far / 40)
        ground.mound("ellipsoid", at, (long, wide * draw.uniform(0.3, 0.55), wide), lie + draw.uniform(-25, 25), sand)
    child = draw.child("things")
    ground.scatter(child, "cactus", child.integer(3, 9), 4.0, 30.0)
    ground.scatter(child, "rock", child.integer(3, 8), 3.0, 25.0)
    ground.scatter(child, "bush", child.integer(0, 4), 3.0, 20.0)
    return ground.scene(draw)


def _forest(draw: Stream, split: Split) -> Scene:
    """Tall trees all around, with bushes, logs and rocks between them."""
    ground = Ground(draw, split, (1.2, 2.2), (-6, 14))
    child = draw.child("trees")
    ground.scatter(child, "tall tree", child.integer(38, 60), 2.6, 30.0, 0.62, 0.05)
    ground.scatter(child, "bush", child.integer(3, 10), 2.5, 14.0)
    ground.scatter(child, "log", child.integer(1, 5), 2.5, 10.0)
    ground.scatter(child, "rock", child.integer(0, 3), 2.5, 12.0)
    return ground.scene(draw)


def _mountains(draw: Stream, split: Split) -> Scene:
    """Mountains behind one another, firs, rocks and a hut before them."""
    ground = Ground(draw, split, (1.6, 4.0), (-5, 12))
    rock, other = ground.stuff.big(draw), ground.stuff.big(draw)
    for _ in range(draw.integer(7, 13)):
        far = draw.uniform(45, 130)
        at = ahead((0.0, 0.0, 0.0), ground.yaw + draw.uniform(-0.65, 0.65) * ground.fov, far)
        wide = far * draw.uniform(0.25, 0.5)
        kind: ShapeKind = "cone" if draw.chance(0.67) else "ellipsoid"
        high = wide * draw.uniform(0.7, 1.3) * (1.0 if kind == "cone" else 0.5)
        ground.mound(
            kind, at, (wide, high, wide * draw.uniform(0.7, 1.3)), draw.uniform(0, 180), draw.choice((rock, other))
        )
    child = draw.child("things")
    if child.chance(0.6):
        ground.scatter(child, "hut", 1, 10.0, 25.0)
    ground.scatter(child, "tall tree", child.integer(3, 14), 9.0, 40.0)
    ground.scatter(child, "rock", child.integer(3, 9), 3.0, 20.0)
    ground.scatter(child, "bush", child.integer(0, 6), 3.0, 15.0)
    return ground.scene(draw)


def _park(draw: Stream, split: Split) -> Scene:
    """A lawn with paths, benches along them, a pond or a fountain, single trees and hedges."""
    ground = Ground(draw, split, (1.3, 2.6), (-14, 0))
    gravel, water, wide = ground.stuff.big(draw), ground.stuff.small(draw), draw.uniform(0.8, 1.4)
    start, turn = ground.before(draw.uniform(4, 10), draw.uniform(-3, 3)), ground.yaw + draw.uniform(-70, 70)
    for bend in range(2):
        way = turn + bend * draw.uniform(40, 100)
        ground.flat("path", Shape("box", start, (wide, 0.01 + 0.004 * bend, 30.0), (way, 0.0, 0.0), gravel))
        for n in range(draw.integer(2, 4)):
            side = draw.choice((-1, 1))
            at = ahead(ahead(start, way, draw.uniform(-9, 9)), way - 90, side * (wide + 0.6))
            ground.put(landmark("bench", draw.child("bench", bend, n), ground.stuff), at, way - side * 90.0, "bench")
    child = draw.child("things")
    if child.chance(0.6):
        ground.put(
            landmark("fountain", child, ground.stuff),
            ground.before(child.uniform(6, 14), child.uniform(-4, 4)),
            0.0,
            "fountain",
        )
    else:
        at, radius = ground.before(child.uniform(8, 16), child.uniform(-5, 5)), child.uniform(2.5, 5)
        pond = Piece(
            "pond",
            (rod(0, 0, 0, radius, 0.03, water), rod(0, 0, 0, radius + 0.3, 0.02, gravel)),
            (radius,) * 2,
            0,
            0.03,
        )
        ground.put(pond, at, 0.0, "pond")
    for n in range(child.integer(2, 4)):
        ground.put(hedge(child.child("hedge", n), ground.stuff), ground.somewhere(child, 6, 20), turn, "plant")
    ground.scatter(child, "tree", child.integer(5, 10), 6.0, 32.0)
    ground.scatter(child, "bench", child.integer(1, 3), 4.0, 12.0)
    ground.scatter(child, "pole", child.integer(1, 4), 5.0, 18.0)
    ground.scatter(child, "person", child.integer(1, 5), 4.0, 20.0)
    return ground.scene(draw)


def _street(draw: Stream, split: Split) -> Scene:
    """A street between houses, from the pavement or from a lane."""
    street = Street(draw.child("street"), split)
    walks = draw.chance(0.5)
    x = (draw.choice((-1, 1)) * (street.width / 2 + 1.2)) if walks else street.lane
    at = (x, draw.uniform(1.4, 2.0), draw.uniform(-2, 2))
    street.drive(draw.child("traffic"), Box(x - 1, x + 1, 0.0, 2.6, at[2] - 3, at[2] + 3), draw.chance(0.5))
    camera = Camera(at, (draw.uniform(-28, 28), draw.uniform(-9, 3), draw.uniform(-3, 3)), draw.uniform(54, 70))
    return Scene(tuple(street.shapes), camera, sun(draw.child("sun")), sky(draw.child("sky")))


class Kind(NamedTuple):
    """A kind of place outdoors.

    Attributes:
        build: lays it out and looks at it.
        telling: what tells this kind from the others.
        least: how many telling things a view shows.
        near: metres that half of a view is farther away than.
    """

    build: Callable[[Stream, Split], Scene]
    telling: tuple[str, ...]
    least: int
    near: float


KINDS: Mapping[str, Kind] = {
    "beach": Kind(_beach, ("sea", "parasol", "lounger", "towel"), 3, 4.0),
    "car park": Kind(_car_park, ("vehicle",), 5, 4.0),
    "desert": Kind(_desert, ("mound", "cactus"), 4, 4.0),
    "forest": Kind(_forest, ("tall tree",), 8, 4.0),
    "mountains": Kind(_mountains, ("mound",), 3, 5.0),
    "park": Kind(_park, ("plant", "bench", "fountain", "pond", "path"), 4, 4.0),
    "street": Kind(_street, ("building", "vehicle"), 3, 4.0),
}
"""Every kind, by name."""


def outside(name: str, draw: Stream, split: Split) -> Scene:
    """A place of a kind.

    Args:
        name: one of :data:`KINDS`.
        draw: randomness of the place.
        split: whose materials.
    """
    return KINDS[name].build(draw, split)
