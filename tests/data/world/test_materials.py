"""Materials: pools that no two splits share, and colours that cover what there is."""

import colorsys
from itertools import combinations

import numpy as np
import pytest

from virb.data.world import _materials as materials
from virb.data.world._photos import PHOTOS
from virb.data.world._rendering import SPLITS
from virb.data.world._stream import Stream
from virb.data.world._table import _variant


def pool(split, kind, draws=3000):
    return {materials.texture_seed(Stream("test", n), split, kind) for n in range(draws)}


@pytest.mark.parametrize("kind", ["noise", "photo"])
def test_no_two_splits_share_a_texture(kind):
    for one, other in combinations(SPLITS, 2):
        assert not pool(one, kind) & pool(other, kind)


def test_no_two_splits_share_a_photograph_as_the_renderer_picks_it():
    shown = {split: {PHOTOS[_variant("photo", seed, False)[0][1]] for seed in pool(split, "photo")} for split in SPLITS}
    assert set().union(*shown.values()) == set(PHOTOS)
    for one, other in combinations(SPLITS, 2):
        assert not shown[one] & shown[other]
    assert all(len(photos) >= 3 for photos in shown.values())


def test_a_seed_names_the_photograph_that_the_renderer_shows():
    for seed in range(200):
        assert materials.photo_of(seed) == PHOTOS[_variant("photo", seed, True)[0][1]]


def test_a_pool_has_many_textures():
    assert all(len(pool(split, "noise")) > 1000 for split in SPLITS)
    assert all(len(pool(split, "photo")) > 300 for split in SPLITS)


def test_colours_have_every_hue_and_no_channel_is_favoured():
    colours = np.array([materials.colour(Stream("test", n)) for n in range(4000)])
    assert colours.min() >= 0
    assert colours.max() <= 1
    np.testing.assert_allclose(colours.mean(0), colours.mean(), rtol=0.05)
    hues = [colorsys.rgb_to_hsv(*colour)[0] for colour in colours]
    assert np.histogram(hues, 6, (0, 1))[0].min() > 4000 / 6 * 0.85


def test_a_colour_is_as_bright_as_asked_for():
    values = [max(materials.colour(Stream("test", n), 0.5, 0.7)) ** 0.5 for n in range(500)]
    assert 0.5 <= min(values) < 0.52
    assert 0.68 < max(values) <= 0.7


def test_a_material_takes_its_colours_from_a_palette():
    palette = [(0.1, 0.2, 0.3), (0.4, 0.5, 0.6)]
    for n in range(20):
        drawn = materials.material(Stream("test", n), "fit", kinds=("dots",), palette=palette, scale=(0.2, 0.3))
        assert drawn.kind == "dots"
        assert set(drawn.colours) <= set(palette)
        assert 0.2 <= drawn.scale <= 0.3
