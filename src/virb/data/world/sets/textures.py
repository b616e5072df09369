"""A surface seen close up: which of twenty textures does it have?"""

import math
from collections.abc import Mapping
from itertools import count
from typing import Final, final, get_args

from virb.data.world._materials import colour, mix, texture_seed
from virb.data.world._parts import aimed
from virb.data.world._scene import Camera, Colour, Light, Motif, Scene, Shape, Texture, Vector
from virb.data.world._stream import Stream
from virb.data.world.sets import Drawn, SceneSet, Split

MOTIFS: Final[tuple[Motif, ...]] = get_args(Motif)

_SURFACES = ("wall", "wall", "panel", "pillar", "bulge")
_AWAY = 3.0
"""Metres from the camera to the surface."""
_STEEPEST = {"wall": 58.0, "panel": 50.0, "pillar": 40.0, "bulge": 25.0}
"""Degrees by which a surface is slanted at most."""
_CONTRAST = 0.2
"""How far apart two colours are at least, in linear light."""


@final
class Textures(SceneSet):
    """Twenty motifs on flat and curved surfaces."""

    title = "Textures"
    about = (
        "A surface of twenty textures from close by, flat or curved, slanted and turned, in any light. Two colours are "
        "drawn without regard to the texture, and each covers as much of any texture, so neither colours nor contrast "
        "tell."
    )
    examples: Mapping[Split, int] = {"fit": 2400, "select": 400, "test": 1000}
    classes: Mapping[str, tuple[str, ...]] = {"texture": MOTIFS}

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """See :class:`SceneSet`. Textures come in turn, so every split has as many of each."""
        label = row % len(MOTIFS)
        surface = stream.choice(_SURFACES)
        camera = _camera(stream.child("camera"), _STEEPEST[surface])
        wide = 2 * _AWAY * math.tan(math.radians(camera.fov / 2))
        periods = 3.0 * 2.2 ** stream.uniform(0, 1)  # across the image
        texture = Texture(
            MOTIFS[label],
            _colours(stream.child("colours")),
            wide / periods,
            texture_seed(stream, split, MOTIFS[label]),
        )
        behind = colour(stream.child("behind"))
        scene = Scene(
            (_surface(stream.child("shape"), surface, wide, texture),),
            camera,
            _light(stream.child("light"), camera),
            (behind, mix(behind, colour(stream.child("above")), 0.5)),
        )
        return Drawn((scene,), {"texture": label})


def _camera(stream: Stream, steepest: float) -> Camera:
    """Somewhere before the origin, which is where surfaces that face z have their middle."""
    slant, side = math.radians(steepest * stream.uniform(0, 1)), math.radians(stream.uniform(0, 360))
    out, along = _AWAY * math.sin(slant), _AWAY * math.cos(slant)
    at = (out * math.cos(side), out * math.sin(side), along)
    return aimed(at, (0.0, 0.0, 0.0), stream.uniform(30, 55), stream.uniform(-180, 180))


def _surface(stream: Stream, surface: str, wide: float, texture: Texture) -> Shape:
    """What the texture is on, around the origin; ``wide`` is what the image shows there in metres."""
    if surface == "wall":
        return _behind(Shape("box", size=(20.0, 20.0, 0.5), texture=texture))
    if surface == "panel":
        high, across = (wide * stream.uniform(0.36, 0.55) for _ in range(2))
        return _behind(Shape("box", size=(across, high, 0.05), texture=texture))
    if surface == "pillar":
        radius = wide * stream.uniform(0.6, 1.1)
        return _behind(Shape("cylinder", size=(radius, 20.0, radius), texture=texture))
    across, high, deep = (wide * stream.uniform(low, low * 1.6) for low in (0.6, 0.6, 0.25))
    return _behind(Shape("ellipsoid", size=(across, high, deep), texture=texture))


def _behind(shape: Shape) -> Shape:
    """The shape, moved back until it touches the origin."""
    return Shape(shape.kind, (0.0, 0.0, -shape.size[2]), shape.size, texture=shape.texture)


def _colours(stream: Stream) -> tuple[Colour, Colour]:
    """Two colours that can be told apart, in either order."""
    for attempt in count():
        draw = stream.child(attempt)
        one = colour(draw)
        other = mix(one, colour(draw), draw.uniform(0.35, 1.0))
        if max(abs(a - b) for a, b in zip(one, other, strict=True)) >= _CONTRAST:
            return (one, other) if draw.chance(0.5) else (other, one)
    raise AssertionError("count() does not end")


def _light(stream: Stream, camera: Camera) -> Light:
    """A sun or a lamp on the camera's side of the surface."""
    slant, side = math.radians(stream.uniform(0, 65)), math.radians(stream.uniform(0, 360))
    towards: Vector = (math.sin(slant) * math.cos(side), math.sin(slant) * math.sin(side), math.cos(slant))
    bright, dim = stream.uniform(0.5, 1.0), stream.uniform(0.15, 0.4)
    if stream.chance(0.5):
        return Light(towards, colour=(bright,) * 3, ambient=(dim,) * 3)
    away = stream.uniform(0.8, 2.5)
    x, y, z = (away * part for part in towards)
    return Light((x, y, z), sun=False, colour=(bright,) * 3, ambient=(dim,) * 3)


SET = Textures()
