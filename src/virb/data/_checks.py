"""Whether a task can be scored on the rows of its splits at all: refused by name, before any compute."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from virb.data import Dataset
from virb.data._geometry import refuse_crop
from virb.data._splits import Rows, check_splits
from virb.errors import UserError
from virb.spec import Classes, InputPolicy, Task, Values

BLOCK, NUMBERS = 64, 2**24
"""Examples whose truth is read at once, and numbers of theirs: pixelwise truth may lie on disk, and be large."""


def check_task(dataset: Dataset, task: Task, split_rows: Mapping[str, Rows], inputs: InputPolicy) -> None:
    """Refuse what could give no score or a meaningless one. Call it first.

    Args:
        dataset: the opened source.
        task: what is asked of it.
        split_rows: from :func:`virb.data._splits.carve`; rows may be missing, where images could not be read.
        inputs: how images are framed.

    Raises:
        UserError: the source has fewer images an example; truth that is out of range, missing
            where nothing may be, or of another shape; a split that is empty or has nothing labelled; classes of test
            that fit lacks. For image-level classes see :func:`virb.data._splits.check_splits`.
    """
    if dataset.images.shape[1] < task.images_per_example:
        raise UserError(
            f"'{dataset.card.name}' has {dataset.images.shape[1]} images an example; '{task.name}' asks for "
            f"{task.images_per_example}.",
            "Choose a task made for this source.",
        )
    wanted = ("test",) if task.trained_on else ("fit", "select", "test")
    for split in wanted:
        if len(split_rows[split]) == 0:
            raise UserError(f"The {split} split of '{dataset.card.name}' is empty.", "Every split needs examples.")
    rows = {split: split_rows[split] for split in wanted}
    if isinstance(task.target, Classes) and not task.target.dense:
        _check_classes(dataset, task, task.target, rows)
        return
    if task.target.dense:
        _check_geometry(dataset, task, inputs)
    if isinstance(task.target, Classes):
        _check_regions(dataset, task, task.target, rows)
    else:
        _check_values(dataset, task, task.target, rows)


def _check_classes(dataset: Dataset, task: Task, target: Classes, rows: Mapping[str, Rows]) -> None:
    if not task.trained_on:
        check_splits(dataset, task.column, rows, target.names, sparse=target.sparse)
        return
    # Nothing is fitted here: the classes are the parent's, and not all of them need occur.
    labels = dataset.columns[task.column][rows["test"]]
    outside = np.flatnonzero((labels < 0) | (labels >= target.count))
    if len(outside):
        raise _out_of_range(dataset, task, int(labels[outside[0]]), target)


def _check_geometry(dataset: Dataset, task: Task, inputs: InputPolicy) -> None:
    """Truth and image must keep showing the same place."""
    _, height, width = dataset.columns[task.column].shape[:3]
    rows, columns = inputs.sides
    refuse_crop(task, inputs)
    if inputs.fit == "pad" and height * columns != width * rows:
        raise UserError(
            f"'{task.name}' has truth of {width} x {height} pixels: it lacks the borders that 'pad' gives the image.",
            "Use --fit squash.",
        )


def _check_regions(dataset: Dataset, task: Task, target: Classes, rows: Mapping[str, Rows]) -> None:
    present: dict[str, set[int]] = {}
    for split, its in rows.items():
        found: set[int] = set()
        for block in _blocks(dataset.columns[task.column], its):
            if block.ndim != 3:
                raise _shape(dataset, task, "examples x height x width")
            found |= set(np.unique(block).tolist())
        found -= {target.ignore}
        if outside := sorted(label for label in found if not 0 <= label < target.count):
            raise _out_of_range(dataset, task, int(outside[0]), target)
        if not found:
            raise UserError(
                f"The {split} split of '{dataset.card.name}' has no labelled pixel in '{task.column}'.",
                "Every split needs some.",
            )
        present[split] = found
    if task.trained_on:
        return
    names = target.names or tuple(str(label) for label in range(target.count))
    if len(set().union(*present.values())) == 1:
        (only,) = set().union(*present.values())
        raise UserError(
            f"'{dataset.card.name}' shows one class only in '{task.column}': '{names[only]}'.",
            "Telling classes apart needs at least two.",
        )
    for split in ("test", "select"):
        if alone := sorted(present[split] - present["fit"]):
            raise UserError(
                f"Class '{names[alone[0]]}' is in {split} of '{dataset.card.name}' but nowhere in fit.",
                "A class that is scored must be there to learn from.",
            )


def _check_values(dataset: Dataset, task: Task, target: Values, rows: Mapping[str, Rows]) -> None:
    column = dataset.columns[task.column]
    if column.ndim != (4 if target.dense else 2) or column.shape[-1] != target.size:
        form = "examples x height x width x" if target.dense else "examples x"
        raise _shape(dataset, task, f"{form} {target.size}")
    where = f"in column '{task.column}' of '{dataset.card.name}'"
    for split, its in rows.items():
        known = 0
        for start, block in zip(range(0, len(its), _step(column)), _blocks(column, its), strict=True):
            missing = np.isnan(block)
            known += int((~missing).sum())
            first = int(its[start])
            if missing.any() and not target.masked:
                raise UserError(
                    f"A value {where} is NaN, in the examples from row {first} on.",
                    "Fill it, or declare the target as masked: missing values are then left out.",
                )
            if np.isinf(block).any():
                raise UserError(
                    f"A value {where} is infinite, in the examples from row {first} on.",
                    "Write NaN where none is known.",
                )
            if target.positive and (block[~missing] <= 0).any():
                raise UserError(
                    f"A value {where} is not above zero, in the examples from row {first} on.",
                    "Write NaN where none is known.",
                )
        if not known:
            raise UserError(
                f"The {split} split of '{dataset.card.name}' has no value {where}.", "Every split needs some."
            )


def _blocks(column: Any, rows: Rows) -> Iterator[NDArray[Any]]:
    for start in range(0, len(rows), _step(column)):
        yield np.asarray(column[rows[start : start + _step(column)]])


def _step(column: Any) -> int:
    each: int = math.prod(column.shape[1:])
    return max(1, min(BLOCK, NUMBERS // max(1, each)))


def _out_of_range(dataset: Dataset, task: Task, label: int, target: Classes) -> UserError:
    return UserError(
        f"Label '{label}' in column '{task.column}' of '{dataset.card.name}' is out of range.",
        f"Labels are the ids of {target.count} classes: 0 to {target.count - 1}"
        + (f"; {target.ignore} marks pixels without one." if target.ignore is not None else "."),
    )


def _shape(dataset: Dataset, task: Task, form: str) -> UserError:
    shape = " x ".join(str(side) for side in dataset.columns[task.column].shape)
    return UserError(
        f"Column '{task.column}' of '{dataset.card.name}' is {shape}.", f"'{task.name}' reads {form} of it."
    )
