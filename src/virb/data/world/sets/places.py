"""Rooms and open places of sixteen kinds: which is it?"""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import final

import numpy as np
from numpy.typing import NDArray

from virb.data.world import _inside, _outside
from virb.data.world._frame import Frame
from virb.data.world._stream import Stream
from virb.data.world.sets import Drawn, SceneSet, Split
from virb.data.world.sets.rooms import ENOUGH, THINGS, seen

PLACES = tuple(sorted((*_inside.KINDS, *_outside.KINDS)))
"""Every kind of place; its place in this row is its class id."""

COVERED = 0.07
"""Share of the image that the things that tell a place take up at least."""


@final
class Places(SceneSet):
    """Nine kinds of rooms and seven kinds of open places."""

    title = "Places"
    about = (
        "A room or an open place of 16 kinds, each laid out and furnished as its kind is; every material is drawn "
        "without regard to the kind, so that it follows from what is there and how it stands."
    )
    examples: Mapping[Split, int] = {"fit": 1600, "select": 400, "test": 1008}
    classes: Mapping[str, tuple[str, ...]] = {"place": PLACES}

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """Lay out a place; kinds come in turn, so every split has as many of each."""
        label = row % len(PLACES)
        name = PLACES[label]
        for attempt in count():
            draw = stream.child(attempt)
            scene = (_inside.inside if name in _inside.KINDS else _outside.outside)(name, draw, split)
            if scene is not None:
                return Drawn((scene,), {"place": label})
        raise AssertionError("count() does not end")

    def accept(self, drawn: Drawn, frames: Sequence[Frame]) -> bool:
        """Whether the view shows three things, enough of those that tell the place, and not from too near."""
        frame = frames[0]
        kind, telling = told(frame, drawn.labels["place"])
        pixels = np.bincount(frame.instances[telling], minlength=256)
        shown = int((pixels[1:] >= ENOUGH * telling.size).sum())
        return bool(
            seen(frame) >= THINGS
            and shown >= kind.least
            and telling.mean() >= COVERED
            and np.median(frame.depth) > kind.near  # a camera before a wall shows no place
        )


def told(frame: Frame, place: int) -> tuple[_inside.Kind | _outside.Kind, NDArray[np.bool_]]:
    """A kind of place, and the pixels of the things that tell it from the others."""
    name = PLACES[place]
    kind, labels = (
        (_inside.KINDS[name], _inside.LABELS) if name in _inside.KINDS else (_outside.KINDS[name], _outside.LABELS)
    )
    return kind, np.isin(frame.labels, [labels[it] for it in kind.telling])


SET = Places()
