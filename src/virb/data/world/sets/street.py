"""A street from a driving car, two moments: how every pixel moves, and what it shows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from virb.data.world._frame import Frame
from virb.data.world._pieces import Box, ahead
from virb.data.world._places import sky, sun
from virb.data.world._scene import Camera, Scene, Shape, Vector
from virb.data.world._stream import Stream
from virb.data.world._streets import LABELS, Street
from virb.data.world.sets import Drawn, SceneSet, Split

REGIONS = (*LABELS, "sky")

WIDE = 96
"""Pixels of the image whose pixels flow is counted in."""
FASTEST = 14.0
"""Pixels of flow that at most 1 in 50 pixels may exceed."""
VOID = 255
"""Region of what is too far or too small to be told."""
FAR = 60.0
"""Metres beyond which everything but the sky is void."""
TINY = 12 / 96**2
"""Share of the image below which a thing is void."""

DRIVES = ("ahead", "left", "right", "back", "wait")
SLOWEST = 0.25
"""Pixels of flow, on average over what is seen twice: less would be a picture shown twice."""


@final
class Streets(SceneSet):
    """Streets from a car, two moments each."""

    title = "Street"
    about = (
        "Two views of a street from a car that drives on, turns, backs or waits while others move; speed, turn, gaze "
        "and the street itself vary, so that flow does not follow from position."
    )
    examples: Mapping[Split, int] = {"fit": 1200, "select": 300, "test": 1000}
    images = 2
    classes: Mapping[str, tuple[str, ...]] = {"drive": DRIVES}
    regions: Mapping[str, tuple[str, ...]] = {"street": REGIONS}
    values: Mapping[str, int] = {"flow": 2}

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """Build a street, put the camera on it, and let everything move."""
        street = Street(stream.child("street"), split)
        label = row % len(DRIVES)
        drive = DRIVES[label]
        before, after = _drive(stream.child("camera"), street, drive)
        street.drive(stream.child("traffic"), _way(before, after), drive == "wait")
        light, above, moved = sun(stream.child("sun")), sky(stream.child("sky")), list(street.shapes)
        for start, end, step in street.movers:
            moved[start:end] = [_shifted(shape, step) for shape in moved[start:end]]
        moments = (
            Scene(tuple(street.shapes), before, light, above),
            Scene(tuple(moved), after, light, above),
        )
        return Drawn(moments, {"drive": label})

    def accept(self, drawn: Drawn, frames: Sequence[Frame]) -> bool:
        """Whether things are in view, little is too fast, and most of the first view is in the second."""
        first = frames[0]
        assert first.flow is not None
        assert first.visible is not None
        if first.visible.mean() < 0.4 or float(np.median(first.depth)) < 2.0:
            return False
        speed = np.hypot(*np.moveaxis(first.flow[first.visible], -1, 0)) * (WIDE / len(first.depth))
        return float(np.quantile(speed, 0.98)) <= FASTEST and float(speed.mean()) >= SLOWEST

    def truths(self, drawn: Drawn, frames: Sequence[Frame]) -> dict[str, NDArray[Any]]:
        """Flow in pixels of 96 x 96, NaN where what is seen is not in the second view; and regions."""
        first = frames[0]
        assert first.flow is not None
        assert first.visible is not None
        flow = np.where(first.visible[..., None], first.flow * (WIDE / len(first.depth)), np.nan)
        regions = np.where(first.labels > 0, first.labels - 1, REGIONS.index("sky")).astype(np.uint8)
        pixels = np.bincount(first.instances.ravel(), minlength=256)
        tiny = (pixels < TINY * first.instances.size)[first.instances] & (first.instances > 0)
        regions[tiny | (np.isfinite(first.depth) & (first.depth > FAR))] = VOID
        return {"flow": flow.astype(np.float32), "street": regions}


def _drive(draw: Stream, street: Street, drive: str) -> tuple[Camera, Camera]:
    """The camera before and after."""
    gaze = draw.uniform(-35, 35) if draw.chance(0.5) else draw.uniform(-6, 6)
    at = (street.lane + draw.uniform(-0.4, 0.4), draw.uniform(1.2, 2.4), draw.uniform(-2, 2))
    turn, fov = (gaze, draw.uniform(-8, 4), draw.uniform(-1.5, 1.5)), draw.uniform(50, 70)
    step, pan, tilt = 0.0, 0.0, 0.0
    if drive != "wait":
        step, pan, tilt = draw.uniform(0.2, 1.0), draw.uniform(-1.2, 1.2), draw.uniform(-0.5, 0.5)
    if drive == "back":
        step = -draw.uniform(0.15, 0.7)
    elif drive in ("left", "right"):
        step, pan = draw.uniform(0.05, 0.5), draw.uniform(1.5, 5.0) * (1 if drive == "left" else -1)
    there = ahead(at, (pan / 2) if abs(pan) > 1.2 else 0.0, step)
    after: Vector = (turn[0] + pan, turn[1] + tilt, turn[2])
    return Camera(at, turn, fov), Camera(there, after, fov)


def _way(before: Camera, after: Camera) -> Box:
    """What the car of the camera takes up at both moments, and a little more."""
    x, z = (before.at[0], after.at[0]), (before.at[2], after.at[2])
    return Box(min(x) - 1.0, max(x) + 1.0, 0.0, 2.6, min(z) - 3.0, max(z) + 3.0)


def _shifted(shape: Shape, step: Vector) -> Shape:
    return replace(shape, at=(shape.at[0] + step[0], shape.at[1] + step[1], shape.at[2] + step[2]))


SET = Streets()
