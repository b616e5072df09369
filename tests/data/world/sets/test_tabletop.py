"""Counting: everything that counts is seen, and nothing else tells."""

import numpy as np
import pytest

from virb.data.world._render import render
from virb.data.world._rendering import render_example
from virb.data.world._stream import Stream
from virb.data.world.sets.tabletop import COUNTS, SET
from virb.tasks import TASKS

ROWS = range(48)


@pytest.fixture(scope="module")
def accepted():
    """Accepted drawings with their frames, a row each."""
    found = []
    for row in ROWS:
        for attempt in range(50):
            drawn = SET.draw(Stream("world", "tabletop", "test", row, attempt), "test", row)
            frame = render(drawn.moments[0], 64)
            if SET.accept(drawn, [frame]):
                found.append((drawn, frame))
                break
    return found


def test_nearly_every_drawing_is_accepted_before_long(accepted):
    assert len(accepted) == len(ROWS)


def test_the_task_names_the_counts(accepted):
    assert TASKS.load("world-count").target.names == COUNTS == tuple(str(count) for count in range(3, 11))


def test_as_many_things_are_seen_as_the_label_says(accepted):
    for drawn, frame in accepted:
        ids, pixels = np.unique(frame.instances[frame.instances > 0], return_counts=True)
        assert len(ids) == int(COUNTS[drawn.labels["count"]])
        assert pixels.min() >= 20 * (64 / 96) ** 2


def test_a_hidden_thing_is_noticed(accepted):
    drawn, frame = accepted[0]
    counted = frame.instances.copy()
    frame.instances[frame.instances == 2] = 0
    try:
        assert not SET.accept(drawn, [frame])
    finally:
        frame.instances[:] = counted


def test_things_do_not_run_into_one_another_and_stand_on_the_ground(accepted):
    for drawn, _ in accepted:
        things = [shape for shape in drawn.moments[0].shapes if shape.instance]
        feet = {round(shape.at[1] - shape.size[1], 9) for shape in things}
        assert len(feet) == 1
        for n, one in enumerate(things):
            for other in things[:n]:
                gap = np.hypot(one.at[0] - other.at[0], one.at[2] - other.at[2])
                assert gap > 0.9 * (min(one.size[0], one.size[2]) + min(other.size[0], other.size[2]))


def test_all_colours_are_of_one_palette_that_the_ground_shares(accepted):
    shared = 0
    for drawn, _ in accepted:
        shapes = drawn.moments[0].shapes
        things = {colour for shape in shapes if shape.instance for colour in shape.texture.colours}
        ground = next(shape for shape in reversed(shapes) if not shape.instance).texture.colours
        assert len(things) <= 4
        assert len(things | set(ground)) <= 5
        shared += bool(things & set(ground))
    assert shared > 0.7 * len(accepted)


def test_the_area_of_all_things_does_not_tell_their_number():
    counts, areas = [], []
    for row in range(160):
        drawn = SET.draw(Stream("world", "tabletop", "fit", row, 0), "fit", row)
        areas.append(np.mean(render(drawn.moments[0], 32).instances > 0))
        counts.append(drawn.labels["count"])
    assert abs(np.corrcoef(counts, areas)[0, 1]) < 0.3


def test_rendering_again_gives_the_same_count():
    example = render_example("tabletop", SET, "select", 7, 48)
    assert example.labels == {"count": 7}
