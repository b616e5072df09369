"""Streets: flow is what geometry says, and nothing drives through anything."""

from collections.abc import Iterator

import numpy as np
import pytest

from virb.data.world._camera import rotation
from virb.data.world._frame import Frame
from virb.data.world._render import render
from virb.data.world._scene import Scene, Vector
from virb.data.world._stream import Stream
from virb.data.world._streets import LABELS, Street
from virb.data.world.sets import Drawn
from virb.data.world.sets.street import DRIVES, FAR, REGIONS, SET, VOID

SIZE = 32
Example = tuple[Drawn, list[Frame], dict[str, np.ndarray]]


def example(row: int, split: str = "fit") -> Example:
    for attempt in range(50):
        drawn = SET.draw(Stream("test", row, attempt), split, row)
        before, after = drawn.moments
        frames = [render(before, SIZE, after), render(after, SIZE)]
        if SET.accept(drawn, frames):
            return drawn, frames, SET.truths(drawn, frames)
    raise AssertionError


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [example(row) for row in range(15)]


def distance(scene: Scene, at: Vector) -> float:
    """Metres from a point to the nearest box around a solid, at most its true distance."""
    distances = []
    for shape in scene.shapes:
        if shape.kind != "plane":
            turn = np.array(rotation(shape.turn)).reshape(3, 3)
            outside = np.abs(turn.T @ (np.array(at) - shape.at)) - shape.size
            distances.append(np.linalg.norm(np.maximum(outside, 0)))
    return float(min(distances))


def expected(drawn: Drawn, frames: list[Frame], step: np.ndarray) -> np.ndarray:
    """Flow in pixels of 96, by depth and the two poses alone, of points that move by ``step`` in the world."""
    depth = np.where(np.isfinite(frames[0].depth), frames[0].depth, 1).astype(np.float64)
    spread = np.tan(np.radians(drawn.moments[0].camera.fov) / 2)
    x, y = np.meshgrid((np.arange(SIZE) + 0.5) / SIZE * 2 - 1, (np.arange(SIZE) + 0.5) / SIZE * 2 - 1)
    local = np.stack([x * spread * depth, -y * spread * depth, -depth], axis=-1)
    world = (local - frames[0].pose[:, 3]) @ frames[0].pose[:, :3] + step
    there = world @ frames[1].pose[:, :3].T + frames[1].pose[:, 3]
    moved = there[..., :2] / -there[..., 2:] / spread * [1, -1]
    return (moved - np.stack([x, y], axis=-1)) * 96 / 2


def steps(drawn: Drawn) -> Iterator[tuple[int, np.ndarray]]:
    """Which instances move, and how far."""
    for before, after in zip(drawn.moments[0].shapes, drawn.moments[1].shapes, strict=True):
        yield before.instance, np.subtract(after.at, before.at)


def test_flow_is_where_geometry_puts_each_point_at_the_next_moment(examples: list[Example]) -> None:
    static = moving = 0
    for drawn, frames, truths in examples:
        way = np.zeros((256, 3))
        for instance, step in steps(drawn):
            way[instance] = step
        moves = np.abs(way[frames[0].instances]).sum(axis=-1) > 0
        known = np.isfinite(truths["flow"]).all(axis=-1)
        reference = expected(drawn, frames, way[frames[0].instances])
        np.testing.assert_allclose(truths["flow"][known], reference[known], atol=0.02)
        static, moving = static + (known & ~moves).sum(), moving + (known & moves).sum()
    assert static > 1000
    assert moving > 100


def test_there_is_flow_exactly_where_both_views_show_the_same(examples: list[Example]) -> None:
    for _, frames, truths in examples:
        known = np.isfinite(truths["flow"]).all(axis=-1)
        assert np.isnan(truths["flow"][~known]).all()
        np.testing.assert_array_equal(known, frames[0].visible)
        assert not known[np.isinf(frames[0].depth)].any()


def test_the_camera_is_clear_of_everything_before_and_after(examples: list[Example]) -> None:
    assert all(distance(scene, scene.camera.at) > 0.4 for drawn, _, _ in examples for scene in drawn.moments)


def test_the_drive_is_what_happens_between_the_poses(examples: list[Example]) -> None:
    for drawn, frames, _ in examples:
        centres = [-frame.pose[:, :3].T @ frame.pose[:, 3] for frame in frames]
        ahead = -(centres[1] - centres[0])[2]
        yaws = [np.degrees(np.arctan2(frame.pose[2, 0], frame.pose[2, 2])) for frame in frames]
        left, drive = yaws[1] - yaws[0], DRIVES[drawn.labels["drive"]]
        holds = {
            "ahead": ahead > 0.19 and abs(left) < 1.3,
            "left": left > 1.4,
            "right": left < -1.4,
            "back": ahead < -0.1,
            "wait": np.array_equal(frames[0].pose, frames[1].pose),
        }
        assert [name for name, true in holds.items() if true] == [drive]


def test_only_vehicles_and_people_move(examples: list[Example]) -> None:
    movers = {LABELS["vehicle"], LABELS["person"]}
    moved = 0
    for drawn, _, _ in examples:
        for before, after in zip(drawn.moments[0].shapes, drawn.moments[1].shapes, strict=True):
            assert before.texture == after.texture
            if before != after:
                assert before.label in movers
                moved += 1
    assert moved


def test_nothing_stands_or_drives_in_anything_else() -> None:
    for row in range(20):
        street = Street(Stream("test", row), "fit")
        solid = street.taken
        for number, box in enumerate(solid):
            assert not any(box.meets(other) for other in solid[:number])


def test_regions_are_sky_where_nothing_is_and_void_where_it_is_far_or_tiny(examples: list[Example]) -> None:
    for _, frames, truths in examples:
        regions, depth = truths["street"], frames[0].depth
        np.testing.assert_array_equal(regions == REGIONS.index("sky"), np.isinf(depth))
        assert (regions[np.isfinite(depth) & (depth > FAR)] == VOID).all()
        known = (regions != VOID) & np.isfinite(depth)
        np.testing.assert_array_equal(regions[known], frames[0].labels[known] - 1)
        assert ((regions == VOID) & (depth <= FAR) & (frames[0].instances == 0)).sum() == 0


def test_views_show_three_things(examples: list[Example]) -> None:
    assert all(len(np.unique(frame.instances[frame.instances > 0])) >= 3 for _, (frame, _), _ in examples)


def test_flow_differs_in_direction_from_one_example_to_the_next(examples: list[Example]) -> None:
    flows = [np.nanmean(truths["flow"], axis=(0, 1)) for _, _, truths in examples]
    assert min(flow[0] for flow in flows) < -2
    assert max(flow[0] for flow in flows) > 2


def test_no_two_splits_share_a_texture() -> None:
    seeds = [
        {shape.texture.seed for row in range(5) for shape in SET.draw(Stream(row), split, row).moments[0].shapes}
        for split in ("fit", "select", "test")
    ]
    assert len(set.union(*seeds)) == sum(map(len, seeds))
