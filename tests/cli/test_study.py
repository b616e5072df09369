"""``virb study`` as a user meets it."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import fake_pretraining
from virb import cli
from virb.cli.study import _duration
from virb.errors import UserError
from virb.study._runs import folder_of
from virb.study.declared import load_study

PILOT = """
name: pilot
pretrain:
  methods: [moco-v2, swav, pirl, supervised]
  data: [world:objects, world:scenes, world:rooms]
  arch: narrow_resnet10_w16
  images: 8000
  images_seen: 80000
  runs: 3
encoders: [random:narrow_resnet10_w16@1, random:narrow_resnet10_w16@2]
tasks: [world-object, world-depth]
probes: [logistic, knn]
layers: final
size: 64
"""


@pytest.fixture
def pilot(tmp_path):
    path = tmp_path / "pilot.yaml"
    path.write_text(PILOT)
    return path


def invoke(*words):
    return CliRunner().invoke(cli.app, list(map(str, words)))


def test_a_plan_says_what_is_asked_how_long_it_takes_and_what_it_can_see(pilot):
    done = invoke("study", "plan", pilot)
    assert done.exit_code == 0, done.exception
    assert "30 runs. Time left: " in done.output
    assert "64 experiments of 32 encoders, 0 done. Time left: not known before the first run." in done.output
    assert "left out: supervised on world:scenes: it learns from labels" in done.output
    assert "left out: knn on world-depth: " in done.output
    assert "two cells (3 runs each): 2.40" in done.output
    assert "two methods, each the mean over 3 data sets (9 runs each): 1.39" in done.output


def test_a_plan_with_one_run_a_cell_says_that_nothing_can_be_said(pilot):
    pilot.write_text(PILOT.replace("runs: 3", "runs: 1"))
    assert "with one run a cell nothing can be said about a difference" in invoke("study", "plan", pilot).output


@pytest.mark.parametrize(
    "words", [["plan"], ["plan", "--json"], ["status", "-o", "out"], ["run", "--help"]], ids=" ".join
)
def test_plan_and_status_do_without_torch_and_without_data(pilot, words, tmp_path):
    script = (
        "import sys\n"
        "from virb.cli import app\n"
        "try:\n"
        "    app(['study', *sys.argv[1:]])\n"
        "except SystemExit as exit:\n"
        "    assert not exit.code, exit.code\n"
        "heavy = {'torch', 'timm', 'torchvision', 'lightly', 'pytorch_lightning', 'pandas', 'sklearn', 'numba'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    command = [sys.executable, "-c", script, words[0], str(pilot), *words[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "out").exists()
    if "--json" in words:
        assert json.loads(done.stdout)["power"]["freedom"] == 20


def test_plan_and_status_count_what_is_there(pilot, tmp_path):
    recipes = load_study(pilot).recipes
    fake_pretraining.finish(recipes[0], folder_of(recipes[0], tmp_path))
    fake_pretraining.begin(recipes[1], folder_of(recipes[1], tmp_path))
    plan = json.loads(invoke("study", "plan", pilot, "-o", tmp_path, "--json").output)
    assert plan["pretraining"][0]["finished"] == 1
    assert plan["pretraining"][0]["basis"] == "finished runs"
    shown = invoke("study", "status", pilot, "-o", tmp_path).output
    assert "moco-v2 on world:objects, run 1" in shown
    assert "finished" in shown
    assert "0 %" in shown
    told = json.loads(invoke("study", "status", pilot, "-o", tmp_path, "--json").output)
    assert [run["state"] for run in told["runs"]][:3] == ["finished", "begun", "waiting"]
    assert told["tasks"][0] == {"probe": "logistic", "task": "world-object", "done": 0, "of": 32}


def small(photos, runs):
    return f"""
name: small
pretrain:
  methods: supervised
  data: "folder:{photos}"
  arch: narrow_resnet10_w8
  images_seen: 16
  batch: 8
  size: 16
  runs: {runs}
encoders: pixels
tasks: "folder:{photos}"
probes: knn
layers: final
size: 32
"""


def test_a_study_goes_from_images_to_a_report_by_way_of_pretraining(photos, tmp_path):
    """With virb's own pre-training: forty photographs, two steps."""
    path = tmp_path / "small.yaml"
    path.write_text(small(photos, 2))
    done = invoke("study", "run", path, "-o", tmp_path / "out", "--threads", 1)
    collapsed = done.output.count("no encoder, and so no cells")  # two steps may be too few to tell images apart
    assert done.exit_code == bool(collapsed), done.output
    assert "chance" in done.output
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
    assert (tmp_path / "out" / "small.study.yaml").read_text() == path.read_text()
    again = invoke("study", "run", path, "-o", tmp_path / "out", "--threads", 1)
    there = 3 - collapsed
    assert f"{there} of {there} experiments had their record already" in again.output


def test_a_run_that_failed_is_listed_and_the_exit_code_says_so(photos, tmp_path, monkeypatch):
    path = tmp_path / "small.yaml"
    path.write_text(small(photos, 2))
    monkeypatch.setattr("virb.study.declared.DeclaredStudy.run.__defaults__", (fake_pretraining.failing_second,))
    done = invoke("study", "run", path, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert "no encoder, and so no cells: supervised on folder:" in done.output
    assert "run 2: failed: The loss became NaN." in done.output
    assert "--retry-failed" in done.output
    assert (tmp_path / "out" / "report.html").exists()
    shown = invoke("study", "status", path, "-o", tmp_path / "out").output
    assert "failed: The loss became NaN." in shown


def test_a_plan_gives_differences_in_points_once_records_tell_the_spread(photos, tmp_path, monkeypatch):
    path = tmp_path / "small.yaml"
    text = small(photos, 2).replace("methods: supervised", "methods: [supervised, moco-v2]")
    path.write_text(text.replace("  runs:", "  settings: {moco-v2: {queue: 16}}\n  runs:"))
    monkeypatch.setattr("virb.study.declared.DeclaredStudy.run.__defaults__", (fake_pretraining.pretrain,))
    before = invoke("study", "plan", path, "-o", tmp_path / "out").output
    assert "In points: not known before two runs of a cell have been evaluated." in before
    assert invoke("study", "run", path, "-o", tmp_path / "out").exit_code == 0
    after = invoke("study", "plan", path, "-o", tmp_path / "out").output
    assert "run to run" in after
    assert "points" in after
    assert "In points: not known" not in after


def test_ctrl_c_says_that_the_same_command_goes_on(photos, tmp_path, monkeypatch):
    path = tmp_path / "small.yaml"
    path.write_text(small(photos, 2))
    monkeypatch.setattr("virb.study.declared.DeclaredStudy.run.__defaults__", (fake_pretraining.interrupted_second,))
    done = invoke("study", "run", path, "-o", tmp_path / "out")
    assert done.exit_code == 130
    assert "the same command goes on" in done.output


@pytest.mark.parametrize("command", [["plan"], ["run", "-o", "out"], ["status", "-o", "out"]], ids=lambda c: c[0])
def test_a_file_that_is_not_there_is_a_user_error(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = invoke("study", command[0], "nowhere.yaml", *command[1:])
    assert isinstance(done.exception, UserError)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "not known before the first run"),
        (0, "0 s"),
        (0.2, "1 s"),
        (59.4, "59 s"),
        (59.9, "1 min"),
        (61, "1 min"),
        (3599, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_are_in_words(seconds, words):
    assert _duration(seconds) == words
