"""How a car has moved between two views from its front."""

from virb.spec import Classes, Quadrant, Splits, Task

TASK = Task(
    name="nuscenes-egomotion",
    title="nuScenes egomotion",
    about="Whether a car went ahead, left, right or waited in the half second between two views from its front, by its "
    "measured poses; no scene is in two splits: select is carved from train, and val is test. Most of the time cars go "
    "ahead: look at balanced accuracy too.",
    quadrant=Quadrant(level="image-level", kind="structural"),
    data="nuscenes",
    column="action",
    target=Classes(count=4, names=("ahead", "left", "right", "wait")),
    splits=Splits(select=0.1),
    images_per_example=2,
)
