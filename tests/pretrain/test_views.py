"""Views of a batch at once are those that torchvision and lightly make one by one."""

import colorsys
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lightly.transforms.jigsaw import Jigsaw
from PIL import Image
from torchvision.transforms import functional as reference

from virb.pretrain._views import Blur, Colour, Crop, View, jitter, orders, puzzle, resample, strong

ONE = torch.ones(1)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def pictures(count=4, height=20, width=20, seed=0):
    return torch.rand(count, 3, height, width, generator=seeded(seed))


# ---------------------------------------------------------------------------------------------- crops


@pytest.mark.parametrize(
    ("top", "left", "height", "width"), [(0, 0, 20, 24), (3, 5, 12, 12), (8, 2, 12, 9), (0, 15, 6, 9), (7, 7, 5, 5)]
)
@pytest.mark.parametrize("size", [8, 12, 30])
def test_a_crop_is_torchvisions_resized_crop_inside_the_box(top, left, height, width, size):
    images = pictures(2, 20, 24)
    box = torch.tensor([[(left + width / 2) / 24, (top + height / 2) / 20, width / 24, height / 20]]).expand(2, -1)
    ours = resample(images, box, size)
    theirs = reference.resized_crop(images, top, left, height, width, [size, size], antialias=False)

    def inside(length):  # at the very edge ours looks at the pixel behind the box, theirs has none
        at = (torch.arange(size) + 0.5) * length / size - 0.5
        return (at >= 0) & (at <= length - 1)

    rows, columns = inside(height), inside(width)
    assert rows.sum() >= size // 2
    torch.testing.assert_close(ours[:, :, rows][..., columns], theirs[:, :, rows][..., columns], rtol=0, atol=1e-5)


def test_a_box_of_negative_width_is_the_mirror_image():
    box = torch.tensor([[0.4, 0.5, 0.6, 0.7]])
    plain = resample(pictures(1), box, 9)
    flipped = resample(pictures(1), box * torch.tensor([1, 1, -1, 1]), 9)
    torch.testing.assert_close(flipped, plain.flip(-1), rtol=0, atol=1e-6)


def test_the_whole_image_at_its_own_size_is_itself():
    torch.testing.assert_close(resample(pictures(), torch.tensor([[0.5, 0.5, 1, 1]]).expand(4, -1), 20), pictures())


@given(
    shares=st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)).map(sorted),
    seed=st.integers(0, 2**32),
    flip=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_boxes_lie_inside_and_have_the_area_and_shape_asked_for(shares, seed, flip):
    low, high = shares
    x, y, width, height = Crop(8, low, high, flip=flip).boxes(64, seeded(seed)).double().unbind(1)
    flipped, width = width < 0, width.abs()
    assert flip != 0.0 or not flipped.any()
    assert flip != 1.0 or flipped.all()
    for centre, length in ((x, width), (y, height)):
        assert (centre - length / 2).min() >= -1e-6
        assert (centre + length / 2).max() <= 1 + 1e-6
    area, ratio, cut = width * height, width / height, (width >= 1) | (height >= 1)
    assert area.max() <= high * (1 + 1e-5)
    assert (area[~cut] >= low * (1 - 1e-5)).all()
    assert (ratio[~cut] >= 3 / 4 - 1e-5).all()
    assert (ratio[~cut] <= 4 / 3 + 1e-5).all()
    # A side is cut where the box would be longer than the image, and only the long side.
    assert (torch.minimum(width, height) >= math.sqrt(low * 3 / 4) - 1e-5).all()


def test_boxes_cover_their_range_and_flip_half_of_the_time():
    boxes = Crop(8, 0.2, 0.5).boxes(20_000, seeded())
    area = boxes[:, 2].abs() * boxes[:, 3]
    quantiles = torch.quantile(area, torch.tensor([0.01, 0.5, 0.99]))
    torch.testing.assert_close(quantiles, torch.tensor([0.203, 0.35, 0.497]), rtol=0, atol=0.01)
    assert (boxes[:, 2] < 0).float().mean() == pytest.approx(0.5, abs=0.02)


# ---------------------------------------------------------------------------------------------- colours


def alone(name, value):
    rest = {"brightness": ONE, "contrast": ONE, "saturation": ONE, "hue": 0 * ONE}
    return jitter(pictures(1), **{**rest, name: value * ONE})


@pytest.mark.parametrize("value", [0.0, 0.6, 1.0, 1.4])
@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
def test_one_change_alone_is_torchvisions(name, value):
    theirs = getattr(reference, f"adjust_{name}")(pictures(1), value)
    torch.testing.assert_close(alone(name, value), theirs, rtol=0, atol=3e-4)  # torchvision's red weighs 0.2989


@pytest.mark.parametrize("turn", [-0.1, 0.05, 0.1, 0.5])
def test_hue_turns_every_pixel_in_the_yiq_plane(turn):
    pixels = 0.35 + 0.3 * pictures(1, 6, 6)  # nothing is cut off at black or white
    ours = jitter(pixels, ONE, ONE, ONE, turn * ONE)
    for row in range(6):
        for column in range(6):
            y, i, q = colorsys.rgb_to_yiq(*pixels[0, :, row, column].tolist())
            angle = math.atan2(q, i) + 2 * math.pi * turn
            radius = math.hypot(i, q)
            expected = colorsys.yiq_to_rgb(y, radius * math.cos(angle), radius * math.sin(angle))
            # Python's own YIQ has its coefficients rounded to two digits.
            assert ours[0, :, row, column].tolist() == pytest.approx(expected, abs=0.015)


def test_hue_keeps_luma_and_comes_back_after_a_full_turn():
    pixels = 0.35 + 0.3 * pictures(1)
    turned = jitter(pixels, ONE, ONE, ONE, 0.3 * ONE)
    torch.testing.assert_close(
        reference.rgb_to_grayscale(turned), reference.rgb_to_grayscale(pixels), rtol=0, atol=1e-3
    )
    torch.testing.assert_close(jitter(pixels, ONE, ONE, ONE, ONE), pixels, rtol=0, atol=1e-5)
    torch.testing.assert_close(jitter(turned, ONE, ONE, ONE, 0.7 * ONE), pixels, rtol=0, atol=1e-5)


@pytest.mark.parametrize("turn", [0.05, 0.1])
def test_round_the_colour_circle_hue_turns_as_far_as_torchvisions_hexagon(turn):
    circle = torch.tensor([colorsys.hsv_to_rgb(step / 720, 0.5, 0.6) for step in range(720)]).T.view(1, 3, 1, 720)

    def turned(pixels):
        angles = [
            math.atan2(*colorsys.rgb_to_yiq(*after)[:0:-1]) - math.atan2(*colorsys.rgb_to_yiq(*before)[:0:-1])
            for before, after in zip(circle[0, :, 0].T.tolist(), pixels[0, :, 0].T.tolist(), strict=True)
        ]
        return np.mean((np.array(angles) + np.pi) % (2 * np.pi) - np.pi) / (2 * np.pi)

    assert turned(reference.adjust_hue(circle, turn)) == pytest.approx(-turn, abs=0.002)
    # The YIQ plane goes round the other way, which draws of either sign cannot tell.
    assert turned(jitter(circle, ONE, ONE, ONE, turn * ONE)) == pytest.approx(turn, abs=0.002)


def test_all_four_together_are_a_plain_loop_with_one_cut_at_the_end():
    images = pictures(6)
    factors = {
        "brightness": torch.tensor([0.6, 1.4, 1.0, 0.8, 1.2, 1.3]),
        "contrast": torch.tensor([1.4, 0.6, 1.0, 0.9, 1.1, 1.4]),
        "saturation": torch.tensor([0.6, 0.0, 1.0, 1.2, 1.4, 1.4]),
        "hue": torch.tensor([0.1, -0.1, 0.0, 0.05, -0.02, 0.08]),
    }
    ours = jitter(images, **factors)
    luma = np.array([0.299, 0.587, 0.114])
    to_yiq = np.array([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
    for row, image in enumerate(images.double().numpy()):
        brightness, contrast, saturation, hue = (float(values[row]) for values in factors.values())
        x = image * brightness
        x = contrast * x + (1 - contrast) * np.tensordot(luma, x, 1).mean()
        x = saturation * x + (1 - saturation) * np.tensordot(luma, x, 1)
        y, i, q = np.tensordot(to_yiq, x, 1)
        cos, sin = np.cos(2 * np.pi * hue), np.sin(2 * np.pi * hue)
        x = np.tensordot(np.linalg.inv(to_yiq), np.stack([y, cos * i - sin * q, sin * i + cos * q]), 1)
        np.testing.assert_allclose(ours[row].numpy(), x.clip(0, 1), atol=1e-5)


def test_where_colours_are_left_alone_they_are_left_alone():
    torch.testing.assert_close(Colour(chance=0, grey=0)(pictures(), seeded()), pictures(), rtol=0, atol=1e-6)


def test_grey_is_torchvisions_grey():
    ours = Colour(chance=0, grey=1)(pictures(), seeded())
    theirs = reference.rgb_to_grayscale(pictures(), num_output_channels=3)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=3e-4)


def test_jittered_and_grey_images_are_as_frequent_as_asked_for():
    images = pictures(4000, 2, 2)
    seen = Colour()(images, seeded())
    grey = (seen.amax(1) - seen.amin(1)).flatten(1).amax(1) < 1e-5
    same = (seen - images).abs().flatten(1).amax(1) < 1e-5
    assert grey.float().mean() == pytest.approx(0.2, abs=0.03)
    assert same.float().mean() == pytest.approx(0.2 * 0.8, abs=0.03)


# ---------------------------------------------------------------------------------------------- blur


def test_a_blur_is_torchvisions():
    images, size = pictures(5, 96, 96), 96
    ours = Blur(size, chance=1)(images, seeded(3))
    low, high = 0.1 * size / 224, 2 * size / 224
    sigmas = low + (high - low) * torch.rand(5, generator=seeded(3))
    for image, blurred, sigma in zip(images, ours, sigmas.tolist(), strict=True):
        torch.testing.assert_close(blurred, reference.gaussian_blur(image, [7, 7], [sigma, sigma]), rtol=0, atol=1e-5)


def test_a_blur_is_as_frequent_as_asked_for_and_whole_images_are_blurred():
    images = pictures(400, 64, 64)
    changed = (Blur(64)(images, seeded()) != images).flatten(1).any(1)
    assert changed.float().mean() == pytest.approx(0.5, abs=0.1)
    assert not (Blur(64, chance=0)(images, seeded()) != images).any()


def test_small_views_are_not_blurred_and_draw_nothing():
    state = seeded()
    images = pictures()
    assert Blur(48)(images, state) is images
    assert torch.equal(state.get_state(), seeded().get_state())
    assert Blur(55).strongest == 0
    assert Blur(56).strongest == 0.5


# ---------------------------------------------------------------------------------------------- views


@pytest.mark.parametrize("view", [strong(64, 0.2), strong(16, 0.05, 0.14), View(Crop(16))], ids=["64", "16", "crop"])
def test_a_view_depends_on_its_generator_alone(view):
    images = pictures()
    torch.manual_seed(1)
    one = view(images, seeded(5))
    torch.manual_seed(2)
    before = torch.random.get_rng_state()
    again = view(images, seeded(5))
    assert torch.equal(one, again)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not torch.equal(one, view(images, seeded(6)))
    assert one.shape == (4, 3, view.crop.size, view.crop.size)
    assert one.min() >= 0
    assert one.max() <= 1
    torch.testing.assert_close(images, pictures())


def test_every_image_of_a_batch_gets_a_view_of_its_own():
    same = pictures(1).expand(6, -1, -1, -1)
    views = strong(16, 0.2)(same, seeded()).flatten(1)
    assert len(torch.unique(views, dim=0)) == 6


# ---------------------------------------------------------------------------------------------- puzzles


@pytest.mark.parametrize(("grid", "piece", "cell"), [(3, 16, 21), (2, 16, 21), (3, 64, 85), (4, 5, 5)])
def test_a_puzzle_is_lightlys_jigsaw(grid, piece, cell, monkeypatch):
    pieces, side = grid**2, grid * cell
    canvas = torch.randint(0, 256, (3, 3, side, side), generator=seeded(), dtype=torch.uint8)
    shifts = torch.randint(0, cell - piece + 1, (3, pieces, 2), generator=seeded(1))
    order = orders(3, pieces, seeded(2))
    ours = puzzle(canvas.float() / 255, shifts, order, piece)
    for row in range(3):
        along = iter(shifts[row].T.numpy())
        monkeypatch.setattr(np.random, "randint", lambda *_, along=along: next(along))
        monkeypatch.setattr(np.random, "permutation", lambda _, row=row: order[row].numpy())
        jigsaw = Jigsaw(n_grid=grid, img_size=side, crop_size=piece)
        theirs = jigsaw(Image.fromarray(canvas[row].permute(1, 2, 0).numpy()))
        torch.testing.assert_close(ours[row], theirs)


def test_orders_are_permutations_that_differ():
    drawn = orders(50, 9, seeded())
    assert torch.equal(drawn.sort(dim=1).values, torch.arange(9).expand(50, -1))
    assert len(torch.unique(drawn, dim=0)) > 40
