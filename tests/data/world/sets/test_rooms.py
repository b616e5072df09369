"""Two views of a room: the label is what happened between the poses, and nothing else gives way."""

from collections import Counter

import numpy as np
import pytest

from virb.data.world._camera import rotation
from virb.data.world._frame import Frame
from virb.data.world._render import render
from virb.data.world._scene import Scene, Vector
from virb.data.world._stream import Stream
from virb.data.world.sets import Drawn
from virb.data.world.sets.rooms import ACTIONS, ENOUGH, SET, seen

Example = tuple[Drawn, list[Frame]]


def example(row: int, split: str = "fit", size: int = 32) -> Example:
    for attempt in range(50):
        drawn = SET.draw(Stream("test", row, attempt), split, row)
        frames = [render(scene, size) for scene in drawn.moments]
        if SET.accept(drawn, frames):
            return drawn, frames
    raise AssertionError


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [example(row) for row in range(15)]


def room_between(scene: Scene, at: Vector) -> float:
    """Metres from a point to the nearest box around a shape, at most its true distance; below 0 inside."""
    distances = []
    for shape in scene.shapes:
        turn = np.array(rotation(shape.turn)).reshape(3, 3)
        inside = np.abs(turn.T @ (np.array(at) - shape.at)) - shape.size
        distances.append(np.linalg.norm(np.maximum(inside, 0)) + min(0, inside.max()))
    return float(min(distances))


def test_the_camera_is_clear_of_everything_before_and_after(examples: list[Example]) -> None:
    assert all(room_between(scene, scene.camera.at) > 0.15 for drawn, _ in examples for scene in drawn.moments)


def test_only_the_camera_moves(examples: list[Example]) -> None:
    for drawn, _ in examples:
        before, after = drawn.moments
        assert before.shapes == after.shapes
        assert before.light == after.light
        assert before.camera.fov == after.camera.fov


def test_each_view_shows_three_things(examples: list[Example]) -> None:
    for _, frames in examples:
        for frame in frames:
            things = [number for number in np.unique(frame.instances) if number]
            assert sum((frame.instances == number).mean() >= ENOUGH for number in things) >= 3


def test_a_view_of_nothing_is_refused() -> None:
    frame = example(0)[1][0]
    empty = Frame(frame.colour, frame.depth, frame.labels, np.zeros_like(frame.instances), frame.normals, frame.pose)
    assert seen(empty) == 0
    assert not SET.accept(Drawn(()), [frame, empty])


def motion(frames: list[Frame]) -> np.ndarray:
    """Metres ahead, degrees to the left, degrees up, from the poses that the renderer used."""
    centres = [-frame.pose[:, :3].T @ frame.pose[:, 3] for frame in frames]
    axes = [-frame.pose[2, :3] for frame in frames]
    left = [np.degrees(np.arctan2(-axis[0], -axis[2])) for axis in axes]
    up = [np.degrees(np.arcsin(axis[1])) for axis in axes]
    along = (axes[0] + axes[1]) * [1, 0, 1]
    ahead = (centres[1] - centres[0]) @ along / np.linalg.norm(along)
    return np.array([ahead, (left[1] - left[0] + 180) % 360 - 180, up[1] - up[0]])


def test_the_action_is_what_happened_between_the_poses(examples: list[Example]) -> None:
    for drawn, frames in examples:
        ahead, left, up = motion(frames)
        rules = (ahead > 0.24, left > 9.9, left < -9.9, up > 9.9, up < -9.9)  # a little of the others is in each
        assert [ACTIONS[n] for n, holds in enumerate(rules) if holds] == [ACTIONS[drawn.labels["action"]]]


def test_every_action_is_as_frequent() -> None:
    labels = Counter(SET.draw(Stream("test", row), "test", row).labels["action"] for row in range(50))
    assert set(labels.values()) == {10}
    assert all(count % len(ACTIONS) == 0 for count in SET.examples.values())


def test_no_two_splits_share_a_texture() -> None:
    seeds = [
        {shape.texture.seed for row in range(10) for shape in SET.draw(Stream(row), split, row).moments[0].shapes}
        for split in ("fit", "select", "test")
    ]
    assert len(set.union(*seeds)) == sum(map(len, seeds))


def test_the_same_stream_draws_the_same_example() -> None:
    assert SET.draw(Stream("a"), "fit", 3) == SET.draw(Stream("a"), "fit", 3)
    assert SET.draw(Stream("a"), "fit", 3) != SET.draw(Stream("b"), "fit", 3)


def test_depth_is_that_of_the_first_view_and_known_everywhere(examples: list[Example]) -> None:
    for drawn, frames in examples:
        depth = SET.truths(drawn, frames)["depth"]
        np.testing.assert_array_equal(depth[..., 0], frames[0].depth)
        assert np.isfinite(depth).all()
        assert (depth > 0).all()
