"""The per-example file of a record: who was asked, and what the answer adds to the score."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from virb.analysis.rows import Arrays
from virb.errors import UserError
from virb.spec import FAMILIES, Family, Record

__all__ = ["FIELDS", "WHO", "Arrays", "Outcomes", "load_outcomes"]

Outcomes = Callable[[Record], Arrays | None]
"""Finds the arrays of a record, or None where it has none.

All have ``example`` and ``group`` (int64, n each): ``example`` is a row of the data source, ``group`` is equal for
related examples (and is the example where none are). The others are those of :meth:`virb.metrics.Meter.outcomes`.
"""

WHO = ("example", "group")
FIELDS: dict[Family, tuple[str, ...]] = {
    "classes": ("label", "predicted", "confidence", "correct"),
    "segmentation": ("truth", "intersection", "union", "right", "labelled"),
}
"""What the file of a family must hold; those of other families hold some of their metrics by name."""


def load_outcomes(folder: Path, record: Record) -> dict[str, NDArray[Any]] | None:
    """Read the per-example file of a record.

    Args:
        folder: the store's folder; the files are in ``outcomes`` inside it.
        record: whose file it is.

    Returns:
        The arrays by name, or None where the record names no file or the file did not travel with it.

    Raises:
        UserError: the file is there and is not what it must be.
    """
    if record.outcomes is None:
        return None
    if Path(record.outcomes).name != record.outcomes:
        raise UserError(
            f"The record '{record.id}' names the outcomes file '{record.outcomes}'.",
            "It must be a plain file name inside the store's outcomes folder.",
        )
    path = folder / "outcomes" / record.outcomes
    if not path.is_file():
        return None
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
            arrays = {name: file[name] for name in (*WHO, *_fields(record.experiment.task.family, file.files))}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise _broken(path, str(error)) from error
    _check(path, arrays)
    return arrays


def _fields(family: Family, there: list[str]) -> tuple[str, ...]:
    """Names to be read. A metric that came later is not in an older file."""
    return FIELDS.get(family) or tuple(name for name in FAMILIES[family] if name in there)


def _check(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    lengths = {name: len(array) if array.ndim else 0 for name, array in arrays.items()}
    if len(set(lengths.values())) != 1 or arrays["example"].ndim != 1:
        raise _broken(path, f"arrays of different length {lengths}")
    if len(np.unique(arrays["example"])) != len(arrays["example"]):
        raise _broken(path, "an example appears twice")
    if "correct" in arrays and not np.isfinite(arrays["correct"]).all():
        raise _broken(path, "an outcome is not a number")
    if any(np.isinf(array).any() for array in arrays.values()):
        raise _broken(path, "an outcome is infinite")
    if "union" in arrays and not _counts_fit(arrays):
        raise _broken(path, "its counts of pixels do not fit together")


def _counts_fit(arrays: Arrays) -> bool:
    truth, both, either = (arrays[name] for name in ("truth", "intersection", "union"))
    if not truth.shape == both.shape == either.shape or truth.ndim != 2:
        return False
    fits = (both >= 0) & (both <= truth) & (truth <= either)
    return bool(fits.all() and (truth.sum(axis=1) == arrays["labelled"]).all())


def _broken(path: Path, why: str) -> UserError:
    return UserError(
        f"The outcomes file '{path}' cannot be used: {why}.",
        "Copy it again from where it was made, or delete it: the score stays, its interval goes.",
    )
