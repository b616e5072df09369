"""The command line as a new user meets it."""

import json
import subprocess
import sys

import pytest
import torch
from typer.main import get_command
from typer.testing import CliRunner

from virb import cli
from virb.errors import UserError

COMMAND = get_command(cli.app)


def commands(group=COMMAND, path=()):
    for name, command in group.commands.items():
        if getattr(command, "commands", None):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def virb(*words, cwd=None):
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from virb.cli import main; main()", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(("path", "command"), [pytest.param(*c, id=" ".join(c[0])) for c in commands()])
def test_every_command_says_what_it_does_and_shows_an_example(path, command):
    assert command.help, path
    assert (command.epilog or "").startswith(f"Example: virb {' '.join(path)}"), path
    for option in command.params:
        assert getattr(option, "help", None) or option.name == "help", (path, option.name)


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["run", "--help"],
        *([group, "list", "--json"] for group in ("tasks", "encoders", "probes", "data")),
        ["tasks", "show", "digits"],
        ["encoders", "show", "timm:resnet50"],
        ["cache", "status", "--json"],
    ],
    ids=" ".join,
)
def test_help_and_lists_do_without_torch(words):
    script = (
        "import sys\n"
        "from virb.cli import app\n"
        "try:\n"
        "    app(sys.argv[1:])\n"
        "except SystemExit as exit:\n"
        "    assert not exit.code, exit.code\n"
        "heavy = {'torch', 'timm', 'torchvision', 'pandas', 'sklearn', 'skimage', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    if "--json" in words:
        assert json.loads(done.stdout)


@pytest.mark.parametrize("group", ["tasks", "encoders", "probes", "data"])
def test_a_list_for_people_names_what_the_list_for_programs_names(group):
    rows = json.loads(virb(group, "list", "--json").stdout)
    shown = virb(group, "list").stdout
    assert rows
    for row in rows:
        assert next(iter(row.values())) in shown


def test_run_goes_from_images_to_a_report(photos, tmp_path):
    done = virb("run", "-e", "pixels", "-t", f"folder:{photos}", "--size", 16, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "pixels" in done.stdout
    assert "chance" in done.stdout
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
    again = virb("run", "-e", "pixels", "-t", f"folder:{photos}", "--size", 16, "-o", tmp_path / "out")
    assert "4 of 4 experiments had their record already" in again.stdout
    exported = virb("export", tmp_path / "out")
    assert exported.stdout.startswith("task,")
    assert len(exported.stdout.splitlines()) == 5  # two probes, each on the final layer and on the best
    effects = virb("export", tmp_path / "out", "--table", "effects")
    assert effects.stdout.startswith("task,probe,")
    assert len(effects.stdout.splitlines()) == 1  # no encoder was pre-trained by two methods


def test_a_failed_experiment_exits_with_1_and_its_reason(photos, tmp_path):
    (photos / "dog" / "003.png").write_bytes(b"not an image")
    done = virb("run", "-e", "pixels", "-t", f"folder:{photos}", "--size", 16, "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "dog/003.png" in done.stdout
    assert (tmp_path / "out" / "report.html").exists()
    skipped = virb(
        *("run", "-e", "pixels", "-t", f"folder:{photos}", "--size", 16, "-o", tmp_path / "out"),
        *("--on-bad-image", "skip"),
    )
    assert skipped.returncode == 0, skipped.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "-e", "pixels", "-t", "digit", "-o", "out"], "'digits'"),
        (["run", "-e", "pixel", "-t", "digits", "-o", "out"], "'pixels'"),
        (["run", "-e", "pixels", "-t", "digits", "-p", "logistics", "-o", "out"], "'logistic'"),
        (["run", "-e", "pixels", "-t", "digits", "-o", "out", "--size", "0"], "'0'"),
        (["run", "-e", "pixels", "-t", "digits", "-o", "out", "--size", "512x"], "512x1024 is height x width"),
        (["run", "-e", "pixels", "-t", "digits", "-o", "out", "--fit", "squish"], "'squash'"),
        (["run", "-e", "pixels", "-t", "digits", "-o", "out", "--on-bad-image", "ignore"], "skip"),
        (["run", "-e", "pixels", "-t", "digits", "-o", "out", "--executor", "process"], "'processes'"),
        (["run", "-e", "pixels", "-t", "digits", "-o", "out", "--device", "gpu"], "'gpu'"),
        (["run", "-e", "random:resnet19", "-t", "digits", "-o", "out"], "'resnet18'"),
        (["run", "-e", "pixels", "-t", "folder:nowhere", "-o", "out"], "nowhere"),
        (["tasks", "show", "Digits"], "'digits'"),
        (["probes", "show", "svm"], "logistic"),
        (["data", "show", "digit"], "'digits'"),
        (["encoders", "show", "zoo:lite0"], "efficientnet-lite0"),
        (["encoders", "show", "pixels", "--cost", "--size", "0"], "'0'"),
        (["run", "-e", "random:resnet18+mean=124", "-t", "digits", "-o", "out"], "Divide by 255"),
        (["report", "nowhere"], "nowhere"),
        (["export", "nowhere"], "nowhere"),
        (["export", "nowhere", "--format", "xlsx"], "nowhere"),
        (["export", "nowhere", "--table", "gain"], "'gains'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_request_is_a_user_error_that_says_what_to_write(words, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli.app, words)
    assert isinstance(done.exception, UserError), done.output
    assert says in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_what_an_encoder_costs_is_shown_with_what_it_was_measured_on():
    words = ["encoders", "show", "random:test_resnet", "--cost", "--size", "32"]
    shown = CliRunner().invoke(cli.app, words).output
    assert "parameters     373 k" in shown
    assert "images/s (cpu, " in shown
    assert "stage4 96 x 1 x 1" in shown
    card = json.loads(CliRunner().invoke(cli.app, [*words, "--json"]).output)
    assert card["parameters"] == 372_688
    assert card["multiply_adds"] > 1e6
    assert card["forward"] > 0
    assert card["extraction"] is None


def test_a_user_error_has_no_traceback_unless_asked_for():
    plain = virb("tasks", "show", "digitss")
    assert plain.returncode == 2
    assert plain.stderr == "virb: There is no task 'digitss'.\nDid you mean 'digits'? `virb tasks list` shows all.\n"
    assert "Traceback" in virb("--debug", "tasks", "show", "digitss").stderr


def test_checkpoints_and_transformers_run_side_by_side(photos, tmp_path):
    import timm

    torch.save(timm.create_model("resnet18").state_dict(), tmp_path / "last.pth")
    done = virb(
        *("run", "-e", f"checkpoint:{tmp_path / 'last.pth'}@resnet18", "-e", "random:vit_tiny_patch16_224"),
        *("-t", f"folder:{photos}", "--size", 32, "-o", tmp_path / "out", "--executor", "processes"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "vit_tiny" in done.stdout
