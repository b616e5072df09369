"""What every data source that lies below a data root must keep, in every layout it is known to come in."""

import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import miniatures
from virb.data import SOURCES, Dataset
from virb.data._files import FileSource
from virb.data._framed import refuse_truth
from virb.data._images import fit_image, read_fitted
from virb.data._splits import carve
from virb.errors import UserError
from virb.spec import Classes, InputPolicy, Splits
from virb.tasks import TASKS

CASES = [(name, layout) for name in miniatures.file_sources() for layout in miniatures.layouts(name)]
FIRST = [(name, next(iter(miniatures.layouts(name)))) for name in miniatures.file_sources()]


@dataclass
class Case:
    """A miniature on disk, written once, and its source."""

    name: str
    layout: str
    root: Path
    source: FileSource
    folder: Path
    data: Dataset


MADE: dict[tuple[str, str], Case] = {}


@pytest.fixture
def case(request, tmp_path_factory) -> Case:
    name, layout = request.param
    if request.param not in MADE:
        root = tmp_path_factory.mktemp("root")
        source = miniatures.write(name, layout, root)
        found = source.locate(root)
        assert found is not None
        MADE[request.param] = Case(name, layout, root, source, found[0], source.open(root))
    return MADE[request.param]


def each(cases=CASES):
    return pytest.mark.parametrize("case", cases, indirect=True, ids=lambda case: f"{case[0]}, {case[1]}")


def copied(case: Case, root: Path) -> Path:
    """The miniature's folder in another data root, to be spoilt."""
    folder = root / case.folder.relative_to(case.root)
    shutil.copytree(case.folder, folder)
    return folder


def images_of(case: Case, folder: Path) -> list[Path]:
    """Files of the miniature that hold an image each, frames, or pixelwise truth."""
    keys = {Path(key).name.partition("#")[0] for key in case.data.keys}
    keys |= {Path(truth.key(row)).name for truth in case.data.pixels.values() for row in range(len(case.data))}
    return sorted(path for path in folder.rglob("*") if path.name in keys)


def refused(source: FileSource, root: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        source.open(root)
    return caught.value


# ------------------------------------------------------------------------------------------------ cards


@pytest.mark.parametrize("name", miniatures.file_sources())
def test_its_card_says_all_that_one_must_know_to_get_it(name):
    source = SOURCES.load(name)
    card = source.card
    assert card.name == name
    assert all([card.title, card.about, card.licence, card.citation, card.split_rule, card.how_to_get, card.layout])
    assert card.homepage.startswith("https://")
    assert card.size
    assert sum(card.splits.values()) > 0
    assert card.images or any(None in (layout.splits or {}).values() for layout in source.layouts)
    assert card.fetched or card.by_hand
    for archive in card.archives:
        assert archive.file
        assert archive.size or archive.md5 or archive.sha256, archive.url
    assert source.folders[0] == name


@pytest.mark.parametrize("name", miniatures.file_sources())
def test_each_of_its_layouts_has_a_miniature(name):
    assert [layout.name for layout in SOURCES.load(name).layouts] == list(miniatures.layouts(name))
    assert SOURCES.load(name).layouts[0].name == "official"


@pytest.mark.parametrize("name", miniatures.file_sources())
def test_it_has_a_task_and_the_task_has_its_classes(name):
    tasks = [task for _, task in TASKS.items() if task.data == name]
    assert tasks
    for task in tasks:
        assert not task.synthetic
        if isinstance(task.target, Classes):
            names = SOURCES.load(name).card.columns[task.column]
            assert task.target.count == len(names)
            assert task.target.names == names or (not task.target.names and task.target.count > 100)


# ------------------------------------------------------------------------------------------------ what it gives


@each()
def test_it_is_found_whole_and_the_layout_is_told(case):
    status = case.source.status(case.root)
    assert status.problem is None
    assert status.state == "there"
    assert status.layout is not None
    assert status.layout.name == case.layout
    assert status.found == case.source.card.splits


@each()
def test_its_sizes_keys_and_labels_are_as_they_must_be(case):
    data, card = case.data, case.source.card
    assert len(data.keys) == len(set(data.keys)) == card.images
    assert list(data.keys) == sorted(data.keys)
    assert np.unique(data.images).tolist() == list(range(len(data.keys)))
    assert len(data) == sum(card.splits.values())
    assert len(data.digest) == 32
    for name, classes in data.class_names.items():
        if name in data.pixels:
            continue  # test_its_pixelwise_truth_is_as_large_as_its_image_and_in_range
        labels = data.columns[name]
        assert labels.dtype == np.int64
        if labels.ndim == 1:
            assert np.unique(labels).tolist() == list(range(len(classes)))
    for split, count in card.splits.items():
        official = "" if split == "all" else split
        assert (count if data.official is None else (data.official == official).sum()) == count


@each()
def test_its_pixelwise_truth_is_as_large_as_its_image_and_in_range(case):
    assert set(case.source.truths) == set(case.data.pixels)
    for name in case.data.pixels:
        (task,) = (task for _, task in TASKS.items() if (task.data, task.column) == (case.name, name))
        for row in range(0, len(case.data), max(1, len(case.data) // 20)):
            truth = case.data.truth(name, row)
            assert truth.shape[:2] == case.data.read(int(case.data.images[row, 0])).shape[:2]
            refuse_truth(truth, task, case.data.pixels[name].key(row))


@each()
def test_its_pixelwise_truth_never_comes_in_another_size_than_its_image(case, tmp_path):
    if not case.data.pixels:
        pytest.skip("it has none")
    folder, key = copied(case, tmp_path), case.data.keys[case.data.images[0, 0]]
    if "#" in key:
        pytest.skip("it shares a file with its image")
    named = [path for path in images_of(case, folder) if path.name == Path(key).name]
    first = max(named, key=lambda path: path.as_posix().endswith(key))  # truth may have the name of its image
    with Image.open(first) as image:
        width, height = image.size
        smaller = image.resize((width, height - 2))
    smaller.save(first)
    data = case.source.unhashed(tmp_path)
    for column in data.pixels:
        if is_drawn(case):
            assert data.truth(column, 0).shape[:2] == (height - 2, width)
            continue
        with pytest.raises(UserError) as caught:
            data.truth(column, 0)
        told = f" is {width} x {height} pixels, and its image '{first}' {width} x {height - 2}."
        assert told in caught.value.problem


def is_drawn(case: Case) -> bool:
    """Whether its truth is made by virb, at the size of the image."""
    return (case.name, case.layout) == ("egohands", "official") or case.name == "taskonomy-inpainting"


@each()
def test_no_image_and_no_group_is_in_two_official_splits(case):
    data = case.data
    if data.official is None:
        pytest.skip("it has no official splits")
    parts = [data.official == split for split in np.unique(data.official)]
    images = [set(data.images[part].ravel().tolist()) for part in parts]
    assert sum(map(len, images)) == len(set().union(*images))
    if data.groups is not None:
        groups = [set(data.groups[part].tolist()) for part in parts]
        assert sum(map(len, groups)) == len(set().union(*groups))


@each()
def test_every_image_is_rgb_bytes_of_its_own(case):
    data = case.data
    for row in range(0, len(data.keys), max(1, len(data.keys) // 20)):
        pixels = data.read(row)
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3
        assert pixels.shape[2] == 3
        before = pixels.copy()
        pixels[...] = 0
        np.testing.assert_array_equal(data.read(row), before)


@each()
def test_the_constant_answer_is_at_chance(case):
    for task in map(TASKS.load, TASKS.names()):
        if task.data == case.name and isinstance(task.target, Classes) and not task.target.dense:
            rows = carve(case.data, task.column, task.splits, seed=0)
            labels = case.data.columns[task.column]
            known = rows["test"] if task.trained_on else np.concatenate([rows["fit"], rows["select"]])
            common = np.bincount(labels[known]).argmax()
            assert (labels[rows["test"]] == common).mean() < 2 / task.target.count


@each()
def test_every_layout_gives_the_same_examples_splits_and_digest(case):
    """So that records made from one layout answer what is asked of another."""
    first = next(layout for name, layout in FIRST if name == case.name)
    if (case.name, first) not in MADE:
        pytest.skip("the official miniature was not made in this run")
    official = MADE[case.name, first].data
    if case.data.keys != official.keys:
        pytest.skip("its layouts hold other examples")
    np.testing.assert_array_equal(case.data.images, official.images)
    for column in case.data.columns:
        np.testing.assert_array_equal(case.data.columns[column], official.columns[column])
    if not same_files_of_truth(case.data, official):
        # Somebody drew it, and need not have drawn it as virb does: here it is the same, and still other data.
        assert case.data.digest != official.digest
        for column in case.data.pixels:
            for row in range(len(case.data)):
                np.testing.assert_array_equal(case.data.truth(column, row), official.truth(column, row))
        return
    assert case.data.digest == official.digest


def same_files_of_truth(one: Dataset, other: Dataset) -> bool:
    """Whether pixelwise truth lies in files of the same bytes."""
    files = [[[Path(t.key(row)) for row in range(len(d))] for t in d.pixels.values()] for d in (one, other)]
    return all(
        first.read_bytes() == second.read_bytes()
        for firsts, seconds in zip(*files, strict=True)
        for first, second in zip(firsts, seconds, strict=True)
    )


# ------------------------------------------------------------------------------------------------ where it lies


@each(FIRST)
def test_it_is_found_behind_spaces_accents_and_links(case, tmp_path):
    root = tmp_path / "Große Daten — 数据"
    root.mkdir()
    (root / case.folder.name.upper().replace("-", " ")).symlink_to(case.folder, target_is_directory=True)
    assert case.source.open(root).digest == case.data.digest


@each(FIRST)
def test_it_is_found_in_a_folder_of_its_own_name_and_as_the_root_itself(case, tmp_path):
    inner = tmp_path / case.name / case.folder.name
    inner.parent.mkdir()
    inner.symlink_to(case.folder, target_is_directory=True)
    assert case.source.locate(tmp_path)[0] == inner
    assert case.source.locate(case.folder)[0] == case.folder


@each(FIRST)
def test_a_read_only_root_is_enough_and_nothing_is_written_there(case, tmp_path):
    folder = copied(case, tmp_path / "root")
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    try:
        assert case.source.open(tmp_path / "root").digest == case.data.digest
        assert sorted(path.relative_to(folder) for path in folder.rglob("*")) == before
    finally:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(path.stat().st_mode | stat.S_IWUSR)


@each(FIRST)
def test_virb_data_says_where_it_is_where_no_option_does(case, monkeypatch):
    with pytest.raises(UserError, match="--data-root DIR, or set VIRB_DATA"):
        case.source.open()
    monkeypatch.setenv("VIRB_DATA", str(case.root))
    assert case.source.open().digest == case.data.digest


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize("name", miniatures.file_sources())
def test_where_nothing_is_the_places_looked_at_are_named_and_how_to_get_it(name, tmp_path):
    source = SOURCES.load(name)
    error = refused(source, tmp_path)
    assert source.status(tmp_path).state == "missing"
    assert str(tmp_path / name) in error.problem
    assert source.card.licence in error.remedy
    assert (f"virb data fetch {name}" if source.card.fetched else source.card.homepage) in error.remedy
    assert "There is no folder" in refused(source, tmp_path / "gone").problem


@each()
def test_a_mark_of_its_layout_that_is_missing_is_named(case, tmp_path):
    folder = copied(case, tmp_path)
    layout = next(layout for layout in case.source.layouts if layout.name == case.layout)
    mark = folder / layout.marks[0]
    shutil.rmtree(mark) if mark.is_dir() else mark.unlink()
    status = case.source.status(tmp_path)
    assert status.state == "partial"
    error = refused(case.source, tmp_path)
    assert str(folder) in error.problem
    assert case.source.card.licence in error.remedy


@each()
def test_a_file_that_did_not_arrive_is_refused(case, tmp_path):
    folder = copied(case, tmp_path)
    files = images_of(case, folder)
    if not files:
        pytest.skip("its images share a few files")
    used = files[len(files) // 2]
    used.unlink()
    error = refused(case.source, tmp_path)
    assert case.source.status(tmp_path).state == "partial"
    assert str(folder) in error.problem
    assert "not whole" in error.problem
    assert used.name in error.problem or " examples, not " in error.problem


@each()
def test_every_file_that_is_cut_in_half_is_refused_or_changes_the_digest(case, tmp_path):
    """Half a list, half a pickle: nothing may pass as if it were whole."""
    folder = copied(case, tmp_path)
    images = set(images_of(case, folder))
    others = [path for path in sorted(folder.rglob("*")) if path.is_file() and path not in images]
    refusals = []
    for path in others[:40]:
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        try:
            opened = case.source.open(tmp_path)
        except UserError as error:
            refusals.append(error.problem)
        else:
            assert opened.digest == case.data.digest, path  # a file that is not read
        path.write_bytes(whole)
    assert all(case.name in refusal for refusal in refusals)
    assert refusals or images


@each(FIRST)
def test_a_source_of_other_sizes_is_not_taken_for_a_whole_one(case):
    splits = {split: count + 1 for split, count in case.source.card.splits.items()}
    larger = case.source.sized(splits, case.source.card.images)
    error = refused(larger, case.root)
    split, count = next(iter(splits.items()))
    assert f"{split} has {count - 1:,} examples, not {count:,}" in error.problem


@each(FIRST)
def test_a_changed_image_changes_the_digest(case, tmp_path):
    folder = copied(case, tmp_path)
    files = images_of(case, folder)
    if not files:
        pytest.skip("its images share a few files")
    with files[0].open("ab") as file:
        file.write(b"\0")
    if files[0].name in {Path(key).name.partition("#")[0] for key in case.data.keys}:
        assert case.source.open(tmp_path).digest != case.data.digest


@each(FIRST)
def test_a_seed_carves_select_from_fit_and_never_from_test(case):
    if case.data.official is None or (case.data.official == "select").any() or (case.data.official == "test").all():
        pytest.skip("nothing is carved from fit")
    column = next(iter((*case.data.class_names, *case.data.columns, *case.data.pixels)))
    first, second = (carve(case.data, column, Splits(select=0.3), seed) for seed in (0, 1))
    np.testing.assert_array_equal(first["test"], np.flatnonzero(case.data.official == "test"))
    np.testing.assert_array_equal(first["test"], second["test"])
    assert first["select"].tolist() != second["select"].tolist()


@each()
def test_what_is_read_at_the_size_of_the_input_is_what_is_read_and_then_fitted(case):
    for fit in ("squash", "crop", "pad"):
        inputs = InputPolicy(size=16, fit=fit)
        for row in range(0, len(case.data.keys), max(1, len(case.data.keys) // 10)):
            fitted = fit_image(case.data.read(row), inputs, "bicubic")
            np.testing.assert_array_equal(read_fitted(case.data, row, inputs, "bicubic"), fitted)
