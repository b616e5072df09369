"""How the camera moved between two images of a furnished room."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="world-egomotion",
    title="Camera motion in a room",
    about="Which of five actions lies between two views of a furnished room; where it starts is random and every "
    "action carries a little of all the others, so that neither image alone says it. No two splits share a room or a "
    "texture.",
    quadrant=Quadrant(level="image-level", kind="structural"),
    data="world:rooms",
    column="action",
    target=Classes(count=5, names=("ahead", "turn left", "turn right", "look up", "look down")),
    images_per_example=2,
    synthetic=True,
)
