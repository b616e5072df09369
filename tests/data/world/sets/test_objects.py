"""Things in the middle of the image."""

from collections import Counter

import numpy as np
import pytest

from virb.data.world._render import render
from virb.data.world._stream import Stream
from virb.data.world._things import THINGS
from virb.data.world.sets.objects import SET
from virb.data.world.sets.objects_shifted import SET as SHIFTED
from virb.tasks import TASKS

SETS = {"objects": SET, "objects-shifted": SHIFTED}


def draw(name, row, split="test"):
    return SETS[name].draw(Stream("world", name, split, row, 0), split, row)


def accepted(name, rows, size=48):
    for row in rows:
        drawn = draw(name, row)
        frames = [render(scene, size) for scene in drawn.moments]
        if SETS[name].accept(drawn, frames):
            yield drawn, frames[0]


def test_the_tasks_name_the_classes_in_the_order_of_their_ids():
    for task in ("world-object", "world-object-v2"):
        assert TASKS.load(task).target.names == tuple(THINGS) == SET.classes["label"]
    assert TASKS.load("world-object-v2").trained_on == "world-object"


def test_every_split_has_as_many_of_each_kind():
    for split in ("fit", "select", "test"):
        labels = [row % len(THINGS) for row in range(SET.examples[split])]
        assert set(Counter(labels).values()) == {SET.examples[split] // 20}
    assert [draw("objects", row).labels["label"] for row in range(40)] == [*range(20), *range(20)]


def test_the_shifted_set_has_a_test_split_only():
    assert SHIFTED.examples == {"fit": 0, "select": 0, "test": 1000}


@pytest.mark.parametrize("name", SETS)
def test_the_thing_of_the_label_is_seen_whole_and_large(name):
    shares = []
    for drawn, frame in accepted(name, range(60)):
        seen = frame.instances == 1
        assert set(frame.labels[seen]) == {drawn.labels["label"] + 1}
        assert not frame.labels[~seen].any()
        rows, columns = np.nonzero(seen)
        assert 0 < rows.min() <= rows.max() < 47
        assert 0 < columns.min() <= columns.max() < 47
        shares.append(max(np.ptp(rows), np.ptp(columns)) / 48)
    assert len(shares) > 30
    assert np.median(shares) > (0.45 if name == "objects" else 0.35)


def test_the_shifted_set_is_seen_otherwise():
    pitches, middles, others = {}, {}, {}
    for name in SETS:
        found = list(accepted(name, range(60)))
        pitches[name] = np.std([drawn.moments[0].camera.turn[1] for drawn, _ in found])
        places = [np.argwhere(frame.instances == 1).mean(0) / 48 - 0.5 for _, frame in found]
        middles[name] = np.abs(places).mean()
        others[name] = np.mean([len(drawn.moments[0].shapes) for drawn, _ in found])
    for measure in (pitches, middles, others):
        assert measure["objects-shifted"] > 1.25 * measure["objects"]


def test_materials_do_not_depend_on_the_kind_of_thing():
    """Of one stream, every kind wears the same materials."""
    for number in range(5):
        worn = set()
        for row in range(len(THINGS)):
            drawn = SET.draw(Stream("test", number), "fit", row)
            textures = [shape.texture for shape in drawn.moments[0].shapes if shape.instance == 1]
            assert len(set(textures)) <= 3
            worn |= set(textures)
        assert len(worn) == 3


def test_a_small_thing_and_one_at_the_edge_are_refused():
    drawn, frame = next(accepted("objects", range(10)))
    frame.instances[:] = 0
    frame.instances[20:22, 20:22] = 1
    assert not SET.accept(drawn, [frame])
    frame.instances[10:30, 10:30] = 1
    assert SET.accept(drawn, [frame])
    frame.instances[0, 20] = 1
    assert not SET.accept(drawn, [frame])
