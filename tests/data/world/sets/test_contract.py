"""What every scene set must keep to, on a few small examples of each of its splits."""

from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from virb.data.world._materials import photo_of
from virb.data.world._rendering import SPLITS, VOID, render_example
from virb.data.world._stream import Stream
from virb.data.world.sets import SETS

SIZE = 48
EXAMPLES = 5
MOST_SHAPES = 400

ALL = pytest.mark.parametrize("name", SETS.names())


def first_rows(scenes, count=EXAMPLES):
    return [(split, row) for split in SPLITS for row in range(min(count, scenes.examples[split]))]


def drawn(name, split, row):
    return SETS.load(name).draw(Stream("world", name, split, row, 0), split, row)


def textures(name, split, count=20):
    """Every texture of the first drawings of a split."""
    scenes = SETS.load(name)
    found = (drawn(name, split, row) for row in range(min(count, scenes.examples[split])))
    return {shape.texture for example in found for scene in example.moments for shape in scene.shapes}


@ALL
def test_a_set_says_what_it_is(name):
    scenes = SETS.load(name)
    assert scenes.title
    assert scenes.about.endswith(".")
    assert set(scenes.examples) == set(SPLITS)
    assert scenes.examples["test"] >= 500
    assert scenes.classes or scenes.regions or scenes.values
    columns = [*scenes.classes, *scenes.regions, *scenes.values]
    assert len(columns) == len(set(columns))
    for names in (*scenes.classes.values(), *scenes.regions.values()):
        assert len(set(names)) == len(names) >= 2


@ALL
def test_examples_are_what_the_set_declares(name):
    scenes = SETS.load(name)
    for split, row in first_rows(scenes):
        example = render_example(name, scenes, split, row, SIZE)
        assert example.images.shape == (scenes.images, SIZE, SIZE, 3)
        assert example.images.dtype == np.uint8
        assert all(image.std() > 3 for image in example.images), "an image shows nothing"
        assert set(example.labels) == set(scenes.classes)
        assert all(0 <= label < len(scenes.classes[column]) for column, label in example.labels.items())
        assert set(example.truths) == {*scenes.regions, *scenes.values}
        for column, names in scenes.regions.items():
            truth = example.truths[column]
            assert (truth.shape, truth.dtype) == ((SIZE, SIZE), np.uint8)
            assert set(np.unique(truth)) <= {*range(len(names)), VOID}
        for column, count in scenes.values.items():
            truth = example.truths[column]
            assert (truth.shape, truth.dtype) == ((SIZE, SIZE, count), np.float32)
            assert not np.isinf(truth).any()
            assert np.isfinite(truth).mean() > 0.05


@ALL
def test_an_example_is_the_same_whenever_it_is_drawn(name):
    scenes = SETS.load(name)
    for split, row in first_rows(scenes, 2):
        assert drawn(name, split, row) == drawn(name, split, row)
        once, again = (render_example(name, scenes, split, row, SIZE) for _ in range(2))
        np.testing.assert_array_equal(once.images, again.images)
        for column in once.truths:
            np.testing.assert_array_equal(once.truths[column], again.truths[column])


@ALL
def test_scenes_are_small_and_made_of_numbers(name):
    for split, row in first_rows(SETS.load(name)):
        for scene in drawn(name, split, row).moments:
            assert 0 < len(scene.shapes) <= MOST_SHAPES
            assert np.isfinite(list(numbers_in(scene))).all()


def numbers_in(value):
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from numbers_in(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from numbers_in(getattr(value, field.name))


@ALL
def test_moments_of_an_example_have_the_same_shapes_in_the_same_order(name):
    for split, row in first_rows(SETS.load(name)):
        kinds = [[shape.kind for shape in scene.shapes] for scene in drawn(name, split, row).moments]
        assert all(moment == kinds[0] for moment in kinds)


@ALL
def test_no_two_examples_are_alike(name):
    scenes = SETS.load(name)
    images = [render_example(name, scenes, split, row, SIZE).images.tobytes() for split, row in first_rows(scenes)]
    assert len(set(images)) == len(images)


@ALL
def test_no_two_splits_share_a_texture_or_a_photograph(name):
    seeds, photos = {}, {}
    for split in SPLITS:
        used = {texture for texture in textures(name, split) if texture.kind != "plain"}
        seeds[split] = {texture.seed for texture in used}
        photos[split] = {photo_of(texture.seed) for texture in used if texture.kind == "photo"}
    for one, other in (("fit", "select"), ("fit", "test"), ("select", "test")):
        assert not seeds[one] & seeds[other]
        assert not photos[one] & photos[other]


@ALL
def test_labels_are_balanced_where_there_are_any(name):
    scenes = SETS.load(name)
    for column, names in scenes.classes.items():
        for split in SPLITS:
            count = min(scenes.examples[split], 8 * len(names))
            labels = [drawn(name, split, row).labels[column] for row in range(count)]
            if labels:
                counts = np.bincount(labels, minlength=len(names))
                assert counts.min() >= counts.mean() / 2, f"{column} in {split}: {counts}"
