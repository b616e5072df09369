"""Which of twenty things the world shows."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="world-object",
    title="Things",
    about="Which of twenty things stands in a rendered room or landscape, seen from any side; its colours and textures "
    "are drawn without regard to what it is, and no two splits share one.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="world:objects",
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
    synthetic=True,
)
