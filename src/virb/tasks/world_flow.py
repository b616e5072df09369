"""How what each pixel of a street shows moves until the next image."""

from virb.spec import FAMILIES, Quadrant, Task, Values

TASK = Task(
    name="world-flow",
    title="Optical flow in a street",
    about="Pixels to the right and down, at 96 pixels a side, from the first to the second view of a street from a car "
    "that drives, turns, backs or waits while others move; none where what is seen leaves the view or is hidden. No "
    "two splits share a street or a texture.",
    quadrant=Quadrant(level="pixelwise", kind="structural"),
    data="world:street",
    column="flow",
    target=Values(size=2, dense=True, masked=True, unit="px"),
    images_per_example=2,
    metrics=FAMILIES["flow"],
    primary="epe",
    synthetic=True,
)
