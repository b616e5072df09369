"""Which of 101 things a picture shows, or none of them."""

from virb.spec import Classes, Quadrant, Splits, Task

TASK = Task(
    name="caltech-101",
    title="Caltech-101",
    about="Which of 101 kinds of things a picture shows, or none: 30 of each of the 102 classes to learn from, drawn "
    "by a published rule, select among them; all others are test, two fifths of them faces, motorbikes and aeroplanes: "
    "look at balanced accuracy too. The study of 2021 had 30 a class as well, and drew others.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="caltech-101",
    target=Classes(count=102),
    splits=Splits(select=0.2),
)
