"""Six moments of something that does something: what does it do?"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import NamedTuple, final

import numpy as np

from virb.data.world._camera import project
from virb.data.world._creatures import BREEDS, creature
from virb.data.world._frame import Frame
from virb.data.world._materials import CALM, material
from virb.data.world._parts import Part, bounds, placed, rotated
from virb.data.world._pieces import ahead, heading
from virb.data.world._posing import tipped
from virb.data.world._scene import Camera, Scene, Shape, Texture, Vector
from virb.data.world._stage import View, backdrop, clutter, viewpoint
from virb.data.world._stream import Stream
from virb.data.world._things import THINGS, thing
from virb.data.world.sets import Drawn, SceneSet, Split

ACTIONS = (
    "goes left",
    "goes right",
    "comes nearer",
    "goes away",
    "falls over",
    "gets up",
    "jumps",
    "turns round",
    "rocks",
    "pushes",
)
"""Left and right, nearer and away, over and up show the same images in another order."""

FRAMES = 6
"""Of a clip."""
ACTOR, OTHER = 1, 2
"""Instances of what acts, and of what stands by and may be pushed."""

_VIEW = View(elevation=(6.0, 30.0), share=(0.46, 0.58), off_centre=0.03, fov=(40.0, 54.0), clutter=(2, 6), roll=3.0)
_WAY = (0.45, 0.8)
"""Metres that something goes, from and to: half of it on either side of a random middle."""
_SMALLEST = 0.015
"""Share of each image that the actor covers at least."""
_MARGIN = 0.04
"""Share of the image's side that no part's middle comes nearer to the edge."""
_REACH = 1.6
"""Metres around the origin in which things act, and no clutter stands."""


class Pose(NamedTuple):
    """How something stands at one moment.

    Attributes:
        right: metres from its middle to the right, as the camera sees it.
        near: metres towards the camera.
        high: metres above the ground.
        spin: degrees to the left about the upright.
        tip: degrees by which it leans over.
        pushed: metres to the right that what stands by has been pushed.
    """

    right: float = 0.0
    near: float = 0.0
    high: float = 0.0
    spin: float = 0.0
    tip: float = 0.0
    pushed: float = 0.0


class _Body(NamedTuple):
    """Something with a shape and a coat."""

    parts: tuple[Part, ...]
    coat: Sequence[Texture]
    size: float
    instance: int

    @property
    def reach(self) -> float:
        """Metres from its foot within which it stays, however it is turned."""
        low, high = bounds(self.parts)
        return self.size * math.hypot(max(-low[0], high[0]), max(-low[2], high[2]))

    def stands(self, at: Vector, yaw: float) -> tuple[Shape, ...]:
        """It, upright."""
        return placed(self.parts, self.coat, at, yaw, self.size, 0, self.instance)

    @property
    def flat(self) -> bool:
        """Whether it is lower than it is wide across: then one could not say whether it lies."""
        (west, low, north), (east, high, south) = bounds(self.parts)
        return high - low < 0.8 * min(east - west, south - north)

    @property
    def across(self) -> float:
        """Where it is narrow: degrees from its heading to the side over which it falls."""
        (west, _, north), (east, _, south) = bounds(self.parts)
        return 90.0 if east - west <= south - north else 0.0

    def side(self, yaw: float, towards: float) -> float:
        """Metres from its foot to its farthest corner in a direction, once it is turned."""
        (west, _, north), (east, _, south) = bounds(self.parts)
        sine, cosine = heading(towards)
        corners = [rotated((x, 0.0, z), (yaw, 0, 0)) for x in (west, east) for z in (north, south)]
        return self.size * max(-x * sine - z * cosine for x, _, z in corners)


@final
class Clips(SceneSet):
    """An animal or a thing that acts, six moments each."""

    title = "Clips"
    about = (
        "Six moments of an animal or a thing of any kind that goes somewhere, falls, gets up, jumps, turns, rocks or "
        "pushes another, before a camera that moves a little. Kind, coat, heading and place are random, and half of "
        "the actions show the images of another in a different order, so that one image seldom tells."
    )
    examples: Mapping[Split, int] = {"fit": 1000, "select": 250, "test": 1000}
    images = FRAMES
    classes: Mapping[str, tuple[str, ...]] = {"action": ACTIONS}

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """See :class:`SceneSet`. Actions come in turn, so every split has as many of each."""
        action = row % len(ACTIONS)
        for attempt in count():
            moments = _clip(stream.child(attempt), split, ACTIONS[action])
            if moments is not None:
                return Drawn(moments, {"action": action})
        raise AssertionError("count() does not end")

    def accept(self, drawn: Drawn, frames: Sequence[Frame]) -> bool:
        """Refuse a clip in which the actor is hidden or tiny at some moment."""
        return all(float((frame.instances == ACTOR).mean()) >= _SMALLEST for frame in frames)


def poses(draw: Stream, action: str) -> list[Pose]:
    """What happens: a pose a moment. Every action carries a little of the others.

    Args:
        draw: randomness of the action.
        action: one of :data:`ACTIONS`.
    """
    right, near, spin = draw.uniform(-0.1, 0.1), draw.uniform(-0.1, 0.1), draw.uniform(-15, 15)
    high: Callable[[float], float] = _nothing
    tip: Callable[[float], float] = _nothing
    touch = math.inf
    if action in ("goes left", "goes right"):
        right = draw.uniform(*_WAY) * (1 if action == "goes right" else -1)
    elif action in ("comes nearer", "goes away"):
        near = 1.3 * draw.uniform(*_WAY) * (1 if action == "comes nearer" else -1)
    elif action == "turns round":
        spin = draw.uniform(110, 220) * draw.choice((-1, 1))
    elif action == "jumps":
        high = _hops(draw)
    elif action == "rocks":
        tip = _swings(draw)
    elif action == "falls over":
        tip = _fall(draw)
    elif action == "gets up":
        fall = _fall(draw)
        tip = lambda share: fall(1 - share)  # noqa: E731 - the same, backwards
    else:
        right, touch = draw.uniform(*_WAY) * draw.choice((-1, 1)), draw.uniform(0.0, 0.35)
    found = []
    for frame in range(FRAMES):
        share = frame / (FRAMES - 1)
        way = share - 0.5
        pushed = max(0.0, share - touch) * right
        found.append(Pose(way * right, way * near, high(share), way * spin, tip(share), pushed))
    return found


def _nothing(share: float) -> float:
    return 0.0


def _hops(draw: Stream) -> Callable[[float], float]:
    height, hops, start = draw.uniform(0.22, 0.45), draw.uniform(1.0, 2.0), draw.uniform()

    def high(share: float) -> float:
        phase = (share * hops + start) % 1.0
        return height * 4 * phase * (1 - phase)

    return high


def _swings(draw: Stream) -> Callable[[float], float]:
    angle, swings, start = draw.uniform(14, 26), draw.uniform(1.0, 1.6), draw.uniform()
    return lambda share: angle * heading(360 * (swings * share + start))[0]


def _fall(draw: Stream) -> Callable[[float], float]:
    start, end = draw.uniform(0.0, 0.2), draw.uniform(0.75, 1.0)

    def tip(share: float) -> float:
        done = min(1.0, max(0.0, (share - start) / (end - start)))
        return 90.0 * done * (0.4 + 0.6 * done)

    return tip


def _clip(draw: Stream, split: Split, action: str) -> tuple[Scene, ...] | None:
    """The moments of a clip; nothing where something would leave the image or run into something else."""
    camera = viewpoint(draw.child("camera"), _VIEW, (0.0, 0.35, 0.0))
    cameras, level = _cameras(draw.child("move"), camera), camera.turn[0]
    actor = _actor(draw.child("actor"), split, draw.uniform(0.85, 1.15))
    other = _body(draw.child("other"), split, OTHER, draw.uniform(0.5, 0.8))
    way = poses(draw.child("action"), action)
    middle = _beside((0.0, 0.0, 0.0), level, draw.uniform(-0.35, 0.35), draw.uniform(-0.35, 0.35))
    yaw, over = draw.uniform(0, 360), actor.across + draw.choice((0, 180))
    turned = draw.uniform(0, 360)
    by: tuple[float, float] | None
    if action == "pushes":
        heads = level - math.copysign(90, way[-1].right)
        touching = actor.side(yaw, heads) + other.side(turned, heads + 180)
        by = _ahead_of(draw.child("by"), touching, way)
    else:
        by = _aside(draw.child("by"), 0.85 * (actor.reach + other.reach), way)
    if by is None:
        return None
    shown = []
    for pose, seen in zip(way, cameras, strict=True):
        at = _beside(middle, level, pose.right, pose.near)
        shapes = actor.stands((at[0], pose.high, at[2]), yaw + pose.spin)
        if pose.tip:
            lean = yaw + pose.spin + over + (0 if pose.tip > 0 else 180)
            pivot = ahead(at, lean, actor.side(yaw + pose.spin, lean))
            shapes = tipped(shapes, pivot, lean, abs(pose.tip))
        shapes += other.stands(_beside(middle, level, by[0] + pose.pushed, by[1]), turned)
        if not _inside(seen, shapes):
            return None
        shown.append(shapes)
    place = backdrop(draw.child("place"), split, max(cameras, key=_far), _REACH + 0.4)
    about = clutter(draw.child("clutter"), split, place, camera, draw.integer(*_VIEW.clutter), near=_REACH)
    return tuple(place.scene(seen, shapes, about) for seen, shapes in zip(cameras, shown, strict=True))


def _far(camera: Camera) -> float:
    return math.hypot(camera.at[0], camera.at[2])


def _actor(draw: Stream, split: Split, size: float) -> _Body:
    """Something that can fall over, whatever it will do: so its kind does not tell."""
    for attempt in count():
        actor = _body(draw.child(attempt), split, ACTOR, size)
        if not actor.flat:
            return actor
    raise AssertionError("count() does not end")


def _body(draw: Stream, split: Split, instance: int, size: float) -> _Body:
    """An animal or a thing of any kind, in any coat."""
    shape = draw.child("shape")
    if draw.chance(0.5):
        parts = creature(draw.integer(0, len(BREEDS)), shape)
    else:
        parts = thing(draw.choice(tuple(THINGS)), shape)
    coat = [material(draw.child("coat", n), split, kinds=(*CALM, *CALM, "dots", "stripes")) for n in range(3)]
    return _Body(parts, coat, size, instance)


def _ahead_of(draw: Stream, touching: float, way: Sequence[Pose]) -> tuple[float, float]:
    """Where something stands that is met on the way and pushed from there: metres to the right, and nearer."""
    last = way[-1]
    return last.right - last.pushed + math.copysign(touching, last.right), draw.uniform(-0.06, 0.06)


def _aside(draw: Stream, apart: float, way: Sequence[Pose]) -> tuple[float, float] | None:
    """Where something stands out of the way, but not before it; nothing if no place is found."""
    for _ in range(20):
        right, near = draw.uniform(-1.2, 1.2), draw.uniform(-0.6, 0.1)
        if all(math.hypot(right - pose.right, near - pose.near) > apart for pose in way):
            return right, near
    return None


def _beside(at: Vector, yaw: float, right: float, near: float) -> Vector:
    """A place to the right of another and nearer, as a camera of that yaw sees it."""
    return ahead(ahead(at, yaw - 90, right), yaw + 180, near)


def _cameras(draw: Stream, camera: Camera) -> list[Camera]:
    """A camera held in the hand: it drifts and pans a little, half of it before the middle of the clip."""
    right, near, lift = draw.uniform(-0.14, 0.14), draw.uniform(-0.14, 0.14), draw.uniform(-0.05, 0.05)
    pan, tilt, lean = draw.uniform(-3, 3), draw.uniform(-2, 2), draw.uniform(-2, 2)
    yaw, pitch, roll = camera.turn
    way = []
    for frame in range(FRAMES):
        share = frame / (FRAMES - 1) - 0.5
        x, y, z = _beside(camera.at, yaw, share * right, -share * near)
        turn = (yaw + share * pan, pitch + share * tilt, roll + share * lean)
        way.append(Camera((x, y + share * lift, z), turn, camera.fov))
    return way


def _inside(camera: Camera, shapes: Sequence[Shape]) -> bool:
    """Whether every part's middle is seen well inside the image."""
    places, _ = project(camera, np.array([shape.at for shape in shapes]), 1)
    return bool(((places > _MARGIN) & (places < 1 - _MARGIN)).all())


SET = Clips()
