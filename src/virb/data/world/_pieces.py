"""Compound things in their own space, and how they are stood in the world."""

import math
from collections.abc import Sequence
from typing import NamedTuple, final

from virb.data.world._camera import rotation
from virb.data.world._materials import CALM, KINDS, material
from virb.data.world._scene import Shape, ShapeKind, Texture, TextureKind, Vector
from virb.data.world._stream import Stream
from virb.data.world.sets import Split


class Part(NamedTuple):
    """One shape of a piece, in the piece's own space.

    Attributes:
        kind: of the shape.
        at: its centre.
        half: half its extents.
        texture: what it is made of.
        turn: its yaw, pitch and roll in degrees.
    """

    kind: ShapeKind
    at: Vector
    half: Vector
    texture: Texture
    turn: Vector = (0.0, 0.0, 0.0)


class Piece(NamedTuple):
    """A thing of parts around the middle of its own foot; its front looks to +z.

    Attributes:
        name: what it is.
        parts: what it is made of.
        half: half its width (x) and half its depth (z), in metres; no part reaches beyond.
        low: height of its lowest point, metres above (or below) its foot.
        high: height of its highest.
        top: a level place on which small things can stand: its height, half its width and half its depth; or none.
    """

    name: str
    parts: tuple[Part, ...]
    half: tuple[float, float]
    low: float
    high: float
    top: tuple[float, float, float] | None = None


class Box(NamedTuple):
    """A box along the world's axes that something is inside of, in metres."""

    west: float
    east: float
    low: float
    high: float
    north: float
    south: float

    def meets(self, other: "Box", gap: float = 0.0) -> bool:
        """Whether two boxes come nearer than ``gap``."""
        return (
            self.west - gap < other.east
            and other.west < self.east + gap
            and self.north - gap < other.south
            and other.north < self.south + gap
            and self.low - gap < other.high
            and other.low < self.high + gap
        )

    def holds(self, at: Vector, gap: float = 0.0) -> bool:
        """Whether a point is inside, or nearer than ``gap``."""
        x, y, z = at
        return (
            self.west - gap < x < self.east + gap
            and self.low - gap < y < self.high + gap
            and self.north - gap < z < self.south + gap
        )


SCALE = (0.25, 0.4)
"""Metres of one period of a big material, from and to: narrow enough that a pattern says how far away it is."""


INDOORS: tuple[tuple[TextureKind, ...], ...] = (("plain",), ("plain",), CALM, KINDS)
"""Lists of patterns, each as likely to be drawn from: often plain, so that edges can be told from patterns."""
OUTDOORS: tuple[tuple[TextureKind, ...], ...] = (CALM, KINDS)
"""Seldom plain: what is plain shows no motion."""


def surface(
    draw: Stream,
    split: Split,
    patterns: Sequence[Sequence[TextureKind]] = INDOORS,
    scale: tuple[float, float] = SCALE,
) -> Texture:
    """A material for what is as large as a wardrobe or a wall."""
    return material(draw, split, kinds=draw.choice(patterns), scale=scale)


@final
class Stuff:
    """The materials of one place: a pool that does not know what they are for, so that no kind of thing has its own.

    Args:
        stream: randomness of the place.
        split: whose materials.
        count: how many materials of either size there are.
        patterns: of the big ones: :data:`INDOORS` or :data:`OUTDOORS`.
        scale: metres of one period of the big ones, from and to.
    """

    def __init__(
        self,
        stream: Stream,
        split: Split,
        count: int = 7,
        patterns: Sequence[Sequence[TextureKind]] = INDOORS,
        scale: tuple[float, float] = SCALE,
    ) -> None:
        self._big = [surface(stream, split, patterns, scale) for _ in range(count)]
        self._small = [material(stream, split, kinds=CALM, scale=(0.1, 0.4)) for _ in range(count)]

    def big(self, draw: Stream) -> Texture:
        """For what is as large as a wardrobe or a wall."""
        return draw.choice(self._big)

    def small(self, draw: Stream) -> Texture:
        """For legs, knobs and books: no pattern with lines of its own."""
        return draw.choice(self._small)


def box(x: float, y: float, z: float, width: float, height: float, depth: float, texture: Texture) -> Part:
    """A box whose middle is at x and z, and whose underside is at y."""
    return Part("box", (x, y + height / 2, z), (width / 2, height / 2, depth / 2), texture)


def rod(x: float, y: float, z: float, radius: float, height: float, texture: Texture) -> Part:
    """An upright cylinder on y."""
    return Part("cylinder", (x, y + height / 2, z), (radius, height / 2, radius), texture)


def cone(x: float, y: float, z: float, radius: float, height: float, texture: Texture) -> Part:
    """An upright cone on y."""
    return Part("cone", (x, y + height / 2, z), (radius, height / 2, radius), texture)


def ball(x: float, y: float, z: float, half: Vector, texture: Texture) -> Part:
    """An ellipsoid on y."""
    return Part("ellipsoid", (x, y + half[1], z), half, texture)


def piece_of(name: str, parts: Sequence[Part]) -> Piece:
    """A piece as large as the boxes around its parts, however they are turned."""
    reaches = []
    for part in parts:
        turn = [abs(value) for value in rotation(part.turn)]
        reaches.append([sum(turn[3 * axis + n] * part.half[n] for n in range(3)) for axis in range(3)])
    half = [
        max(abs(part.at[axis]) + reach[axis] for part, reach in zip(parts, reaches, strict=True)) for axis in (0, 2)
    ]
    low = min(part.at[1] - reach[1] for part, reach in zip(parts, reaches, strict=True))
    high = max(part.at[1] + reach[1] for part, reach in zip(parts, reaches, strict=True))
    return Piece(name, tuple(parts), (half[0], half[1]), low, high)


def heading(yaw: float) -> tuple[float, float]:
    """Sine and cosine of degrees, to 12 digits: C libraries differ in the last bit of theirs."""
    angle = math.radians(yaw)
    return round(math.sin(angle), 12), round(math.cos(angle), 12)


def ahead(at: Vector, yaw: float, step: float) -> Vector:
    """The point a level ``step`` (metres) away in the direction that a camera of this yaw looks."""
    sine, cosine = heading(yaw)
    return at[0] - step * sine, at[1], at[2] - step * cosine


def turned(at: Vector, yaw: float, x: float, y: float, z: float) -> Vector:
    """The point of the world at x, y and z of a piece whose foot is at ``at``, turned by ``yaw`` degrees."""
    sine, cosine = heading(yaw)
    return at[0] + x * cosine + z * sine, at[1] + y, at[2] - x * sine + z * cosine


def bounds(piece: Piece, at: Vector, yaw: float) -> Box:
    """What a piece takes up, once it stands."""
    sine, cosine = (abs(value) for value in heading(yaw))
    x = piece.half[0] * cosine + piece.half[1] * sine
    z = piece.half[0] * sine + piece.half[1] * cosine
    return Box(at[0] - x, at[0] + x, at[1] + piece.low, at[1] + piece.high, at[2] - z, at[2] + z)


def stand(piece: Piece, at: Vector, yaw: float, label: int, instance: int) -> list[Shape]:
    """The shapes of a piece whose foot is at ``at``, turned by ``yaw`` degrees."""
    sine, cosine = heading(yaw)
    return [
        Shape(
            part.kind,
            (
                at[0] + part.at[0] * cosine + part.at[2] * sine,
                at[1] + part.at[1],
                at[2] - part.at[0] * sine + part.at[2] * cosine,
            ),
            part.half,
            (yaw + part.turn[0], part.turn[1], part.turn[2]),
            part.texture,
            label,
            instance,
        )
        for part in piece.parts
    ]
