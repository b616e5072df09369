"""What every task that ships must keep, so that its scores mean what they say."""

import ast
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from virb.data import SOURCES, Dataset, open_data
from virb.data._splits import carve, check_splits
from virb.spec import Classes, Task
from virb.tasks import TASKS

OPENED: dict[str, Dataset] = {}


@pytest.fixture(params=TASKS.names())
def task(request: pytest.FixtureRequest) -> Task:
    return TASKS.load(request.param)


@pytest.fixture
def data(task: Task) -> Dataset:
    if task.data not in OPENED:
        OPENED[task.data] = open_data(task.data, None)
    return OPENED[task.data]


@pytest.fixture
def rows(task: Task, data: Dataset) -> dict[str, np.ndarray]:
    return carve(data, task.column, task.splits, seed=0)


def test_the_tasks_that_ship_are_these() -> None:
    assert TASKS.names() == ["digits", "photo-parts", "photo-rotation", "textures"]
    assert SOURCES.names() == ["digits", "photos", "textures"]


def test_its_name_is_that_of_its_file(task: Task) -> None:
    package = find_spec("virb.tasks")
    assert package is not None
    assert package.submodule_search_locations
    assert (Path(package.submodule_search_locations[0]) / f"{task.name.replace('-', '_')}.py").is_file()
    assert TASKS.load(task.name) is task


def test_its_file_imports_the_spec_alone_and_holds_one_constant(task: Task) -> None:
    spec = find_spec(f"virb.tasks.{task.name.replace('-', '_')}")
    assert spec is not None
    assert spec.origin
    body = ast.parse(Path(spec.origin).read_text()).body
    docstring, imported, constant = body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(imported, ast.ImportFrom)
    assert imported.module == "virb.spec"
    assert isinstance(constant, ast.Assign)
    assert [ast.unparse(target) for target in constant.targets] == ["TASK"]


def test_it_and_its_card_are_complete(task: Task, data: Dataset) -> None:
    assert task.title
    assert task.about.endswith(".")
    card = data.card
    assert card.name == task.data
    assert all([card.title, card.about, card.licence, card.citation, card.homepage, card.how_to_get])
    assert card.homepage.startswith("https://")


def test_sizes_and_classes_are_as_card_and_task_say(task: Task, data: Dataset) -> None:
    assert isinstance(task.target, Classes)
    assert data.card.images == len(data.keys) == len(set(data.keys))
    assert data.card.columns == data.class_names
    assert task.target.names == data.class_names[task.column]
    assert task.target.count == len(task.target.names)
    assert data.images.shape == (len(data), task.images_per_example)
    assert data.images.dtype == np.int64
    assert np.unique(data.images).tolist() == list(range(len(data.keys)))
    for column, names in data.class_names.items():
        assert data.columns[column].shape == (len(data),)
        assert data.columns[column].dtype == np.int64
        assert np.unique(data.columns[column]).tolist() == list(range(len(names)))


def test_every_class_is_in_every_split_and_no_row_in_two(
    task: Task, data: Dataset, rows: dict[str, np.ndarray]
) -> None:
    check_splits(data, task.column, rows, task.target.names if isinstance(task.target, Classes) else ())
    everything = np.concatenate(list(rows.values()))
    assert sorted(everything.tolist()) == list(range(len(data)))
    for found in rows.values():
        assert set(data.columns[task.column][found].tolist()) == set(range(len(data.class_names[task.column])))


def test_no_group_is_in_two_splits(data: Dataset, rows: dict[str, np.ndarray]) -> None:
    if data.groups is None:
        pytest.skip("its examples are not related")
    members = [set(data.groups[found].tolist()) for found in rows.values()]
    assert sum(map(len, members)) == len(set().union(*members))


def test_test_has_at_least_three_hundred_independent_examples(data: Dataset, rows: dict[str, np.ndarray]) -> None:
    independent = len(rows["test"]) if data.groups is None else len(np.unique(data.groups[rows["test"]]))
    assert independent >= 300


def test_the_constant_answer_is_near_chance(task: Task, data: Dataset, rows: dict[str, np.ndarray]) -> None:
    labels, count = data.columns[task.column], len(data.class_names[task.column])
    commonest = np.bincount(labels[np.concatenate([rows["fit"], rows["select"]])]).argmax()
    assert (labels[rows["test"]] == commonest).mean() < 2 / count


def test_the_digest_is_the_same_when_it_is_opened_again(data: Dataset, task: Task) -> None:
    again = open_data(task.data, None)
    assert again.digest == data.digest
    assert len(data.digest) == 32
    assert again.keys == data.keys


def test_reading_gives_bytes_of_height_width_and_three_colours(data: Dataset) -> None:
    for row in range(0, len(data.keys), 50):
        pixels = data.read(row)
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3
        assert pixels.shape[2] == 3
        np.testing.assert_array_equal(pixels, data.read(row))
        pixels[...] = 0  # writeable, and the source does not notice
        assert data.read(row).any()
