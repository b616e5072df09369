"""How many steps away something in a room is."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="world-steps",
    title="Steps to the pawn",
    about="How many whole steps of a metre away, one to four, the pawn of a furnished room stands; its material, and "
    "height, slant and lens of the camera vary, so that its place in the image does not tell. No two splits share a "
    "room or a texture.",
    quadrant=Quadrant(level="image-level", kind="structural"),
    data="world:pawns",
    column="steps",
    target=Classes(count=4, names=("1", "2", "3", "4")),
    synthetic=True,
)
