"""A pawn stands somewhere in a furnished room: how many steps is it away?"""

import math
from collections.abc import Mapping, Sequence
from itertools import count
from typing import final

import numpy as np

from virb.data.world._camera import project
from virb.data.world._frame import Frame
from virb.data.world._interiors import RECIPES, Room, lamp
from virb.data.world._materials import CALM, material
from virb.data.world._pieces import Box, Piece, ahead, ball, bounds, cone, rod, stand
from virb.data.world._scene import Camera, Scene, Vector
from virb.data.world._stream import Stream
from virb.data.world.sets import Drawn, SceneSet, Split
from virb.data.world.sets.rooms import THINGS, seen

STEP = 1.0
"""Metres of a step."""
STEPS = tuple(str(steps) for steps in range(1, 5))
"""Names of the classes: whole steps on the floor from below the camera to below the pawn's middle."""
PAWN = 255
"""Instance of the pawn."""

_TALL = (0.75, 1.0)
"""Metres. A pawn that may be of twice its size was too much to learn from so few images."""
_SHOWN = 0.75
"""Share of the pawn that nothing may hide, roughly: its outline covers :data:`_OUTLINE` of a square as tall as it."""
_OUTLINE = 0.37
_FREE = 0.03
"""Metres between the pawn's place and the border of a class."""


@final
class Pawns(SceneSet):
    """Furnished rooms in which a pawn stands, one view each."""

    title = "Rooms with a pawn"
    about = (
        "A furnished room with one pawn, a cone under a ball, of any material, from one to four steps of a metre away; "
        "height, slant and lens of the camera vary, so that its place in the image does not tell."
    )
    examples: Mapping[Split, int] = {"fit": 1500, "select": 300, "test": 1000}
    classes: Mapping[str, tuple[str, ...]] = {"steps": STEPS}

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """Furnish a room, put the pawn in it, and find a view from as many steps away as it is the turn of."""
        label = row % len(STEPS)
        for attempt in count():
            draw = stream.child(attempt)
            width, height, depth = draw.uniform(4.0, 8.0), draw.uniform(2.4, 3.2), draw.uniform(4.0, 8.0)
            room = Room(Box(-width / 2, width / 2, 0.0, height, -depth / 2, depth / 2))
            room.build(draw.child("shell"), split)
            recipe = RECIPES[draw.choice([name for name in RECIPES if name != "corridor"])]
            room.furnish(draw.child("pieces"), split, recipe[: draw.integer(8, 15)], 1)
            far = STEP * (int(STEPS[label])) + draw.uniform(_FREE, STEP - _FREE)
            view = _view(draw.child("view"), room, _pawn(draw.child("pawn"), split), far)
            if view is not None:
                pawn, at, camera = view
                shapes = (*room.shapes, *stand(pawn, at, 0.0, 0, PAWN))
                return Drawn((Scene(shapes, camera, lamp(draw.child("lamp"), room.space)),), {"steps": label})
        raise AssertionError("count() does not end")

    def accept(self, drawn: Drawn, frames: Sequence[Frame]) -> bool:
        """Whether little of the pawn is hidden, and three things are in sight."""
        scene = drawn.moments[0]
        *_, head = (shape for shape in scene.shapes if shape.instance == PAWN)
        x, y, z = head.at
        ends = np.array([(x, 0.0, z), (x, y + head.size[1], z)])
        places, _depth = project(scene.camera, ends, 1)
        whole = _OUTLINE * float(((places[1] - places[0]) ** 2).sum())
        return bool((frames[0].instances == PAWN).mean() >= _SHOWN * whole) and seen(frames[0]) >= THINGS


def _pawn(draw: Stream, split: Split) -> Piece:
    """A cone under a ball, on a foot: no furniture has this shape."""
    body, head = (material(draw.child(n), split, kinds=CALM, scale=(0.1, 0.4)) for n in range(2))
    tall = draw.uniform(*_TALL)
    wide = 0.3 * tall * draw.uniform(0.85, 1.15)
    parts = (
        rod(0, 0, 0, wide, 0.08 * tall, body),
        cone(0, 0.08 * tall, 0, 0.85 * wide, 0.75 * tall, body),
        ball(0, 0.64 * tall, 0, (0.18 * tall, 0.18 * tall, 0.18 * tall), head),
    )
    return Piece("pawn", parts, (wide, wide), 0.0, tall)


def _view(draw: Stream, room: Room, pawn: Piece, far: float) -> tuple[Piece, Vector, Camera] | None:
    """Where the pawn stands, and a camera that far away; nothing if no place is found for both."""
    west, east, low, _, north, south = room.space
    for _ in range(40):
        at = (draw.uniform(west, east), low, draw.uniform(north, south))
        way, high = draw.uniform(0, 360), draw.uniform(1.1, 1.7)
        x, _, z = ahead(at, way + 180, far)
        eye = (x, low + high, z)
        if not room.free(eye, 0.25) or not room.free((at[0], low + pawn.high / 2, at[2]), pawn.half[0] + 0.02):
            continue
        if any(bounds(pawn, at, 0.0).meets(taken) for taken in room.taken):
            continue
        fov, middle = draw.uniform(56, 64), math.degrees(math.atan2(pawn.high / 2 - high, far))
        pitch = round(middle, 9) + draw.uniform(-0.25, 0.25) * fov
        if not -40 < pitch < 10:
            continue
        camera = Camera(eye, (way + draw.uniform(-0.3, 0.3) * fov, pitch, draw.uniform(-3, 3)), fov)
        ends = np.array([(at[0], low, at[2]), (at[0], low + pawn.high, at[2])])
        places, _depth = project(camera, ends, 1)
        if ((places > 0.03) & (places < 0.97)).all():
            return pawn, at, camera
    return None


SET = Pawns()
