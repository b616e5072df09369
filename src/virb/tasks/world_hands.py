"""Which hand each pixel of a table shows."""

from virb.spec import FAMILIES, Classes, Quadrant, Task

TASK = Task(
    name="world-hands",
    title="Hands over a table",
    about="Whether a pixel shows the left or the right hand of the one who looks, or of the one across the table; "
    "hands reach anywhere and are made of what lies about, so that neither place nor colour tells. No two splits share "
    "a scene or a texture.",
    quadrant=Quadrant(level="pixelwise", kind="semantic"),
    data="world:hands",
    column="hands",
    target=Classes(count=5, dense=True, names=("background", "my left", "my right", "your left", "your right")),
    metrics=FAMILIES["segmentation"],
    primary="miou",
    synthetic=True,
)
