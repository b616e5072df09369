"""How strong an edge each pixel of a view in a building is on."""

from virb.spec import FAMILIES, Quadrant, Task, Values

TASK = Task(
    name="taskonomy-edges",
    title="Taskonomy edges",
    about="Edges of textures, from the faintest of each view, 0, to its strongest, 1. No two splits share a building.",
    quadrant=Quadrant(level="pixelwise", kind="structural"),
    data="taskonomy",
    column="edges",
    target=Values(size=1, dense=True),
    metrics=FAMILIES["intensity"],
    primary="pixel-mae",
)
