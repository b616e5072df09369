"""How many steps an agent is from its target in a rendered room."""

from virb.spec import Classes, Quadrant, Splits, Task

TASK = Task(
    name="thor-steps",
    title="THOR number of steps",
    about="How many steps an agent in a room of AI2-THOR is from its target; select is carved from train, no folder of "
    "which is in both, and val is test. Numbers that do not occur are classes that nobody answers with.",
    quadrant=Quadrant(level="image-level", kind="structural"),
    data="thor-steps",
    column="steps",
    target=Classes(count=21, names=tuple(str(steps) for steps in range(21)), sparse=True),
    splits=Splits(select=0.1),
)
