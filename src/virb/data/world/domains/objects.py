"""One thing of twenty kinds in the middle of each image, as ImageNet has one."""

from collections.abc import Mapping, Sequence
from typing import final

from virb.data.world._frame import Frame
from virb.data.world._stream import Stream
from virb.data.world.domains import Domain
from virb.data.world.sets import Drawn, Split
from virb.data.world.sets.objects import SET


@final
class Objects(Domain):
    """The things of the set ``objects``: other instances, in other places, made of other materials."""

    title = "Things, to learn from"
    about = (
        "One thing of twenty kinds in the middle of a cluttered room or landscape, with its kind. Kinds come in turn; "
        "no texture is that of an end task."
    )
    classes: Mapping[str, tuple[str, ...]] = SET.classes

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """As the set draws them."""
        return SET.draw(stream, split, row)

    def accept(self, drawn: Drawn, frames: Sequence[Frame]) -> bool:
        """As the set accepts them."""
        return SET.accept(drawn, frames)


DOMAIN = Objects()
