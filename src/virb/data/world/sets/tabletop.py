"""Simple things on a table or a floor: how many are there?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import final

import numpy as np

from virb.data.world._frame import Frame
from virb.data.world._materials import colour, material, mix
from virb.data.world._scene import Colour, Shape, ShapeKind, Texture, TextureKind, Vector
from virb.data.world._stage import View, backdrop, viewpoint
from virb.data.world._stream import Stream
from virb.data.world.sets import Drawn, SceneSet, Split

FEWEST = 3
COUNTS = tuple(str(count) for count in range(FEWEST, 11))
"""Names of the classes."""

_SEEN = 20 / 96**2
"""Share of the image that must be seen of each thing: 20 pixels of an image of 96 by 96."""

_VIEW = View(elevation=(38.0, 68.0), share=(0.74, 0.86), off_centre=0.03, fov=(38.0, 50.0), roll=5.0)

_KINDS: tuple[ShapeKind, ...] = ("box", "ellipsoid", "cylinder", "cone")
_GROUNDS: tuple[TextureKind, ...] = ("plain", "plain", "noise", "marble", "planks", "photo", "checker", "stripes")
_SKINS: tuple[TextureKind, ...] = ("plain", "plain", "plain", "noise", "marble")

_APART = 0.2
"""How far two colours of a palette are apart in linear RGB, at least, before those of the ground come closer."""

_REACH = 0.62
"""Metres around the middle in which things stand."""

_GAP = 1.4
"""Distance between two things, in sums of their half widths, at least."""


@final
class Tabletop(SceneSet):
    """Three to ten solids whose colours, and whose area together, say nothing of their number."""

    title = "Things on a table"
    about = (
        "Three to ten simple solids on a table or a floor. All colours of an image come from one palette, the table's "
        "too, and the more things there are the smaller they are, so that neither colour nor area gives the count away."
    )
    examples: Mapping[Split, int] = {"fit": 1500, "select": 300, "test": 1000}
    classes: Mapping[str, tuple[str, ...]] = {"count": COUNTS}

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """See :class:`SceneSet`. Counts come in turn, so every split has as many of each, or nearly so."""
        label = row % len(COUNTS)
        palette = _palette(stream.child("palette"))
        height = stream.child("height").uniform(0.3, 0.7) if stream.child("table").chance(0.5) else 0.02
        camera = viewpoint(stream.child("camera"), _VIEW, (0, height + 0.05, 0), 2 * _REACH)
        ground = material(stream.child("ground"), split, kinds=_GROUNDS, scale=(0.2, 0.8))
        ground = replace(ground, colours=(palette[0], palette[1]))
        things = _things(stream.child("things"), split, label + FEWEST, palette[1:], height)
        place = backdrop(stream.child("place"), split, camera)
        return Drawn((place.scene(camera, _top(stream.child("top"), ground, height), things),), {"count": label})

    def accept(self, drawn: Drawn, frames: Sequence[Frame]) -> bool:
        """Refuse images in which not everything is seen."""
        seen = np.bincount(frames[0].instances.ravel(), minlength=12)[1:]
        return bool((seen >= _SEEN * frames[0].instances.size).sum() == drawn.labels["count"] + FEWEST)


def _palette(stream: Stream) -> list[Colour]:
    """Five colours. The ground has the first two, whose contrast is often low; things have all but the first."""
    colours = [colour(stream, 0.3, 1.0)]
    while len(colours) < 5:
        drawn = colour(stream, 0.3, 1.0)
        if all(math.dist(drawn, other) > _APART for other in colours):
            colours.append(drawn)
    colours[1] = mix(colours[0], colours[1], stream.uniform(0.3, 0.8))
    return colours


def _top(stream: Stream, ground: Texture, height: float) -> list[Shape]:
    """What things stand on: a table on a foot, or a rug wider than the image."""
    if height < 0.1:
        return [Shape("box", (0, height / 2, 0), (4.0, height / 2, 4.0), (stream.uniform(0, 90), 0, 0), ground)]
    half = stream.uniform(0.72, 1.0)
    foot = Shape("cylinder", (0, height / 2, 0), (0.1, height / 2, 0.1), texture=ground)
    kind: ShapeKind = "box" if stream.chance(0.5) else "cylinder"
    return [foot, Shape(kind, (0, height - 0.02, 0), (half, 0.02, half), (stream.uniform(0, 90), 0, 0), ground)]


def _things(stream: Stream, split: Split, count: int, palette: Sequence[Colour], floor: float) -> list[Shape]:
    """Solids that do not run into one another, smaller the more there are."""
    typical = 0.27 / math.sqrt(count) * stream.uniform(0.8, 1.15)
    shapes: list[Shape] = []
    taken: list[tuple[float, float, float]] = []
    while len(shapes) < count:
        own = stream.child(len(shapes), "thing")
        x, z, half = _free_place(own, typical * own.uniform(0.8, 1.2), taken)
        taken.append((x, z, half))
        size: Vector = (half * own.uniform(0.65, 1), half * own.uniform(0.7, 1.5), half * own.uniform(0.65, 1))
        texture = material(own, split, kinds=_SKINS, palette=palette, scale=(0.1, 0.4))
        turn = (own.uniform(0, 360), 0, 0)
        shapes.append(Shape(own.choice(_KINDS), (x, floor + size[1], z), size, turn, texture, 1, len(shapes) + 1))
    return shapes


def _free_place(stream: Stream, half: float, taken: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    """Where a thing of that half width has room, and the width: it shrinks a little with every place that is taken."""
    while True:
        x, z = stream.uniform(-_REACH, _REACH), stream.uniform(-_REACH, _REACH)
        if math.hypot(x, z) <= _REACH and all(math.hypot(x - a, z - b) > _GAP * (half + r) for a, b, r in taken):
            return x, z, half
        half *= 0.998


SET = Tabletop()
