"""What could give no score, or a meaningless one, is refused by name before any compute."""

from dataclasses import replace

import numpy as np
import pytest

from virb.data._checks import check_task
from virb.data._splits import carve
from virb.errors import UserError
from virb.spec import Classes, InputPolicy, Values
from virb.testing import toy_dataset, toy_pixelwise_task, toy_scenes, toy_task

SQUASH = InputPolicy(size=32)


def check(dataset, task, inputs=SQUASH):
    check_task(dataset, task, carve(dataset, task.column, task.splits, 0), inputs)


def with_column(dataset, name, values):
    return replace(dataset, columns={**dataset.columns, name: values})


def changed(name, value, rows=slice(None)):
    """The toy scenes with one corner pixel of some examples set to a value."""
    dataset = toy_scenes(40)
    column = dataset.columns[name].copy()
    column[rows, 3, 0] = value
    return with_column(dataset, name, column)


@pytest.mark.parametrize("column", ["mask", "depth"])
def test_sound_pixelwise_truth_passes(column):
    check(toy_scenes(40), toy_pixelwise_task(column))


def test_two_images_an_example_are_two():
    check(toy_scenes(40, images=2), toy_pixelwise_task("flow", images=2))
    with pytest.raises(UserError, match=r"has 1 images an example; 'toy-flow' asks for 2"):
        check(toy_scenes(40), toy_pixelwise_task("flow", images=2))


def test_a_task_may_read_fewer_images_than_its_source_has():
    check(toy_scenes(40, images=2), toy_pixelwise_task("mask"))
    check(toy_scenes(40, images=2), toy_pixelwise_task("depth"))


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(UserError, match=r"(?s)no label column 'normals'.*mask, depth, flow") as error:
        check(toy_scenes(40), toy_pixelwise_task("mask").model_copy(update={"column": "normals"}))
    assert error.value.remedy


@pytest.mark.parametrize("label", [2, 200])
def test_an_id_outside_the_list_is_refused(label):
    with pytest.raises(UserError, match=rf"(?s)Label '{label}' in column 'mask'.*0 to 1"):
        check(changed("mask", label, rows=7), toy_pixelwise_task("mask"))


def test_void_pixels_and_void_images_are_allowed_but_not_a_void_split():
    task = toy_pixelwise_task("mask")
    task = task.model_copy(update={"target": Classes(count=2, dense=True, ignore=255)})
    column = toy_scenes(40).columns["mask"].copy()
    column[:, :3] = 255
    column[9] = 255
    check(with_column(toy_scenes(40), "mask", column), task)
    column[np.arange(40) % 5 == 3] = 255
    with pytest.raises(UserError, match=r"select split of 'toy' has no labelled pixel"):
        check(with_column(toy_scenes(40), "mask", column), task)


def test_one_class_everywhere_is_refused():
    with pytest.raises(UserError, match=r"one class only in 'mask': 'ground'"):
        check(with_column(toy_scenes(40), "mask", np.zeros((40, 32, 32), np.uint8)), toy_pixelwise_task("mask"))


def test_a_class_that_fit_lacks_is_refused():
    column = toy_scenes(40).columns["mask"].copy()
    column[np.arange(40) % 5 != 4] = 0
    column[np.arange(40) % 5 == 0, 0] = 1
    three = Classes(count=3, dense=True, names=("ground", "square", "cone"))
    column[4, 5, 5] = 2
    task = toy_pixelwise_task("mask").model_copy(update={"target": three})
    with pytest.raises(UserError, match=r"Class 'cone' is in test of 'toy' but nowhere in fit"):
        check(with_column(toy_scenes(40), "mask", column), task)


def test_nan_is_refused_where_nothing_may_be_missing():
    task = toy_pixelwise_task("depth").model_copy(update={"target": Values(size=1, dense=True, positive=True)})
    with pytest.raises(UserError, match=r"(?s)column 'depth' of 'toy' is NaN.*declare the target as masked"):
        check(toy_scenes(40), task)


@pytest.mark.parametrize(("value", "words"), [(np.inf, "infinite"), (0.0, "not above zero"), (-1.0, "not above zero")])
def test_impossible_depths_are_refused(value, words):
    with pytest.raises(UserError, match=words):
        check(changed("depth", value, rows=11), toy_pixelwise_task("depth"))


def test_a_split_without_a_single_value_is_refused():
    column = toy_scenes(40).columns["depth"].copy()
    column[np.arange(40) % 5 == 4] = np.nan
    with pytest.raises(UserError, match=r"test split of 'toy' has no value"):
        check(with_column(toy_scenes(40), "depth", column), toy_pixelwise_task("depth"))


def test_truth_of_another_shape_is_refused():
    with pytest.raises(UserError, match=r"40 x 32 x 32"):
        check(with_column(toy_scenes(40), "depth", np.ones((40, 32, 32), np.float32)), toy_pixelwise_task("depth"))
    with pytest.raises(UserError, match=r"height x width"):
        check(with_column(toy_scenes(40), "mask", np.ones((40, 32, 32, 1), np.uint8)), toy_pixelwise_task("mask"))


def test_pixelwise_tasks_never_crop():
    with pytest.raises(UserError, match=r"'crop' cuts the image's borders off"):
        check(toy_scenes(40), toy_pixelwise_task("mask"), InputPolicy(size=32, fit="crop"))


def test_padding_is_refused_where_it_would_shift_image_against_truth():
    check(toy_scenes(40), toy_pixelwise_task("mask"), InputPolicy(size=32, fit="pad"))
    wide = with_column(toy_scenes(40), "mask", toy_scenes(40).columns["mask"][:, :16])
    with pytest.raises(UserError, match=r"32 x 16 pixels"):
        check(wide, toy_pixelwise_task("mask"), InputPolicy(size=32, fit="pad"))


def test_padding_to_a_frame_in_proportion_shifts_nothing():
    wide = with_column(toy_scenes(40), "mask", toy_scenes(40).columns["mask"][:, :16])
    check(wide, toy_pixelwise_task("mask"), InputPolicy(size=20, width=40, fit="pad"))
    with pytest.raises(UserError, match=r"32 x 16 pixels"):
        check(wide, toy_pixelwise_task("mask"), InputPolicy(size=40, width=20, fit="pad"))


def test_an_empty_split_is_refused():
    official = np.where(toy_scenes(40).official == "select", "fit", toy_scenes(40).official)
    with pytest.raises(UserError, match=r"The select split of 'toy' is empty"):
        check(replace(toy_scenes(40), official=official), toy_pixelwise_task("mask"))


def test_an_eval_only_task_needs_test_alone_and_not_every_class():
    dataset = replace(toy_dataset(30), official=np.full(30, "test"))
    task = toy_task(5).model_copy(
        update={
            "trained_on": "toy-parent",
            "splits": toy_task().splits.model_copy(update={"select": None, "test": None}),
        }
    )
    check(dataset, task)
    with pytest.raises(UserError, match=r"(?s)Label '2'.*0 to 1"):
        check(dataset, task.model_copy(update={"target": Classes(count=2)}))
