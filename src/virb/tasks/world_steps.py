"""How many steps away something in a room is."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="world-steps",
    title="Steps to the pawn",
    about="How many whole steps of 75 cm away, one to six, the pawn of a furnished room stands; its size and material, "
    "and height, slant and lens of the camera vary, so that neither its size nor its place in the image tells. No two "
    "splits share a room or a texture.",
    quadrant=Quadrant(level="image-level", kind="structural"),
    data="world:pawns",
    column="steps",
    target=Classes(count=6, names=("1", "2", "3", "4", "5", "6")),
    synthetic=True,
)
