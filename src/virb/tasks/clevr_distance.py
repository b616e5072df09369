"""How far from the middle of the floor the nearest solid of a rendered still life is."""

from virb.spec import Classes, Quadrant, Splits, Task

TASK = Task(
    name="clevr-distance",
    title="CLEVR distance",
    about="Half units of the world from its origin, the middle of the floor and not the camera, to the centre of the "
    "nearest solid; select is carved from train, and val is test. The code of 2021 had it and the paper did not; its "
    "rarest distances are one class here.",
    quadrant=Quadrant(level="image-level", kind="structural"),
    data="clevr",
    column="distance",
    target=Classes(
        count=7, names=("0 to 0.5", "0.5 to 1", "1 to 1.5", "1.5 to 2", "2 to 2.5", "2.5 to 3", "3 or more")
    ),
    splits=Splits(select=0.1),
)
