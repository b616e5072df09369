"""Forty kinds of things in very small images."""

from virb.data.world._stage import View
from virb.data.world._things import FORTY
from virb.data.world.sets.objects import Objects

SET = Objects(
    title="Tiny things",
    about="One thing of forty kinds that fills most of an image of 32 x 32 pixels, in a cluttered room or landscape; "
    "colours and textures are drawn without regard to its kind, and no two splits share one.",
    view=View(elevation=(4.0, 34.0), share=(0.8, 1.08), off_centre=0.05, roll=5.0),
    examples={"fit": 2400, "select": 400, "test": 1000},
    kinds=tuple(FORTY),
    facing=75.0,
    smallest=0.04,
    size=32,
)
