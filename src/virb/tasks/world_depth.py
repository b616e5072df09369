"""How far away what each pixel of a furnished flat shows is."""

from virb.spec import FAMILIES, Quadrant, Task, Values

TASK = Task(
    name="world-depth",
    title="Depth in a flat",
    about="Metres along the optical axis in furnished flats seen at many heights and slants, with holes as real "
    "sensors leave them. No two splits share a flat or a texture.",
    quadrant=Quadrant(level="pixelwise", kind="structural"),
    data="world:flats",
    column="depth",
    target=Values(size=1, dense=True, masked=True, positive=True, unit="m"),
    metrics=FAMILIES["depth"],
    primary="delta-1.25",
    synthetic=True,
)
