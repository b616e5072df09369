"""What each pixel of a street shows."""

from virb.spec import FAMILIES, Classes, Quadrant, Splits, Task

TASK = Task(
    name="cityscapes",
    title="Cityscapes",
    about="Which of 19 things each pixel of a street shows; what is none of them is left out, and scores are at the "
    "resolution of the labels. Select is carved from train by city, and val, of other cities, is test. The study of "
    "2021 learnt void as a class of its own, and averaged mIoU over batches.",
    quadrant=Quadrant(level="pixelwise", kind="semantic"),
    data="cityscapes",
    column="classes",
    target=Classes(
        count=19,
        dense=True,
        ignore=255,
        names=(
            "road",
            "sidewalk",
            "building",
            "wall",
            "fence",
            "pole",
            "traffic light",
            "traffic sign",
            "vegetation",
            "terrain",
            "sky",
            "person",
            "rider",
            "car",
            "truck",
            "bus",
            "train",
            "motorcycle",
            "bicycle",
        ),
    ),
    splits=Splits(select=0.2),
    metrics=FAMILIES["segmentation"],
    primary="miou",
)
