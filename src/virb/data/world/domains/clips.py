"""Frames of short clips in which things or the camera move, as Kinetics has them."""

from functools import lru_cache
from typing import final

from virb.data.world._films import FRAMES, film
from virb.data.world._scene import Scene
from virb.data.world._stream import Stream
from virb.data.world.domains import Domain
from virb.data.world.sets import Drawn, Split


@final
class Clips(Domain):
    """Clips of :data:`FRAMES` frames; an image is a frame, and frames follow one another."""

    title = "Clips, to learn from"
    about = (
        f"Frames of clips, {FRAMES} of each: one to three animals or things that move, before a camera that may move "
        "too; or a street from a car."
    )

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """A frame of the row's clip; all that is in it is the clip's own, so the row's stream is not used."""
        return Drawn((_clip(split, self.group(row))[row % FRAMES],))

    def group(self, row: int) -> int:
        """The clip."""
        return row // FRAMES


@lru_cache(64)
def _clip(split: Split, number: int) -> tuple[Scene, ...]:
    """A clip's frames: drawn once for all of them, as far as they are rendered one after another."""
    return film(Stream(*Clips.words, "clips", split, "clip", number), split)


DOMAIN = Clips()
