"""Flats: the floor is where one can stand, and depth has holes."""

import numpy as np
import pytest

from virb.data.world._camera import rotation
from virb.data.world._frame import Frame
from virb.data.world._interiors import LABELS
from virb.data.world._render import render
from virb.data.world._scene import Scene, Shape
from virb.data.world._stream import Stream
from virb.data.world.sets import Drawn
from virb.data.world.sets.flats import FARTHEST, HEADROOM, SET

SIZE = 24
Example = tuple[Drawn, Frame, dict[str, np.ndarray]]


def example(row: int, split: str = "fit") -> Example:
    for attempt in range(50):
        drawn = SET.draw(Stream("test", row, attempt), split, row)
        frame = render(drawn.moments[0], SIZE)
        if SET.accept(drawn, [frame]):
            return drawn, frame, SET.truths(drawn, [frame])
    raise AssertionError


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [example(row) for row in range(24)]


def points(scene: Scene, frame: Frame) -> np.ndarray:
    """What each pixel shows, in the world: from depth and pose alone."""
    seen = np.where(np.isfinite(frame.depth), frame.depth, 0)
    reach = np.tan(np.radians(scene.camera.fov) / 2) * seen
    offset = (np.arange(SIZE) + 0.5) / SIZE * 2 - 1
    local = np.stack([offset[None, :] * reach, -offset[:, None] * reach, -seen], axis=-1)
    return (local - frame.pose[:, 3]) @ frame.pose[:, :3]


def inside(shape: Shape, at: np.ndarray) -> np.ndarray:
    """Which points are inside a solid."""
    local = (at - shape.at) @ np.array(rotation(shape.turn)).reshape(3, 3) / shape.size
    x, y, z = np.moveaxis(local, -1, 0)
    if shape.kind == "box":
        return np.abs(local).max(axis=-1) < 1
    if shape.kind == "ellipsoid":
        return (local**2).sum(axis=-1) < 1
    radius = 1 if shape.kind == "cylinder" else (1 - y) / 2
    return (np.abs(y) < 1) & (np.hypot(x, z) < radius)


def test_the_camera_is_inside_of_nothing(examples: list[Example]) -> None:
    for drawn, _, _ in examples:
        scene = drawn.moments[0]
        around = np.array(scene.camera.at) + 0.12 * np.concatenate([np.eye(3), -np.eye(3), np.zeros((1, 3))])
        assert not any(inside(shape, around).any() for shape in scene.shapes if shape.kind != "plane")


def test_walkable_is_level_and_on_the_ground(examples: list[Example]) -> None:
    for drawn, frame, truths in examples:
        free = truths["walkable"] == 1
        up = frame.normals @ frame.pose[:, :3]
        floor = frame.labels == LABELS["floor"]  # a rug has an edge, a centimetre high
        np.testing.assert_allclose(up[free & floor][:, 1], 1, atol=1e-4)
        assert np.all(np.abs(points(drawn.moments[0], frame)[free][:, 1] - 0.01) < 0.013)


def test_walkable_is_the_floor_with_headroom_and_only_that(examples: list[Example]) -> None:
    heights = np.arange(0.02, HEADROOM, 0.0101)
    checked = {0: 0, 1: 0}
    for drawn, frame, truths in examples[:12]:
        scene = drawn.moments[0]
        floor = np.isin(frame.labels, (LABELS["floor"], LABELS["rug"]))
        assert not truths["walkable"][~floor].any()
        feet = points(scene, frame)[floor] * [1, 0, 1]
        above = feet[:, None] + heights[:, None] * [0, 1, 0]
        blocked = np.zeros(len(feet), bool)
        for shape in scene.shapes:
            if shape.kind != "plane":
                blocked |= inside(shape, above).any(axis=1)
        wrong = (truths["walkable"][floor] == 1) == blocked
        assert wrong.mean() <= 0.02 if len(wrong) else True  # a foot on the very edge of a table top may go either way
        for value in (0, 1):
            checked[value] += int((truths["walkable"][floor] == value).sum())
    assert min(checked.values()) > 20  # both kinds of floor were seen


def test_depth_is_the_renderer_s_but_for_holes(examples: list[Example]) -> None:
    for _, frame, truths in examples:
        depth = truths["depth"][..., 0]
        known = np.isfinite(depth)
        np.testing.assert_array_equal(depth[known], frame.depth[known])
        assert np.isnan(depth[~known]).all()
        assert (depth[known] > 0).all()
        assert (depth[known] <= FARTHEST).all()


def test_a_share_of_depth_is_missing_as_from_a_sensor(examples: list[Example]) -> None:
    shares = [float(np.isnan(truths["depth"]).mean()) for _, _, truths in examples]
    assert 0.03 < np.mean(shares) < 0.15
    assert max(shares) < 0.6
    assert min(shares) > 0


def test_truths_are_the_same_every_time() -> None:
    drawn, frame, truths = example(0)
    again = SET.truths(drawn, [frame])
    for column, truth in truths.items():
        np.testing.assert_array_equal(truth, again[column])


def test_floors_are_sometimes_all_and_sometimes_nothing(examples: list[Example]) -> None:
    shares = [float(truths["walkable"].mean()) for _, _, truths in examples]
    assert min(shares) < 0.05
    assert max(shares) > 0.25


def test_views_show_three_things(examples: list[Example]) -> None:
    assert all(len(np.unique(frame.instances[frame.instances > 0])) >= 3 for _, frame, _ in examples)


def test_no_two_splits_share_a_texture() -> None:
    seeds = [
        {shape.texture.seed for row in range(6) for shape in SET.draw(Stream(row), split, row).moments[0].shapes}
        for split in ("fit", "select", "test")
    ]
    assert len(set.union(*seeds)) == sum(map(len, seeds))
