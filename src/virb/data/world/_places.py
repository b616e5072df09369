"""Where things stand: a closed room, or open ground under a sky."""

from virb.data.world._materials import CALM, colour, material, mix
from virb.data.world._scene import Colour, Light, Shape, TextureKind, Vector
from virb.data.world._stream import Stream
from virb.data.world.sets import Split

_THICK = 0.1
"""Metres of a wall."""

_FLOORS: tuple[TextureKind, ...] = ("planks", "checker", "noise", "photo", "bricks", "plain", "marble")
_WALLS: tuple[TextureKind, ...] = ("plain", "stripes", "bricks", "noise", "photo", "dots", "planks")
_GROUNDS: tuple[TextureKind, ...] = ("noise", "photo", "marble", "bricks", "checker")


def room(
    stream: Stream, split: Split, size: Vector = (5.0, 2.6, 5.0), at: Vector = (0.0, 0.0, 0.0)
) -> tuple[Shape, ...]:
    """Floor, ceiling and four walls, seen from inside; light it with a lamp (:func:`lamp`), since no sun gets in.

    Args:
        stream: randomness of this room.
        split: whose materials.
        size: width (x), height and depth (z) of the space inside, in metres.
        at: middle of its floor.

    Returns:
        Six boxes: floor, ceiling, then the walls at -z, +z, -x and +x.
    """
    width, height, depth = size
    x, y, z = at
    half = _THICK / 2
    floor = material(stream, split, kinds=_FLOORS, scale=(0.3, 1.0))
    ceiling = material(stream, split, kinds=("plain", "noise"), scale=(0.5, 1.5))
    wall = material(stream, split, kinds=_WALLS, scale=(0.2, 1.2))
    flat: Vector = (width / 2 + _THICK, half, depth / 2 + _THICK)
    along: Vector = (width / 2 + _THICK, height / 2, half)
    across: Vector = (half, height / 2, depth / 2 + _THICK)
    middle = y + height / 2
    return (
        Shape("box", (x, y - half, z), flat, texture=floor),
        Shape("box", (x, y + height + half, z), flat, texture=ceiling),
        *(Shape("box", (x, middle, z + side * (depth / 2 + half)), along, texture=wall) for side in (-1, 1)),
        *(Shape("box", (x + side * (width / 2 + half), middle, z), across, texture=wall) for side in (-1, 1)),
    )


def lamp(stream: Stream, size: Vector = (5.0, 2.6, 5.0), at: Vector = (0.0, 0.0, 0.0)) -> Light:
    """A lamp somewhere below the ceiling of a room of that size."""
    width, height, depth = size
    place = (
        at[0] + stream.uniform(-0.35, 0.35) * width,
        at[1] + height * stream.uniform(0.82, 0.96),
        at[2] + stream.uniform(-0.35, 0.35) * depth,
    )
    return Light(place, sun=False, colour=_tint(stream, 0.6, 0.9), ambient=_tint(stream, 0.25, 0.45))


def outdoors(stream: Stream, split: Split) -> tuple[Shape, ...]:
    """Ground at y = 0, and often hills far away all around; light it with a sun (:func:`sun`).

    Args:
        stream: randomness of this place.
        split: whose materials.
    """
    shapes = [Shape("plane", texture=material(stream, split, kinds=_GROUNDS, scale=(0.4, 2.0)))]
    if stream.chance(0.7):
        soil = material(stream, split, kinds=CALM, scale=(4.0, 12.0))
        for _ in range(stream.integer(3, 7)):
            x, z, width = stream.uniform(-60, 60), stream.uniform(-60, 60), stream.uniform(8, 25)
            far = max(abs(x), abs(z))
            least = 12 + width
            if far < least:  # pushed out, so that none stands where things are looked at
                x, z = x * least / far, z * least / far
            hill = (width, stream.uniform(2, 8), width)
            shapes.append(Shape("ellipsoid", (x, 0, z), hill, texture=soil))
    return tuple(shapes)


def sun(stream: Stream) -> Light:
    """A sun at least 22 degrees high, from anywhere."""
    height = stream.uniform(0.6, 2.2)
    x, z = stream.uniform(-1, 1), stream.uniform(-1, 1)
    return Light((x, height, z), sun=True, colour=_tint(stream, 0.65, 0.95), ambient=_tint(stream, 0.25, 0.4))


def sky(stream: Stream) -> tuple[Colour, Colour]:
    """Colours at the horizon and above: any hue, paler at the horizon."""
    above = colour(stream, 0.45, 0.95)
    return mix(above, (0.9, 0.9, 0.9), stream.uniform(0.3, 0.8)), above


def _tint(stream: Stream, dark: float, light: float) -> Colour:
    """Nearly white light."""
    level = stream.uniform(dark, light)
    return level * stream.uniform(0.9, 1.1), level, level * stream.uniform(0.9, 1.1)
