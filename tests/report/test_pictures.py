"""Pictures say what the numbers say: on maps that are known by heart, and on empty and broken ones."""

import base64
import io
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from virb.report.colours import HATCH, NEUTRAL, class_colours, ramp
from virb.report.pictures import (
    Scale,
    class_mask,
    data_uri,
    flow_map,
    flow_wheel,
    overlay,
    picture,
    png,
    pooled,
    resampled,
    scale_of,
    shrunk,
    spoken,
    thinned,
    value_map,
)
from virb.spec import Classes, Values

PARTS = Classes(count=3, dense=True, ignore=255, names=("floor", "wall", "lamp"))
DEPTH = Values(size=1, dense=True, masked=True, positive=True, unit="m")
FLOW = Values(size=2, dense=True, masked=True, unit="px")
NAN = float("nan")


def greys(pixels):
    """Where a picture has one of the greys of nothing."""
    return np.isin(pixels @ [65536, 256, 1], np.array([NEUTRAL, HATCH]) @ [65536, 256, 1])


# ------------------------------------------------------------------------------------------------ classes


def test_each_class_has_its_colour_and_nothing_else_has():
    ids = np.array([[0, 1], [2, 255]], np.uint8)
    drawn = class_mask(ids, PARTS)
    assert (drawn.reshape(-1, 3)[:3] == class_colours(3)).all()
    assert greys(drawn).tolist() == [[False, False], [False, True]]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64])
def test_ids_of_no_class_are_hatched(dtype):
    ids = np.full((12, 12), 100, dtype)
    drawn = class_mask(ids, PARTS)
    assert greys(drawn).all()
    assert {tuple(colour) for colour in drawn.reshape(-1, 3).tolist()} == {NEUTRAL, HATCH}


def test_a_class_that_marks_no_label_is_hatched():
    ignoring = Classes(count=3, dense=True, ignore=1)
    assert greys(class_mask(np.array([[0, 1, 2]]), ignoring)).tolist() == [[False, True, False]]
    assert greys(class_mask(np.array([[-1]]), ignoring)).all()


def test_one_class_alone_is_one_colour():
    assert len(np.unique(class_mask(np.ones((5, 7), int), PARTS).reshape(-1, 3), axis=0)) == 1


# ------------------------------------------------------------------------------------------------ one number


def test_the_ends_of_the_range_have_the_ends_of_the_ramp_and_what_lies_beyond_too():
    values = np.array([[1.0, 3.0, 2.0, -50.0, 50.0, NAN, np.inf, -np.inf]])
    drawn = value_map(values, Scale(1.0, 3.0))[0]
    assert (drawn[[0, 1]] == ramp()[[0, 254]]).all()
    assert (drawn[2] == ramp()[127]).all()
    assert (drawn[[3, 4]] == ramp()[[0, 254]]).all()
    assert (drawn[5:] == NEUTRAL).all()


def test_truth_and_prediction_share_the_range_of_the_truth():
    truth = np.array([[1.0], [3.0]])[..., None]
    scale = scale_of(DEPTH, truth)
    assert scale == (1.0, 3.0)
    assert (picture(DEPTH, np.full((2, 1, 1), 3.0, np.float16), scale) == ramp()[254]).all()


def test_a_constant_has_the_middle_of_the_ramp():
    drawn = picture(DEPTH, np.full((4, 4, 1), 2.5), Scale(2.5, 2.5))
    assert (drawn == ramp()[127]).all()


def test_all_masked_is_all_neutral_and_has_no_range():
    nothing = np.full((4, 4, 1), NAN)
    assert scale_of(DEPTH, nothing) is None
    assert (picture(DEPTH, nothing, None) == NEUTRAL).all()
    assert spoken(DEPTH, nothing) == "nothing known"


def test_a_prediction_without_any_truth_has_its_own_range():
    drawn = picture(DEPTH, np.array([[[1.0], [2.0]]]), None)
    assert (drawn[0] == ramp()[[0, 254]]).all()


def test_numbers_of_three_are_drawn_by_their_length():
    three = Values(size=3, dense=True)
    truth = np.array([[[0.0, 0, 0], [2, 3, 6]]])
    assert scale_of(three, truth) == (0.0, 7.0)
    assert (picture(three, truth, scale_of(three, truth))[0] == ramp()[[0, 254]]).all()


# ------------------------------------------------------------------------------------------------ two numbers


def test_colours_are_drawn_as_they_are_and_told_by_their_mean():
    colour = Values(size=3, dense=True, masked=True, unit="RGB")
    assert not Values(size=3, dense=True).coloured
    view = np.zeros((2, 2, 3), np.float32)
    view[0, 0], view[0, 1], view[1, 0], view[1, 1] = (1, 0.2, 0), (0, 0.6, 1.5), (NAN, 0, 0), (-1, 0.2, 0.5)
    drawn = picture(colour, view, scale_of(colour, view))
    np.testing.assert_array_equal(drawn, [[(255, 51, 0), (0, 153, 255)], [NEUTRAL, (0, 51, 128)]])
    assert spoken(colour, view[:1]) == "red 50 %, green 40 %, blue 75 %"
    assert spoken(colour, view * NAN) == "nothing known"


def test_sparse_numbers_are_seen_however_small_they_are_drawn():
    """Of flow that one pixel in twenty has, every twentieth pixel would show next to nothing."""
    flow = np.full((37, 121, 2), NAN)
    flow[::4, ::5] = (3, -1)
    small = pooled(flow, 6, 20)
    assert np.isfinite(small).all()
    np.testing.assert_allclose(small, np.broadcast_to((3, -1), small.shape))
    assert np.isnan(resampled(flow, 6, 20)).any()
    flow[:, 60:] = NAN
    assert np.isnan(pooled(flow, 6, 20)[:, 11:]).all()
    depth = np.arange(12.0).reshape(3, 4, 1)
    np.testing.assert_allclose(pooled(depth, 1, 2)[0, :, 0], [4.5, 6.5])
    np.testing.assert_array_equal(pooled(depth, 3, 4), depth)


def test_flow_is_pale_where_nothing_moves_and_fullest_at_the_longest():
    vectors = np.array([[[0.0, 0.0], [5.0, 0.0], [50.0, 0.0], [NAN, 1.0], [np.inf, 0]]])
    drawn = flow_map(vectors, 5.0)[0].astype(int)
    assert np.ptp(drawn[0]) <= 1
    assert np.ptp(drawn[1]) > 80
    assert (drawn[1] == drawn[2]).all()
    assert (drawn[3:] == NEUTRAL).all()


def test_flow_that_stands_still_everywhere_is_pale():
    still = np.zeros((3, 3, 2), np.float32)
    drawn = picture(FLOW, still, scale_of(FLOW, still))
    assert drawn.min() > 235


def test_the_wheel_has_the_colour_of_each_direction():
    side = 101
    wheel = flow_wheel(side)
    assert (wheel[50, 100] == flow_map(np.array([[[3.0, 0.0]]]), 3.0)[0, 0]).all(), "right"
    assert (wheel[100, 50] == flow_map(np.array([[[0.0, 3.0]]]), 3.0)[0, 0]).all(), "down"


def test_masked_flow_has_no_range():
    assert scale_of(FLOW, np.full((2, 2, 2), NAN)) is None
    assert scale_of(FLOW, np.array([[[3.0, 4.0], [NAN, 99.0]]])) == (0.0, 5.0)


# ------------------------------------------------------------------------------------------------ words, sizes, bytes


def test_pictures_can_be_told_in_words():
    ids = np.array([[0, 0, 0, 1], [255, 255, 255, 255]])
    assert spoken(PARTS, ids) == "floor 75 %, wall 25 %"
    assert spoken(PARTS, np.full((2, 2), 255)) == "no labels"
    assert spoken(Classes(count=9, dense=True), np.arange(9)[None]).endswith("class 3 11 % and 5 more")
    assert spoken(DEPTH, np.array([[[0.5], [NAN], [4.25]]])) == "0.5 to 4.25 m"
    assert spoken(FLOW, np.array([[[3.0, 4.0]]])) == "up to 5 px"


def test_half_precision_that_overflows_when_squared_is_told_right():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert spoken(FLOW, np.full((2, 2, 2), 3e4, np.float16)).startswith("up to 4.24e+04")


def test_an_overlay_keeps_the_light_of_the_image():
    image = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    red = np.array([[[255, 0, 0], [255, 0, 0]]], np.uint8)
    assert overlay(image, red, 0.5).ravel() == pytest.approx([128, 0, 0, 255, 128, 128], abs=1)
    assert (overlay(image, red, 1.0) == red).all()


def test_maps_are_thinned_and_never_mixed():
    ids = np.repeat(np.repeat(np.array([[0, 7], [9, 255]]), 50, 0), 80, 1)
    small = thinned(ids, 16)
    assert small.shape == (10, 16)
    assert set(np.unique(small)) == {0, 7, 9, 255}
    assert (resampled(small, 100, 160) == ids).all()
    assert thinned(ids[:4, :4], 16).shape == (4, 4)
    assert thinned(np.zeros((200, 3, 2)), 50).shape == (50, 1, 2)


def test_images_are_shrunk_in_proportion():
    assert shrunk(np.zeros((300, 100, 3), np.uint8), 60).shape == (60, 20, 3)
    assert shrunk(np.zeros((500, 1, 3), np.uint8), 60).shape == (60, 1, 3)
    assert shrunk(np.zeros((10, 20, 3), np.uint8), 60).shape == (10, 20, 3)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 400), st.integers(0, 99))
def test_png_brings_back_every_pixel(height, width, colours, seed):
    draw = np.random.default_rng(seed)
    table = draw.integers(0, 256, (colours, 3)).astype(np.uint8)
    pixels = table[draw.integers(0, colours, (height, width))]
    with Image.open(io.BytesIO(png(pixels))) as image:
        assert (np.asarray(image.convert("RGB")) == pixels).all()


def test_few_colours_take_a_palette_and_many_do_not():
    mask = class_mask(np.arange(96 * 96).reshape(96, 96) // 700 % 3, PARTS)
    with Image.open(io.BytesIO(png(mask))) as image:
        assert image.mode == "P"
    assert len(png(mask)) < 1500
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    with Image.open(io.BytesIO(png(noise))) as image:
        assert image.mode == "RGB"
    full = png(picture(DEPTH, np.arange(96.0 * 96).reshape(96, 96, 1), Scale(0, 9215)))
    assert len(full) < 6000, "a ramp and its gaps fit a palette"


def test_a_data_uri_holds_the_png():
    pixels = np.zeros((2, 2, 3), np.uint8)
    head, _, body = data_uri(pixels).partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(body) == png(pixels)
