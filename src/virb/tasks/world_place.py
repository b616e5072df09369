"""Which kind of place the world shows."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="world-place",
    title="Places",
    about="Which of sixteen kinds of room or open place is shown, from layout and what stands there; colours and "
    "textures are drawn without regard to the kind, and no two splits share a place or a texture.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="world:places",
    column="place",
    target=Classes(
        count=16,
        names=(
            "bathroom",
            "beach",
            "bedroom",
            "car park",
            "classroom",
            "corridor",
            "desert",
            "forest",
            "kitchen",
            "living room",
            "mountains",
            "office",
            "park",
            "shop",
            "street",
            "warehouse",
        ),
    ),
    synthetic=True,
)
