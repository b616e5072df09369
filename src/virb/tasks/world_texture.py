"""Which of twenty textures a surface has."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="world-texture",
    title="Surface textures",
    about="Which of twenty textures a rendered surface has, from close by, flat or curved, slanted and turned; two "
    "colours are drawn without regard to the texture, and no two splits share a variant.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="world:textures",
    column="texture",
    target=Classes(
        count=20,
        names=(
            "banded",
            "chequered",
            "dotted",
            "bricked",
            "gridded",
            "zigzagged",
            "waved",
            "woven",
            "cracked",
            "spotted",
            "scaly",
            "spiralled",
            "ringed",
            "honeycombed",
            "marbled",
            "blotchy",
            "faceted",
            "crossed",
            "flecked",
            "grained",
        ),
    ),
    synthetic=True,
)
