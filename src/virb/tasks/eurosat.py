"""Which kind of land a tile of a satellite's view shows."""

from virb.spec import Classes, Quadrant, Splits, Task

TASK = Task(
    name="eurosat",
    title="EuroSAT",
    about="Which of ten kinds of land a tile of 64 x 64 pixels shows. Splits are drawn, since none is official: a "
    "fifth is test, as in the study of 2021, which did not publish its own, and select is carved from the others.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="eurosat",
    target=Classes(
        count=10,
        names=(
            "AnnualCrop",
            "Forest",
            "HerbaceousVegetation",
            "Highway",
            "Industrial",
            "Pasture",
            "PermanentCrop",
            "Residential",
            "River",
            "SeaLake",
        ),
    ),
    splits=Splits(select=0.1),
)
