"""What a scene is made of: plain, frozen values. ``_render`` turns them into images and truths.

Space is right-handed and in metres: x to the right, y up, z towards the viewer of a map drawn with x to the right. A
camera at yaw 0 looks along -z; yaw turns it to the left (counter-clockwise from above), pitch up, roll clockwise as it
sees the world. Colours are linear RGB from 0 to 1. Angles are in degrees: they are turned into matrices once a scene,
in float64, never a pixel.
"""

from dataclasses import dataclass
from typing import Literal, final

Vector = tuple[float, float, float]
Colour = tuple[float, float, float]

Motif = Literal[
    "banded", "chequered", "dotted", "bricked", "gridded", "zigzagged", "waved", "woven", "cracked", "spotted",
    "scaly", "spiralled", "ringed", "honeycombed", "marbled", "blotchy", "faceted", "crossed", "flecked", "grained",
]  # fmt: skip
"""Patterns of two tones that differ in form alone; the others are what things of the world are made of."""
TextureKind = Literal["plain", "checker", "stripes", "dots", "noise", "marble", "bricks", "planks", "photo", Motif]
ShapeKind = Literal["box", "ellipsoid", "cylinder", "cone", "plane", "terrain"]

NOTHING = 0
"""Class and instance of the sky, and of whatever is scenery without a name."""


@final
@dataclass(frozen=True)
class Texture:
    """A solid texture: colour as a function of a point of the shape's own space, so that it moves with the shape.

    Attributes:
        kind: the pattern. ``photo`` takes its pattern from a photograph, laid on along the axis the surface faces.
        colours: two ends between which the pattern moves; a photograph's grey moves between them too, unless both are
            white, which shows it in its own colours.
        scale: metres of one period of the pattern.
        seed: which of the pattern's endless variants (offsets, noise, which photograph and which part of it).
    """

    kind: TextureKind = "plain"
    colours: tuple[Colour, Colour] = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    scale: float = 1.0
    seed: int = 0


@final
@dataclass(frozen=True)
class Shape:
    """One convex solid, or a surface.

    Attributes:
        kind: ``box``, ``ellipsoid``, ``cylinder`` (along its y), ``cone`` (along its y, its tip up), ``plane`` (its own
            y = 0, endless) or ``terrain`` (a height field over its own x and z, endless, around y = 0).
        at: its centre; of a plane or a terrain a point at height 0.
        size: half its extent along its own x, y and z: a cylinder's radii are x and z. Of a terrain: y is the height
            of its hills above 0, x the metres from hill to hill. Not used by a plane.
        turn: yaw, pitch and roll in degrees, in that order, about its centre.
        texture: its colours.
        label: its class id in the class mask.
        instance: its id in the instance mask; parts of one object share it.
        seed: of a terrain's hills.
    """

    kind: ShapeKind
    at: Vector = (0.0, 0.0, 0.0)
    size: Vector = (1.0, 1.0, 1.0)
    turn: Vector = (0.0, 0.0, 0.0)
    texture: Texture = Texture()
    label: int = NOTHING
    instance: int = NOTHING
    seed: int = 0


@final
@dataclass(frozen=True)
class Light:
    """One light that casts shadows, and the light that comes from everywhere.

    Attributes:
        at: where a lamp is; or, with ``sun``, the direction towards the sun.
        sun: whether it is so far away that its rays are parallel; a lamp's light does not grow weaker with distance.
        colour: of its light.
        ambient: of the light from everywhere.
    """

    at: Vector = (0.4, 1.0, 0.3)
    sun: bool = True
    colour: Colour = (0.8, 0.8, 0.8)
    ambient: Colour = (0.3, 0.3, 0.3)


@final
@dataclass(frozen=True)
class Camera:
    """A pinhole camera.

    Attributes:
        at: its centre.
        turn: yaw, pitch and roll in degrees.
        fov: vertical (and, images being square, horizontal) field of view in degrees.
    """

    at: Vector = (0.0, 1.5, 0.0)
    turn: Vector = (0.0, 0.0, 0.0)
    fov: float = 60.0


@final
@dataclass(frozen=True)
class Scene:
    """Everything one image shows.

    Attributes:
        shapes: in any order; shapes of two scenes that are moments of one place correspond by position in this tuple.
        camera: where it is seen from.
        light: one.
        sky: colours at the horizon and above; seen where no shape is hit.
    """

    shapes: tuple[Shape, ...]
    camera: Camera = Camera()
    light: Light = Light()
    sky: tuple[Colour, Colour] = ((0.8, 0.85, 0.9), (0.4, 0.6, 0.9))
