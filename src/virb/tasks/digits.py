"""Which digit was written."""

from virb.spec import Classes, Quadrant, Splits, Task

TASK = Task(
    name="digits",
    title="Handwritten digits",
    about="Which of ten digits an 8 x 8 image shows; splits are carved, and cannot keep writers apart.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="digits",
    target=Classes(count=10, names=tuple("0123456789")),
    splits=Splits(select=0.2, test=0.3),
)
