"""What something does in a clip."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="world-action",
    title="Actions",
    about="Which of ten things an animal or a thing does in six moments of a clip, before a camera that moves a "
    "little; who does it, where and in which coat is random, so that one image seldom says it. No two splits "
    "share a scene or a texture.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="world:clips",
    column="action",
    target=Classes(
        count=10,
        names=(
            "goes left",
            "goes right",
            "comes nearer",
            "goes away",
            "falls over",
            "gets up",
            "jumps",
            "turns round",
            "rocks",
            "pushes",
        ),
    ),
    images_per_example=6,
    synthetic=True,
)
