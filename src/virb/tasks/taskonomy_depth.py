"""How far away what each pixel of a view in a building shows is, in units of the view's own median."""

from virb.spec import Quadrant, Task, Values

TASK = Task(
    name="taskonomy-depth",
    title="Taskonomy depth",
    about="Depth along the optical axis, known but for one factor an image: truth is divided by its median, and "
    "metrics align medians; holes of the scan are left out, which the study took for far away. No two splits share "
    "a building.",
    quadrant=Quadrant(level="pixelwise", kind="structural"),
    data="taskonomy",
    column="depth",
    target=Values(size=1, dense=True, masked=True, positive=True),
    metrics=("delta-1.25-aligned", "abs-rel-aligned"),
    primary="delta-1.25-aligned",
)
