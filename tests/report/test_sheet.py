"""A contact sheet shows examples of every class with their targets, whatever the images and names are."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from toy_scenes import depth_task, flow_task, parts_task, scenes

from virb.data import BadImage, Dataset, PixelTruth
from virb.errors import UserError
from virb.report.colours import class_colours
from virb.report.lettering import PAPER
from virb.report.sheet import WIDTH, Spread, _caption, check_name, contact_sheet, save, spread
from virb.spec import FAMILIES, Classes, Splits, Values
from virb.testing import toy_dataset, toy_task


def sheet(task, dataset, count=24):
    return contact_sheet(task, dataset, spread(task, dataset, count))


def has(image, colour):
    return bool((np.asarray(image) == np.array(colour)).all(axis=-1).any())


def one_image(dataset: Dataset) -> Dataset:
    return replace(dataset, images=dataset.images[:, :1])


# ------------------------------------------------------------------------------------------------ which examples


def test_examples_are_spread_over_classes_of_test():
    dataset, task = toy_dataset(120, 3), toy_task(3)
    chosen = spread(task, dataset, 12)
    assert chosen.split == "test"
    assert dataset.columns["label"][chosen.rows].tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert len(set(chosen.rows.tolist())) == 12
    assert (spread(task, dataset, 12).rows == chosen.rows).all()
    from virb.data._splits import carve

    assert set(chosen.rows) <= set(carve(dataset, "label", task.splits, 0)["test"])


def test_with_more_classes_than_room_the_classes_are_spread():
    dataset, task = toy_dataset(400, 40), toy_task(40)
    labels = dataset.columns["label"][spread(task, dataset, 8).rows]
    assert len(set(labels.tolist())) == 8
    assert labels.tolist() == sorted(labels.tolist())
    assert labels.max() > 30
    assert labels.min() < 10


def test_rows_the_source_calls_test_are_taken_and_fit_where_none_is():
    dataset = one_image(scenes(30))
    chosen = spread(depth_task(), dataset, 5)
    assert chosen.split == "test"
    assert set(dataset.official[chosen.rows]) == {"test"}
    none = replace(dataset, official=None)
    assert spread(depth_task(), none, 100) == ("fit", pytest.approx(np.arange(30)))


def test_numbers_are_spread_over_their_range():
    dataset = toy_dataset(60)
    values = np.random.default_rng(0).permutation(60).astype(np.float32)[:, None]
    dataset = replace(dataset, columns={"label": values}, official=np.array(["test"] * 60))
    task = toy_task().model_copy(
        update={
            "target": Values(size=1, unit="steps"),
            "metrics": FAMILIES["values"],
            "primary": "mae",
            "splits": Splits(),
        }
    )
    shown = values[spread(task, dataset, 6).rows, 0]
    assert shown.tolist() == [5, 15, 25, 35, 45, 55]
    assert sheet(task, dataset).width == WIDTH


# ------------------------------------------------------------------------------------------------ what is drawn


def test_every_class_of_a_mask_is_in_the_legend():
    drawn = sheet(parts_task(), one_image(scenes(6)))
    for colour in class_colours(4):
        assert has(drawn, colour)


@pytest.mark.parametrize("task", [depth_task(), flow_task(), parts_task()], ids=lambda task: task.name)
def test_dense_targets_of_one_image_and_of_two_are_drawn(task):
    dataset = scenes(30) if task.images_per_example == 2 else one_image(scenes(30))
    drawn = sheet(task, dataset, 6)
    assert drawn.width == WIDTH
    pixels = np.asarray(drawn)
    assert (pixels != PAPER).any(axis=-1).mean() > 0.2
    assert (pixels[:, :40] == PAPER).all(), "the margin is kept"
    assert (pixels[:, -40:] == PAPER).all()


def test_only_the_images_that_a_task_reads_are_drawn():
    pairs = scenes(30)
    alone = replace(pairs, images=pairs.images[:, :1])
    np.testing.assert_array_equal(sheet(depth_task(), pairs, 6), sheet(depth_task(), alone, 6))


def test_more_examples_make_a_longer_sheet():
    dataset = toy_dataset(400, 3)
    heights = [sheet(toy_task(), dataset, count).height for count in (1, 8, 9, 64)]
    assert heights[0] == heights[1] < heights[2] < heights[3]


def test_an_image_that_cannot_be_read_leaves_its_place():
    dataset = toy_dataset(60, bad=lambda row: row % 2 == 0)
    assert sheet(toy_task(), dataset, 6).size == sheet(toy_task(), toy_dataset(60), 6).size


def test_targets_without_a_label_or_number_are_drawn():
    dataset = one_image(scenes(6))
    nothing = {
        "part": np.full((6, 48, 48), 255, np.uint8),
        "depth": np.full((6, 48, 48, 1), np.nan, np.float32),
        "flow": np.full((6, 48, 48, 2), np.nan, np.float32),
    }
    for task in (parts_task(), depth_task(), flow_task(images_per_example=1)):
        assert sheet(task, replace(dataset, columns=nothing)).width == WIDTH


def many(count, ids):
    """A task of so many classes, and scenes whose masks hold the given ids in bands, the first of them broad."""
    target = Classes(count=count, dense=True, ignore=255, names=tuple(f"class {k}" for k in range(count)))
    bands = np.repeat(ids, [48 - 4 * (len(ids) - 1), *[4] * (len(ids) - 1)])
    part = np.broadcast_to(bands[:, None], (6, 48, 48)).astype(np.uint8)
    return parts_task(target=target), replace(one_image(scenes(6)), columns={"part": part})


def test_of_more_classes_than_colours_those_that_are_shown_are_told_apart():
    """Classes 30, 54 and 6 would have one colour."""
    task, dataset = many(60, [30, 54, 6])
    drawn = sheet(task, dataset)
    first, second, third, unused = class_colours(4)
    assert has(drawn, first)
    assert has(drawn, second)
    assert has(drawn, third)
    assert not has(drawn, unused)
    assert _caption(task.target, dataset.columns["part"][0]) == "class 30 83 %, class 6 8 %, class 54 8 %"
    assert not _caption(many(24, [20])[0].target, dataset.columns["part"][0])


def test_lines_are_as_high_as_their_images():
    dataset = one_image(scenes(6))
    wide = replace(dataset, columns={"part": dataset.columns["part"][:, :24]})
    low = replace(wide, read=lambda row: dataset.read(row)[:24])
    task = parts_task()
    assert sheet(task, low, 6).height < sheet(task, wide, 6).height == sheet(task, dataset, 6).height


def test_truth_that_cannot_be_read_leaves_its_place():
    dataset = one_image(scenes(6))
    truth = dataset.columns["part"]

    def read(row):
        if row % 2:
            raise BadImage(f"{row}.png", "truncated")
        return truth[row]

    files = replace(dataset, columns={}, pixels={"part": PixelTruth(read, lambda row: f"{row}.png")})
    assert sheet(parts_task(), files, 6).size == sheet(parts_task(), dataset, 6).size


def test_targets_need_not_have_the_size_of_the_images():
    dataset = one_image(scenes(6))
    small = {"part": dataset.columns["part"][:, ::4, ::3], "depth": dataset.columns["depth"][:, ::5, ::5]}
    for task in (parts_task(), depth_task()):
        assert sheet(task, replace(dataset, columns=small)).width == WIDTH


def test_images_of_any_proportions_and_six_in_a_row_are_drawn():
    dataset = toy_dataset(60)
    pixels = np.full((4, 90, 3), 200, np.uint8)
    wide = replace(dataset, read=lambda row: pixels if row % 2 else pixels.transpose(1, 0, 2))
    assert sheet(toy_task(), wide, 6).width == WIDTH
    clips = replace(dataset, images=np.arange(60).reshape(10, 6), columns={"label": np.arange(10) % 3})
    task = toy_task().model_copy(update={"images_per_example": 6})
    assert sheet(task, replace(clips, official=np.array(["test"] * 10)), 6).width == WIDTH


@pytest.mark.parametrize(
    "name", ["Zürich\nñ", "猫と犬", "x" * 500, "", "word " * 80, "<b>&amp;", "\u202e", "ﬁ²×–"], ids=range(8)
)
def test_any_name_is_drawn_within_the_sheet(name):
    task = toy_task().model_copy(
        update={"title": name, "about": name, "target": Classes(count=3, names=(name, "b", name + "c"))}
    )
    drawn = np.asarray(sheet(task, toy_dataset(60), 6))
    assert (drawn[:, -40:] == PAPER).all()
    dense = parts_task(target=Classes(count=2, dense=True, names=(name, f"{name}2")), title=name)
    assert (np.asarray(sheet(dense, one_image(scenes(3))))[:, -40:] == PAPER).all()


# ------------------------------------------------------------------------------------------------ the file


def test_a_sheet_is_written_whole_and_replaces_what_was_there(tmp_path):
    out = tmp_path / "sheet.PNG"
    check_name(out)
    out.write_text("old")
    drawn = sheet(toy_task(), toy_dataset(60), 3)
    save(drawn, out)
    with Image.open(out) as image:
        assert (np.asarray(image.convert("RGB")) == np.asarray(drawn)).all()
    assert list(tmp_path.iterdir()) == [out]


def test_names_and_folders_that_cannot_be_are_refused(tmp_path):
    for name in ("sheet.jpg", "sheet", "png", ".png"):
        with pytest.raises(UserError, match="PNG"):
            check_name(tmp_path / name)
    with pytest.raises(UserError, match="nowhere"):
        check_name(tmp_path / "nowhere" / "sheet.png")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file"):
        check_name(tmp_path / "file" / "sheet.png")


def test_a_sheet_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "folder.png").mkdir()
    drawn = contact_sheet(toy_task(), toy_dataset(60), Spread("test", np.array([0])))
    with pytest.raises(UserError, match="could not be written"):
        save(drawn, tmp_path / "folder.png")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder.png"]
