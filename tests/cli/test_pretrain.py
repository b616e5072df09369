"""`virb pretrain` and `virb methods` as a user meets them."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from virb import cli
from virb import pretrain as pretraining
from virb.errors import ExperimentError, UserError

SMALL = ["--arch", "narrow_resnet10_w8", "--images-seen", "80", "--size", "16", "--batch", "8", "--threads", "1"]


def invoke(*words):
    return CliRunner().invoke(cli.app, [str(word) for word in words])


def test_a_run_goes_from_images_to_an_encoder_and_is_found_again(photos, tmp_path):
    words = ["pretrain", "moco-v2", "--data", f"folder:{photos}", *SMALL, "--set", "queue=16", "-o", tmp_path / "moco"]
    script = [sys.executable, "-c", "from virb.cli import main; main()", *map(str, words)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "run 1: 10 steps in" in done.stdout.replace("\n", " ")
    assert "checkpoint:" in done.stdout
    assert "Warning" not in done.stderr
    assert json.loads((tmp_path / "moco" / "card.json").read_text())["settings"]["queue"] == 16
    again = invoke(*words)
    assert again.exit_code == 0
    assert "This run was finished before." in again.output
    read = invoke(
        *("run", "-e", f"checkpoint:{tmp_path / 'moco'}", "-t", f"folder:{photos}", "--size", 16, "--layers", "final"),
        *("-o", tmp_path / "out"),
    )
    assert read.exit_code == 0, read.output
    assert "moco-v2" in read.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["moco-v3"], "'moco-v2'"),
        (["moco-v2", "--set", "queue"], "does not say what the setting is"),
        (["moco-v2", "--set", "queue=many"], "'queue=many' is no setting"),
        (["moco-v2", "--set", "queu=16"], "'queue'"),
        (["moco-v2", "--set", "queue=inf"], "'inf' cannot be queue"),
        (["moco-v2", "--set", "queue=1.5"], "'1.5' cannot be queue"),
        (["moco-v2", "--set", "lr=nan"], "'nan' cannot be lr"),
        (["moco-v2"], "is larger than the data"),
        (["moco-v2", "--batch", "4000"], "'80' images seen holds no batch of 4000"),
        (["moco-v2", "--arch", "narow_resnet10_w8"], "narrow_resnet10_w8"),
        (["moco-v2", "--data", "world:object", "--images", "40"], "objects"),
        (["moco-v2", "--data", "world:objects"], "images"),
        (["moco-v2", "--device", "gpu"], "'gpu'"),
        (["moco-v2", "--batch", "1"], "'1' cannot be --batch"),
        (["moco-v2", "--run", "-1"], "'-1' cannot be --run"),
        (["moco-v2", "--size", "4"], "'4' cannot be --size"),
        (["moco-v2", "--images-seen", "0"], "'0' cannot be --images"),
        (["moco-v2", "--images", "0"], "'0' cannot be --images"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_request_is_a_user_error_that_says_what_to_write(words, says, photos, tmp_path):
    method, *rest = words
    done = invoke("pretrain", method, "--data", f"folder:{photos}", *SMALL, "-o", tmp_path / "run", *rest)
    assert isinstance(done.exception, UserError), (done.exception, done.output)
    assert says in str(done.exception)
    assert not (tmp_path / "run").exists()


def test_a_folder_with_another_run_is_a_user_error(photos, tmp_path):
    words = ["pretrain", "supervised", "--data", f"folder:{photos}", *SMALL, "-o", tmp_path / "run"]
    assert invoke(*words).exit_code == 0
    done = invoke(*words, "--run", 2)
    assert isinstance(done.exception, UserError)
    assert "run is 1 there and 2 here" in str(done.exception)


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [(ExperimentError("the loss is nan at step 3"), 1, "the loss is nan"), (KeyboardInterrupt(), 130, "goes on from")],
    ids=["broke down", "stopped"],
)
def test_exit_codes_tell_what_became_of_it(error, code, says, tmp_path, monkeypatch):
    def fail(*_given, **_more):
        raise error

    monkeypatch.setattr(pretraining, "pretrain", fail)
    done = invoke("pretrain", "moco-v2", "--data", "world:objects", "--images", 4000, *SMALL, "-o", tmp_path / "run")
    assert done.exit_code == code
    assert says in done.output


# ---------------------------------------------------------------------------------------------- methods


@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["show", "pirl"], ["show", "pirl", "--json"]], ids=str)
def test_methods_are_shown_without_torch(words):
    script = (
        "import sys\n"
        "from virb.cli import app\n"
        "try:\n"
        "    app(sys.argv[1:])\n"
        "except SystemExit as exit:\n"
        "    assert not exit.code, exit.code\n"
        "heavy = {'torch', 'timm', 'lightly', 'pytorch_lightning', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "methods", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    if "--json" in words:
        assert json.loads(done.stdout)
    assert "pirl" in done.stdout


def test_the_list_for_people_names_every_method_of_the_list_for_programs():
    rows = json.loads(invoke("methods", "list", "--json").output)
    shown = invoke("methods", "list").output
    assert [row["method"] for row in rows] == pretraining.METHODS.names()
    assert {row["method"]: row["labels"] for row in rows}["supervised"] is True
    assert all(row["method"] in shown for row in rows)


@pytest.mark.parametrize("method", pretraining.METHODS.names())
def test_every_setting_of_a_method_is_shown_with_its_default(method):
    card = json.loads(invoke("methods", "show", method, "--json").output)
    known = {**pretraining.METHODS.load(method).settings, **pretraining.COMMON}
    assert {name: one["default"] for name, one in card["settings"].items()} == {n: s.default for n, s in known.items()}
    shown = invoke("methods", "show", method).output
    assert all(name in shown for name in known)
    assert "arXiv" in shown


def test_an_unknown_method_is_named_with_the_nearest():
    done = invoke("methods", "show", "moco")
    assert isinstance(done.exception, UserError)
    assert "'moco-v2'" in str(done.exception)
