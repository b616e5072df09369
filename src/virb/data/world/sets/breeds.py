"""An animal in a place: which breed is it, and which pixels are it?"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from virb.data.world._creatures import BREEDS, creature
from virb.data.world._frame import Frame
from virb.data.world._materials import material
from virb.data.world._parts import bounds, placed
from virb.data.world._stage import View, backdrop, clutter, viewpoint
from virb.data.world._stream import Stream
from virb.data.world.sets import Drawn, SceneSet, Split

_ANIMAL = 1
"""Instance of the animal."""

_SMALLEST = 0.06
"""Share of the image that the animal covers at least."""

_VIEW = View(elevation=(4.0, 30.0), share=(0.75, 1.1), off_centre=0.05, clutter=(2, 6))

_SIDEWAYS = (30.0, 100.0)
"""Degrees from facing the camera to either side: with its tail behind it, an animal seen from the front has none."""


@final
class Breeds(SceneSet):
    """Animals of twenty-four breeds among things that wear the same coats."""

    title = "Animals"
    version = 2
    about = (
        "An animal of 24 breeds, more or less from its side, in a cluttered room or landscape. Breeds differ in "
        "build, ears and tail, not in colour; things around it are of its own materials, so neither colour nor place "
        "tells what is animal."
    )
    examples: Mapping[Split, int] = {"fit": 2400, "select": 400, "test": 1000}
    classes: Mapping[str, tuple[str, ...]] = {"breed": BREEDS}
    regions: Mapping[str, tuple[str, ...]] = {"foreground": ("background", "animal")}

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """See :class:`SceneSet`. Breeds come in turn, so every split has as many of each, or nearly so."""
        breed = row % len(BREEDS)
        parts = creature(breed, stream.child("shape"))
        _, (_, height, _) = bounds(parts)
        camera = viewpoint(stream.child("camera"), _VIEW, (0, height / 2, 0))
        coat = [material(stream.child("coat", n), split, scale=(0.1, 0.4)) for n in range(3)]
        others = [material(stream.child("other", n), split, scale=(0.1, 0.4)) for n in range(3)]
        sideways = stream.child("yaw").uniform(*_SIDEWAYS) * (1 if stream.child("side").chance(0.5) else -1)
        yaw = math.degrees(math.atan2(camera.at[0], camera.at[2])) + sideways
        animal = placed(parts, coat, yaw=yaw, label=_ANIMAL, instance=_ANIMAL)
        place = backdrop(stream.child("place"), split, camera)
        count = stream.child("count").integer(*_VIEW.clutter)
        about = clutter(stream.child("clutter"), split, place, camera, count, materials=[*coat, *others], near=0.6)
        return Drawn((place.scene(camera, animal, about),), {"breed": breed})

    def accept(self, drawn: Drawn, frames: Sequence[Frame]) -> bool:
        """Refuse an animal that is small, or cut by the edge of the image."""
        seen = frames[0].instances == _ANIMAL
        edge = np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]])
        return bool(seen.mean() >= _SMALLEST and not edge.any())

    def truths(self, drawn: Drawn, frames: Sequence[Frame]) -> dict[str, NDArray[Any]]:
        """``foreground``: 1 where the animal is seen."""
        return {"foreground": (frames[0].instances == _ANIMAL).astype(np.uint8)}


SET = Breeds()
