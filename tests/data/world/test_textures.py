"""Textures, as they show on surfaces."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from virb.data.world._camera import unproject
from virb.data.world._photos import PHOTOS, SIDE, atlas
from virb.data.world._render import render
from virb.data.world._scene import Camera, Light, Scene, Shape, Texture, TextureKind
from virb.data.world._table import _variant
from virb.data.world._tone import STEPS, encoding, linear

KINDS = get_args(TextureKind)
ENDS = ((0.1, 0.2, 0.3), (0.9, 0.7, 0.5))
WHITE = ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0))
EVEN = Light(colour=(0, 0, 0), ambient=(1, 1, 1))
DOWN = Camera((0, 3, 0), (0, -90, 0), 60)
AHEAD = Camera((0, 0, 0), (0, 0, 0), 60)


def floor(texture, size=96, camera=DOWN, light=EVEN):
    """A floor seen from above, its frame, in linear light from everywhere."""
    frame = render(Scene((Shape("plane", texture=texture),), camera, light), size)
    return linear(frame.colour), frame


def wall(texture, size=96, **more):
    frame = render(Scene((Shape("box", (0, 0, -4), (5, 5, 1), texture=texture, **more),), AHEAD, EVEN), size)
    return linear(frame.colour), frame


@pytest.mark.parametrize("kind", KINDS)
def test_colours_lie_between_the_two_ends_and_use_their_range(kind):
    pixels, _ = floor(Texture(kind, ENDS, 1.0, 5))
    share = (pixels - ENDS[0]) / np.subtract(ENDS[1], ENDS[0])
    assert share.min() > -0.02
    assert share.max() < 1.02
    np.testing.assert_allclose(share[..., 0], share[..., 2], atol=0.05)
    if kind != "plain":
        assert np.ptp(share[..., 0]) > 0.6


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "plain"])
def test_another_seed_is_another_variant_and_the_same_is_the_same(kind):
    one, _ = floor(Texture(kind, ENDS, 1.0, 5))
    same, _ = floor(Texture(kind, ENDS, 1.0, 5))
    other, _ = floor(Texture(kind, ENDS, 1.0, 6))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).mean() > 0.02


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", ["box", "ellipsoid", "cylinder", "cone"])
def test_a_texture_moves_with_its_shape(kind, shape):
    texture = Texture(kind, ENDS, 0.7, 3)
    before = Shape(shape, (0, 0, -4), (1, 1, 1), (20, 10, 0), texture)
    # Powers of two, so that the same sums are exact in both places.
    after = replace(before, at=(8, 0, -4))
    one = render(Scene((before,), AHEAD), 48)
    two = render(Scene((after,), replace(AHEAD, at=(8, 0, 0))), 48)
    assert (one.colour != two.colour).mean() < 0.01


@pytest.mark.parametrize("kind", ["checker", "stripes", "dots"])
@pytest.mark.parametrize("scale", [0.5, 1.25])
def test_a_period_is_as_long_as_the_scale(kind, scale):
    texture = Texture(kind, ENDS, scale, 2)
    here, _ = floor(texture)
    there, _ = floor(texture, camera=replace(DOWN, at=(scale, 3, 2 * scale)))
    assert (np.abs(here - there) > 0.02).mean() < 0.01
    off, _ = floor(texture, camera=replace(DOWN, at=(0.5 * scale, 3, 0.5 * scale * (kind == "dots"))))
    down, _ = floor(texture, camera=replace(DOWN, at=(0, 3, 0.5 * scale)))
    assert max((np.abs(here - off) > 0.02).mean(), (np.abs(here - down) > 0.02).mean()) > 0.3


def test_a_checker_is_the_parity_of_its_cells():
    texture = Texture("checker", ((0, 0, 0), (1, 1, 1)), 1.0, 4)
    pixels, frame = floor(texture)
    points = unproject(DOWN, frame.depth)
    points[..., 1] = 0
    cells = 2 * (points + _variant("checker", 4, False)[1])
    parity = np.floor(cells).astype(int).sum(-1) % 2
    inner = (np.abs(cells[..., [0, 2]] - np.round(cells[..., [0, 2]])) > 0.1).all(-1)
    np.testing.assert_allclose(pixels[inner][:, 0], parity[inner], atol=0.01)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("plain", "photo")])
def test_a_pattern_too_fine_to_see_is_its_mean(kind):
    coarse = np.concatenate([floor(Texture(kind, ENDS, 1.0, seed))[0].reshape(-1, 3) for seed in range(6)])
    fine = [floor(Texture(kind, ENDS, 0.02, seed))[0] for seed in range(6)]
    assert max(np.ptp(one, axis=(0, 1)).max() for one in fine) < 0.02
    np.testing.assert_allclose(np.mean(fine, axis=(0, 1, 2)), coarse.mean(0), atol=0.06)


def photo_at(seed, points, channel):
    """A photograph of the atlas, mirrored beyond its edges, at points right and up in photographs; nearest pixel."""
    (_, photo, _), offset = _variant("photo", seed, channel < 3)
    u, v = points[..., 0] + offset[0], points[..., 1] + offset[1]
    folded = [np.where((f := value % 2) < 1, f, 2 - f) for value in (u, -v)]
    columns, rows = (np.minimum((value * SIDE).astype(int), SIDE - 1) for value in folded)
    return atlas()[photo, : SIDE * SIDE].reshape(SIDE, SIDE, 4)[rows, columns, channel]


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_a_photograph_on_a_wall_is_upright_and_not_mirrored(seed):
    pixels, frame = wall(Texture("photo", WHITE, 3.0, seed), 128)
    points = unproject(AHEAD, frame.depth) / 3.0
    errors = {}
    for name, sign in {"true": (1, 1), "mirrored": (-1, 1), "upside down": (1, -1)}.items():
        expected = np.stack([photo_at(seed, points[..., :2] * sign, channel) for channel in range(3)], -1)
        errors[name] = np.abs(pixels - expected).mean()
    assert errors["true"] < 0.04
    assert errors["true"] < 0.5 * min(errors["mirrored"], errors["upside down"])


def test_a_photographs_grey_moves_between_colours():
    pixels, frame = wall(Texture("photo", ENDS, 3.0, 1), 128)
    share = photo_at(1, unproject(AHEAD, frame.depth)[..., :2] / 3.0, 3)
    expected = np.array(ENDS[0]) + share[..., None] * np.subtract(ENDS[1], ENDS[0])
    assert np.abs(pixels - expected).mean() < 0.05


def test_a_photograph_far_away_is_its_mean():
    pixels, _ = wall(Texture("photo", WHITE, 0.02, 2))
    photo = _variant("photo", 2, True)[0][1]
    mean = atlas()[photo, : SIDE * SIDE, :3].mean(0)
    np.testing.assert_allclose(pixels.mean((0, 1)), mean, atol=0.03)
    assert pixels.std(axis=(0, 1)).max() < 0.12


def test_photographs_are_the_pictures_resized():
    skimage = pytest.importorskip("skimage")
    picture = linear(skimage.data.astronaut())
    blocks = picture.reshape(SIDE, 4, SIDE, 4, 3).mean((1, 3))
    mine = atlas()[PHOTOS.index("astronaut"), : SIDE * SIDE, :3].reshape(SIDE, SIDE, 3)
    np.testing.assert_allclose(mine, blocks, atol=1e-6)
    small = atlas()[PHOTOS.index("astronaut"), SIDE * SIDE : SIDE * SIDE * 5 // 4, :3].reshape(SIDE // 2, SIDE // 2, 3)
    np.testing.assert_allclose(small, blocks.reshape(SIDE // 2, 2, SIDE // 2, 2, 3).mean((1, 3)), atol=1e-6)


def test_a_picture_of_any_size_keeps_its_mean_and_its_sides():
    from virb.data.world._photos import _shrunk

    ramp = np.linspace(0, 1, 300)[:, None, None] * np.ones((1, 171, 1)) + np.linspace(0, 1, 171)[:, None]
    small = _shrunk(ramp, 128)
    assert small.shape == (128, 128, 1)
    assert small.mean() == pytest.approx(ramp.mean(), abs=1e-9)
    assert small[0, 0, 0] < small[0, -1, 0] < small[-1, -1, 0]
    assert small[0, 0, 0] < small[-1, 0, 0]


def test_tones_go_to_srgb_and_back():
    levels = encoding()
    assert (levels[0], levels[-1], len(levels)) == (0, 255, STEPS)
    assert (np.diff(levels.astype(int)) >= 0).all()
    assert (np.diff(levels.astype(int)) <= 1).all()
    light = linear(np.arange(256, dtype=np.uint8))
    np.testing.assert_array_equal(levels[np.round(light * (STEPS - 1)).astype(int)], np.arange(256))
    assert light[128] == pytest.approx(0.21586, abs=1e-5)
