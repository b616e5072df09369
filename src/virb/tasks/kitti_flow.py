"""How each pixel of a street moves until the next frame of a camera on a car."""

from virb.spec import FAMILIES, Quadrant, Splits, Task, Values

TASK = Task(
    name="kitti-flow",
    title="KITTI flow",
    about="Pixels to the right and down, counted at the resolution of the frames; what was not measured is left out. "
    "No two splits share a drive, and another seed carves others. The study read the brightness of a colour rendering "
    "of the flow.",
    quadrant=Quadrant(level="pixelwise", kind="structural"),
    data="kitti-flow",
    column="flow",
    target=Values(size=2, dense=True, masked=True, unit="px"),
    splits=Splits(test=0.25, select=0.2),
    images_per_example=2,
    metrics=FAMILIES["flow"],
    primary="epe",
)
