"""How far away what each pixel of a view in a building shows is, in units of the view's own median."""

from virb.spec import Quadrant, Task, Values

TASK = Task(
    name="world-view-depth",
    title="Depth of a view",
    about="Distance along the optical axis in views through the rooms of large buildings, known but for one factor an "
    "image: truth is divided by its median, and metrics align medians. No two splits share a building or a texture.",
    quadrant=Quadrant(level="pixelwise", kind="structural"),
    data="world:views",
    column="depth",
    target=Values(size=1, dense=True, masked=True, positive=True),
    metrics=("delta-1.25-aligned", "abs-rel-aligned"),
    primary="delta-1.25-aligned",
    synthetic=True,
)
