"""How a car drove between two images of a street."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="world-drive",
    title="Driving in a street",
    about="Whether a car drives ahead, turns left or right, backs or waits between two views of a street in which "
    "others move; gaze, speed and the street vary, so that neither image alone says it. No two splits share a street "
    "or a texture.",
    quadrant=Quadrant(level="image-level", kind="structural"),
    data="world:street",
    column="drive",
    target=Classes(count=5, names=("ahead", "left", "right", "back", "wait")),
    images_per_example=2,
    synthetic=True,
)
