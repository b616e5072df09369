"""Pixelwise truth brought to the frame of the input policy once, and kept in the cache: what heads are fitted on.

What is scored is not this but the truth at its own resolution: see :mod:`virb.run`.
"""

import json
import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, final

import numpy as np
import PIL
from numpy.typing import NDArray

from virb.cache import Cache, aside, show_size
from virb.data import BadImage, Dataset, PixelTruth
from virb.data._geometry import frame_truth, refuse_crop
from virb.errors import UserError
from virb.progress import Progress
from virb.spec import Classes, InputPolicy, Task, digest_of, show_sides

GEOMETRY = 1
"""Rises when truth gets into the frame otherwise."""
AHEAD, BYTES = 64, 2**28
"""Examples that are read ahead of the one that is written, and bytes of theirs: no more than either, but one."""

_ARRAY, _MARK = "truth.npy", "framed.json"
"""The mark is written last: it holds the bytes of the array and what could not be read."""


@final
class Framed(NamedTuple):
    """A data set whose pixelwise truth is an array, and the examples whose truth could not be read, with why."""

    dataset: Dataset
    bad: dict[int, str]


def framed(dataset: Dataset, task: Task, inputs: InputPolicy, cache: Cache, progress: Progress) -> Framed:
    """Bring the truth that a task asks for into the frame, or find that it was done; other columns are left alone.

    Several processes may ask for the same: one works, the others wait.

    Args:
        dataset: the opened source.
        task: which column, and what it is.
        inputs: how images are framed.
        cache: where the result is kept: examples x height x width ids, or x numbers float32.
        progress: told the size before it starts, and how far it is.

    Returns:
        The column among ``columns``; truth that could not be read is without labels there, or all zeros where the
        target has no id for that: such examples must be left out.

    Raises:
        UserError: an id out of range, a number that cannot be, images that are cut (``crop``), or no room for it.
    """
    if task.column not in dataset.pixels or not task.target.dense:
        return Framed(dataset, {})
    refuse_crop(task, inputs)
    key = {
        "geometry": GEOMETRY,
        "data": dataset.digest,
        "column": task.column,
        "target": task.target.declared(),
        "family": task.family,
        "inputs": inputs.model_dump(mode="json", exclude_none=True),
        "resize": ["pillow", PIL.__version__],
    }
    folder = cache.open("truth", digest_of(key))
    with cache.lock(folder):
        mark = _mark(folder)
        if mark is None:
            mark = _write(dataset, task, inputs, folder, cache, progress)
        array = np.load(folder / _ARRAY, mmap_mode="r")
    bad = {int(row): reason for row, reason in mark["bad"].items()}
    return Framed(replace(dataset, columns={**dataset.columns, task.column: array}), bad)


def _mark(folder: Path) -> dict[str, Any] | None:
    """What was written of a whole array; None where there is none."""
    try:
        mark: dict[str, Any] = json.loads((folder / _MARK).read_text(encoding="utf-8"))
        return mark if (folder / _ARRAY).stat().st_size == mark["bytes"] else None
    except (OSError, ValueError, KeyError):  # gone, or cut short by a full disk
        return None


def _write(
    dataset: Dataset, task: Task, inputs: InputPolicy, folder: Path, cache: Cache, progress: Progress
) -> dict[str, Any]:
    empty, count, bad = _empty(task, inputs), len(dataset), {}
    need = count * empty.nbytes
    title = f"truth of {task.name}"
    progress.say(f"{title}: {count:,} examples at {show_sides(inputs.sides)} px, {show_size(need)}")
    cache.make_room(need, keep=[folder])
    try:
        with aside(folder / _ARRAY) as file:
            header = {"descr": empty.dtype.str, "fortran_order": False, "shape": (count, *empty.shape)}
            np.lib.format.write_array_header_1_0(file, header)
            for row, truth in enumerate(_read(dataset.pixels[task.column], task, inputs, count)):
                if isinstance(truth, BadImage):
                    bad[row] = str(truth)
                file.write((empty if isinstance(truth, BadImage) else truth.astype(empty.dtype)).tobytes())
                progress.advance(title, row + 1, count)
        mark = {"bytes": (folder / _ARRAY).stat().st_size, "bad": bad}
        with aside(folder / _MARK) as file:
            file.write(json.dumps(mark).encode())
    except OSError as error:
        raise UserError(
            f"Truth cannot be written to '{folder}': {error.strerror or error}.",
            "Free some space (`virb cache clear`), or set VIRB_CACHE to a folder with more.",
        ) from error
    return mark


def _empty(task: Task, inputs: InputPolicy) -> NDArray[Any]:
    """Truth of which nothing is known; its type holds every id."""
    target = task.target
    if not isinstance(target, Classes):
        return np.full((*inputs.sides, target.size), np.nan, np.dtype("<f4"))
    ignore = 0 if target.ignore is None else target.ignore
    small = 0 <= ignore < 256 and target.count <= 256
    return np.full(inputs.sides, ignore, np.dtype("|u1" if small else "<i4"))


def _read(truth: PixelTruth, task: Task, inputs: InputPolicy, count: int) -> Iterator[NDArray[Any] | BadImage]:
    """Framed truth, in row order, read by several threads a little ahead."""

    def one(row: int) -> NDArray[Any] | BadImage:
        try:
            found = truth.read(row)
        except BadImage as bad:
            return bad
        refuse_truth(found, task, truth.key(row))
        return frame_truth(found, task.target, task.family, inputs)

    each = 8 * math.prod(inputs.sides) * (1 if isinstance(task.target, Classes) else task.target.size)
    ahead = max(1, min(AHEAD, BYTES // each))
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, count, ahead):
            yield from pool.map(one, range(start, min(start + ahead, count)))


def refuse_truth(truth: NDArray[Any], task: Task, key: str) -> None:
    """Refuse truth that cannot be: the file is named.

    Args:
        truth: at its own resolution.
        task: what it should be.
        key: the name of the file.

    Raises:
        UserError: an id that is no class, a number that is infinite, missing where nothing may be, or not above zero
            where all are.
    """
    target, where = task.target, f"in '{key}'"
    if isinstance(target, Classes):
        ids = np.unique(truth)
        wrong = ids[((ids < 0) | (ids >= target.count)) & (ids != target.ignore)]
        if len(wrong):
            void = f"; {target.ignore} marks pixels without one" if target.ignore is not None else ""
            raise UserError(
                f"Label '{wrong[0]}' {where} is out of range.",
                f"'{task.name}' has {target.count} classes: 0 to {target.count - 1}{void}.",
            )
        return
    missing = np.isnan(truth)
    if missing.any() and not target.masked:
        raise UserError(f"A value {where} is missing.", "Fill it, or declare the target as masked.")
    if np.isinf(truth).any():
        raise UserError(f"A value {where} is infinite.", "Mark it as missing where none is known.")
    if target.positive and (truth[~missing] <= 0).any():
        raise UserError(
            f"A value {where} is not above zero: {truth[~missing].min():g}.", "Mark it as missing where none is known."
        )
