"""What an agent did between two views of a rendered room."""

from virb.spec import Classes, Quadrant, Splits, Task

TASK = Task(
    name="thor-egomotion",
    title="THOR egomotion",
    about="Which of five actions of an agent lies between two views of a room of AI2-THOR; select is carved from train "
    "by folder, and val is test.",
    quadrant=Quadrant(level="image-level", kind="structural"),
    data="thor-egomotion",
    column="action",
    target=Classes(count=5, names=("MoveAhead", "RotateLeft", "RotateRight", "LookUp", "LookDown")),
    splits=Splits(select=0.1),
    images_per_example=2,
)
