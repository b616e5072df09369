"""Which pixels of a photograph are the cat or dog."""

from virb.spec import FAMILIES, Classes, Quadrant, Splits, Task

TASK = Task(
    name="pets-segmentation",
    title="Pets segmentation",
    about="Which pixels are the cat or dog; the border to the background is left out, and scores are at the resolution "
    "of the trimap. The study scored background and border as one class. Select is carved from trainval.",
    quadrant=Quadrant(level="pixelwise", kind="semantic"),
    data="pets",
    column="mask",
    target=Classes(count=2, dense=True, ignore=255, names=("background", "pet")),
    splits=Splits(select=0.2),
    metrics=FAMILIES["segmentation"],
    primary="miou",
)
