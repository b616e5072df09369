"""How many solids a rendered still life shows."""

from virb.spec import Classes, Quadrant, Splits, Task

TASK = Task(
    name="clevr-count",
    title="CLEVR count",
    about="How many solids, three to ten, stand on the floor; select is carved from train, and val is test. The study "
    "of 2021 had eleven outputs, three of them for counts that do not occur.",
    quadrant=Quadrant(level="image-level", kind="structural"),
    data="clevr",
    column="count",
    target=Classes(count=8, names=("3", "4", "5", "6", "7", "8", "9", "10")),
    splits=Splits(select=0.1),
)
