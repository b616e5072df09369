"""Animals: which pixels are theirs, and what does not give them away."""

import numpy as np
import pytest

from virb.data.world._creatures import BREEDS, creature
from virb.data.world._parts import aimed, placed
from virb.data.world._render import render
from virb.data.world._rendering import render_example
from virb.data.world._scene import Scene, Texture
from virb.data.world._stream import Stream
from virb.data.world.sets.breeds import SET
from virb.tasks import TASKS

SIZE = 48


@pytest.fixture(scope="module")
def masks():
    return np.stack([render_example("breeds", SET, "fit", row, SIZE).truths["foreground"] for row in range(60)])


def test_the_task_names_the_regions():
    task = TASKS.load("world-foreground")
    assert task.target.names == SET.regions[task.column]
    assert set(SET.classes) == {"breed"}


def test_the_task_names_the_breeds_in_the_order_of_their_ids():
    task = TASKS.load("world-breed")
    assert task.target.names == BREEDS == SET.classes[task.column]
    assert TASKS.load("world-foreground").data == task.data


def test_there_are_24_breeds_with_names_of_their_own():
    assert len(BREEDS) == len(set(BREEDS)) == 24
    assert [SET.draw(Stream("test"), "fit", row).labels["breed"] for row in range(25)] == [*range(24), 0]


def test_every_breed_has_a_silhouette_of_its_own():
    """Seen from the same side, with the mean proportions of a few animals, any two breeds differ."""
    camera = aimed((1.5, 0.5, 0.7), (0, 0.3, 0), 40.0)

    def outline(breed):
        shapes = placed(creature(breed, Stream("same")), (Texture(),), instance=1)
        return render(Scene(shapes, camera), 96).instances == 1

    outlines = [outline(breed) for breed in range(24)]
    for breed, one in enumerate(outlines):
        for other in outlines[:breed]:
            assert (one != other).sum() > 0.02 * one.sum()


def test_the_animal_is_seen_whole_and_not_too_small(masks):
    assert masks.mean((1, 2)).min() >= 0.06
    assert not masks[:, 0].any()
    assert not masks[:, -1].any()
    assert not masks[:, :, 0].any()
    assert not masks[:, :, -1].any()


def test_the_mask_is_where_the_animal_hides_the_scene():
    drawn = SET.draw(Stream("world", "breeds", "fit", 3, 0), "fit", 3)
    scene = drawn.moments[0]
    with_it = render(scene, SIZE)
    without = render(
        Scene(tuple(s for s in scene.shapes if not s.instance), scene.camera, scene.light, scene.sky), SIZE
    )
    mask = SET.truths(drawn, [with_it])["foreground"]
    assert mask.dtype == np.uint8
    np.testing.assert_array_equal(mask == 1, with_it.depth < without.depth)


def test_place_alone_tells_little(masks):
    """The best answer for each place has an IoU of less than a half with the animals."""
    often = masks.mean(0)
    best = max(
        ((often > bar) & (masks == 1)).sum() / ((often > bar) | (masks == 1)).sum() for bar in np.linspace(0.2, 0.6, 5)
    )
    assert best < 0.5


def test_things_around_wear_the_coat_of_the_animal():
    shared = 0
    for row in range(30):
        shapes = SET.draw(Stream("world", "breeds", "fit", row, 0), "fit", row).moments[0].shapes
        coat = {shape.texture for shape in shapes if shape.instance}
        assert len(coat) == 3
        shared += any(shape.texture in coat for shape in shapes if not shape.instance)
    assert shared > 24
