"""Own data from the command line and from Python, in every form that the example writes."""

import importlib.util
import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

import own_files
import virb
from virb import cli
from virb.errors import UserError

PROBES = ["knn", "ridge", "dense-knn"]


def run(*words):
    return CliRunner().invoke(cli.app, [*map(str, words)])


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("own_data", Path(__file__).parents[2] / "examples/own_data.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tasks(example, tmp_path_factory):
    return example.write(tmp_path_factory.mktemp("own"), images=48, size=12)


def test_every_form_is_read_out_and_reported_and_found_again(tasks, tmp_path):
    asked = {"probes": PROBES, "layers": "final", "size": 12, "output": tmp_path / "out"}
    results = virb.evaluate("pixels", tasks, **asked)
    assert not results.failures
    per_task = {record.experiment.task.name: record for record in results.records}
    assert [*per_task] == tasks
    labels, places, larger, regions, distances = per_task.values()
    assert labels.scores["accuracy"] == 1  # colour tells discs from rings
    assert places.scores["mae"] < places.chance
    assert larger.experiment.task.images_per_example == 2
    assert 0 < regions.scores["miou"] <= 1
    assert 0 < distances.scores["delta-1.25"] <= 1
    assert {"fit", "select", "test"} <= set(places.counts)
    page = results.report().read_text(encoding="utf-8")
    assert "places.csv: value_x, value_y" in page
    assert "distances: depth in m" in page
    again = virb.evaluate("pixels", tasks, **asked)
    assert (again.ran.computed, again.ran.found_again) == (0, len(results.records))


@pytest.mark.parametrize("place", range(5))
def test_every_form_is_shown_drawn_and_verified(place, tasks, tmp_path):
    task = tasks[place]
    shown = run("tasks", "show", task, "--json")
    assert json.loads(shown.output)["data"] == task
    drawn = run("tasks", "show", task, "--image", tmp_path / "sheet.png", "--examples", 4)
    assert "4 test examples of" in drawn.output, drawn.output
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width == 1600
    status = run("data", "status", task, "--json")
    assert status.exit_code == 0
    assert json.loads(status.output)["state"] == "there"
    verified = run("data", "verify", task, "--json")
    assert verified.exit_code == 0, verified.output
    assert json.loads(verified.output)["problems"] == []
    assert run("data", "show", task).exit_code == 0
    assert "is yours" in run("data", "fetch", task).output


def test_class_folders_have_a_status_too(photos):
    status = run("data", "status", f"folder:{photos}", "--json")
    assert json.loads(status.output)["images"] == 40
    assert run("data", "verify", f"folder:{photos}").exit_code == 0
    assert run("data", "status", f"folder:{photos}/cat").exit_code == 1


def test_a_title_that_says_the_target_does_not_say_it_twice(tasks, tmp_path):
    drawn = run("tasks", "show", tasks[0], "--image", tmp_path / "sheet.png")
    assert "of labels.csv: 2 classes\n" in drawn.output
    drawn = run("tasks", "show", tasks[1], "--image", tmp_path / "sheet.png")
    assert "of places.csv: value_x, value_y, 2 values\n" in drawn.output


def test_what_is_wrong_is_said_before_any_compute_and_by_status(tmp_path):
    path = own_files.table(tmp_path / "t.csv", "image,lable", "1.png,cat", "2.png,dog")
    done = run("run", "-e", "pixels", "-t", f"table:{path}", "-o", tmp_path / "out")
    assert isinstance(done.exception, UserError)
    assert "one called 'lable'" in done.exception.problem
    assert not (tmp_path / "out").exists()
    status = run("data", "status", f"table:{path}")
    assert status.exit_code == 1
    assert "one called 'lable'" in status.output
    assert "call it 'label'" in status.output


def test_verify_names_masks_that_cannot_be(tmp_path):
    root = own_files.pairs(tmp_path / "pets", form="classes: [ground, pet]")
    own_files.mask(root / "masks/4.png", own_files.regions(ids=(0, 1, 9)))
    done = run("data", "verify", f"folder:{root}")
    assert done.exit_code == 1
    assert f"'{root / 'masks/4.png'}' holds the id '9'" in done.output


def test_the_masks_of_a_carved_folder_may_have_one_without_a_class(tmp_path):
    root = own_files.pairs(tmp_path / "pets", form="classes: [ground, pet]\nignore: 255")
    for number in range(0, 10, 3):
        own_files.mask(root / f"masks/{number}.png", own_files.regions(ids=(255,)))
    results = virb.evaluate(
        "pixels", f"folder:{root}", probes=["dense-linear"], layers="final", size=8, output=tmp_path / "out"
    )
    assert not results.failures
    assert results.records


def test_labels_changed_in_the_table_run_again_and_other_classes_are_another_task(tmp_path):
    lines = [f"{number}.png,{('cat', 'dog')[number % 2]}" for number in range(12)]
    path = own_files.table(tmp_path / "t.csv", "image,label", *lines)

    def evaluate():
        how = {"probes": ["knn"], "layers": "final", "size": 8, "output": tmp_path / "out"}
        return virb.evaluate("pixels", f"table:{path}", **how)

    first = evaluate()
    path.write_text(path.read_text().replace("\n0.png,cat", "\n0.png,dog"))
    second = evaluate()
    assert second.ran.computed == 1
    assert second.records[0].id == first.records[0].id
    assert second.records[0].found.data != first.records[0].found.data
    own_files.table(path, "image,label", *lines, *(f"{number}.png,emu" for number in range(12, 18)))
    assert evaluate().records[0].id != first.records[0].id
