"""From a name to a task."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from virb.data import open_data
from virb.errors import UserError
from virb.spec import Quadrant, Splits
from virb.tasks import TASKS, resolve_task


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    for number, name in enumerate(["cat/1.png", "cat/2.png", "dog/1.png", "fox/1.png"]):
        (tmp_path / "pets" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (3, 3), (number, 0, 0)).save(tmp_path / "pets" / name)
    return tmp_path / "pets"


def refused(name: str) -> UserError:
    with pytest.raises(UserError) as caught:
        resolve_task(name)
    return caught.value


def test_a_name_is_the_task_of_that_name() -> None:
    for name in TASKS.names():
        assert resolve_task(name) is TASKS.load(name)
        assert resolve_task(name).name == name


@pytest.mark.parametrize("name", ["photo_parts", "Photo-Parts", "PHOTO_PARTS", "photo parts"])
def test_a_name_that_differs_by_case_or_dashes_only_is_told_apart(name: str) -> None:
    error = refused(name)
    assert error.problem == f"There is no task '{name}'."
    assert error.remedy == "Did you mean 'photo-parts'?"


def test_a_name_that_is_nearly_right_gets_its_neighbours() -> None:
    assert "'textures'" in refused("texture").remedy
    assert "There is no task 'zzzz'" in refused("zzzz").problem


def test_a_folder_is_a_task_with_its_classes_and_splits(pets: Path) -> None:
    name = f"folder:{pets}"
    task = resolve_task(name)
    assert task.name == name
    assert task.data == name
    assert task.title == "pets: 3 classes"
    assert task.quadrant == Quadrant(level="image-level", kind="semantic")
    assert (task.target.count, task.target.names) == (3, ("cat", "dog", "fox"))
    assert task.splits == Splits(select=0.2, test=0.2)
    assert open_data(task.data).class_names["label"] == task.target.names


def test_the_same_folder_by_another_path_is_the_same_task(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = resolve_task(f"folder:{pets}")
    monkeypatch.chdir(pets.parent)
    (pets.parent / "link").symlink_to(pets, target_is_directory=True)
    for name in ("folder:pets", "folder:./pets/", "folder:link", "folder:pets/../pets"):
        task = resolve_task(name)
        assert task.name == name
        assert task.declared() == whole.declared()


def test_a_folder_of_another_layout_is_refused(tmp_path: Path) -> None:
    assert "no class folders" in refused(f"folder:{tmp_path}").problem
    assert "There is no folder" in refused(f"folder:{tmp_path}/gone").problem
    assert "names no folder" in refused("folder:").problem


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are Unicode")
def test_a_path_that_is_not_unicode_is_refused(pets: Path) -> None:
    odd = pets.rename(pets.with_name(os.fsdecode(b"p\xff")))
    assert "not valid Unicode" in refused(f"folder:{odd}").problem


def test_a_table_that_is_not_there_is_refused_and_none_gets_an_example() -> None:
    assert "There is no table" in refused("table:labels.csv").problem
    assert "image,label,group,split" in refused("table:").remedy


def test_another_prefix_is_refused_with_what_is_allowed() -> None:
    error = refused("web:cats")
    assert error.problem == "There is no task 'web:cats'."
    assert "folder:PATH" in error.remedy


def test_a_path_without_the_prefix_gets_it(pets: Path) -> None:
    assert f"Did you mean 'folder:{pets}'?" in refused(str(pets)).remedy
    (pets / "t.csv").write_text("image,label")
    assert f"Did you mean 'table:{pets}/t.csv'?" in refused(f"{pets}/t.csv").remedy


def test_listing_tasks_and_data_imports_neither_torch_nor_what_the_sources_need() -> None:
    script = """
import sys
from virb.data import SOURCES
from virb.tasks import TASKS
assert [task.name for _, task in TASKS.items()] == TASKS.names()
cards = [source.card for _, source in SOURCES.items()]
heavy = {"torch", "torchvision", "sklearn", "skimage", "pandas", "scipy"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], check=True)
