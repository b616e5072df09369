"""What things are made of: random textures whose seeds no two splits share.

Nothing here knows what a texture is put on, so no class can follow from a material.
"""

from collections.abc import Sequence
from functools import cache

from virb.data.world._photos import PHOTOS
from virb.data.world._scene import Colour, Texture, TextureKind
from virb.data.world._stream import Stream
from virb.data.world.sets import Split

POOL = 4000
"""Texture seeds of a split."""

_FIRST_SEED: dict[Split, int] = {"fit": 1_000_000, "select": 2_000_000, "test": 3_000_000, "pretrain": 4_000_000}

KINDS: tuple[TextureKind, ...] = (
    "plain",
    "checker",
    "stripes",
    "dots",
    "noise",
    "marble",
    "bricks",
    "planks",
    "photo",
)
"""Every pattern."""

CALM: tuple[TextureKind, ...] = ("plain", "noise", "marble", "photo", "planks")
"""Patterns that do not draw lines of their own on small things."""


_PHOTOS_OF: dict[Split, frozenset[str]] = {
    "fit": frozenset({"astronaut", "brick", "cell", "coffee", "grass", "moon"}),
    "select": frozenset({"camera", "coins", "gravel"}),
    "test": frozenset({"chelsea", "ihc", "text"}),
    "pretrain": frozenset(),
}
"""A texture may show any part of a photograph, so it is whole photographs that splits do not share."""


def kinds_of(split: Split, kinds: Sequence[TextureKind]) -> Sequence[TextureKind]:
    """Those of some patterns that a split has: all, but for photographs where the others have taken all of them."""
    return kinds if _PHOTOS_OF[split] else tuple(kind for kind in kinds if kind != "photo")


def texture_seed(stream: Stream, split: Split, kind: TextureKind) -> int:
    """A seed of the split's pool for textures of that kind."""
    if kind == "photo":
        return stream.choice(_photo_seeds(split))
    return _FIRST_SEED[split] + stream.integer(0, POOL)


def photo_of(seed: int) -> str:
    """The photograph that a texture of this seed shows: the draw that ``_table`` makes of it."""
    stream = Stream("texture", "photo", seed)
    stream.integer(0, 1 << 32)
    return PHOTOS[stream.integer(0, len(PHOTOS))]


@cache
def _photo_seeds(split: Split) -> tuple[int, ...]:
    first = _FIRST_SEED[split]
    return tuple(seed for seed in range(first, first + POOL) if photo_of(seed) in _PHOTOS_OF[split])


def colour(stream: Stream, dark: float = 0.25, light: float = 0.95) -> Colour:
    """A random colour, linear RGB.

    Hue is uniform, saturation and value lean to neither end; values are squared, which is close to the step from sRGB
    to linear light.

    Args:
        stream: randomness.
        dark: the lowest value (the largest of the three channels, as the eye sees it) from 0 to 1.
        light: the highest.
    """
    hue, saturation, value = stream.uniform(0, 6), stream.uniform(0, 0.85), stream.uniform(dark, light)
    channels = (value * (1 - saturation * (1 - _ramp(hue, offset))) for offset in (0.0, 4.0, 2.0))
    red, green, blue = (channel * channel for channel in channels)
    return red, green, blue


def _ramp(hue: float, offset: float) -> float:
    """How much of a channel a hue of 0 to 6 has: the trapezoid of the HSV cone."""
    distance = abs((hue + offset + 3) % 6 - 3)
    return min(1.0, max(0.0, 2 - distance))


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """A colour ``share`` of the way from one to another."""
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return red, green, blue


def material(
    stream: Stream,
    split: Split,
    *,
    kinds: Sequence[TextureKind] = KINDS,
    palette: Sequence[Colour] = (),
    scale: tuple[float, float] = (0.1, 0.5),
) -> Texture:
    """A random material.

    Args:
        stream: randomness of one thing.
        split: whose seeds.
        kinds: patterns to choose from.
        palette: colours to choose from; without them two random colours, often shades of one.
        scale: metres of one period, from and to.
    """
    if palette:
        colours = (stream.choice(palette), stream.choice(palette))
    else:
        first = colour(stream)
        share = stream.uniform(0.35, 1.0)
        colours = (first, mix(first, colour(stream), share))
    kind = stream.choice(kinds_of(split, kinds))
    return Texture(kind, colours, stream.uniform(*scale), texture_seed(stream, split, kind))
