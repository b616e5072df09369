"""Land from above: which of ten covers is it?"""

from collections.abc import Mapping
from typing import final

from virb.data.world._covers import COVERS
from virb.data.world._land import Land, eye
from virb.data.world._parts import aimed
from virb.data.world._places import sky, sun
from virb.data.world._scene import Scene
from virb.data.world._stream import Stream
from virb.data.world.sets import Drawn, SceneSet, Split

WIDE = (42.0, 72.0)
"""Metres from the middle of an image to its edge, from and to: a pixel of 96 is about as many metres as one is wide."""


@final
class Aerial(SceneSet):
    """Pieces of land of ten covers, looked down upon."""

    title = "Land from above"
    about = (
        "A piece of land of ten covers from straight above or nearly so, from any height and turned any way; each "
        "image has a palette of its own that no cover knows of, so that only what lies on the land tells."
    )
    examples: Mapping[Split, int] = {"fit": 1500, "select": 300, "test": 1000}
    classes: Mapping[str, tuple[str, ...]] = {"cover": tuple(COVERS)}

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """Cover some land; covers come in turn, so every split has as many of each."""
        label = row % len(COVERS)
        view = stream.child("view")
        wide, fov = view.uniform(*WIDE), view.uniform(24, 44)
        land = Land(stream.child("land"), split, wide)
        COVERS[tuple(COVERS)[label]](land, stream.child("cover"))
        camera = aimed(eye(view, wide, fov), (0.0, 0.0, 0.0), fov)
        scene = Scene(tuple(land.shapes), camera, sun(stream.child("sun")), sky(stream.child("sky")))
        return Drawn((scene,), {"cover": label})


SET = Aerial()
