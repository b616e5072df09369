"""Views through the rooms of large buildings: which is how much farther away, whatever the scale."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from virb.data.world._buildings import OUTSIDE, Building, Cell, toward
from virb.data.world._camera import rays
from virb.data.world._frame import Frame
from virb.data.world._places import sky
from virb.data.world._scene import Camera, Scene
from virb.data.world._stream import Stream
from virb.data.world.sets import Drawn, SceneSet, Split
from virb.data.world.sets.rooms import THINGS, seen

GRAZING = 0.1
"""Cosine between a surface's normal and the ray below which a scan has no depth."""
DEEP = 2.5
"""The far tenth of a view is at least as many times farther away than its near tenth."""
KNOWN = 0.5
"""Share of a view that has depth at least."""
SURFACE = 1.12
"""Depths within this factor of that in the middle of a gap count as the same surface."""


@final
class Views(SceneSet):
    """Large buildings, one view through a doorway each."""

    title = "Views in buildings"
    about = (
        "Halls, galleries, stores and courts of large buildings, seen through their doorways at many heights and "
        "slants; depth is given in units of each image's own median, with holes where a scan would have gaps."
    )
    examples: Mapping[Split, int] = {"fit": 1600, "select": 300, "test": 500}
    values: Mapping[str, int] = {"depth": 1}

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """Build until there is a room with a way on, furnish what is seen from it, and find a view."""
        for attempt in count():
            draw = stream.child(attempt)
            building = Building(draw.child("building"), split)
            rooms = sorted(cell for cell in building.north if cell[1] >= 2 or len(building.rows) < 4)
            if not rooms:
                continue
            here = draw.choice(rooms)
            ahead = _ahead(building, here)
            for cell in ahead:
                building.furnish(draw.child("pieces", *cell), cell)
            camera = _view(draw.child("view"), building, here)
            if camera is not None:
                light = building.light(draw.child("light"), ahead[:2])
                return Drawn((Scene(tuple(building.shapes), camera, light, sky(draw.child("sky"))),))
        raise AssertionError("count() does not end")

    def accept(self, drawn: Drawn, frames: Sequence[Frame]) -> bool:
        """Whether the view shows three things and goes deep, and most of it has depth."""
        frame = frames[0]
        known = frame.depth[~_lost(drawn.moments[0], frame)]
        if known.size < KNOWN * frame.depth.size:
            return False
        near, middle, far = np.quantile(known, (0.1, 0.5, 0.9))
        return bool(seen(frame) >= THINGS and far >= DEEP * near and middle > 1.2)

    def truths(self, drawn: Drawn, frames: Sequence[Frame]) -> dict[str, NDArray[Any]]:
        """Depth divided by its median over the image, NaN where it is not known."""
        lost = _lost(drawn.moments[0], frames[0])
        depth = np.where(lost, np.nan, frames[0].depth.astype(np.float64))
        return {"depth": (depth / np.nanmedian(depth)).astype(np.float32)[..., None]}


def _ahead(building: Building, here: Cell) -> list[Cell]:
    """The rooms that may be seen from one through its north wall, the most important first."""
    column, row = here
    wanted = [
        here,
        (column, row - 1),
        (column, row - 2),
        (column - 1, row - 1),
        (column + 1, row - 1),
        (column, row - 3),
    ]
    there = set(building.cells())
    return [cell for cell in wanted if cell in there]


def _view(draw: Stream, building: Building, here: Cell) -> Camera | None:
    """A camera in a room that looks at, or past, the hole in its north wall; nothing if no place is free."""
    space, hole, fov = building.space(here), building.north[here], draw.uniform(52, 74)
    for _ in range(12):
        high = draw.uniform(0.6, max(0.9, min(0.8 * space.high, 3.6)))
        at = (
            draw.uniform(space.west + 0.3, space.east - 0.3),
            high,
            draw.uniform(space.north + 0.5, space.south - 0.3),
        )
        yaw, pitch = toward(at, hole.middle)
        if abs(yaw) > 60 or not building.free(at, 0.3):
            continue
        turn = (
            yaw + draw.uniform(-0.38, 0.38) * fov,
            min(25.0, max(-45.0, pitch + draw.uniform(-24, 16))),
            draw.uniform(-5, 5),
        )
        return Camera(at, turn, fov)
    return None


def _lost(scene: Scene, frame: Frame) -> NDArray[np.bool_]:
    """Pixels without depth: outside of the building, at a grazing angle, or in a gap of the scan."""
    size = len(frame.depth)
    view = rays(Camera(fov=scene.camera.fov), size)
    slant = np.abs((frame.normals * view).sum(axis=-1)) / np.sqrt((view**2).sum(axis=-1))
    lost: NDArray[np.bool_] = ~np.isfinite(frame.depth) | (frame.labels == OUTSIDE) | (slant < GRAZING)
    # A stream of the scene's own: truths have no other randomness, and must be the same every time.
    draw = Stream("gaps", *(shape.texture.seed for shape in scene.shapes[:4]))
    down, across = np.indices((size, size))
    for _ in range(draw.integer(1, 5)):
        row, column = draw.integer(0, size), draw.integer(0, size)
        high, wide = size * draw.uniform(0.06, 0.2), size * draw.uniform(0.06, 0.2)
        round_ = ((down - row) / high) ** 2 + ((across - column) / wide) ** 2 < 1
        with np.errstate(invalid="ignore"):
            ratio = frame.depth / frame.depth[row, column]
        lost |= round_ & (ratio < SURFACE) & (ratio > 1 / SURFACE)  # a gap ends where its surface does
    return lost


SET = Views()
