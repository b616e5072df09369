"""Short clips: a few things that move on a stage, or a street from a car, before a camera that may move too."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import hypot
from typing import NamedTuple, final

from virb.data.world._creatures import BREEDS, creature
from virb.data.world._materials import CALM, material
from virb.data.world._parts import Part, placed
from virb.data.world._pieces import ahead, heading
from virb.data.world._scene import Camera, Scene, Shape, Texture, Vector
from virb.data.world._stage import View, backdrop, clutter, viewpoint
from virb.data.world._stream import Stream
from virb.data.world._things import THINGS, thing
from virb.data.world.sets import Split
from virb.data.world.sets.street import DRIVES
from virb.data.world.sets.street import SET as STREETS

FRAMES = 8
"""Of a clip."""

_VIEW = View(elevation=(5.0, 30.0), share=(0.75, 1.05), off_centre=0.06, fov=(40.0, 56.0), clutter=(3, 9))
_EYE = 0.4
"""Metres above the ground at which the camera looks."""
_APART = 0.95
"""Metres between the middles of things that move."""


def film(stream: Stream, split: Split) -> tuple[Scene, ...]:
    """One clip.

    Args:
        stream: randomness of the clip.
        split: whose materials.

    Returns:
        :data:`FRAMES` scenes of the same shapes, in the same order.
    """
    return _drive(stream, split) if stream.chance(0.25) else _play(stream, split)


def _drive(stream: Stream, split: Split) -> tuple[Scene, ...]:
    """A street from a car: what moves between the two moments of the set ``street`` moves on as it did."""
    drive = DRIVES.index(stream.choice(("ahead", "ahead", "left", "right", "wait")))
    before, after = STREETS.draw(stream.child("street"), split, drive).moments
    return tuple(_between(before, after, frame / 2) for frame in range(FRAMES))


def _between(before: Scene, after: Scene, share: float) -> Scene:
    """A scene some way from one moment to another, or beyond it."""
    shapes = tuple(
        one if one is other else replace(one, at=_along(one.at, other.at, share))
        for one, other in zip(before.shapes, after.shapes, strict=True)
    )
    one, other = before.camera, after.camera
    camera = replace(one, at=_along(one.at, other.at, share), turn=_along(one.turn, other.turn, share))
    return replace(before, shapes=shapes, camera=camera)


def _along(start: Vector, end: Vector, share: float) -> Vector:
    x, y, z = (a + (b - a) * share for a, b in zip(start, end, strict=True))
    return x, y, z


def _play(stream: Stream, split: Split) -> tuple[Scene, ...]:
    """One to three things that move on a stage."""
    many = stream.choice((1, 1, 1, 2, 2, 3))
    span = 1.15 + 0.8 * (many - 1)
    camera = viewpoint(stream.child("camera"), _VIEW, (0.0, _EYE, 0.0), span)
    cameras = _cameras(stream.child("move"), camera)
    farthest = max(cameras, key=lambda camera: hypot(camera.at[0], camera.at[2]))
    goes_round = cameras[0].turn[0] != cameras[-1].turn[0]  # or pans; then walls must be behind all of its way
    reach = max(span, 0.3 + hypot(farthest.at[0], farthest.at[2])) if goes_round else span
    place = backdrop(stream.child("place"), split, farthest, reach)
    count = stream.child("count").integer(*_VIEW.clutter)
    about = clutter(stream.child("clutter"), split, place, cameras[FRAMES // 2], count, near=span / 2 + 0.5)
    actors = [_actor(stream.child("actor", n), split, n, many, camera.turn[0]) for n in range(many)]
    return tuple(
        place.scene(seen, *(actor.shapes(frame / (FRAMES - 1)) for actor in actors), about)
        for frame, seen in enumerate(cameras)
    )


def _cameras(stream: Stream, camera: Camera) -> list[Camera]:
    """A camera's way through a clip: it stands, pans, goes round what it looks at, or nearer."""
    move = stream.choice(("stand", "stand", "pan", "round", "nearer"))
    angle, tilt, near = 0.0, 0.0, 0.0
    if move == "pan":
        angle, tilt = stream.uniform(5, 14) * stream.choice((-1, 1)), stream.uniform(-5, 5)
    elif move == "round":
        angle = stream.uniform(15, 45) * stream.choice((-1, 1))
    elif move == "nearer":
        near = stream.uniform(0.15, 0.4)
    way = []
    for frame in range(FRAMES):
        share = frame / (FRAMES - 1) - (0.0 if move == "nearer" else 0.5)
        at = _along(camera.at, (0.0, _EYE, 0.0), share * near)
        if move == "round":
            at = _around(at, share * angle)
        yaw, pitch, roll = camera.turn
        way.append(Camera(at, (yaw + share * angle, pitch + share * tilt, roll), camera.fov))
    return way


def _around(at: Vector, angle: float) -> Vector:
    """A point turned to the left about the upright through the origin."""
    sine, cosine = heading(angle)
    return at[0] * cosine + at[2] * sine, at[1], at[2] * cosine - at[0] * sine


@final
class _Actor(NamedTuple):
    """Something that moves; ``pose`` gives place and yaw from 0 (the clip begins) to 1 (it ends)."""

    parts: tuple[Part, ...]
    coat: Sequence[Texture]
    size: float
    instance: int
    pose: Callable[[float], tuple[Vector, float]]

    def shapes(self, share: float) -> tuple[Shape, ...]:
        """It, at one moment."""
        at, yaw = self.pose(share)
        return placed(self.parts, self.coat, at, yaw, self.size, 0, self.instance)


def _actor(stream: Stream, split: Split, number: int, many: int, yaw: float) -> _Actor:
    """One of several, side by side as a camera of that yaw sees them."""
    shape = stream.child("shape")
    if stream.chance(0.6):
        parts = creature(stream.integer(0, len(BREEDS)), shape)
    else:
        parts = thing(stream.choice(tuple(THINGS)), shape)
    coat = [material(stream.child("coat", n), split, kinds=(*CALM, *CALM, "dots", "stripes")) for n in range(3)]
    middle = ahead((0.0, 0.0, 0.0), yaw - 90, (number - (many - 1) / 2) * _APART)
    middle = ahead(middle, yaw, stream.uniform(-0.5, 0.5) * (many > 1))
    return _Actor(parts, coat, stream.uniform(0.9, 1.2), number + 1, _path(stream.child("path"), middle))


def _path(stream: Stream, middle: Vector) -> Callable[[float], tuple[Vector, float]]:
    """A way to move about a place: straight on, in hops, round a circle, or turning on the spot."""
    kind = stream.choice(("walk", "walk", "hop", "circle", "turn"))
    yaw, far = stream.uniform(0, 360), stream.uniform(0.45, 0.85)
    swing, hop = stream.uniform(90, 220) * stream.choice((-1, 1)), stream.uniform(0.15, 0.4)
    hops = stream.integer(1, 4)

    def pose(share: float) -> tuple[Vector, float]:
        if kind == "turn":
            return middle, yaw + swing * share
        if kind == "circle":  # the front of things is +z, a camera's is -z
            along = yaw + swing * share
            return ahead(middle, along, 0.4 * far), along + (270.0 if swing > 0 else 90.0)
        x, y, z = ahead(middle, yaw, (share - 0.5) * far)
        if kind == "hop":
            phase = share * hops % 1.0
            y += hop * 4 * phase * (1 - phase)
        return (x, y, z), yaw + 180.0

    return pose
