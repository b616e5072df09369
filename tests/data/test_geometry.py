"""Truth goes where the image goes: to the pixel for ids, to the fraction of one for numbers."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from virb.data._geometry import frame_truth, refuse_crop, window
from virb.data._images import fit_image
from virb.errors import UserError
from virb.spec import Classes, InputPolicy, Values
from virb.testing import toy_pixelwise_task

IDS = Classes(count=9, dense=True, ignore=255)
DEPTH = Values(size=1, dense=True, masked=True, positive=True, unit="m")
FLOW = Values(size=2, dense=True, masked=True, unit="px")
SIDES = st.integers(1, 90)
DRAW = np.random.default_rng(0)


def between(source, side):
    """Where the centre of a pixel does not fall onto the border of two of the source: there rounding decides."""
    return ((2 * np.arange(side) + 1) * source) % (2 * side) != 0


def ramp(height, width):
    """The horizontal place of each pixel's centre, as a share of the width."""
    return np.broadcast_to((np.arange(width, dtype=np.float32) + 0.5) / width, (height, width))[..., None].copy()


@settings(max_examples=60, deadline=None)
@given(SIDES, SIDES, SIDES, st.none() | SIDES, st.sampled_from(["squash", "pad"]))
def test_ids_are_those_that_pillow_takes_from_the_nearest_pixel(height, width, size, wide, fit):
    ids = DRAW.integers(0, 9, (height, width)).astype(np.uint8)
    inputs = InputPolicy(size=size, width=wide, fit=fit)
    left, top, across, down = window(width, height, inputs)
    found = frame_truth(ids, IDS, "segmentation", inputs)
    assert found.shape == inputs.sides
    inside = found[top : top + down, left : left + across]
    theirs = np.asarray(Image.fromarray(ids).resize((across, down), Image.Resampling.NEAREST))
    clear = between(height, down)[:, None] & between(width, across)
    np.testing.assert_array_equal(inside[clear], theirs[clear])
    beside = np.ones(found.shape, bool)
    beside[top : top + down, left : left + across] = False
    assert (found[beside] == 255).all()


@settings(max_examples=60, deadline=None)
@given(SIDES, SIDES, SIDES, st.none() | SIDES)
def test_an_image_lies_where_pillow_pads_it(height, width, size, wide):
    inputs = InputPolicy(size=size, width=wide, fit="pad")
    rows, columns = inputs.sides
    assume(min(columns * height, rows * width) >= max(height, width))  # Pillow lets thinner ones vanish
    image = Image.fromarray(np.full((height, width, 3), 200, np.uint8))
    padded = np.asarray(ImageOps.pad(image, (columns, rows), Image.Resampling.BILINEAR))
    left, top, across, down = window(width, height, inputs)
    wanted = np.zeros((rows, columns, 3), np.uint8)
    wanted[top : top + down, left : left + across] = 200
    np.testing.assert_array_equal(padded, wanted)


@pytest.mark.parametrize(("height", "width", "size"), [(37, 61, 24), (37, 61, 96), (50, 20, 33), (480, 640, 224)])
@pytest.mark.parametrize("fit", ["squash", "pad"])
def test_a_number_that_says_where_it_is_says_so_in_the_square_too(height, width, size, fit):
    inputs = InputPolicy(size=size, fit=fit)
    left, top, across, down = window(width, height, inputs)
    found = frame_truth(ramp(height, width), DEPTH, "depth", inputs)[top : top + down, left : left + across]
    margin = 2  # at the border a filter has one side only
    np.testing.assert_allclose(found[:, margin:-margin], ramp(down, across)[:, margin:-margin], atol=4e-3)


@pytest.mark.parametrize(
    ("size", "wide"), [(7, None), (24, None), (61, None), (96, None), (24, 48), (50, 31), (31, 97)]
)
def test_truth_and_image_keep_showing_the_same_place(size, wide):
    """A bright square on dark ground: its mask, its depth and its pixels meet in the frame of the policy."""
    pixels = np.zeros((45, 70, 3), np.uint8)
    mask = np.zeros((45, 70), np.uint8)
    pixels[10:31, 21:55], mask[10:31, 21:55] = 255, 1
    for fit in ("squash", "pad"):
        inputs = InputPolicy(size=size, width=wide, fit=fit)
        grey = fit_image(pixels, inputs, "bilinear")[..., 0] / 255
        ids = frame_truth(mask, IDS, "segmentation", inputs)
        depth = frame_truth(np.where(mask == 1, 2.0, 1.0).astype(np.float32)[..., None], DEPTH, "depth", inputs)
        assert (ids[grey > 0.8] == 1).all()
        assert (ids[(grey < 0.2) & (ids != 255)] == 0).all()
        known = np.isfinite(depth[..., 0])
        np.testing.assert_allclose(depth[known, 0] - 1, grey[known], atol=0.01)


def test_holes_do_not_leak_into_what_is_known_nor_fill_up():
    depth = np.full((40, 60, 1), 3.0, np.float32)
    depth[:, :31] = np.nan
    for size in (20, 33, 120):
        found = frame_truth(depth, DEPTH, "depth", InputPolicy(size=size))[..., 0]
        np.testing.assert_allclose(found[np.isfinite(found)], 3, rtol=1e-6)
        unknown = np.isnan(found).mean()
        assert abs(unknown - 31 / 60) <= 1 / size


def test_vectors_of_flow_are_counted_in_pixels_of_the_square():
    flow = np.broadcast_to(np.float32([6, -4]), (30, 60, 2)).copy()
    squashed = frame_truth(flow, FLOW, "flow", InputPolicy(size=24))
    np.testing.assert_allclose(squashed, np.broadcast_to([6 * 24 / 60, -4 * 24 / 30], (24, 24, 2)), rtol=1e-6)
    padded = frame_truth(flow, FLOW, "flow", InputPolicy(size=24, fit="pad"))
    np.testing.assert_allclose(padded[6:18], np.broadcast_to([6 * 0.4, -4 * 0.4], (12, 24, 2)), rtol=1e-6)
    assert np.isnan(padded[:6]).all()
    assert np.isnan(padded[18:]).all()


def test_vectors_of_flow_are_stretched_as_the_frame_is():
    flow = np.broadcast_to(np.float32([6, -4]), (30, 60, 2)).copy()
    found = frame_truth(flow, FLOW, "flow", InputPolicy(size=15, width=90))
    np.testing.assert_allclose(found, np.broadcast_to([9, -2], (15, 90, 2)), rtol=1e-6)


def test_other_pairs_of_numbers_are_no_vectors():
    pair = np.full((8, 16, 2), 5, np.float32)
    assert (frame_truth(pair, FLOW, "depth", InputPolicy(size=4)) == 5).all()


def test_truth_of_the_size_of_the_square_is_left_alone():
    depth = DRAW.uniform(1, 9, (16, 16, 1)).astype(np.float32)
    depth[3, 4] = np.nan
    np.testing.assert_array_equal(frame_truth(depth, DEPTH, "depth", InputPolicy(size=16)), depth)


def test_a_border_needs_an_id_for_pixels_without_a_label():
    with pytest.raises(UserError, match=r"(?s)'pad' gives images a border.*squash"):
        frame_truth(
            np.zeros((4, 8), np.uint8), Classes(count=2, dense=True), "segmentation", InputPolicy(size=4, fit="pad")
        )


def test_what_is_cut_off_is_refused():
    with pytest.raises(UserError, match=r"(?s)'crop' cuts the image's borders off.*squash"):
        refuse_crop(toy_pixelwise_task("mask"), InputPolicy(size=8, fit="crop"))
    with pytest.raises(ValueError, match="crop"):
        window(4, 8, InputPolicy(size=8, fit="crop"))
