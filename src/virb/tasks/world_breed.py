"""Which of twenty-four breeds the animal is."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="world-breed",
    title="Breeds",
    about="Which of twenty-four breeds the animal of a rendered scene is: they differ in build, ears and tail, and "
    "wear the coats of the things around them. No two splits share a scene or a texture.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="world:breeds",
    column="breed",
    target=Classes(
        count=24,
        names=(
            "long, pointed ears, long tail",
            "long, pointed ears, short tail",
            "long, round ears, long tail",
            "long, round ears, short tail",
            "long, drooping ears, long tail",
            "long, drooping ears, short tail",
            "round, pointed ears, long tail",
            "round, pointed ears, short tail",
            "round, round ears, long tail",
            "round, round ears, short tail",
            "round, drooping ears, long tail",
            "round, drooping ears, short tail",
            "tall, pointed ears, long tail",
            "tall, pointed ears, short tail",
            "tall, round ears, long tail",
            "tall, round ears, short tail",
            "tall, drooping ears, long tail",
            "tall, drooping ears, short tail",
            "stout, pointed ears, long tail",
            "stout, pointed ears, short tail",
            "stout, round ears, long tail",
            "stout, round ears, short tail",
            "stout, drooping ears, long tail",
            "stout, drooping ears, short tail",
        ),
    ),
    synthetic=True,
)
