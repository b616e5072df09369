"""Which colours a hole in a view of a building hides."""

from virb.spec import FAMILIES, Quadrant, Task, Values

TASK = Task(
    name="taskonomy-inpainting",
    title="Taskonomy inpainting",
    about="Red, green and blue, from 0 to 1, of the middle of a view, which is shown grey; only what is hidden is "
    "scored, where the study scored the whole image. No two splits share a building.",
    quadrant=Quadrant(level="pixelwise", kind="structural"),
    data="taskonomy-inpainting",
    column="colour",
    target=Values(size=3, dense=True, masked=True, unit="RGB"),
    metrics=FAMILIES["intensity"],
    primary="pixel-mae",
)
