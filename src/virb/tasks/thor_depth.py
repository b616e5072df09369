"""How far away everything in a rendered room is."""

from virb.spec import FAMILIES, Quadrant, Splits, Task, Values

TASK = Task(
    name="thor-depth",
    title="THOR depth",
    about="Depth as a share of the range of the depth camera; black is missing. The study counted in quarters of the "
    "range. Select is carved from train.",
    quadrant=Quadrant(level="pixelwise", kind="structural"),
    data="thor-depth",
    column="depth",
    target=Values(size=1, dense=True, masked=True, positive=True),
    splits=Splits(select=0.2),
    metrics=FAMILIES["depth"],
    primary="delta-1.25",
)
