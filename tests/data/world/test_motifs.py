"""Motifs differ in form, and in nothing that a histogram shows."""

from typing import get_args

import numpy as np
import pytest

from virb.data.world._motifs import LEAST, MOST, QUANTILES
from virb.data.world._render import render
from virb.data.world._scene import Camera, Light, Motif, Scene, Shape, Texture
from virb.data.world.sets.textures import MOTIFS

EVEN = Light(colour=(0, 0, 0), ambient=(1, 1, 1))
SEEDS = range(8)


def shown(kind, seed, scale=1.0, size=64):
    """How much of each pixel of a wall of some periods is inked."""
    texture = Texture(kind, ((0, 0, 0), (1, 1, 1)), scale, seed)
    wall = Scene((Shape("box", (0, 0, -1), (50, 50, 1), texture=texture),), Camera((0, 0, 6), (0, 0, 0), 60), EVEN)
    levels = render(wall, size).colour[..., 0] / 255
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def test_there_are_twenty_and_each_has_its_quantiles():
    assert len(MOTIFS) == len(set(MOTIFS)) == len(QUANTILES) == 20
    assert get_args(Motif) == MOTIFS
    assert all(low < middle < high for low, middle, high in QUANTILES)


@pytest.mark.parametrize("kind", MOTIFS)
def test_the_share_that_is_inked_is_in_the_same_range_for_all(kind):
    """So a fine picture, which is the share itself, is met by the mean of a coarse one: quantiles are right."""
    inked = np.array([shown(kind, seed).mean() for seed in SEEDS])
    shares = np.array([shown(kind, seed, scale=0.01, size=8).mean() for seed in SEEDS])
    assert LEAST - 0.01 <= shares.min() < shares.max() <= MOST + 0.01
    np.testing.assert_allclose(inked.mean(), shares.mean(), atol=0.04)
    np.testing.assert_allclose(inked, shares, atol=0.15)  # seven periods of what is laid out by chance


@pytest.mark.parametrize("kind", MOTIFS)
def test_a_motif_has_two_tones_and_nothing_between(kind):
    pixels = shown(kind, 5, scale=4.0, size=96)
    assert ((pixels < 0.01) | (pixels > 0.99)).mean() > 0.8


def test_no_two_motifs_are_alike():
    pictures = [shown(kind, 3, size=48) > 0.5 for kind in MOTIFS]
    for number, one in enumerate(pictures):
        for other in pictures[:number]:
            assert (one != other).mean() > 0.1
