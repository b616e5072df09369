"""Where in a furnished flat one could stand."""

from virb.spec import FAMILIES, Classes, Quadrant, Task

TASK = Task(
    name="world-walkable",
    title="Walkable floor of a flat",
    about="Whether a pixel shows floor or rug on which a person could stand; floors, walls and furniture are made of "
    "the same materials, so that no colour tells. No two splits share a flat or a texture.",
    quadrant=Quadrant(level="pixelwise", kind="structural"),
    data="world:flats",
    column="walkable",
    target=Classes(count=2, dense=True, names=("blocked", "walkable")),
    metrics=FAMILIES["segmentation"],
    primary="miou",
    synthetic=True,
)
