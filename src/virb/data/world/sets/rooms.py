"""Two views of a furnished room, between which the camera alone has moved."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from virb.data.world._frame import Frame
from virb.data.world._interiors import RECIPES, Room, lamp
from virb.data.world._pieces import Box, ahead
from virb.data.world._scene import Camera, Scene, Vector
from virb.data.world._stream import Stream
from virb.data.world.sets import Drawn, SceneSet, Split

ACTIONS = ("ahead", "turn left", "turn right", "look up", "look down")

STEP = (0.25, 0.5)
"""Metres of a step ahead."""
TURN = (10.0, 20.0)
"""Degrees of a turn or a look."""
THINGS = 3
"""At least as many are in each view."""
ENOUGH = 20 / 96**2
"""Share of the image from which a thing counts as seen: 20 pixels of 96 x 96."""


def seen(frame: Frame) -> int:
    """How many things a view shows, of at least 20 pixels (of 96 x 96) each."""
    pixels = np.bincount(frame.instances.ravel(), minlength=256)
    return int((pixels[1:] >= ENOUGH * frame.instances.size).sum())


@final
class Rooms(SceneSet):
    """Furnished rooms, two moments each."""

    title = "Rooms"
    about = (
        "Two views of a furnished room from a camera that steps ahead, turns or looks; the pose half way is random and "
        "every motion carries a little of all the others, so that neither view alone says which it is."
    )
    examples: Mapping[Split, int] = {"fit": 1600, "select": 400, "test": 1000}
    images = 2
    classes: Mapping[str, tuple[str, ...]] = {"action": ACTIONS}
    values: Mapping[str, int] = {"depth": 1}
    version = 2

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """Furnish a room, find a view, and move the camera."""
        action = row % len(ACTIONS)
        for attempt in count():
            draw = stream.child(attempt)
            width, height, depth = draw.uniform(3.2, 7.0), draw.uniform(2.4, 3.2), draw.uniform(3.2, 7.0)
            room = Room(Box(-width / 2, width / 2, 0.0, height, -depth / 2, depth / 2))
            room.build(draw.child("shell"), split)
            recipe = RECIPES[draw.choice([name for name in RECIPES if name != "corridor"])]
            room.furnish(draw.child("pieces"), split, recipe[: draw.integer(10, 17)], 1)
            poses = _move(draw.child("camera"), room, action)
            if poses is not None:
                light, shapes = lamp(draw.child("lamp"), room.space), tuple(room.shapes)
                return Drawn(tuple(Scene(shapes, pose, light) for pose in poses), {"action": action})
        raise AssertionError("count() does not end")

    def accept(self, drawn: Drawn, frames: Sequence[Frame]) -> bool:
        """Whether each view shows three things."""
        return all(seen(frame) >= THINGS for frame in frames)

    def truths(self, drawn: Drawn, frames: Sequence[Frame]) -> dict[str, NDArray[Any]]:
        """Depth in metres of the first view: a room is closed, so that it is known everywhere."""
        return {"depth": frames[0].depth[..., None]}


def _move(draw: Stream, room: Room, action: int) -> tuple[Camera, Camera] | None:
    """The camera before and after a motion half of which lies on either side of a random pose; nothing if blocked."""
    fov = draw.uniform(55, 70)
    view = room.view(draw, (0.8, 1.8), fov)
    if view is None:
        return None
    middle, yaw = view
    step, aside, lift = draw.uniform(-0.15, 0.15), draw.uniform(-0.2, 0.2), draw.uniform(-0.12, 0.12)
    pan, tilt, lean = draw.uniform(-7, 7), draw.uniform(-7, 7), draw.uniform(-4, 4)
    name = ACTIONS[action]
    if name == "ahead":
        step = draw.uniform(*STEP)
    elif name.startswith("turn"):
        pan = draw.uniform(*TURN) * (1 if name == "turn left" else -1)
    else:
        tilt = draw.uniform(*TURN) * (1 if name == "look up" else -1)
    pitch, roll = draw.uniform(-22, 10), draw.uniform(-2, 2)

    def half(sign: float) -> Camera:
        x, y, z = ahead(ahead(middle, yaw, sign * step / 2), yaw - 90, sign * aside / 2)
        turn: Vector = (yaw + sign * pan / 2, pitch + sign * tilt / 2, roll + sign * lean / 2)
        return Camera((x, y + sign * lift / 2, z), turn, fov)

    before, after = half(-1.0), half(1.0)
    return (before, after) if all(room.free(at, 0.2) for at in (before.at, middle, after.at)) else None


SET = Rooms()
