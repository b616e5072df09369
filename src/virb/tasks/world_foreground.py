"""Which pixels are the animal."""

from virb.spec import FAMILIES, Classes, Quadrant, Task

TASK = Task(
    name="world-foreground",
    title="Animal or background",
    about="Which pixels of a rendered scene are its animal, which stands among things of its own materials. "
    "No two splits share a scene or a texture.",
    quadrant=Quadrant(level="pixelwise", kind="semantic"),
    data="world:breeds",
    column="foreground",
    target=Classes(count=2, dense=True, names=("background", "animal")),
    metrics=FAMILIES["segmentation"],
    primary="miou",
    synthetic=True,
)
