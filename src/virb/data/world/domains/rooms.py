"""Many views inside a few rooms, as Taskonomy has them."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from typing import final

from virb.data.world._frame import Frame
from virb.data.world._interiors import Room, lamp
from virb.data.world._scene import Camera, Light, Scene, Shape
from virb.data.world._stream import Stream
from virb.data.world.domains import Domain
from virb.data.world.sets import Drawn, Split
from virb.data.world.sets.flats import SET as FLATS
from virb.data.world.sets.flats import flat

ROOMS = 6
"""Few enough that what differs between images is the view."""


@final
class Rooms(Domain):
    """Furnished rooms that do not change, seen from everywhere in them."""

    title = "Rooms, to learn from"
    about = (
        f"Views of {ROOMS} furnished rooms, the same for any number of images, from any place in them and in any "
        "direction; each shows at least three things."
    )

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """A view of the row's room."""
        room, shapes, light = _furnished(split, self.group(row))
        for attempt in count():
            draw = stream.child(attempt)
            fov = draw.uniform(52, 72)
            view = room.view(draw.child("view"), (0.5, 2.0), fov)
            if view is not None:
                at, yaw = view
                camera = Camera(at, (yaw, draw.uniform(-28, 12), draw.uniform(-3, 3)), fov)
                return Drawn((Scene(shapes, camera, light),))
        raise AssertionError("count() does not end")

    def accept(self, drawn: Drawn, frames: Sequence[Frame]) -> bool:
        """Whether three things are seen, together not small, and not from too near."""
        return FLATS.accept(drawn, frames)

    def group(self, row: int) -> int:
        """The room, of :data:`ROOMS`."""
        return row % ROOMS


@lru_cache(ROOMS)
def _furnished(split: Split, number: int) -> tuple[Room, tuple[Shape, ...], Light]:
    """A room, all that is seen from it, and its light: of a stream of its own, not of any image's."""
    draw = Stream(*Rooms.words, "rooms", split, "room", number)
    room, shapes = flat(draw.child("flat"), split)
    return room, tuple(shapes), lamp(draw.child("lamp"), room.space)


DOMAIN = Rooms()
