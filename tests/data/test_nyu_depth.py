"""NYU Depth v2 as a plain reader of its files gives it; holes, rooms, and files that are not whole."""

import h5py
import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat, savemat

import miniatures
from miniatures.nyu_depth import ROOMS, SIZE, TEST, VIEWS, metres
from virb.data import BadImage, _matlab
from virb.data._splits import carve
from virb.errors import UserError
from virb.tasks import TASKS

FILE = "nyu_depth_v2/nyu_depth_v2_labeled.mat"


@pytest.fixture
def source(tmp_path):
    return miniatures.write("nyu-depth", "official", tmp_path)


def test_images_depths_and_splits_are_those_of_a_plain_reader(source, tmp_path):
    """MATLAB's axes are turned round in HDF5: a map that is not turned back is the wrong way up and runs sideways."""
    data = source.open(tmp_path)
    splits = loadmat(tmp_path / "nyu_depth_v2/splits.mat")
    test = {int(number) for number in splits["testNdxs"].ravel()}
    with h5py.File(tmp_path / FILE, locking=False) as file:
        for row in range(len(data)):
            number = int(data.keys[data.images[row, 0]].partition("#")[2])
            image = np.stack([file["images"][number - 1, colour].T for colour in range(3)], axis=-1)
            raw = file["rawDepths"][number - 1].T
            np.testing.assert_array_equal(data.read(int(data.images[row, 0])), image)
            np.testing.assert_array_equal(data.truth("depth", row)[..., 0], np.where(raw > 0, raw, np.nan))
            assert (data.official[row] == "test") == (number in test)
            assert image.shape == (SIZE[1], SIZE[0], 3)


def test_what_was_not_measured_is_missing_and_not_filled_in(source, tmp_path):
    data = source.open(tmp_path)
    holes = [np.isnan(data.truth("depth", row)).sum() for row in range(len(data))]
    assert min(holes) >= (metres(0, 0) == 0).sum()
    assert np.nanmax(np.concatenate([data.truth("depth", row).ravel() for row in range(len(data))])) < 9


def test_parts_of_a_room_are_one_group_and_no_two_splits_share_a_room(source, tmp_path):
    data = source.open(tmp_path)
    assert len(np.unique(data.groups)) == ROOMS  # kitchen_0005a and kitchen_0005b are one
    rows = carve(data, "depth", TASKS.load("nyu-depth").splits, seed=0)
    assert [len(rows[split]) for split in ("fit", "select", "test")] == [18, 6, TEST * VIEWS]
    parts = [set(data.groups[its].tolist()) for its in rows.values()]
    assert sum(map(len, parts)) == ROOMS


def test_an_image_of_the_labelled_set_is_named_by_its_number(source, tmp_path):
    with h5py.File(tmp_path / FILE, "r+") as file:
        file["rawDepths"][6, 4, 4] = -1
        file["rawDepths"][7, 4, 4] = np.nan
        file["rawDepths"][8, 4, 4] = np.inf
    data = source.open(tmp_path)
    for place, wrong in ((6, "-1"), (7, "nan"), (8, "inf")):
        row = [data.keys[image] for image in data.images[:, 0]].index(f"nyu_depth_v2_labeled.mat#{place + 1:04d}")
        with pytest.raises(BadImage, match=rf"nyu_depth_v2_labeled.mat#{place + 1:04d}': a depth is {wrong}"):
            data.truth("depth", row)


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.99])
def test_a_file_that_is_cut_short_is_named_before_any_compute(part, source, tmp_path):
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(UserError, match=r"nyu_depth_v2_labeled.mat' is (corrupt or not whole|no MATLAB file of vers)"):
        source.open(tmp_path)


def test_a_matlab_file_of_another_version_or_content_is_named(source, tmp_path):
    savemat(tmp_path / FILE, {"images": np.zeros(3)})
    with pytest.raises(UserError, match=r"is no MATLAB file of version 7.3"):
        source.open(tmp_path)
    with h5py.File(tmp_path / FILE, "w") as file:
        file["images"] = np.zeros((4, 3, 5, 6), np.uint8)
    with pytest.raises(UserError, match=r"has no array 'rawDepths'"):
        source.open(tmp_path)


def test_images_and_depths_of_different_sizes_are_refused(source, tmp_path):
    with h5py.File(tmp_path / FILE, "r+") as file:
        del file["rawDepths"]
        file["rawDepths"] = np.ones((ROOMS * VIEWS, SIZE[1], SIZE[0]), np.float32)
    with pytest.raises(UserError, match=r"images, .* depths and 36 scenes do not fit together"):
        source.open(tmp_path)


def test_lists_that_do_not_divide_the_images_are_refused(source, tmp_path):
    lists = loadmat(tmp_path / "nyu_depth_v2/splits.mat")
    train, test = lists["trainNdxs"], lists["testNdxs"]
    for first, second in ((train[1:], test), (train, np.append(test, train[:1], axis=0)), (train + 1, test)):
        savemat(tmp_path / "nyu_depth_v2/splits.mat", {"trainNdxs": first, "testNdxs": second})
        with pytest.raises(UserError, match="cannot be read as the official layout"):
            source.open(tmp_path)


def test_without_h5py_it_says_how_to_get_it(source, tmp_path, monkeypatch):
    monkeypatch.setattr(_matlab, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"(?s)h5py, which is not installed.*pip install 'virb\[hdf5\]'"):
        source.open(tmp_path)


def test_the_studys_files_are_metres_too_and_what_cannot_be_is_named(tmp_path):
    source = miniatures.write("nyu-depth", "2021", tmp_path)
    data = source.open(tmp_path)
    row = [data.keys[image] for image in data.images[:, 0]].index("train/3.png")
    np.testing.assert_array_equal(data.truth("depth", row)[..., 0], np.maximum(metres(3, 1), 0.5))
    path = tmp_path / "nyu/train/depths/3.tiff"
    for value, told in ((np.nan, "nan"), (-2, "-2"), (np.inf, "inf")):
        depth = metres(3, 1)
        depth[2, 3] = value
        Image.fromarray(depth).save(path)
        with pytest.raises(BadImage, match=rf"3.tiff': a depth is {told}; one that is missing is 0"):
            data.truth("depth", row)
    Image.fromarray(metres(3, 1)[:-1]).save(path)
    with pytest.raises(UserError, match=r"3.tiff' is 19 x 13 pixels, and its image .*3.png' 19 x 14"):
        data.truth("depth", row)
    Image.fromarray(np.ones((14, 19), np.uint8)).save(path)
    with pytest.raises(BadImage, match=r"floating point numbers are wanted, and this is 8 bits of grey"):
        data.truth("depth", row)
