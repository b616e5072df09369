"""Forty kinds of things, few of each."""

import math

import numpy as np

from virb.data.world._parts import bounds
from virb.data.world._rendering import SPLITS
from virb.data.world._stream import Stream
from virb.data.world._things import FORTY, THINGS, thing
from virb.data.world.sets.few import SET
from virb.data.world.sets.objects import SET as OBJECTS
from virb.tasks import TASKS


def draw(row, split="fit"):
    return SET.draw(Stream("world", "few", split, row, 0), split, row)


def test_the_task_names_the_kinds_in_the_order_of_their_ids():
    assert TASKS.load("world-few").target.names == tuple(FORTY) == SET.classes["label"]


def test_there_are_forty_kinds_the_twenty_of_objects_among_them():
    assert len(FORTY) == 40
    assert set(THINGS) < set(FORTY)
    assert list(FORTY) == sorted(FORTY)
    assert OBJECTS.classes["label"] == tuple(THINGS)


def test_there_are_thirty_labelled_examples_of_each_kind():
    assert SET.examples == {"fit": 24 * 40, "select": 6 * 40, "test": 25 * 40}
    for split in SPLITS:
        assert [draw(row, split).labels["label"] for row in range(41)] == [*range(40), 0]


def test_every_kind_stands_on_the_ground_and_is_a_metre_across():
    for kind in FORTY:
        for number in range(3):
            low, high = bounds(thing(kind, Stream("test", number)))
            assert low[1] == 0 or abs(low[1]) < 1e-9
            assert math.isclose(math.dist(low, high), 1.0, rel_tol=1e-6)


def test_no_two_instances_of_a_kind_are_alike():
    for kind in FORTY:
        assert len({thing(kind, Stream("test", number)) for number in range(5)}) == 5


def test_things_turn_to_the_camera_within_limits_and_to_both_sides():
    """The yaw of a thing that is not turned itself, against the direction of the camera."""
    turned = []
    for row in range(0, 400, 40):
        scene = draw(row + tuple(FORTY).index("mug")).moments[0]
        body = next(shape for shape in scene.shapes if shape.instance == 1)
        front = math.degrees(math.atan2(scene.camera.at[0], scene.camera.at[2]))
        turned.append((body.turn[0] - front + 180) % 360 - 180)
    assert np.abs(turned).max() <= 65
    assert min(turned) < -10
    assert max(turned) > 10
