"""Images that are small from the start."""

import numpy as np

from virb.data import open_data
from virb.data.world._rendering import render_example
from virb.data.world._things import FORTY
from virb.data.world.sets import SETS
from virb.data.world.sets.few import SET as FEW
from virb.data.world.sets.tiny import SET
from virb.tasks import TASKS


def test_the_task_names_the_kinds_in_the_order_of_their_ids():
    assert TASKS.load("world-tiny").target.names == tuple(FORTY) == SET.classes["label"]


def test_images_are_rendered_at_32_pixels_and_kept_so(monkeypatch):
    monkeypatch.setattr(SET, "examples", {"fit": 2, "select": 1, "test": 1})
    data = open_data("world:tiny")
    assert data.read(0).shape == (32, 32, 3)
    np.testing.assert_array_equal(data.read(3), render_example("tiny", SET, "test", 0, 32).images[0])


def test_all_other_sets_have_96_pixels():
    assert {name: SETS.load(name).size for name in SETS.names() if SETS.load(name).size != 96} == {"tiny": 32}


def test_its_scenes_are_not_those_of_the_set_with_the_same_kinds():
    tiny, few = (render_example(name, scenes, "fit", 0, 16) for name, scenes in (("tiny", SET), ("few", FEW)))
    assert (tiny.images != few.images).mean() > 0.5
