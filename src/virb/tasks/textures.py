"""Which surface a grey tile shows."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="textures",
    title="Textures",
    about="Which of eight surfaces a grey tile shows, all with the same histogram; test tiles are from parts of the "
    "photographs that fit never sees.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="textures",
    target=Classes(count=8, names=("brick", "cat", "grass", "gravel", "motorcycle", "retina", "stars", "tissue")),
)
