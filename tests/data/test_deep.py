"""Deep pixels as other libraries read them: libpng behind torchvision, tifffile; and what is not deep is named."""

import numpy as np
import pytest
import tifffile
from PIL import Image
from torchvision.io import decode_png, read_file

import deep_png
from virb.data import BadImage
from virb.data._deep import decode_floats, decode_grey8, decode_grey16, decode_rgb16


def noise(*shape, top=2**16):
    return np.random.default_rng(0).integers(0, top, shape)


@pytest.mark.filterwarnings("ignore:The image decoding:DeprecationWarning")
@pytest.mark.parametrize("size", [(1, 1), (7, 9), (13, 41)])
@pytest.mark.parametrize("filters", [(0,), (1, 4), (2, 3), (0, 1, 2, 3, 4)])
def test_sixteen_bits_a_colour_are_those_that_libpng_reads(size, filters, tmp_path):
    pixels = noise(*size, 3)
    deep_png.write(tmp_path / "deep.png", pixels, filters)
    found = decode_rgb16(tmp_path / "deep.png", "deep.png")
    reference = decode_png(read_file(str(tmp_path / "deep.png"))).permute(1, 2, 0).numpy()
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, reference)
    np.testing.assert_array_equal(found, pixels)


@pytest.mark.parametrize("name", ["grey.png", "grey.tiff"])
def test_sixteen_bits_of_grey_keep_every_level(name, tmp_path):
    pixels = np.append(noise(4, 5), [[0, 255, 256, 65534, 65535]], axis=0).astype(np.uint16)
    Image.fromarray(pixels).save(tmp_path / name)
    np.testing.assert_array_equal(decode_grey16(tmp_path / name, name), pixels)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_floats_are_those_that_tifffile_wrote(compression, tmp_path):
    values = np.random.default_rng(1).normal(size=(5, 7)).astype(np.float32)
    tifffile.imwrite(tmp_path / "floats.tiff", values, compression=compression)
    np.testing.assert_array_equal(decode_floats(tmp_path / "floats.tiff", "floats"), values)


def test_eight_bits_of_grey_may_come_as_three_that_are_the_same(tmp_path):
    pixels = noise(5, 7, top=256).astype(np.uint8)
    for mode in ("L", "RGB"):
        Image.fromarray(pixels).convert(mode).save(tmp_path / f"{mode}.png")
        np.testing.assert_array_equal(decode_grey8(tmp_path / f"{mode}.png", mode), pixels)


FILES = {
    "8 bits of grey": lambda path: Image.fromarray(noise(5, 7, top=256).astype(np.uint8)).save(path),
    "8 bits a colour": lambda path: Image.fromarray(noise(5, 7, 3, top=256).astype(np.uint8)).save(path),
    "a palette": lambda path: Image.fromarray(noise(5, 7, top=256).astype(np.uint8)).convert("P").save(path),
    "whole numbers of grey": lambda path: Image.fromarray(noise(5, 7).astype(np.uint16)).save(path),
}


@pytest.mark.parametrize("held", FILES)
@pytest.mark.parametrize("decode", [decode_grey16, decode_rgb16, decode_floats, decode_grey8])
def test_what_is_not_as_deep_as_it_must_be_is_named_and_what_it_is(held, decode, tmp_path):
    FILES[held](tmp_path / "file.png")
    if (decode, held) in {(decode_grey16, "whole numbers of grey"), (decode_grey8, "8 bits of grey")}:
        decode(tmp_path / "file.png", "a key")
        return
    with pytest.raises(BadImage, match=rf"'a key': .* wanted, and this is {held}"):
        decode(tmp_path / "file.png", "a key")


@pytest.mark.parametrize("part", [0.3, 0.7])
def test_a_file_that_is_cut_short_is_named(part, tmp_path):
    deep_png.write(tmp_path / "deep.png", noise(20, 30, 3))
    Image.fromarray(noise(20, 30).astype(np.uint16)).save(tmp_path / "grey.png")
    for name, decode in (("deep.png", decode_rgb16), ("grey.png", decode_grey16)):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: int(part * len(whole))])
        with pytest.raises(BadImage, match=name):
            decode(tmp_path / name, name)
