"""Where in a room one could walk."""

from virb.spec import FAMILIES, Classes, Quadrant, Splits, Task

TASK = Task(
    name="nyu-walkable",
    title="NYU walkable",
    about="Whether a person could walk on what a pixel shows; scores are at the resolution of the mask. Select is "
    "carved from train. The study of 2021 scored the walkable class alone, image by image.",
    quadrant=Quadrant(level="pixelwise", kind="structural"),
    data="nyu-walkable",
    column="walkable",
    target=Classes(count=2, dense=True, names=("blocked", "walkable")),
    splits=Splits(select=0.2),
    metrics=FAMILIES["segmentation"],
    primary="miou",
)
