"""Open ground with things near and far."""

from itertools import chain
from math import hypot

from virb.data.world._creatures import BREEDS, creature
from virb.data.world._parts import placed
from virb.data.world._pieces import OUTDOORS, Stuff, ahead, stand
from virb.data.world._places import outdoors, sky, sun
from virb.data.world._scene import Camera, Scene, Shape, Vector
from virb.data.world._stream import Stream
from virb.data.world._streets import car, hedge, person, pole, tree
from virb.data.world._things import THINGS, thing
from virb.data.world.sets import Split

NEAREST, FARTHEST = 2.2, 26.0
"""Metres from the camera at which things stand."""

_PIECES = (tree, tree, hedge, pole, person, car)


def open_ground(stream: Stream, split: Split) -> Scene:
    """Ground, hills behind it, and things of all sorts in view, as many near as far.

    Args:
        stream: randomness of the place.
        split: whose materials.
    """
    fov, yaw = stream.uniform(48, 66), stream.uniform(0, 360)
    camera = Camera((0.0, stream.uniform(0.8, 2.6), 0.0), (yaw, stream.uniform(-14, 3), stream.uniform(-3, 3)), fov)
    stuff = Stuff(stream.child("materials"), split, 9, OUTDOORS, (0.15, 0.6))
    things: list[list[Shape]] = []
    taken: list[tuple[float, float, float]] = []
    for number in range(stream.integer(12, 24)):
        draw = stream.child("thing", number)
        far = NEAREST * (FARTHEST / NEAREST) ** draw.uniform()
        at = ahead((0.0, 0.0, 0.0), yaw + draw.uniform(-0.55, 0.55) * fov, far)
        room = min(far - 1.2, *(hypot(at[0] - x, at[2] - z) - reach for x, z, reach in taken), FARTHEST)
        found = _something(draw, stuff, at, far, len(things) + 1, room)
        if found is not None:
            shapes, reach = found
            things.append(shapes)
            taken.append((at[0], at[2], reach))
    everything = (*outdoors(stream.child("ground"), split), *chain.from_iterable(things))
    return Scene(everything, camera, sun(stream.child("sun")), sky(stream.child("sky")))


def _something(
    draw: Stream, stuff: Stuff, at: Vector, far: float, instance: int, room: float
) -> tuple[list[Shape], float] | None:
    """Something that stands at a place, and the metres that it reaches; nothing where there is no such room.

    Far away larger things stand, too, since small ones would not be seen.
    """
    sort, yaw, shape = draw.uniform(), draw.uniform(0, 360), draw.child("shape")
    if sort < 0.35:
        piece = draw.choice(_PIECES)(shape, stuff)
        reach = hypot(*piece.half)
        return (stand(piece, at, yaw, 0, instance), reach) if reach < room else None
    large = draw.uniform(0.9, 2.2) * (1 + far / 14) * (1.0 if sort < 0.75 else 0.75)
    if large / 2 >= room:  # the diagonal of either is a metre
        return None
    animal = sort >= 0.75
    parts = creature(draw.integer(0, len(BREEDS)), shape) if animal else thing(draw.choice(tuple(THINGS)), shape)
    coat = [stuff.big(draw), stuff.small(draw), stuff.small(draw)]
    return list(placed(parts, coat, at, yaw, large, 0, instance)), large / 2
