"""Surfaces: what they are made of is asked, and nothing else gives it away."""

from collections import Counter

import numpy as np
import pytest

from virb.data.world._render import render
from virb.data.world._rendering import render_example
from virb.data.world._stream import Stream
from virb.data.world.sets.textures import _CONTRAST, MOTIFS, SET
from virb.tasks import TASKS


def draw(row, split="fit"):
    return SET.draw(Stream("world", "textures", split, row, 0), split, row)


def test_the_task_names_the_textures_in_the_order_of_their_ids():
    task = TASKS.load("world-texture")
    assert task.target.names == MOTIFS == SET.classes[task.column]


def test_the_label_is_the_texture_of_the_surface():
    for row in range(40):
        drawn = draw(row)
        (shape,) = drawn.moments[0].shapes
        assert shape.texture.kind == MOTIFS[drawn.labels["texture"]]


def test_surfaces_are_flat_and_curved_whole_and_cut():
    shapes = [draw(row).moments[0].shapes[0] for row in range(200)]
    kinds = Counter(shape.kind for shape in shapes)
    assert set(kinds) == {"box", "cylinder", "ellipsoid"}
    assert min(kinds.values()) > 20
    assert 20 < sum(shape.size[2] == 0.05 for shape in shapes) < 70


def test_nothing_but_the_pattern_depends_on_the_label():
    """Of one stream every texture has the same colours, size, surface, camera and light."""
    for number in range(10):
        scenes = [SET.draw(Stream("test", number), "fit", row).moments[0] for row in range(20)]
        assert len({(s.camera, s.light, s.sky) for s in scenes}) == 1
        skins = [shape.texture for scene in scenes for shape in scene.shapes]
        assert len({(skin.colours, skin.scale, skin.seed) for skin in skins}) == 1
        assert len({(shape.kind, shape.size) for scene in scenes for shape in scene.shapes}) == 1


def test_two_colours_can_be_told_apart_and_neither_is_the_darker_one():
    pairs = np.array([draw(row).moments[0].shapes[0].texture.colours for row in range(300)])
    assert np.abs(pairs[:, 0] - pairs[:, 1]).max(-1).min() >= _CONTRAST
    assert 0.42 < (pairs[:, 0].sum(-1) < pairs[:, 1].sum(-1)).mean() < 0.58


def test_the_surface_fills_most_of_most_images():
    shares = [np.isfinite(render(draw(row).moments[0], 24).depth).mean() for row in range(30)]
    assert min(shares) > 0.3
    assert np.median(shares) > 0.9


@pytest.mark.parametrize("row", [0, 7])
def test_an_image_shows_the_texture_at_the_size_of_the_set(row):
    assert render_example("textures", SET, "test", row, SET.size).images.shape == (1, 96, 96, 3)
