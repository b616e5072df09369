"""How many things stand on a table."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="world-count",
    title="Number of things",
    about="How many solids, three to ten, stand on a rendered table or floor; all colours are of one palette and many "
    "things are smaller than few, so that neither colour nor area tells. No two splits share a scene or a texture.",
    quadrant=Quadrant(level="image-level", kind="structural"),
    data="world:tabletop",
    column="count",
    target=Classes(count=8, names=("3", "4", "5", "6", "7", "8", "9", "10")),
    synthetic=True,
)
