"""Forty kinds of things, and thirty examples of each to learn from."""

from virb.data.world._stage import View
from virb.data.world._things import FORTY
from virb.data.world.sets.objects import Objects

SET = Objects(
    title="Forty things, thirty of each",
    about="One thing of forty kinds in the middle of a room or landscape with little else in it, more or less from its "
    "front; 24 of each kind to fit and 6 to select. Colours and textures are drawn without regard to the kind, and no "
    "two splits share one.",
    view=View(elevation=(4.0, 28.0), share=(0.72, 1.0), off_centre=0.04, clutter=(0, 3), roll=3.0),
    examples={"fit": 960, "select": 240, "test": 1000},
    kinds=tuple(FORTY),
    facing=65.0,
    smallest=0.03,
)
