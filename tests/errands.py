"""Functions that the executor tests send on errands: in a file of their own, so that workers can import them."""

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path
from typing import NoReturn

from virb.errors import ExperimentError, UserError


class MuteError(Exception):
    """Cannot be printed."""

    def __str__(self):
        raise RuntimeError("cannot even say what is wrong")


class NotLoadable:
    """Can be pickled, and raises when it is loaded."""

    def __reduce__(self):
        return raise_this, ("mute",)


def raise_this(name) -> NoReturn:
    raise {
        "value": ValueError("out of range"),
        "bare": AssertionError(),
        "user": UserError("There is no task 'x'.", "Did you mean 'y'?"),
        "experiment": ExperimentError("features of layer 'stage1' are constant"),
        "mute": MuteError(),
        "lines": KeyError("a"),
    }[name]


def double(number):
    return 2 * number


def invert(number):
    return 1 / number


def touch(path):
    Path(path).touch()
    return os.getpid()


def wait_for(path):
    """Return at once for None, otherwise when the file is there."""
    while path is not None and not Path(path).exists():
        time.sleep(0.005)
    return path


def process_of(_item):
    return os.getpid()


def end(how):
    """End the process by a signal (its name) or with an exit code, or give back anything else."""
    if isinstance(how, int):
        os._exit(how)
    if isinstance(how, str) and how.startswith("SIG"):
        os.kill(os.getpid(), getattr(signal, how))
    return how


def leave(code):
    raise SystemExit(code)


def fetch(name):
    return {"lock": threading.Lock(), "not-loadable": NotLoadable(), "plain": "plain"}[name]


def report(path):
    """Give the process id, at once for None, otherwise when the file is there."""
    wait_for(path)
    return os.getpid()


def environment(name):
    return os.environ.get(name)


def sleep(path):
    """Say by a file that it began, and never end."""
    Path(path).touch()
    time.sleep(1000)


def sleep_stubbornly(path):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sleep(path)


def perform(item):
    """Run one of the others by name."""
    name, argument = item
    return globals()[name](argument)


def start_a_child(_item):
    """Start a process from inside a worker, as a data loader does."""
    child = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(0,))
    child.start()
    child.join()
    return child.exitcode
