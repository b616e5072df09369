"""What a run leaves on disk, and whether a folder may be gone on with."""

import csv
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from virb.encoders._runs import CARD, CURVES, RECIPE, is_run, read_recipe
from virb.errors import UserError
from virb.spec import Recipe

LAST = "last.ckpt"
"""The newest checkpoint; gone when the run is finished."""
COLUMNS = ("step", "images_seen", "seconds", "loss", "lr", "spread", "rank")
"""Of the curves: loss is the mean since the last row."""

Row = tuple[float, ...]


def claim(folder: Path, recipe: Recipe) -> None:
    """Make a folder this recipe's own, or find that it is already.

    Raises:
        UserError: it holds another recipe (the message names the differences), other files, or cannot be written.
    """
    if is_run(folder):
        there = read_recipe(folder)
        if there.id != recipe.id:
            raise UserError(
                f"'{folder}' holds another run: {_differences(there, recipe)}.",
                "Go on with the settings it was begun with, or choose another --output.",
            )
        return
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"'{folder}' is not empty and is no pre-training run.", "Choose another --output.")
    write(folder / RECIPE, lambda path: path.write_text(recipe.model_dump_json(indent=2), encoding="utf-8"))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes out of a run.

    Raises:
        UserError: one is in it.
    """
    path = folder / ".lock"
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise UserError(
            f"Another process is training in '{folder}'.", "Wait for it, or choose another --output."
        ) from error
    try:
        yield
    finally:
        lock.release()
        path.unlink(missing_ok=True)


def _differences(there: Recipe, asked: Recipe) -> str:
    one, other = there.model_dump(), asked.model_dump()
    named = [f"{name} is {one[name]!r} there and {other[name]!r} here" for name in one if one[name] != other[name]]
    return "; ".join(named)


def write(path: Path, save: Callable[[Path], Any]) -> None:
    """Save a file whole or not at all: aside, synced, then renamed.

    Args:
        path: its name.
        save: writes the file it is given.

    Raises:
        UserError: the disk is full, or the folder cannot be written. What was there before is untouched.
    """
    aside = path.with_name(f".{path.name}.part")  # what a killed process leaves is overwritten by the next
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save(aside)
        with aside.open("rb+") as file:
            os.fsync(file.fileno())
        aside.replace(path)
    except (OSError, RuntimeError) as error:  # torch tells a full disk as a RuntimeError of its file writer
        words = error.strerror if isinstance(error, OSError) and error.strerror else str(error).splitlines()[0]
        raise UserError(
            f"'{path}' cannot be written: {words}.",
            "Free some space, or let it be written to; the same command goes on from the last checkpoint.",
        ) from error
    finally:
        with suppress(OSError):  # where nothing can be written there is nothing to clear away
            aside.unlink(missing_ok=True)


def write_curves(folder: Path, rows: Sequence[Row]) -> None:
    """Write the curves so far."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows([int(row[0]), int(row[1]), *(f"{value:.6g}" for value in row[2:])] for row in rows)
    write(folder / CURVES, lambda path: path.write_text(text.getvalue(), encoding="utf-8"))


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write what came of the run, last of all: its presence says that the run is finished."""
    write(folder / CARD, lambda path: path.write_text(json.dumps(card, indent=2), encoding="utf-8"))
