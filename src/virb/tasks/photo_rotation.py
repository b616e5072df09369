"""How far a tile of a photograph is turned."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="photo-rotation",
    title="Rotation of photographs",
    about="By how many degrees a tile of a photograph is turned, counter-clockwise; the four rotations of a tile are "
    "never parted. Many tiles have no up, so that nobody gets near 100 %.",
    quadrant=Quadrant(level="image-level", kind="structural"),
    data="photos",
    column="rotation",
    target=Classes(count=4, names=("0", "90", "180", "270")),
)
