"""Pixelwise truth in files of any size: brought to one size once, refused by name where it cannot be."""

from dataclasses import replace

import numpy as np
import pytest

from virb.cache import Cache
from virb.data import BadImage, PixelTruth
from virb.data._framed import framed
from virb.data._geometry import frame_truth
from virb.errors import UserError
from virb.progress import Quiet
from virb.spec import Classes, InputPolicy
from virb.testing import toy_pixelwise_task, toy_scenes

SQUARE = InputPolicy(size=20)


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache", budget=10**8)


def in_files(dataset, column, change=lambda row, truth: truth):
    """The same data, its truth read one by one, and counted."""
    truths, reads = dataset.columns[column], []

    def read(row):
        reads.append(row)
        return change(row, truths[row].copy())

    columns = {name: values for name, values in dataset.columns.items() if name != column}
    pixels = {column: PixelTruth(read, lambda row: f"masks/{row}.png")}
    return replace(dataset, columns=columns, pixels=pixels), reads


def at(row, value):
    """Put a value into the first pixel of one example."""

    def change(this, truth):
        if this == row:
            truth[0, 0] = value
        return truth

    return change


@pytest.mark.parametrize("column", ["mask", "depth", "flow"])
def test_each_example_is_brought_into_the_square(column, cache):
    task = toy_pixelwise_task(column, images=2 if column == "flow" else 1)
    whole = toy_scenes(12, images=task.images_per_example)
    dataset, _ = in_files(whole, column)
    found, bad = framed(dataset, task, SQUARE, cache, Quiet())
    assert not bad
    assert len(found.columns[column]) == 12
    for row in range(12):
        wanted = frame_truth(whole.columns[column][row], task.target, task.family, SQUARE)
        np.testing.assert_array_equal(found.columns[column][row], wanted)
        np.testing.assert_array_equal(found.truth(column, row), whole.columns[column][row])


def test_truth_that_is_an_array_is_left_alone(cache):
    dataset = toy_scenes(4)
    assert framed(dataset, toy_pixelwise_task("mask"), SQUARE, cache, Quiet()).dataset is dataset


def test_it_is_done_once_for_each_size_target_and_state_of_the_data(cache):
    task = toy_pixelwise_task("mask")
    dataset, reads = in_files(toy_scenes(6), "mask")
    for again in (dataset, replace(dataset, notes=("another opening",))):
        framed(again, task, SQUARE, cache, Quiet())
    assert sorted(reads) == list(range(6))
    framed(dataset, task, InputPolicy(size=21), cache, Quiet())
    framed(replace(dataset, digest="grown"), task, SQUARE, cache, Quiet())
    wider = task.model_copy(update={"target": Classes(count=3, dense=True)})
    framed(dataset, wider, SQUARE, cache, Quiet())
    assert len(reads) == 24


def test_a_file_cut_short_is_written_again(cache):
    task = toy_pixelwise_task("mask")
    dataset, _ = in_files(toy_scenes(6), "mask")
    whole = np.array(framed(dataset, task, SQUARE, cache, Quiet()).dataset.columns["mask"])
    (file,) = cache.folder.glob("truth/*/truth.npy")
    file.write_bytes(file.read_bytes()[:-100])
    np.testing.assert_array_equal(framed(dataset, task, SQUARE, cache, Quiet()).dataset.columns["mask"], whole)


def test_a_write_that_ends_early_leaves_nothing(cache):
    task = toy_pixelwise_task("mask")

    def stop(row, truth):
        if row == 4:
            raise KeyboardInterrupt
        return truth

    dataset, _ = in_files(toy_scenes(6), "mask", stop)
    with pytest.raises(KeyboardInterrupt):
        framed(dataset, task, SQUARE, cache, Quiet())
    assert not list(cache.folder.glob("truth/*/*.npy*"))
    assert not list(cache.folder.glob("truth/*/.truth*"))


def test_what_cannot_be_read_is_named_and_holds_no_label(cache):
    def broken(row, truth):
        if row == 3:
            raise BadImage("masks/3.png", "truncated")
        return truth

    task = toy_pixelwise_task("mask")
    task = task.model_copy(update={"target": Classes(count=2, dense=True, ignore=255)})
    dataset, _ = in_files(toy_scenes(6), "mask", broken)
    for _ in range(2):  # written, then found
        found, bad = framed(dataset, task, SQUARE, cache, Quiet())
        assert bad == {3: "'masks/3.png': truncated"}
        assert (found.columns["mask"][3] == 255).all()


def test_an_id_that_the_nearest_pixels_miss_is_refused_all_the_same(cache):
    dataset, _ = in_files(toy_scenes(6), "mask", at(2, 7))
    with pytest.raises(UserError, match=r"(?s)Label '7' in 'masks/2.png' is out of range.*0 to 1"):
        framed(dataset, toy_pixelwise_task("mask"), InputPolicy(size=3), cache, Quiet())


@pytest.mark.parametrize(
    ("value", "words"), [(np.inf, "infinite"), (-2.0, r"not above zero: -2"), (0.0, "not above zero: 0")]
)
def test_a_number_that_cannot_be_is_refused_by_the_name_of_its_file(value, words, cache):
    dataset, _ = in_files(toy_scenes(6), "depth", at(1, value))
    with pytest.raises(UserError, match=rf"A value in 'masks/1.png' is {words}"):
        framed(dataset, toy_pixelwise_task("depth"), SQUARE, cache, Quiet())


def test_a_missing_number_needs_a_target_that_says_so(cache):
    task = toy_pixelwise_task("depth")
    task = task.model_copy(update={"target": task.target.model_copy(update={"masked": False})})
    dataset, _ = in_files(toy_scenes(6), "depth")
    with pytest.raises(UserError, match=r"(?s)'masks/0.png' is missing.*masked"):
        framed(dataset, task, SQUARE, cache, Quiet())


def test_a_budget_that_is_too_small_is_said_before_anything_is_read(tmp_path):
    dataset, reads = in_files(toy_scenes(6), "mask")
    with pytest.raises(UserError, match="the cache may hold"):
        framed(dataset, toy_pixelwise_task("mask"), SQUARE, Cache(tmp_path, budget=100), Quiet())
    assert not reads
