"""What covers the land that the world shows from above."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="world-landcover",
    title="Land cover from above",
    about="Which of ten covers a piece of land has, seen from above; each image has a palette of its own, drawn "
    "without regard to the cover. No two splits share a piece of land or a texture.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="world:aerial",
    column="cover",
    target=Classes(
        count=10,
        names=(
            "annual crop",
            "forest",
            "herbaceous vegetation",
            "highway",
            "industrial",
            "pasture",
            "permanent crop",
            "residential",
            "river",
            "sea or lake",
        ),
    ),
    synthetic=True,
)
