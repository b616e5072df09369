"""Which photograph a tile was cut from."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="photo-parts",
    title="Parts of photographs",
    about="Which of seven photographs a tile was cut from, however it is turned; test tiles are from parts of the "
    "photographs that fit never sees. Colour alone goes far.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="photos",
    column="photo",
    target=Classes(count=7, names=("astronaut", "cat", "coffee", "flower", "motorcycle", "pagoda", "rocket")),
)
