"""What each pixel of a street shows."""

from virb.spec import FAMILIES, Classes, Quadrant, Task

TASK = Task(
    name="world-street",
    title="Regions of a street",
    about="Whether a pixel of a street, seen from a car, is road, pavement, building, vehicle, person, plant, pole or "
    "sky; all are made of the same materials, so that no colour tells, and what is too far or too small is left out. "
    "No two splits share a street or a texture.",
    quadrant=Quadrant(level="pixelwise", kind="semantic"),
    data="world:street",
    column="street",
    target=Classes(
        count=8,
        dense=True,
        ignore=255,
        names=("road", "pavement", "building", "vehicle", "person", "plant", "pole", "sky"),
    ),
    metrics=FAMILIES["segmentation"],
    primary="miou",
    synthetic=True,
)
