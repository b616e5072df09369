"""How far away everything in a furnished room is."""

from virb.spec import FAMILIES, Quadrant, Task, Values

TASK = Task(
    name="world-room-depth",
    title="Depth in a room",
    about="Metres along the optical axis to what each pixel of a closed, furnished room shows, known everywhere; "
    "rooms, furniture, heights and slants vary. No two splits share a room or a texture.",
    quadrant=Quadrant(level="pixelwise", kind="structural"),
    data="world:rooms",
    column="depth",
    target=Values(size=1, dense=True, positive=True, unit="m"),
    metrics=FAMILIES["depth"],
    primary="delta-1.25",
    synthetic=True,
)
