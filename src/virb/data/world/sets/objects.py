"""One thing in the middle of the image: which of twenty is it?"""

import math
from collections.abc import Mapping, Sequence
from typing import final

import numpy as np

from virb.data.world._frame import Frame
from virb.data.world._materials import CALM, material
from virb.data.world._parts import bounds, placed
from virb.data.world._stage import View, backdrop, clutter, viewpoint
from virb.data.world._stream import Stream
from virb.data.world._things import THINGS, thing
from virb.data.world.sets import Drawn, SceneSet, Split

_THING = 1
"""Instance of what the label is about."""


@final
class Objects(SceneSet):
    """Things of some kinds, in rooms and outdoors.

    Args:
        title: for people.
        about: one sentence.
        view: how things are looked at.
        examples: how many each split has.
        kinds: of things.
        facing: degrees by which things may be turned from the camera to either side; by default they show any side.
        smallest: share of the image that a thing covers at least.
        size: side of the images in pixels.
    """

    def __init__(
        self,
        title: str,
        about: str,
        view: View,
        examples: Mapping[Split, int],
        *,
        kinds: Sequence[str] = tuple(THINGS),
        facing: float | None = None,
        smallest: float = 0.05,
        size: int = SceneSet.size,
    ) -> None:
        self.title = title
        self.about = about
        self.view = view
        self.examples = examples
        self.classes = {"label": tuple(kinds)}
        self.facing = facing
        self.smallest = smallest
        self.size = size

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """See :class:`SceneSet`. Kinds come in turn, so every split has as many of each."""
        kinds = self.classes["label"]
        label = row % len(kinds)
        parts = thing(kinds[label], stream.child("shape"))
        _, (_, height, _) = bounds(parts)
        camera = viewpoint(stream.child("camera"), self.view, (0, height / 2, 0))
        materials = [
            material(stream.child("material", n), split, kinds=(*CALM, *CALM, "dots", "stripes")) for n in range(3)
        ]
        yaw = stream.child("yaw").uniform(0, 360)
        if self.facing is not None:
            front = math.degrees(math.atan2(camera.at[0], camera.at[2]))
            yaw = front + stream.child("facing").uniform(-self.facing, self.facing)
        place = backdrop(stream.child("place"), split, camera, light=self.view.light)
        count = stream.child("count").integer(*self.view.clutter)
        about = clutter(stream.child("clutter"), split, place, camera, count)
        object_ = placed(parts, stream.child("order").shuffled(materials), yaw=yaw, label=label + 1, instance=_THING)
        return Drawn((place.scene(camera, object_, about),), {"label": label})

    def accept(self, drawn: Drawn, frames: Sequence[Frame]) -> bool:
        """Refuse what is small, or cut by the edge of the image."""
        seen = frames[0].instances == _THING
        edge = np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]])
        return bool(seen.mean() >= self.smallest and not edge.any())


SET = Objects(
    title="Things",
    about="One thing of twenty kinds in the middle of a cluttered room or landscape, from any side; colours and "
    "textures are drawn without regard to its kind, and no two splits share one.",
    view=View(),
    examples={"fit": 2000, "select": 500, "test": 1000},
)
