"""How far away what each pixel of a room shows is."""

from virb.spec import FAMILIES, Quadrant, Splits, Task, Values

TASK = Task(
    name="nyu-depth",
    title="NYU depth",
    about="Metres along the optical axis where the sensor measured them, scored at its resolution. The study counted "
    "all pixels. Select is carved from train by room.",
    quadrant=Quadrant(level="pixelwise", kind="structural"),
    data="nyu-depth",
    column="depth",
    target=Values(size=1, dense=True, masked=True, positive=True, unit="m"),
    splits=Splits(select=0.2),
    metrics=FAMILIES["depth"],
    primary="delta-1.25",
)
