"""Whose hand each pixel of a table shows."""

from virb.spec import FAMILIES, Classes, Quadrant, Task

TASK = Task(
    name="egohands",
    title="EgoHands",
    about="Whether a pixel shows the left or the right hand of the one who looks, or of the one across the table; "
    "scores are at the resolution of the frame. No two splits share a video. The study of 2021 left its select split "
    "unused.",
    quadrant=Quadrant(level="pixelwise", kind="semantic"),
    data="egohands",
    column="hands",
    target=Classes(count=5, dense=True, names=("background", "your left", "your right", "my left", "my right")),
    metrics=FAMILIES["segmentation"],
    primary="miou",
)
