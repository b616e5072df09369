"""Scene sets: what the images of the world show. Each file of this folder is one, ``world:NAME`` to a task."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, final

from numpy.typing import NDArray

from virb.data.world._frame import Frame
from virb.data.world._scene import Scene
from virb.data.world._stream import Stream
from virb.registry import Shelf

Split = Literal["fit", "select", "test", "pretrain"]
"""Who sees what is drawn: a part of an end task, or encoders that have yet to be trained."""


@final
@dataclass(frozen=True)
class Drawn:
    """One example, not yet rendered.

    Attributes:
        moments: a scene for each of its images; shapes correspond by position.
        labels: class id of each image-level label column.
    """

    moments: tuple[Scene, ...]
    labels: Mapping[str, int] = field(default_factory=dict)


class SceneSet(ABC):
    """A kind of scene, and what is known about it.

    Attributes:
        title: for people.
        about: one sentence: what is seen, and what keeps the answers from being given away.
        examples: how many examples each split has.
        images: how many images an example has.
        size: side of the images in pixels.
        classes: names of the classes of each image-level label column.
        regions: names of the classes of each dense class column.
        values: names of the dense columns of values, with how many numbers a pixel has.
        version: rises when any image or truth changes.
        shelf: the word before its name in the key of the cache.
        splits: the splits that it may have, in the order of its examples.
        words: the first words of its streams.
    """

    shelf: ClassVar[str] = "set"
    splits: ClassVar[tuple[Split, ...]] = ("fit", "select", "test")
    words: ClassVar[tuple[str, ...]] = ("world",)
    title: str
    about: str
    examples: Mapping[Split, int]
    images: int = 1
    size: int = 96
    classes: Mapping[str, tuple[str, ...]] = {}
    regions: Mapping[str, tuple[str, ...]] = {}
    values: Mapping[str, int] = {}
    version: int = 1

    @abstractmethod
    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """Draw one example.

        Args:
            stream: randomness of this example alone; shared pools (textures, instances) come from the split's name, so
                that no two splits share one.
            split: which.
            row: its place in the split, for labels that must be balanced.
        """

    def accept(self, drawn: Drawn, frames: Sequence[Frame]) -> bool:
        """Whether the images show what the labels say; where they do not, the example is drawn again."""
        return True

    def truths(self, drawn: Drawn, frames: Sequence[Frame]) -> dict[str, NDArray[Any]]:
        """The dense columns of one example, which belong to its first image.

        Returns:
            For each of ``regions`` uint8 class ids, size x size; for each of ``values`` float32 numbers, size x size x
            count, NaN where they are missing.
        """
        return {}


SETS: Shelf[SceneSet] = Shelf("virb.data.world.sets", "SET", "scene set", SceneSet, "data")
