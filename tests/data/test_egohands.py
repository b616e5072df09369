"""EgoHands: polygons become masks of whose hands they are, and videos are never divided."""

import shutil

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

import miniatures
from miniatures.egohands import FIELDS, mask, polygons, write_polygons
from virb.data import BadImage
from virb.data.egohands import HANDS, SELECT, TEST, VIDEOS
from virb.errors import UserError

FIRST = "egohands_data/_LABELLED_SAMPLES/CARDS_COURTYARD_B_T"
NONE = dict.fromkeys(FIELDS, np.zeros((0, 0)))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp("written")
    return root, miniatures.write("egohands", "official", root)


@pytest.fixture
def source(written, tmp_path):
    """A miniature of one's own below ``tmp_path``."""
    root, source = written
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    return source


def test_masks_are_what_a_plain_count_of_sides_gives(source, tmp_path):
    data = source.open(tmp_path)
    seen = set()
    for row in range(len(data)):
        video, frame = data.keys[data.images[row, 0]].split("/")
        wanted = mask(polygons(VIDEOS.index(video), ("frame_0011.jpg", "frame_1203.jpg").index(frame)))
        np.testing.assert_array_equal(data.truth("hands", row), wanted, err_msg=video)
        seen.add(len(np.unique(wanted)))
    assert seen == {4, 5}, "hands are hidden in some frames"


def test_the_classes_are_those_of_the_study_in_its_order():
    assert HANDS == ("your left", "your right", "my left", "my right")


def test_pixels_are_counted_from_one_as_matlab_does(source, tmp_path):
    corner = np.array([[0.5, 0.5], [1.5, 0.5], [1.5, 1.5], [0.5, 1.5]])
    write_polygons(tmp_path / FIRST / "polygons.mat", [NONE | {"myright": corner}, NONE])
    data = source.unhashed(tmp_path)
    assert data.truth("hands", 0)[0, 0] == 4
    assert data.truth("hands", 0).sum() == 4
    assert not data.truth("hands", 1).any()


def test_my_hands_lie_over_yours_and_the_right_one_over_the_left(source, tmp_path):
    whole = np.array([[0, 0], [40, 0], [40, 40], [0, 40]], float)
    for shown, wanted in (
        (FIELDS, 4),
        (("myleft", "yourright"), 3),
        (("yourleft", "yourright"), 2),
        (("yourleft",), 1),
    ):
        write_polygons(tmp_path / FIRST / "polygons.mat", [NONE | dict.fromkeys(shown, whole), NONE])
        assert (source.unhashed(tmp_path).truth("hands", 0) == wanted).all()


def test_frames_are_in_the_order_of_their_numbers(source, tmp_path):
    """As text, frame 10000 is before frame 9999, and each would get the hands of the other."""
    for old, new in (("0011", "9999"), ("1203", "10000")):
        (tmp_path / FIRST / f"frame_{old}.jpg").rename(tmp_path / FIRST / f"frame_{new}.jpg")
    data = source.unhashed(tmp_path)
    for place, name in enumerate(("9999", "10000")):
        row = data.keys.index(f"CARDS_COURTYARD_B_T/frame_{name}.jpg")
        np.testing.assert_array_equal(data.truth("hands", row), mask(polygons(0, place)))


def test_splits_are_by_video_and_those_of_the_study(source, tmp_path):
    data = source.open(tmp_path)
    assert (len(VIDEOS), len(SELECT), len(TEST)) == (48, 4, 8)
    assert list(VIDEOS) == sorted(set(VIDEOS))
    for name, split in (
        ("CARDS_COURTYARD_B_T", "test"),
        ("CARDS_LIVINGROOM_S_H", "select"),
        ("JENGA_OFFICE_B_S", "fit"),
    ):
        rows = [row for row in range(len(data)) if data.keys[data.images[row, 0]].startswith(name)]
        assert {*data.official[rows].tolist()} == {split}
        assert len({*data.groups[rows].tolist()}) == 1


def test_a_frame_without_polygons_is_refused(source, tmp_path):
    write_polygons(tmp_path / FIRST / "polygons.mat", [NONE])
    with pytest.raises(UserError, match="'CARDS_COURTYARD_B_T' has 2 frames, and polygons for 1"):
        source.open(tmp_path)


@pytest.mark.parametrize("content", [b"", b"MATLAB 5.0 MAT-file" + bytes(200), b"<!doctype html>" * 20])
def test_a_file_of_something_else_is_named(content, source, tmp_path):
    (tmp_path / FIRST / "polygons.mat").write_bytes(content)
    with pytest.raises(UserError, match=r"CARDS_COURTYARD_B_T/polygons.mat' has no polygons of hands"):
        source.open(tmp_path)


def test_a_struct_of_other_fields_is_named(source, tmp_path):
    savemat(tmp_path / FIRST / "polygons.mat", {"polygons": {"left": np.zeros((3, 2))}})
    with pytest.raises(UserError, match=r"polygons.mat' has no polygons of hands"):
        source.open(tmp_path)


def test_a_corner_that_is_none_is_named_with_its_frame(source, tmp_path):
    write_polygons(tmp_path / FIRST / "polygons.mat", [NONE | {"myleft": np.full((3, 2), np.nan)}, NONE])
    with pytest.raises(BadImage, match=r"'my left' in 'frame_0011.jpg'"):
        source.unhashed(tmp_path).truth("hands", 0)


def test_a_mask_of_something_else_is_named(tmp_path):
    source = miniatures.write("egohands", "2021", tmp_path)
    file = tmp_path / "egohands/labels/CARDS_COURTYARD_B_T/frame_0011.png"
    Image.fromarray(np.full((18, 32), 255, np.uint8)).save(file)
    with pytest.raises(BadImage, match=r"holds 0 to 4, and this \[255\]"):
        source.unhashed(tmp_path).truth("hands", 0)
