"""Furnished flats from within: how far everything is, and where one can stand."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from virb.data.world._camera import rays, unproject
from virb.data.world._frame import Frame
from virb.data.world._interiors import LABELS, RECIPES, WALL, Hole, Room, Side, lamp
from virb.data.world._materials import material
from virb.data.world._pieces import Box
from virb.data.world._scene import Camera, Scene, Shape
from virb.data.world._stream import Stream
from virb.data.world.sets import Drawn, SceneSet, Split
from virb.data.world.sets.rooms import THINGS, seen

FARTHEST = 20.0
"""Metres up to which depth is known, as of an indoor sensor."""
HEADROOM = 1.6
"""Metres of free height above a floor on which one can stand."""
FURNISHED = 0.15
"""Share of the image that furniture takes up at least."""
GRAZING = 0.12
"""Cosine between a surface's normal and the ray below which a sensor gets no depth."""

_SIZES: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "living room": ((4.0, 10.0), (6.0, 10.0)),
    "bedroom": ((2.5, 6.0), (2.8, 7.0)),
    "kitchen": ((2.5, 7.0), (2.5, 9.0)),
    "corridor": ((1.7, 2.6), (5.0, 10.0)),
    "study": ((2.5, 7.0), (2.5, 7.0)),
}
"""Metres, from and to, of the two sides of each kind of room."""


@final
class Flats(SceneSet):
    """Furnished rooms that open into others, one view each."""

    title = "Flats"
    about = (
        "Furnished living rooms, bedrooms, kitchens, corridors and studies, some open to a second room, seen from many "
        "heights and slants; floors, walls and furniture are made of the same materials."
    )
    examples: Mapping[Split, int] = {"fit": 1600, "select": 300, "test": 500}
    regions: Mapping[str, tuple[str, ...]] = {"walkable": ("blocked", "walkable")}
    values: Mapping[str, int] = {"depth": 1}

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """Furnish one room or two, and find a view."""
        for attempt in count():
            draw = stream.child(attempt)
            room, shapes = flat(draw, split)
            fov = draw.uniform(56, 68)  # the wider it varies, the less one image says about metres
            view = room.view(draw.child("view"), (1.1, 1.75), fov, reach=1.4 * 7.0 ** draw.uniform(0, 1))
            if view is None:
                continue
            at, yaw = view
            camera = Camera(at, (yaw, draw.uniform(-30, 15), draw.uniform(-3, 3)), fov)
            return Drawn((Scene(tuple(shapes), camera, lamp(draw.child("lamp"), room.space)),))
        raise AssertionError("count() does not end")

    def accept(self, drawn: Drawn, frames: Sequence[Frame]) -> bool:
        """Whether the view shows three things, neither mere walls nor what is right before the camera."""
        frame = frames[0]
        furnished = float((frame.instances > 0).mean()) >= FURNISHED
        return seen(frame) >= THINGS and furnished and float(np.median(frame.depth)) > 0.8

    def truths(self, drawn: Drawn, frames: Sequence[Frame]) -> dict[str, NDArray[Any]]:
        """Depth in metres, NaN where a sensor would have none; and where one can stand."""
        scene, frame = drawn.moments[0], frames[0]
        depth = np.where(_lost(scene, frame), np.float32(np.nan), frame.depth)
        return {"depth": depth[..., None].astype(np.float32), "walkable": walkable(scene, frame).astype(np.uint8)}


def flat(draw: Stream, split: Split) -> tuple[Room, list[Shape]]:
    """The room of the camera, and the shapes of it, the next one and the ground outside its window."""
    name = draw.choice(tuple(RECIPES))
    width, depth = (draw.uniform(*span) for span in _SIZES[name])
    height = draw.uniform(2.4, 3.1)
    space = Box(-width / 2, width / 2, 0.0, height, -depth / 2, depth / 2)
    holes: dict[Side, Hole] = {}
    if draw.chance(0.7):
        wide = draw.uniform(0.9, min(2.2, width - 0.6))
        reach = (width - wide) / 2 - 0.15
        holes["north"] = Hole(draw.uniform(-reach, reach), wide, 0.0, draw.uniform(1.95, 2.25))
    if draw.chance(0.5):
        wide = draw.uniform(0.8, min(2.2, depth - 0.8))
        holes[draw.choice(("west", "east"))] = Hole(0.0, wide, draw.uniform(0.5, 1.1), draw.uniform(1.8, 2.2))
    room = Room(space, holes)
    room.build(draw.child("shell"), split)
    many = 2 if width * depth > 35 else 1
    first = room.furnish(draw.child("pieces"), split, RECIPES[name][: draw.integer(9, 18)] * many, 1)
    shapes = room.shapes
    if "north" in holes:
        shapes = shapes + _next_room(draw.child("next"), split, space, holes["north"], first)
    if len(holes) > ("north" in holes):
        ground = material(draw.child("outside"), split, scale=(0.5, 2.0))
        shapes = [*shapes, Shape("plane", (0.0, -draw.uniform(0.3, 8.0), 0.0), texture=ground)]
    return room, shapes


def _next_room(draw: Stream, split: Split, space: Box, hole: Hole, first: int) -> list[Shape]:
    """The room behind a hole in the north wall."""
    width, depth = draw.uniform(hole.width + 1.0, 6.0), draw.uniform(2.0, 6.0)
    shift = draw.uniform(-1, 1) * max(0.0, (width - hole.width) / 2 - 0.2)
    middle, south = hole.middle + shift, space.north - 2 * WALL
    behind = Box(middle - width / 2, middle + width / 2, 0.0, draw.uniform(2.3, 3.3), south - depth, south)
    room = Room(behind, {"south": Hole(-shift, hole.width, hole.low, hole.high)})
    room.build(draw.child("shell"), split)
    room.furnish(draw.child("pieces"), split, RECIPES[draw.choice(tuple(RECIPES))][:6], first)
    return room.shapes


def _lost(scene: Scene, frame: Frame) -> NDArray[np.bool_]:
    """Pixels without depth: too far, seen at a grazing angle, very dark, or in a few patches that a sensor loses."""
    size = len(frame.depth)
    view = rays(Camera(fov=scene.camera.fov), size)
    slant = np.abs((frame.normals * view).sum(axis=-1)) / np.sqrt((view**2).sum(axis=-1))
    lost: NDArray[np.bool_] = (frame.depth > FARTHEST) | (slant < GRAZING) | (frame.colour.max(axis=-1) < 30)
    # A stream of the scene's own: truths have no other randomness, and must be the same every time.
    draw = Stream("holes", *(shape.texture.seed for shape in scene.shapes[:3]))
    for _ in range(draw.integer(1, 4)):
        high, wide = (max(1, round(size * draw.uniform(0.08, 0.24))) for _ in range(2))
        top, left = draw.integer(0, size - high + 1), draw.integer(0, size - wide + 1)
        lost[top : top + high, left : left + wide] = True
    return lost


def walkable(scene: Scene, frame: Frame) -> NDArray[np.bool_]:
    """Pixels of floor or rug, level and on the ground, with :data:`HEADROOM` of free height above."""
    ground = np.isin(frame.labels, (LABELS["floor"], LABELS["rug"]))
    points = unproject(scene.camera, np.where(ground, frame.depth, 0.0))[ground]
    free = points[:, 1] < 0.03
    for shape in scene.shapes:
        low = shape.at[1] - shape.size[1]
        rests = low < 0.02 and shape.kind != "ellipsoid"  # hides all the floor that it covers
        if shape.instance and low < HEADROOM and not rests:
            free &= ~_below(shape, points)
    result = np.zeros_like(ground)
    result[ground] = free
    return result


def _below(shape: Shape, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points of the floor lie under a shape, less than :data:`HEADROOM` below it."""
    angle = np.deg2rad(shape.turn[0])
    x, z = points[:, 0] - shape.at[0], points[:, 2] - shape.at[2]
    x, z = (
        (x * np.cos(angle) - z * np.sin(angle)) / shape.size[0],
        (x * np.sin(angle) + z * np.cos(angle)) / shape.size[2],
    )
    if shape.kind == "box":
        return np.asarray((np.abs(x) <= 1) & (np.abs(z) <= 1))
    inside = x**2 + z**2
    if shape.kind != "ellipsoid":
        return np.asarray(inside <= 1)
    under = shape.at[1] - shape.size[1] * np.sqrt(np.maximum(0.0, 1 - inside))
    return np.asarray((inside <= 1) & (under < HEADROOM))


SET = Flats()
