"""The per-example file of a record: who was asked, what was answered, what was right."""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from virb.errors import UserError
from virb.spec import Record

Arrays = Mapping[str, NDArray[Any]]
"""``example``, ``group``, ``label`` and ``predicted`` (int64), ``confidence`` and ``correct`` (float32), n each.

``example`` is a row of the data source, ``group`` is equal for related examples (and is the example where none are),
``correct`` is the example's share in the primary score.
"""

Outcomes = Callable[[Record], Arrays | None]
"""Finds the arrays of a record, or None where it has none."""

FIELDS = ("example", "group", "label", "predicted", "confidence", "correct")


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
            arrays = {name: file[name] for name in FIELDS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise _broken(path, str(error)) from error
    _check(path, arrays)
    return arrays


def _check(path: Path, arrays: Arrays) -> None:
    lengths = {name: array.shape for name, array in arrays.items()}
    if len(set(lengths.values())) != 1 or len(lengths["example"]) != 1:
        raise _broken(path, f"arrays of different length {lengths}")
    if len(np.unique(arrays["example"])) != len(arrays["example"]):
        raise _broken(path, "an example appears twice")
    if not np.isfinite(arrays["correct"]).all():
        raise _broken(path, "an outcome is not a number")


def _broken(path: Path, why: str) -> UserError:
    return UserError(
        f"The outcomes file '{path}' cannot be used: {why}.",
        "Copy it again from where it was made, or delete it: the score stays, its interval goes.",
    )
