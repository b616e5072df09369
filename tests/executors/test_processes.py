"""What only ``processes`` promises: finishing order, threads, no worker left behind, and any kind of caller."""

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import errands
from virb.errors import UserError
from virb.executors import Resources
from virb.executors.processes import EXECUTOR

posix = pytest.mark.skipif(sys.platform == "win32", reason="ends processes by signal")


@pytest.fixture(autouse=True)
def _no_worker_is_left_behind():
    yield
    assert multiprocessing.active_children() == []


@pytest.fixture
def run(tmp_path):
    """Run Python on its own, every warning an error."""

    def start(*arguments, **options):
        path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
        return subprocess.Popen(
            [sys.executable, "-W", "error", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path},
            **options,
        )

    return start


SCRIPT = """
import errands
from virb.executors import Resources
from virb.executors.processes import EXECUTOR
def main():
    print(sorted(o.value for o in EXECUTOR.map(errands.double, [1, 2, 3], Resources(workers=2))))
"""
GUARDED = f"{SCRIPT}\nif __name__ == '__main__':\n    main()\n"


def test_outcomes_come_in_finishing_order(tmp_path):
    late = tmp_path / "late"
    iterator = EXECUTOR.map(errands.wait_for, [str(late), None], Resources(workers=2))
    assert next(iterator).item is None
    late.touch()
    assert next(iterator).item == str(late)
    assert list(iterator) == []


def test_workers_stay_and_are_never_more_than_items_or_than_asked_for():
    def processes(workers, items):
        return {o.value for o in EXECUTOR.map(errands.process_of, range(items), Resources(workers=workers))}

    assert len(processes(workers=1, items=5)) == 1
    assert len(processes(workers=2, items=9)) <= 2
    iterator = EXECUTOR.map(errands.process_of, [1], Resources(workers=50))
    next(iterator)
    assert len(multiprocessing.active_children()) == 1
    iterator.close()


def test_fewer_than_one_worker_is_refused():
    with pytest.raises(UserError, match="'0' workers"):
        list(EXECUTOR.map(errands.double, [1], Resources(workers=0)))


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"])
def test_workers_have_the_threads_that_were_asked_for_and_this_process_keeps_its_own(name, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    before = dict(os.environ)
    (outcome,) = EXECUTOR.map(errands.environment, [name], Resources(workers=1, threads=3))
    assert outcome.value == "3"
    assert dict(os.environ) == before


@pytest.mark.parametrize(("cores", "workers", "threads"), [(8, 2, "4"), (8, 3, "2"), (2, 5, "1")])
def test_threads_nobody_asked_for_divide_the_cores(cores, workers, threads, monkeypatch):
    monkeypatch.setattr("virb.executors.processes._cores", lambda: cores)
    (outcome,) = EXECUTOR.map(errands.environment, ["OMP_NUM_THREADS"], Resources(workers=workers))
    assert outcome.value == threads


def test_large_items_and_results_travel_whole():
    items = [bytes([n]) * 3_000_000 for n in range(3)]
    outcomes = list(EXECUTOR.map(errands.double, items, Resources(workers=2)))
    assert sorted(o.value for o in outcomes) == sorted(item * 2 for item in items)


def test_functions_may_start_processes_of_their_own():
    (outcome,) = EXECUTOR.map(errands.start_a_child, [0], Resources())
    assert (outcome.status, outcome.value) == ("ok", 0)


@posix
def test_no_item_pays_for_a_worker_that_dies_idle(tmp_path):
    late = tmp_path / "late"
    iterator = EXECUTOR.map(errands.report, [str(late), None], Resources(workers=2))
    idle = next(iterator).value
    os.kill(idle, signal.SIGKILL)
    late.touch()
    (last,) = iterator
    assert last.status == "ok"
    assert last.value != idle


@posix
def test_closing_ends_a_busy_worker_that_does_not_want_to(tmp_path, monkeypatch):
    monkeypatch.setattr("virb.executors.processes._PATIENCE", 0.2)
    started = str(tmp_path / "started")
    items = [("sleep_stubbornly", started), ("wait_for", started)]
    iterator = EXECUTOR.map(errands.perform, items, Resources(workers=2))
    assert next(iterator).item == ("wait_for", started)
    iterator.close()
    assert multiprocessing.active_children() == []


def test_works_from_a_command_line_without_a_file(run):
    assert run("-c", f"{SCRIPT}\nmain()").communicate(timeout=60) == ("[2, 4, 6]\n", "")


def test_works_from_a_script_whose_name_is_no_module_as_installed_commands_are(run, tmp_path):
    script = tmp_path / "virb-like command"
    script.write_text(GUARDED)
    assert run(str(script)).communicate(timeout=60) == ("[2, 4, 6]\n", "")


def test_works_from_a_module_that_is_run(run, tmp_path):
    (tmp_path / "runnable.py").write_text(GUARDED)
    assert run("-m", "runnable").communicate(timeout=60) == ("[2, 4, 6]\n", "")


def test_a_script_that_starts_itself_again_in_every_worker_is_told_what_to_do(run, tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(f"{SCRIPT}\nmain()\n")
    out, err = run(str(script)).communicate(timeout=60)
    assert out == ""
    assert "Worker processes cannot be started: the last one ended with exit code 1." in err
    assert err.rstrip().splitlines()[-1].startswith("In a script, keep what starts the run under `if __name__")


WAITING = """
import errands, sys
from virb.executors import Resources
from virb.executors.processes import EXECUTOR
iterator = EXECUTOR.map(errands.perform, [("double", 1), ("sleep", sys.argv[1])], Resources(workers=2))
assert next(iterator).value == 2
"""


def test_an_iterator_that_nobody_closes_does_not_keep_the_process_or_its_workers(run, tmp_path):
    process = run("-c", WAITING, str(tmp_path / "started"))
    # Workers hold the same standard output: it ends when the last of them has.
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0


@posix
def test_workers_end_with_a_parent_that_is_killed(run, tmp_path):
    started = tmp_path / "started"
    process = run("-c", f"{WAITING}\nnext(iterator)", str(started))
    errands.wait_for(str(started))
    process.kill()
    assert process.communicate(timeout=60)[0] == ""


@posix
def test_ctrl_c_ends_parent_and_workers_with_one_voice(run, tmp_path):
    started = tmp_path / "started"
    code = f"{WAITING}next(iterator)".replace("\n", "\n    ")
    # What a shell has put in the background ignores the signal, and so does all that it starts.
    heard = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    process = run(
        "-c",
        f"{heard}try:{code}\nexcept KeyboardInterrupt:\n    print('stopped')",
        str(started),
        start_new_session=True,
    )
    errands.wait_for(str(started))
    # As early as can be: one of the workers may still be starting.
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60) == ("stopped\n", "")
