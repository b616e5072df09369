"""Land seen from far above: soil, fields, trees, houses, roads and water, each of a shape or two."""

from collections.abc import Callable
from itertools import pairwise
from math import atan2, degrees, hypot
from typing import final

from virb.data.world._materials import colour, material, mix
from virb.data.world._pieces import heading, turned
from virb.data.world._scene import Colour, Shape, ShapeKind, Texture, TextureKind, Vector
from virb.data.world._stream import Stream
from virb.data.world.sets import Split

Spot = tuple[float, float]
"""x and z on the ground, in metres."""

_SMOOTH: tuple[TextureKind, ...] = ("plain", "noise", "noise", "marble", "photo")
_ROWS: tuple[TextureKind, ...] = ("stripes", "stripes", "planks", "marble")


@final
class Land:
    """A piece of land around the origin.

    Colours are of one palette, drawn for the piece as a season and a light would give it; what they are put on is not
    known when they are drawn.

    Args:
        draw: randomness of its materials.
        split: whose materials.
        wide: metres from the middle of the view to its edge.

    Attributes:
        shapes: everything so far.
        wide: as given.
        edge: metres from the middle within which there should be something.
    """

    def __init__(self, draw: Stream, split: Split, wide: float) -> None:
        tint = colour(draw, 0.4, 0.9)
        share = draw.uniform(0.2, 0.7)
        palette: list[Colour] = [mix(colour(draw), tint, share * draw.uniform(0.4, 1.2)) for _ in range(9)]
        self._smooth = [material(draw, split, kinds=_SMOOTH, palette=palette, scale=(6, 30)) for _ in range(10)]
        self._rows = [material(draw, split, kinds=_ROWS, palette=palette, scale=(3.6, 7.5)) for _ in range(4)]
        self.wide, self.edge = wide, 1.12 * wide
        self.shapes: list[Shape] = [Shape("plane", texture=self._smooth[0])]
        self._level = 0.0

    def soil(self, draw: Stream) -> Texture:
        """A material other than that of the ground below everything."""
        return draw.choice(self._smooth[1:])

    def other(self, draw: Stream) -> Texture:
        """A material that can be told from the ground: of three the one whose colours differ most."""
        below = self._smooth[0].colours
        return max((self.soil(draw) for _ in range(3)), key=lambda one: _difference(one.colours, below))

    def rows(self, draw: Stream) -> Texture:
        """A material of lines, as machines leave them."""
        return draw.choice(self._rows)

    def anywhere(self, draw: Stream) -> Spot:
        """A place in view."""
        return draw.uniform(-self.edge, self.edge), draw.uniform(-self.edge, self.edge)

    def sheet(
        self, at: Spot, half: Spot, yaw: float, texture: Texture, kind: ShapeKind = "box", thick: float = 0.0
    ) -> None:
        """Lay something flat on all that was laid before: a field, a road, a pond."""
        self._level += 0.01
        top = self._level + thick
        self.shapes.append(Shape(kind, (at[0], top / 2, at[1]), (half[0], top / 2, half[1]), (yaw, 0.0, 0.0), texture))

    def band(self, points: list[Spot], half: float, texture: Texture) -> None:
        """Lay a strip through points: a road, a river."""
        for one, other in pairwise(points):
            yaw, length = way(one, other)
            middle = ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
            self.sheet(middle, (half, length / 2), yaw, texture)
            self.sheet(other, (half, half), yaw, texture, "cylinder")

    def tree(self, at: Spot, radius: float, texture: Texture, fir: bool = False) -> None:
        """A crown, as it looks from above."""
        kind: ShapeKind = "cone" if fir else "ellipsoid"
        high = radius * (1.6 if fir else 1.1)
        self.shapes.append(Shape(kind, (at[0], high * 0.9, at[1]), (radius, high, radius), (0.0, 0.0, 0.0), texture))

    def block(self, at: Spot, half: Spot, high: float, yaw: float, texture: Texture, low: float = 0.0) -> None:
        """Something with upright sides: a hall, a car, a hedge."""
        middle = (at[0], low + high / 2, at[1])
        self.shapes.append(Shape("box", middle, (half[0], high / 2, half[1]), (yaw, 0.0, 0.0), texture))

    def drum(self, at: Spot, radius: float, high: float, texture: Texture) -> None:
        """A tank."""
        self.shapes.append(
            Shape("cylinder", (at[0], high / 2, at[1]), (radius, high / 2, radius), (0.0, 0.0, 0.0), texture)
        )

    def house(self, at: Spot, half: Spot, yaw: float, draw: Stream) -> None:
        """A house under a gable along its length, or a flat roof."""
        high, roof = draw.uniform(3.0, 6.0), self.soil(draw)
        self.block(at, half, high, yaw, self.soil(draw))
        if draw.chance(0.8):
            edge = (half[0] + 0.4) * 0.7071
            size = (edge, edge * 0.8, half[1] + 0.4)
            self.shapes.append(Shape("box", (at[0], high - edge * 0.2, at[1]), size, (yaw, 0.0, 45.0), roof))

    def scatter(
        self, draw: Stream, count: int, size: tuple[float, float], dry: Callable[[Spot], bool] = lambda at: True
    ) -> None:
        """Single trees anywhere that is dry."""
        leaf, fir = self.soil(draw), draw.chance(0.3)
        for _ in range(count):
            at, radius = self.anywhere(draw), draw.uniform(*size)
            if dry(at):
                self.tree(at, radius, leaf, fir)

    def fields(self, draw: Stream, yaw: float, size: tuple[float, float], tilled: float) -> list[tuple[Spot, Spot]]:
        """Cover everything with fields in rows.

        Args:
            draw: randomness.
            yaw: of the rows.
            size: metres of a field's sides, from and to.
            tilled: how likely a field has lines.

        Returns:
            Middle and half sides of each, before they are turned by ``yaw``.
        """
        found: list[tuple[Spot, Spot]] = []
        reach, x = self.edge * 1.3, -self.edge * 1.3 + draw.uniform(-20, 0)
        while x < reach:
            wide, z = draw.uniform(*size), -reach + draw.uniform(-20, 0)
            while z < reach:
                long = draw.uniform(*size)
                middle, half = (x + wide / 2, z + long / 2), (wide / 2 - 0.4, long / 2 - 0.4)
                texture = self.rows(draw) if draw.chance(tilled) else self.soil(draw)
                if self.sees(turn(middle, yaw), max(half)):
                    across = 90.0 * (half[0] > half[1])  # lines run along the longer side
                    self.sheet(turn(middle, yaw), half[::-1] if across else half, yaw + across, texture)
                    found.append((middle, half))
                z += long
            x += wide
        return found

    def sees(self, at: Spot, radius: float = 0.0) -> bool:
        """Whether something of that radius may be in view."""
        return max(abs(at[0]), abs(at[1])) < self.edge + radius


def _difference(one: tuple[Colour, Colour], other: tuple[Colour, Colour]) -> float:
    """How far apart the means of two pairs of colours are."""
    return sum(abs(a + b - c - d) for a, b, c, d in zip(*one, *other, strict=True))


def turn(at: Spot, yaw: float, about: Spot = (0.0, 0.0)) -> Spot:
    """A spot turned to the left about another."""
    x, _, z = turned((about[0], 0.0, about[1]), yaw, at[0], 0.0, at[1])
    return x, z


def way(one: Spot, other: Spot) -> tuple[float, float]:
    """Yaw and length of the way from one spot to another: z of what is turned by it runs along the way."""
    x, z = other[0] - one[0], other[1] - one[1]
    return round(degrees(atan2(x, z)), 9), hypot(x, z)


def winding(draw: Stream, reach: float, bend: float, steps: int = 9) -> list[Spot]:
    """Points of a line that comes in at one side, passes near the middle and leaves at the other.

    Args:
        draw: randomness.
        reach: metres of the middle to either end.
        bend: metres by which it swings to either side.
        steps: how many stretches it has.
    """
    yaw, phase, waves = draw.uniform(0, 360), draw.uniform(0, 360), draw.uniform(0.5, 1.6)
    shift, second = draw.uniform(-0.3, 0.3) * reach, draw.uniform(0, 360)
    points: list[Spot] = []
    for n in range(steps + 1):
        share = n / steps
        swing = heading(phase + 360 * waves * share)[0] + 0.3 * heading(second + 600 * share)[0]
        points.append(turn((shift + bend * swing, reach * (2 * share - 1)), yaw))
    return points


def eye(draw: Stream, wide: float, fov: float) -> Vector:
    """Where a camera is that looks down at the origin, a little slanted, and sees so far to either side."""
    sine, cosine = heading(fov / 2)
    high, away, slant = wide * cosine / sine, draw.uniform(0, 360), draw.uniform(0.5, 9.0)
    sideways, up = heading(slant)
    x, z = heading(away)
    return high * sideways * x, high * up, high * sideways * z
