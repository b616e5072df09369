"""Whole places, each image one of its own: furnished interiors, streets, open ground. As Places has them."""

from collections.abc import Sequence
from typing import final

import numpy as np

from virb.data.world._frame import Frame
from virb.data.world._grounds import open_ground
from virb.data.world._stream import Stream
from virb.data.world.domains import Domain
from virb.data.world.sets import Drawn, Split
from virb.data.world.sets.flats import SET as FLATS
from virb.data.world.sets.rooms import THINGS, seen
from virb.data.world.sets.street import SET as STREETS

COVERED = 0.08
"""Share of the image that things take up at least."""


@final
class Scenes(Domain):
    """Interiors, streets and open ground in turn, one view of each place."""

    title = "Places, to learn from"
    about = (
        "Furnished interiors, streets, and open ground with things near and far; each image is a place of its own, and "
        "shows at least three things."
    )

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """A place; its kind is that of the row, so that there are as many of each."""
        kind = row % 3
        if kind == 0:
            return FLATS.draw(stream, split, row)
        if kind == 1:
            return Drawn(STREETS.draw(stream, split, row // 3).moments[:1])
        return Drawn((open_ground(stream, split),))

    def accept(self, drawn: Drawn, frames: Sequence[Frame]) -> bool:
        """Whether three things are seen, together not small, and not from too near."""
        frame = frames[0]
        covered = float((frame.instances > 0).mean()) >= COVERED
        return seen(frame) >= THINGS and covered and float(np.median(frame.depth)) > 0.8


DOMAIN = Scenes()
