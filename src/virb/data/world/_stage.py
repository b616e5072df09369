"""A stage for one thing: a place around it, a light, a camera that looks at it, and clutter that does not hide it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

from virb.data.world._materials import CALM, KINDS, material
from virb.data.world._parts import aimed
from virb.data.world._places import lamp, outdoors, room, sky, sun
from virb.data.world._scene import Camera, Colour, Light, Scene, Shape, ShapeKind, Texture, Vector
from virb.data.world._stream import Stream
from virb.data.world.sets import Split

_SOLIDS: tuple[ShapeKind, ...] = ("box", "ellipsoid", "cylinder", "cone")


@final
@dataclass(frozen=True)
class View:
    """How a thing of about a metre is looked at; each pair is the lowest and the highest value.

    Attributes:
        elevation: degrees by which the camera looks down on it.
        share: its diagonal as a share of the side of the image.
        off_centre: how far from the middle of the image its own middle may be, as a share of the image's side.
        fov: field of view in degrees.
        clutter: how many other things stand about; the second number is not reached.
        roll: degrees by which the camera may be tilted to either side.
        light: how bright it is: 1 as usual.
    """

    elevation: tuple[float, float] = (7.0, 38.0)
    share: tuple[float, float] = (0.7, 1.0)
    off_centre: float = 0.05
    fov: tuple[float, float] = (38.0, 50.0)
    clutter: tuple[int, int] = (2, 6)
    roll: float = 4.0
    light: tuple[float, float] = (1.0, 1.0)


@final
@dataclass(frozen=True)
class Backdrop:
    """A place, lit.

    Attributes:
        shapes: what it is made of.
        light: in it.
        sky: above it.
        free: the ground on which things can stand: lowest and highest x, lowest and highest z.
    """

    shapes: tuple[Shape, ...]
    light: Light
    sky: tuple[Colour, Colour]
    free: tuple[float, float, float, float] = (-20.0, 20.0, -20.0, 20.0)

    def scene(self, camera: Camera, *things: Sequence[Shape]) -> Scene:
        """The place with things in it, seen by a camera."""
        return Scene((*self.shapes, *(shape for thing in things for shape in thing)), camera, self.light, self.sky)


def viewpoint(stream: Stream, view: View, middle: Vector, diagonal: float = 1.0) -> Camera:
    """A camera that looks at a thing from any side.

    Args:
        stream: randomness of the camera.
        view: how it looks.
        middle: of the thing.
        diagonal: of the box around it, in metres.
    """
    fov = stream.uniform(*view.fov)
    wide = 2 * math.tan(math.radians(fov / 2))  # metres that the image shows at a distance of one
    distance = diagonal / (stream.uniform(*view.share) * wide)
    azimuth, elevation = math.radians(stream.uniform(0, 360)), math.radians(stream.uniform(*view.elevation))
    level = math.cos(elevation)
    away = (level * math.sin(azimuth), math.sin(elevation), level * math.cos(azimuth))
    right, up = (
        (math.cos(azimuth), 0.0, -math.sin(azimuth)),
        (-away[1] * math.sin(azimuth), level, -away[1] * math.cos(azimuth)),
    )
    reach = view.off_centre * distance * wide
    across, along = stream.uniform(-reach, reach), stream.uniform(-reach, reach)
    target = _sum(middle, right, across, up, along)
    at = _sum(target, away, distance, up, 0.0)
    return aimed((at[0], max(at[1], 0.1), at[2]), target, fov, stream.uniform(-view.roll, view.roll))


def _sum(start: Vector, one: Vector, much: float, other: Vector, more: float) -> Vector:
    x, y, z = (s + a * much + b * more for s, a, b in zip(start, one, other, strict=True))
    return x, y, z


def backdrop(
    stream: Stream, split: Split, camera: Camera, reach: float = 1.0, light: tuple[float, float] = (1.0, 1.0)
) -> Backdrop:
    """A room or open ground around the origin and the camera.

    Args:
        stream: randomness of the place.
        split: whose materials.
        camera: that will be inside.
        reach: metres around the origin that are inside, too.
        light: how bright it is, from and to: 1 as usual.
    """
    bright = stream.uniform(*light)
    if stream.chance(0.5):
        ground = outdoors(stream.child("ground"), split)
        return Backdrop(ground, _dimmed(sun(stream.child("sun")), bright), sky(stream.child("sky")))
    spans = [_span(stream, min(-reach, camera.at[axis] - 0.3), max(reach, camera.at[axis] + 0.3)) for axis in (0, 2)]
    (west, east), (north, south) = spans
    size = (east - west, max(stream.uniform(2.3, 3.2), camera.at[1] + 0.3), south - north)
    at = ((west + east) / 2, 0.0, (north + south) / 2)
    walls = room(stream.child("room"), split, size, at)
    return Backdrop(
        walls,
        _dimmed(lamp(stream.child("lamp"), size, at), bright),
        sky(stream.child("sky")),
        (west, east, north, south),
    )


def _dimmed(light: Light, share: float) -> Light:
    red, green, blue = light.colour
    return replace(light, colour=(red * share, green * share, blue * share))


def _span(stream: Stream, low: float, high: float) -> tuple[float, float]:
    """Where two walls stand around what must be between them."""
    return low - stream.uniform(0.0, 2.5), high + stream.uniform(0.0, 2.5)


def clutter(
    stream: Stream,
    split: Split,
    place: Backdrop,
    camera: Camera,
    count: int,
    *,
    materials: Sequence[Texture] = (),
    near: float = 0.8,
    size: tuple[float, float] = (0.12, 0.4),
) -> tuple[Shape, ...]:
    """Simple solids that stand around the origin, none of them between it and the camera, none inside another.

    Args:
        stream: randomness of the clutter.
        split: whose materials.
        place: in which they stand.
        camera: that must see the origin.
        count: how many, where there is room for them.
        materials: to choose from; without them each has its own.
        near: metres around the origin that stay free.
        size: half the extent of a solid in metres, from and to.
    """
    shapes: list[Shape] = []
    for index in range(count):
        own = stream.child(index)
        half: Vector = (own.uniform(*size), own.uniform(*size), own.uniform(*size))
        texture = own.choice(materials) if materials else material(own, split, kinds=(*KINDS, *CALM))
        kind, turn = own.choice(_SOLIDS), (own.uniform(0, 360), 0.0, 0.0)
        at = _free_place(own, place, camera, half, near, shapes)
        if at is not None:
            shapes.append(Shape(kind, at, half, turn, texture))
    return tuple(shapes)


def _free_place(
    stream: Stream, place: Backdrop, camera: Camera, half: Vector, near: float, taken: Sequence[Shape]
) -> Vector | None:
    """Where a solid can stand; None where no place is found in a few tries."""
    front, reach = math.atan2(camera.at[0], camera.at[2]), math.hypot(half[0], half[2])
    west, east, north, south = place.free
    for _ in range(20):
        # Most of a circle: what is left out is a wedge of 60 degrees to either side of the line to the camera.
        angle = front + math.radians(stream.uniform(60, 300))
        distance = near + reach + stream.uniform(0, 1.5)
        x, z = distance * math.sin(angle), distance * math.cos(angle)
        inside = west + reach < x < east - reach and north + reach < z < south - reach
        if inside and all(
            math.hypot(x - other.at[0], z - other.at[2]) > reach + math.hypot(other.size[0], other.size[2])
            for other in taken
        ):
            return x, half[1], z
    return None
