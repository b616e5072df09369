"""Which of a thousand classes a photograph shows."""

from virb.spec import Classes, Quadrant, Splits, Task

TASK = Task(
    name="imagenet",
    title="ImageNet",
    about="Which of a thousand classes a photograph shows; select, 50,000 images or so, is carved from train, and val "
    "is test. The study of 2021 chose on val.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="imagenet",
    target=Classes(count=1000),
    splits=Splits(select=0.04),
)
