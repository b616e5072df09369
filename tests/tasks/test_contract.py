"""What every task that ships must keep, so that its scores mean what they say."""

import ast
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import miniatures
from virb.cache import Cache
from virb.data import SOURCES, Dataset, list_cards, open_data
from virb.data._checks import check_task
from virb.data._framed import framed
from virb.data._splits import carve
from virb.data.world.sets import SETS
from virb.metrics import meter
from virb.probes import PROBES, standard_probes
from virb.progress import Quiet
from virb.spec import Classes, InputPolicy, Task, Values
from virb.tasks import TASKS

SHARE = 0.04
"""Of a world, which is rendered for these tests: its first examples are those of the whole. More where it has many
classes, of which every split has one in turn."""
FILES = miniatures.file_sources()
"""Sources that lie below a data root; tests/data/test_sources.py has more about them."""
OPENED: dict[str, Dataset] = {}


@pytest.fixture(params=TASKS.names())
def task(request: pytest.FixtureRequest) -> Task:
    return TASKS.load(request.param)


@pytest.fixture
def data(task: Task, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Worlds are opened in part, and sources that lie below a data root as miniatures of their official layout."""
    if task.data not in OPENED:
        if task.data in FILES:
            root = tmp_path_factory.mktemp("root")
            OPENED[task.data] = miniatures.write(task.data, "official", root).open(root)
        else:
            OPENED[task.data] = open_data(part_of(task.data) if task.data.startswith("world:") else task.data)
    found = OPENED[task.data]
    if task.column in found.pixels:
        cache = Cache(tmp_path_factory.mktemp("cache"))
        found, bad = framed(found, task, InputPolicy(size=32), cache, Quiet())
        assert not bad
    return found


def part_of(world: str) -> str:
    """Enough of a world for every task on it."""
    scenes = SETS.load(world.removeprefix("world:"))
    classes = max(map(len, scenes.classes.values()), default=0)
    smallest = min(count for count in scenes.examples.values() if count)
    return f"{world}@{max(SHARE, classes / smallest)}"


@pytest.fixture
def rows(task: Task, data: Dataset) -> dict[str, np.ndarray]:
    return carve(data, task.column, task.splits, seed=0)


def classes_in(column: np.ndarray, target: Classes) -> set[int]:
    """Ids that occur, but for the one that marks what has no label."""
    return set(np.unique(column).tolist()) - {target.ignore}


def test_the_tasks_that_ship_are_these() -> None:
    world = [
        *("action", "breed", "count", "depth", "drive", "egomotion", "few", "flow", "foreground", "hands", "landcover"),
        *("object", "object-v2", "place", "room-depth", "steps", "street", "texture", "tiny", "view-depth", "walkable"),
    ]
    on_files = {name for name, task in TASKS.items() if task.data in FILES}
    assert sorted({*TASKS.names()} - on_files) == [
        "digits",
        "photo-parts",
        "photo-rotation",
        "textures",
        *(f"world-{name}" for name in world),
    ]
    assert sorted({*SOURCES.names()} - {*FILES}) == ["digits", "photos", "textures"]
    assert {task.data for _, task in TASKS.items()} == set(list_cards())


def test_every_quadrant_has_a_task() -> None:
    assert len({task.quadrant for _, task in TASKS.items()}) == 4


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


def test_it_and_its_card_are_complete(task: Task) -> None:
    assert task.title
    assert task.about.endswith(".")
    card = list_cards()[task.data]
    assert card.name == task.data
    assert all([card.title, card.about, card.licence, card.citation, card.homepage, card.how_to_get])
    assert card.homepage.startswith("https://")
    assert task.synthetic == task.data.startswith("world:")


def test_sizes_and_classes_are_as_card_and_task_say(task: Task, data: Dataset) -> None:
    assert data.card.images == len(data.keys) == len(set(data.keys))
    assert data.card.columns == data.class_names
    assert len(data.images) == len(data)
    assert data.images.shape[1] >= task.images_per_example  # a task may read the first images of an example alone
    assert data.images.dtype == np.int64
    assert np.unique(data.images).tolist() == list(range(len(data.keys)))
    column = data.columns[task.column]
    assert len(column) == len(data)
    if isinstance(task.target, Classes):
        names = data.class_names[task.column]
        assert task.target.names == names or (not task.target.names and task.target.count > 100)
        assert task.target.count == len(names)
        assert column.ndim == (3 if task.target.dense else 1)
        assert classes_in(column, task.target) == set(range(task.target.count))
    else:
        assert column.ndim == (4 if task.target.dense else 2)
        assert column.dtype == np.float32
        assert column.shape[-1] == task.target.size


def test_it_can_be_scored_and_no_row_is_in_two_splits(task: Task, data: Dataset, rows: dict[str, np.ndarray]) -> None:
    check_task(data, task, rows, InputPolicy(size=64))
    everything = np.concatenate(list(rows.values()))
    assert sorted(everything.tolist()) == list(range(len(data)))


def test_every_class_is_in_every_split(task: Task, data: Dataset, rows: dict[str, np.ndarray]) -> None:
    if isinstance(task.target, Values):
        pytest.skip("its target has no classes")
    for split, found in rows.items():
        if split == "test" or not task.trained_on:
            assert classes_in(data.columns[task.column][found], task.target) == set(range(task.target.count))


def test_no_group_is_in_two_splits(data: Dataset, rows: dict[str, np.ndarray]) -> None:
    if data.groups is None:
        pytest.skip("its examples are not related")
    members = [set(data.groups[found].tolist()) for found in rows.values()]
    assert sum(map(len, members)) == len(set().union(*members))


def test_test_has_enough_independent_examples(task: Task, data: Dataset, rows: dict[str, np.ndarray]) -> None:
    """Three hundred, and a thousand where a world can be had by the thousand: each pixelwise image is many answers."""
    if task.synthetic:
        wanted = 500 if task.target.dense else 1000
        assert SETS.load(task.data.removeprefix("world:")).examples["test"] >= wanted
    elif task.data in FILES:
        unpublished = any(None in (layout.splits or {}).values() for layout in SOURCES.load(task.data).layouts)
        assert list_cards()[task.data].splits.get("test", 0) >= 300 or task.splits.test is not None or unpublished
    else:
        groups = rows["test"] if data.groups is None else np.unique(data.groups[rows["test"]])
        assert len(groups) >= 300


def test_the_constant_answer_is_far_from_right(task: Task, data: Dataset, rows: dict[str, np.ndarray]) -> None:
    """No class may be so frequent, and no value so common, that a constant gets most of the score."""
    column = data.columns[task.column]
    known = rows["test"] if task.trained_on else np.concatenate([rows["fit"], rows["select"]])
    taught, score = meter(task.target, task.family), meter(task.target, task.family)
    taught.add(None, np.asarray(column[known]))
    truth = np.asarray(column[rows["test"]])
    wide = task.target.count if isinstance(task.target, Classes) else task.target.size
    shape = (*(truth.shape if isinstance(task.target, Classes) else truth.shape[:-1]), wide)
    score.add(taught.constant(shape), truth)
    chance = score.scores()[task.primary]
    if task.family == "classes":
        assert chance < 2 / wide
    elif task.family == "flow":
        assert chance > 1  # a pixel of error to be had by looking
    elif task.family == "intensity":
        assert chance > 0.02  # of the whole range
    else:
        assert chance < 0.6


def test_it_has_standard_probes_that_take_it(task: Task) -> None:
    names = standard_probes(task.target, task.images_per_example)
    assert names
    for name in names:
        assert PROBES.load(name).rejects(task.target, task.images_per_example) is None


def test_an_eval_only_task_has_the_classes_of_its_parent(task: Task) -> None:
    if not task.trained_on:
        pytest.skip("its heads are its own")
    parent = TASKS.load(task.trained_on)
    assert parent.trained_on is None
    assert parent.target == task.target
    assert (parent.primary, parent.images_per_example) == (task.primary, task.images_per_example)


def test_the_digest_is_the_same_when_it_is_opened_again(data: Dataset, task: Task) -> None:
    if task.data in FILES:
        pytest.skip("tests/data/test_sources.py opens it in every layout")
    again = open_data(data.card.name)
    assert again.digest == data.digest
    assert len(data.digest) in (16, 32)
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
