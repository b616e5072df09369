"""Masks of one's own: what is read of their pixels, what is inferred, and what is refused by the heads of files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import own_files
from virb.data import BadImage
from virb.data._images import decode_ids, head_of_image
from virb.data._mask_heads import refuse_unlike
from virb.data._masks import inferred, meaning
from virb.data._virb_yaml import DepthForm, MasksForm
from virb.errors import UserError
from virb.spec import Classes, Values

IDS = MasksForm(classes={0: "ground", 7: "road", 9: "road"}, ignore=(255,))
COLOURS = MasksForm(colours={"road": "#804080", "sky": [70, 130, 180]}, ignore="#000000")
DEPTH = MasksForm(depth=DepthForm(scale=0.001, unit="m", missing=(0, 65535)))


def read(form, path):
    return meaning(form, Path("where")).read(path, path.name)


# ------------------------------------------------------------------------------------------------ reading


def test_ids_become_class_ids_and_what_is_ignored_255(tmp_path):
    path = own_files.mask(tmp_path / "1.png", np.array([[0, 7, 9], [255, 7, 0]], np.uint8))
    np.testing.assert_array_equal(read(IDS, path), [[0, 1, 1], [255, 1, 0]])
    assert read(IDS, path).dtype == np.uint8
    target = meaning(IDS, Path()).target
    assert target == Classes(count=2, dense=True, ignore=255, names=("ground", "road"))


def test_of_a_palette_its_places_count_and_not_its_colours(tmp_path):
    palette = Image.fromarray(np.array([[0, 7], [9, 255]], np.uint8)).convert("P")
    palette.putpalette([200] * 768)
    palette.save(tmp_path / "1.png")
    np.testing.assert_array_equal(read(IDS, tmp_path / "1.png"), [[0, 1], [1, 255]])


def test_ids_may_have_sixteen_bits(tmp_path):
    form = MasksForm(classes={300: "a", 40000: "b"})
    path = own_files.mask(tmp_path / "1.png", np.array([[300, 40000]], np.uint16))
    np.testing.assert_array_equal(read(form, path), [[0, 1]])


def test_with_256_classes_255_is_one_and_what_is_ignored_minus_one(tmp_path):
    form = MasksForm(classes={number: f"class {number}" for number in range(256)}, ignore=(300,))
    path = own_files.mask(tmp_path / "1.png", np.array([[255, 300]], np.uint16))
    np.testing.assert_array_equal(read(form, path), [[255, -1]])
    assert meaning(form, Path()).target.ignore == -1


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_ids_of_few_bits_are_what_stands_in_the_file(bits, tmp_path):
    """Pillow spreads two and four bits over 0 to 255: ids 0 to 3 came out as 0, 85, 170 and void."""
    values = np.arange(2**bits).reshape(2, -1)
    (tmp_path / "1.png").write_bytes(own_files.few_bits(bits, values))
    np.testing.assert_array_equal(decode_ids(tmp_path / "1.png", ""), values)


def test_an_id_outside_the_list_is_named_with_its_file(tmp_path):
    path = own_files.mask(tmp_path / "1.png", np.array([[0, 7], [8, 30]], np.uint8))
    with pytest.raises(UserError, match=r"(?s)'1.png' holds the id '8', which 'where/virb.yaml'.*names 0, 7, 9, 255"):
        read(IDS, path)


def test_colours_become_class_ids(tmp_path):
    colours = np.array([[[0x80, 0x40, 0x80], [70, 130, 180]], [[0, 0, 0], [70, 130, 180]]], np.uint8)
    path = own_files.mask(tmp_path / "1.png", colours)
    np.testing.assert_array_equal(read(COLOURS, path), [[0, 1], [255, 1]])
    Image.open(path).convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "2.png")
    np.testing.assert_array_equal(read(COLOURS, tmp_path / "2.png"), [[0, 1], [255, 1]])
    colours[0, 0] = (1, 2, 3)
    with pytest.raises(UserError, match="holds the colour '#010203', which"):
        read(COLOURS, own_files.mask(path, colours))


def test_depth_comes_in_its_unit_and_is_nan_where_it_is_missing(tmp_path):
    path = own_files.mask(tmp_path / "1.png", np.array([[0, 1500], [65535, 8000]], np.uint16))
    np.testing.assert_allclose(read(DEPTH, path)[..., 0], [[np.nan, 1.5], [np.nan, 8]], rtol=1e-6)
    target = Values(size=1, dense=True, masked=True, positive=True, unit="m")
    assert meaning(DEPTH, Path()).target == target
    free = MasksForm(depth=DepthForm(scale=1, unit="none"))
    assert meaning(free, Path()).target == target.model_copy(update={"unit": None})


@pytest.mark.parametrize("name", ["1.tif", "1.npy"])
def test_depth_may_be_floating(name, tmp_path):
    path = own_files.mask(tmp_path / name, np.array([[0.1, np.nan], [-1, 2]], np.float32))
    form = MasksForm(depth=DepthForm(scale=10, unit="m", missing=(float("nan"), -1, 0.1)))
    np.testing.assert_allclose(read(form, path)[..., 0], [[np.nan, np.nan], [np.nan, 20]])


@pytest.mark.parametrize(
    ("value", "problem", "remedy"),
    [
        (np.nan, "holds NaN in 1 of its pixels", "missing: nan"),
        (np.inf, "holds infinite depth", r"missing: .inf"),
        (-2, "holds the depth '-2', and depth is above zero", "missing: -2"),
        (0, "holds the depth '0', and depth is above zero", "missing: 0"),
    ],
)
def test_depth_that_cannot_be_is_refused_with_what_to_write(value, problem, remedy, tmp_path):
    path = own_files.mask(tmp_path / "1.tif", np.array([[1, value]], np.float32))
    with pytest.raises(UserError) as caught:
        read(MasksForm(depth=DepthForm(scale=1, unit="m")), path)
    assert caught.value.problem == f"'1.tif' {problem}."
    assert remedy in caught.value.remedy


def test_an_array_that_is_none_is_a_bad_image(tmp_path):
    own_files.mask(tmp_path / "1.npy", np.ones((2, 3, 3)))
    (tmp_path / "2.npy").write_bytes(b"")
    np.save(tmp_path / "3.npy", np.array([{}]), allow_pickle=True)
    for name in ("1.npy", "2.npy", "3.npy"):
        with pytest.raises(BadImage):
            read(DEPTH, tmp_path / name)


# ------------------------------------------------------------------------------------------------ inferring


def test_what_no_file_explains_has_a_class_for_each_id_but_255(tmp_path):
    files = [own_files.mask(tmp_path / f"{n}.png", np.array([[0, 5], [n, 255]], np.uint8)) for n in (5, 38)]
    form = inferred(files, tmp_path)
    assert form == MasksForm(classes={0: "0", 5: "5", 38: "38"}, ignore=(255,))
    np.testing.assert_array_equal(read(form, files[1]), [[0, 1], [2, 255]])
    own_files.mask(files[0], np.array([[0, 6]], np.uint8))
    assert inferred(files, tmp_path).names == ("0", "5", "6", "38")  # looked at again where a file has changed


def test_what_cannot_be_inferred_says_what_to_write(tmp_path):
    def refused(values, name="1.png", **how):
        with pytest.raises(UserError) as caught:
            inferred([own_files.mask(tmp_path / name, values, **how)], tmp_path)
        return caught.value

    both = refused(np.array([[0, 255]], np.uint8))
    assert "hold '0' and '255' alone" in both.problem
    assert "{0: background, 255: object}" in both.remedy
    deep = refused(own_files.depths())
    assert "has 16 bits a pixel or more, and it is not said what they are: ids, or depth?" in deep.problem
    assert f"Write '{tmp_path / 'virb.yaml'}'" in deep.remedy
    assert "depth: {scale: 0.001, unit: m, missing: 0}" in deep.remedy
    assert "has colours (RGB)" in refused(np.zeros((2, 2, 3), np.uint8)).problem
    assert "is a JPEG, which smears ids" in refused(np.zeros((2, 2), np.uint8), "1.jpg").problem
    assert "'121' different ids: depth, or borders" in refused(np.arange(121, dtype=np.uint8)[None]).problem
    assert "the id '3' alone" in refused(np.array([[3, 255]], np.uint8)).problem
    assert "hold no class" in refused(np.array([[255]], np.uint8)).problem
    assert "holds numbers" in refused(np.ones((2, 2)), "1.npy").problem


# ------------------------------------------------------------------------------------------------ heads


def unlike(tmp_path, form, values, name="1.png", width=6, height=5, **how):
    pair = (
        own_files.image(tmp_path / "a.jpg", width=width, height=height, **how),
        own_files.mask(tmp_path / name, values),
    )
    return refuse_unlike([pair], form, tmp_path, lambda row: f"line {row}: ")


def test_a_mask_of_another_size_than_its_image_is_refused_with_both(tmp_path):
    with pytest.raises(UserError) as caught:
        unlike(tmp_path, IDS, own_files.regions(), width=7)
    path = tmp_path / "a.jpg"
    assert caught.value.problem == (f"line 0: '{path}' is 7 x 5 pixels, and its mask '{tmp_path / '1.png'}' 6 x 5.")
    assert unlike(tmp_path, IDS, own_files.regions()) == ()
    with pytest.raises(UserError, match="6 x 5"):
        unlike(tmp_path, DEPTH, np.ones((5, 6)), "1.npy", width=7)


def test_an_orientation_is_told_and_where_it_turns_the_image_by_a_quarter_explains_the_sizes(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 3
    (note,) = unlike(tmp_path, IDS, own_files.regions(), exif=exif)
    assert note.startswith(f"Not applied: 1 image has an EXIF orientation, such as '{tmp_path / 'a.jpg'}'.")
    exif[0x0112] = 6
    with pytest.raises(UserError, match=r"(?s)5 x 6 pixels.*turned by its EXIF orientation"):
        unlike(tmp_path, IDS, own_files.regions(), width=5, height=6, exif=exif)
    assert head_of_image(tmp_path / "a.jpg", "").turned


@pytest.mark.parametrize(
    ("form", "values", "name", "problem", "remedy"),
    [
        (DEPTH, own_files.regions(), "1.png", "has 8 bits a pixel, and depth is read of 16", "bits: 8"),
        (DEPTH, np.zeros((5, 6, 3), np.uint8), "1.png", "has colours (RGB), and depth", "16 bits"),
        (DEPTH, own_files.regions(), "1.jpg", "is a JPEG, which smears depth", "PNG"),
        (IDS, np.zeros((5, 6, 3), np.uint8), "1.png", "has colours (RGB), and it is not said", "colours: {road:"),
        (IDS, own_files.regions(), "1.jpg", "is a JPEG, which smears ids", "PNG"),
        (IDS, np.ones((5, 6)), "1.npy", "holds numbers, and masks of classes are images", "virb.yaml"),
        (COLOURS, own_files.regions(), "1.png", "has no colours, and classes are told by colours", "virb.yaml"),
        (COLOURS, np.zeros((5, 6, 3), np.uint8), "1.jpg", "is a JPEG, which smears colours", "PNG"),
    ],
)
def test_a_mask_that_is_not_what_it_should_be_is_refused_before_it_is_decoded(
    form, values, name, problem, remedy, tmp_path
):
    with pytest.raises(UserError) as caught:
        unlike(tmp_path, form, values, name)
    assert f"line 0: '{tmp_path / name}' {problem}" in caught.value.problem
    assert remedy in caught.value.remedy


def test_depth_of_eight_bits_is_read_where_it_is_said(tmp_path):
    eight = MasksForm(depth=DepthForm(scale=1, unit="none", bits=8))
    assert unlike(tmp_path, eight, own_files.regions(ids=(3, 4))) == ()
    assert set(np.unique(read(eight, tmp_path / "1.png"))) == {3, 4}


def test_what_has_no_head_is_left_to_whoever_reads_it(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"")
    assert refuse_unlike([(tmp_path / "bad.png", tmp_path / "bad.png")], IDS, tmp_path) == ()
