"""The things of ``objects`` seen otherwise: for encoders and heads that never saw them so."""

from virb.data.world._stage import View
from virb.data.world.sets.objects import Objects

SET = Objects(
    title="Things, seen otherwise",
    about="The same twenty kinds as in world:objects, seen from lower and higher, nearer and farther, off the middle, "
    "tilted, in other light, among more clutter. There is only a test split, whose scenes and textures are not "
    "those of world:objects' fit.",
    view=View(
        elevation=(2.0, 65.0),
        share=(0.42, 1.0),
        off_centre=0.2,
        fov=(30.0, 65.0),
        clutter=(6, 14),
        roll=12.0,
        light=(0.3, 1.2),
    ),
    examples={"fit": 0, "select": 0, "test": 1000},
)
