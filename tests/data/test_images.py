"""Decoding against Pillow, resizing against torchvision and Pillow."""

import io
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image, ImageFile, ImageOps
from torchvision.transforms import InterpolationMode, v2

from virb.data import BadImage
from virb.data import _images as images
from virb.data._images import decode, fit_image
from virb.spec import InputPolicy

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (37, 53, 3)).astype(np.uint8)


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


# ---------------------------------------------------------------------------------------------------- decode


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "ppm"])
def test_lossless_rgb_comes_back_byte_for_byte(tmp_path: Path, suffix: str) -> None:
    pixels = decode(saved(tmp_path / f"a.{suffix}", Image.fromarray(PHOTO)), "a")
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, PHOTO)
    pixels[0, 0, 0] = 1  # writeable, as torch wants it


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "YCbCr"])
def test_every_mode_of_eight_bits_becomes_what_the_loader_of_torchvision_makes_of_it(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(PHOTO).convert(mode)
    suffix = "jpg" if mode in ("CMYK", "YCbCr") else "png"
    path = saved(tmp_path / f"a.{suffix}", image)
    with Image.open(path) as opened:
        expected = np.asarray(opened.convert("RGB"))
    np.testing.assert_array_equal(decode(path, "a"), expected)


def test_alpha_is_dropped_and_not_blended(tmp_path: Path) -> None:
    clear = np.dstack([PHOTO, np.zeros(PHOTO.shape[:2], np.uint8)])
    np.testing.assert_array_equal(decode(saved(tmp_path / "a.png", Image.fromarray(clear)), "a"), PHOTO)


@pytest.mark.parametrize("transparency", [3, bytes(range(256))])
def test_a_palette_with_transparency_keeps_its_colours_without_a_warning(tmp_path: Path, transparency: object) -> None:
    image = Image.fromarray(PHOTO).quantize(256)
    path = saved(tmp_path / "a.png", image, transparency=transparency)
    np.testing.assert_array_equal(decode(path, "a"), np.asarray(image.convert("RGB")))


def test_sixteen_bit_grey_is_scaled_and_not_clipped_as_pillow_does_it(tmp_path: Path) -> None:
    deep = np.array([[0, 128, 255, 256, 257, 32768, 65279, 65535]], np.uint16)
    expected = np.rint(deep / 257).astype(np.uint8)
    for name in ("a.png", "a.tif", "a.pgm"):
        path = saved(tmp_path / name, Image.fromarray(deep))
        np.testing.assert_array_equal(decode(path, "a"), np.repeat(expected[:, :, None], 3, axis=2), err_msg=name)


def test_thirty_two_bit_integers_and_floats_are_scaled_by_their_range(tmp_path: Path) -> None:
    whole = saved(tmp_path / "i.tif", Image.fromarray(np.array([[0, 257, 65535]], np.int32)))
    share = saved(tmp_path / "f.tif", Image.fromarray(np.array([[0, 0.5, 1]], np.float32)))
    assert decode(whole, "i")[0, :, 0].tolist() == [0, 1, 255]
    assert decode(share, "f")[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("bad", [[0.0, 1.5], [-0.1, 1.0], [0.0, np.nan], [0.0, np.inf]])
def test_floats_without_an_agreed_white_are_refused(tmp_path: Path, bad: list[float]) -> None:
    path = saved(tmp_path / "f.tif", Image.fromarray(np.array([bad], np.float32)))
    with pytest.raises(BadImage, match="no agreed white"):
        decode(path, "f")


def test_integers_beyond_sixteen_bits_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "i.tif", Image.fromarray(np.array([[0, 65536]], np.int32)))
    with pytest.raises(BadImage, match="0 to 65536 have no agreed white"):
        decode(path, "i")


def test_the_exif_orientation_is_not_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path / "a.png", Image.fromarray(PHOTO), exif=exif)
    np.testing.assert_array_equal(decode(path, "a"), PHOTO)


def test_of_an_animation_the_first_frame_is_read(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (5, 4), colour) for colour in ("red", "blue")]
    path = saved(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    assert decode(path, "a")[0, 0].tolist() == [255, 0, 0]


def test_the_name_of_a_file_does_not_decide_what_it_is(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", Image.fromarray(PHOTO), format="PNG")
    np.testing.assert_array_equal(decode(path, "a"), PHOTO)


@pytest.mark.parametrize("form", ["BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP"])
def test_a_truncated_file_is_refused_or_lacks_no_pixel(tmp_path: Path, form: str) -> None:
    buffer = io.BytesIO()
    Image.fromarray(PHOTO).save(buffer, form)
    whole, path = buffer.getvalue(), tmp_path / "a.img"
    path.write_bytes(whole)
    expected, refused = decode(path, "a"), 0
    for length in range(0, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:length])
        try:
            np.testing.assert_array_equal(decode(path, "a"), expected)
        except BadImage:
            refused += 1
    assert refused > 50


@pytest.mark.parametrize("form", ["GIF", "JPEG", "PNG", "TIFF", "WEBP"])
def test_corrupt_bytes_never_raise_anything_but_bad_image(tmp_path: Path, form: str) -> None:
    buffer = io.BytesIO()
    Image.fromarray(PHOTO).save(buffer, form)
    path, reasons = tmp_path / "a.img", []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        noise = np.frombuffer(buffer.getvalue(), np.uint8).copy()
        noise[rng.integers(0, min(len(noise), 400), 8)] = rng.integers(0, 256, 8)
        path.write_bytes(noise.tobytes())
        try:
            decode(path, "a")
        except BadImage as error:
            reasons.append(str(error))
    assert reasons
    assert all(reason.startswith("'a': ") for reason in reasons)


def test_half_a_picture_is_refused_even_where_another_library_allowed_it(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", Image.fromarray(PHOTO))
    path.write_bytes(path.read_bytes()[:3000])
    with mock.patch.object(ImageFile, "LOAD_TRUNCATED_IMAGES", True), pytest.raises(BadImage):
        decode(path, "a")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"\n<!DOCTYPE html><title>404</title>", "a web page"),
        (b"<html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"hello", "not one of BMP"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not one of BMP"),
    ],
)
def test_what_is_no_image_is_refused_with_what_it_is(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(BadImage, match=reason) as caught:
        decode(path, "cat/a.jpg")
    assert caught.value.key == "cat/a.jpg"


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match="No such file"):
        decode(tmp_path / "a.jpg", "a")
    with pytest.raises(BadImage):
        decode(tmp_path, "a")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [10_000, 20_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path, side: int) -> None:
    path = saved(tmp_path / "a.png", Image.new("1", (side, side)))
    with mock.patch.object(images, "_to_rgb") as decoding, pytest.raises(BadImage, match=f"more than {89_478_485:,}"):
        decode(path, "a")
    decoding.assert_not_called()


# ---------------------------------------------------------------------------------------------------- fit_image

MODES = {
    "nearest": InterpolationMode.NEAREST,
    "bilinear": InterpolationMode.BILINEAR,
    "bicubic": InterpolationMode.BICUBIC,
}
sides = st.integers(1, 70)


def noise(height: int, width: int, low: int = 0, high: int = 256) -> np.ndarray:
    return np.random.default_rng(height * 100 + width).integers(low, high, (height, width, 3)).astype(np.uint8)


def muted(height: int, width: int) -> np.ndarray:
    """Noise from which bicubic overshoot reaches neither black nor white: cutting it off depends on the order."""
    return noise(height, width, 96, 160)


@given(sides, sides, st.integers(1, 40), st.integers(1, 40), st.sampled_from(["bilinear", "bicubic"]))
def test_crop_to_a_frame_keeps_the_centre_of_the_least_size_that_covers_it(
    height: int, width: int, rows: int, columns: int, name: str
) -> None:
    pixels = muted(height, width)
    across = max(columns, int(rows * width / height))  # resized by the factor of the side that needs the larger one
    down = max(rows, int(columns * height / width))
    factor = max(rows / height, columns / width)
    assert abs(across - factor * width) <= 1
    assert abs(down - factor * height) <= 1
    recipe = v2.Compose([v2.Resize([down, across], MODES[name]), v2.CenterCrop([rows, columns])])
    expected = np.asarray(recipe(Image.fromarray(pixels))).astype(int)
    found = fit_image(pixels, InputPolicy(size=rows, width=columns, fit="crop"), name).astype(int)
    assert np.abs(found - expected).max() <= (2 if name == "bicubic" else 1)


@given(sides, sides, st.integers(1, 40), st.integers(1, 40), st.sampled_from(sorted(MODES)))
def test_squash_and_pad_to_a_frame_are_those_of_torchvision_and_pillow(
    height: int, width: int, rows: int, columns: int, name: str
) -> None:
    pixels = noise(height, width)
    expected = v2.functional.resize(Image.fromarray(pixels), [rows, columns], MODES[name])
    found = fit_image(pixels, InputPolicy(size=rows, width=columns), name)
    np.testing.assert_array_equal(found, np.asarray(expected))
    assume(min(columns * height, rows * width) >= max(height, width))  # Pillow lets thinner ones vanish
    padded = ImageOps.pad(Image.fromarray(pixels), (columns, rows), images._RESAMPLING[name], color=(0, 0, 0))
    found = fit_image(pixels, InputPolicy(size=rows, width=columns, fit="pad"), name)
    np.testing.assert_array_equal(found, np.asarray(padded))


@given(sides, sides, st.integers(1, 40), st.sampled_from(sorted(MODES)))
def test_squash_is_the_resize_of_torchvision(height: int, width: int, size: int, name: str) -> None:
    pixels = noise(height, width)
    expected = v2.functional.resize(Image.fromarray(pixels), [size, size], MODES[name])
    np.testing.assert_array_equal(fit_image(pixels, InputPolicy(size=size), name), np.asarray(expected))


@given(sides, sides, st.integers(1, 40), st.sampled_from(["bilinear", "bicubic"]))
def test_crop_is_the_resize_and_centre_crop_of_torchvision(height: int, width: int, size: int, name: str) -> None:
    pixels = muted(height, width)
    recipe = v2.Compose([v2.Resize(size, MODES[name]), v2.CenterCrop(size)])
    expected = np.asarray(recipe(Image.fromarray(pixels))).astype(int)
    found = fit_image(pixels, InputPolicy(size=size, fit="crop"), name).astype(int)
    # Rows and columns are rounded in turn, in either order; bicubic weights, some negative, enlarge the first rounding.
    assert np.abs(found - expected).max() <= (2 if name == "bicubic" else 1)


@pytest.mark.parametrize("shape", [(375, 500), (500, 333), (37, 53), (224, 224), (100, 2000), (225, 224)])
@pytest.mark.parametrize("name", ["bilinear", "bicubic"])
def test_crop_at_224_differs_from_torchvision_by_rounding_only(shape: tuple[int, int], name: str) -> None:
    pixels = muted(*shape)
    expected = v2.Compose([v2.Resize(224, MODES[name]), v2.CenterCrop(224)])(Image.fromarray(pixels))
    found = fit_image(pixels, InputPolicy(fit="crop"), name)
    assert np.abs(found.astype(int) - np.asarray(expected)).max() <= 1


@given(sides, sides, st.integers(1, 40))
def test_crop_by_nearest_neighbour_takes_torchvisions_pixels_or_those_beside_them(h: int, w: int, size: int) -> None:
    places = np.zeros((h, w, 3), np.uint8)
    places[..., 0], places[..., 1] = np.indices((h, w))
    expected = v2.Compose([v2.Resize(size, MODES["nearest"]), v2.CenterCrop(size)])(Image.fromarray(places))
    found = fit_image(places, InputPolicy(size=size, fit="crop"), "nearest")
    assert np.abs(found.astype(int) - np.asarray(expected)).max() <= 1


@given(sides, sides, st.integers(1, 40), st.sampled_from(sorted(MODES)))
def test_pad_is_the_pad_of_pillow(height: int, width: int, size: int, name: str) -> None:
    pixels = noise(height, width)
    found = fit_image(pixels, InputPolicy(size=size, fit="pad"), name)
    if round(min(height, width) / max(height, width) * size) == 0:
        # Pillow loses the image here; one line of it is kept.
        assert (found.sum(2) > 0).any(axis=int(height < width)).sum() <= 1
        return
    expected = ImageOps.pad(Image.fromarray(pixels), (size, size), images._RESAMPLING[name], color=(0, 0, 0))
    np.testing.assert_array_equal(found, np.asarray(expected))


@pytest.mark.parametrize("fit", ["squash", "crop", "pad"])
@pytest.mark.parametrize("name", sorted(MODES))
def test_one_pixel_fills_the_whole_image(fit: str, name: str) -> None:
    found = fit_image(np.full((1, 1, 3), 77, np.uint8), InputPolicy.model_validate({"size": 9, "fit": fit}), name)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, np.full((9, 9, 3), 77))


@pytest.mark.parametrize("fit", ["squash", "crop", "pad"])
def test_an_image_of_the_right_size_stays_as_it_is(fit: str) -> None:
    pixels = noise(31, 31)
    policy = InputPolicy.model_validate({"size": 31, "fit": fit})
    for name in MODES:
        np.testing.assert_array_equal(fit_image(pixels, policy, name), pixels)


def test_shrinking_is_antialiased() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    found = fit_image(stripes, InputPolicy(size=8), "bilinear").astype(int)
    assert np.abs(found - 128).max() < 25


def test_an_interpolation_without_a_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        fit_image(PHOTO, InputPolicy(size=8), "lanczos")
