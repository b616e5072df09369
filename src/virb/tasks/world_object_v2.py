"""Which of twenty things the world shows, seen otherwise than those the heads were fitted on."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="world-object-v2",
    title="Things, seen otherwise",
    about="The same twenty things from other heights and distances, off the middle, in other light and among more "
    "clutter, for the heads of world-object as they are.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="world:objects-shifted",
    target=Classes(
        count=20,
        names=(
            "aeroplane",
            "bed",
            "boat",
            "bottle",
            "car",
            "chair",
            "dumbbell",
            "house",
            "lamp",
            "mug",
            "mushroom",
            "robot",
            "rocket",
            "snowman",
            "sofa",
            "table",
            "teapot",
            "tree",
            "truck",
            "windmill",
        ),
    ),
    trained_on="world-object",
    synthetic=True,
)
