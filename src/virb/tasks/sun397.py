"""Which kind of place a photograph shows."""

from virb.spec import Classes, Quadrant, Splits, Task

TASK = Task(
    name="sun397",
    title="SUN397",
    about="Which of 397 kinds of places a photograph shows, by the first official partition: 50 of each to learn "
    "from, select among them, and 50 to test on. The study of 2021 had four fifths of all 108,754 images to learn "
    "from, drawn and not published: its folders are read, and scores on them are others.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="sun397",
    target=Classes(count=397),
    splits=Splits(select=0.2),
)
