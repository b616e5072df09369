"""Which examples are fit, select and test: as the source says, or carved; and whether that can be scored at all."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from virb.data import Dataset
from virb.errors import UserError
from virb.spec import Splits

Rows = NDArray[np.int64]

# ------------------------------------------------------------------------------------------------ carving


def carve(dataset: Dataset, column: str, splits: Splits, seed: int) -> dict[str, Rows]:
    """Divide the examples of a data source into fit, select and test.

    A split that is not carved keeps the rows that the source names; what is left is fit. Rows are carved by group
    where the source relates rows, so that no group straddles two splits, and evenly by class (where a group is all of
    one class; with mixed groups, evenly over all). Each class gives its share to every split, rounded to whole
    examples or groups, and at least one where it has enough.

    Who goes where is decided by ``blake2b`` of the seed and the example's image keys or group id, not by a random
    generator: the same on every platform and NumPy version, and an image added later moves at most one example of its
    class across each border instead of shuffling all.

    Args:
        dataset: the opened source.
        column: the label column that classes are balanced by.
        splits: the shares; ``None`` keeps the source's own rows.
        seed: another seed, another carve.

    Returns:
        ``fit``, ``select`` and ``test``: sorted rows of the data set, disjoint, together all of them.

    Raises:
        UserError: the source has no such column, or names rows as a split that should be carved all the same.
    """
    if column not in dataset.columns and column not in dataset.pixels:
        raise UserError(
            f"'{dataset.card.name}' has no label column '{column}'.",
            f"It has {', '.join((*dataset.columns, *dataset.pixels))}.",
        )
    official = _official(dataset)
    for split, share in (("select", splits.select), ("test", splits.test)):
        if share is not None and (official == split).any():
            raise UserError(
                f"The {split} split of '{dataset.card.name}' is to be carved, but the source names its rows.",
                f"Leave the share of {split} at None to keep them.",
            )
    free = np.flatnonzero((official == "") | (official == "fit"))
    where = official.copy()
    where[free] = "fit"
    for units in _strata(dataset, column, free):
        rest = _shuffled(dataset, units, seed)
        if splits.test is not None:
            # A share of all rows, those that the source keeps for select among them.
            target = splits.test * sum(map(len, rest)) * len(dataset) / len(free)
            rest = _take(rest, target, where, "test", keep=1 if splits.select is None else 2)
        if splits.select is not None:
            _take(rest, splits.select * sum(map(len, rest)), where, "select", keep=1)
    return {split: np.flatnonzero(where == split) for split in ("fit", "select", "test")}


def draw(dataset: Dataset, column: str, count: int, seed: int) -> dict[str, Rows]:
    """Divide examples into so many of each class to learn from, and the others to test on.

    Who goes where is decided as in :func:`carve`.

    Args:
        dataset: the opened source.
        column: the column of class ids.
        count: examples of each class in fit; one fewer than a class has, where it has no more.
        seed: another seed, another draw.

    Returns:
        ``fit`` and ``test``: sorted rows of the data set, disjoint, together all of them.
    """
    where = np.full(len(dataset), "test")
    for units in _strata(dataset, column, np.arange(len(dataset))):
        for unit in _shuffled(dataset, units, seed)[: min(count, len(units) - 1)]:
            where[unit] = "fit"
    return {split: np.flatnonzero(where == split) for split in ("fit", "test")}


def _official(dataset: Dataset) -> NDArray[np.str_]:
    if dataset.official is None:
        return np.full(len(dataset), "", "<U6")
    named = set(dataset.official.tolist()) - {"", "fit", "select", "test"}
    if named:
        raise UserError(f"'{dataset.card.name}' names a split '{min(named)}'.", "Splits are fit, select and test.")
    return dataset.official.astype("<U6")


def _units(dataset: Dataset, rows: Rows) -> list[Rows]:
    """What is carved as one: the rows of each group, or each row."""
    if dataset.groups is None:
        return list(rows.reshape(-1, 1))
    order = rows[np.argsort(dataset.groups[rows], kind="stable")]
    borders = np.flatnonzero(np.diff(dataset.groups[order])) + 1
    return [unit for unit in np.split(order, borders) if len(unit)]


def _strata(dataset: Dataset, column: str, rows: Rows) -> list[list[Rows]]:
    """Units by class; all in one stratum where any group has several classes, or the target is not one class."""
    labels = dataset.columns.get(column)
    units = _units(dataset, rows)
    if labels is None or labels.ndim != 1 or labels.dtype.kind != "i":
        return [units]
    if dataset.groups is not None and any((labels[unit] != labels[unit[0]]).any() for unit in units):
        return [units]
    strata: dict[int, list[Rows]] = {}
    for unit in units:
        strata.setdefault(int(labels[unit[0]]), []).append(unit)
    return list(strata.values())


def _shuffled(dataset: Dataset, units: list[Rows], seed: int) -> list[Rows]:
    def place(unit: Rows) -> bytes:
        if dataset.groups is not None:
            key = f"{seed}:{dataset.groups[unit[0]]}"
        else:
            key = f"{seed}:" + "\0".join(dataset.keys[image] for image in dataset.images[unit[0]])
        return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    return sorted(units, key=place)


def _take(units: list[Rows], target: float, where: NDArray[np.str_], split: str, keep: int) -> list[Rows]:
    """Give the first units to a split, as many as come nearest to ``target`` rows, and return the rest.

    At least one is given, and ``keep`` are left for the splits to come, as long as there are enough.
    """
    most = len(units) - keep
    if most < 1:
        count = min(1, len(units) - 1)
    else:
        totals = list(accumulate(map(len, units[:most])))
        count = min(range(1, most + 1), key=lambda count: abs(totals[count - 1] - target))
    for unit in units[:count]:
        where[unit] = split
    return units[count:]


# ------------------------------------------------------------------------------------------------ checks


def check_splits(
    dataset: Dataset,
    column: str,
    split_rows: Mapping[str, Rows],
    class_names: Sequence[str] = (),
    *,
    sparse: bool = False,
) -> None:
    """Refuse, by name, splits that could give no score or a meaningless one. Costs nothing: call it first.

    Args:
        dataset: the opened source.
        column: the label column that is the target.
        split_rows: from :func:`carve`; rows may be missing, where images could not be read.
        class_names: of the target, in id order; the source's own where there are none.
        sparse: whether classes without any example are as it should be.

    Raises:
        UserError: labels out of range, an empty split, one class only, fewer examples than classes, an empty class,
            a class that fit lacks, or one with too few examples for the splits that are carved.
    """
    names = tuple(class_names) or dataset.class_names[column]
    labels, source = dataset.columns[column], dataset.card.name
    _check_labels(labels, names, f"column '{column}' of '{source}'")
    for split, rows in split_rows.items():
        if len(rows) == 0:
            raise UserError(f"The {split} split of '{source}' is empty.", "Every split needs examples.")
    present = {split: set(labels[rows].tolist()) for split, rows in split_rows.items()}
    anywhere = set().union(*present.values())
    if len(anywhere) == 1:
        (only,) = anywhere
        raise UserError(f"'{source}' has one class only: '{names[only]}'.", "Telling classes apart needs at least two.")
    if len(split_rows["fit"]) < len(anywhere if sparse else names):
        raise UserError(
            f"'{source}' has {len(split_rows['fit'])} examples in fit for {len(names)} classes.",
            "Each class needs at least one example to learn from.",
        )
    if not sparse and (empty := sorted(set(range(len(names))) - anywhere)):
        raise UserError(f"{_listed(names, empty)} no examples in '{source}'.", "Remove it, or add examples.")
    _check_enough(dataset, labels, names, split_rows)
    for split in ("test", "select"):
        if alone := sorted(present[split] - present["fit"]):
            raise UserError(
                f"{_listed(names, alone)} examples in {split} but none in fit, in '{source}'.",
                "A class that is scored must be there to learn from.",
            )


def _check_labels(labels: Rows, names: Sequence[str], where: str) -> None:
    outside = np.flatnonzero((labels < 0) | (labels >= len(names)))
    if len(outside):
        raise UserError(
            f"Label '{labels[outside[0]]}' in row {outside[0]} of {where} is out of range.",
            f"Labels are the ids of {len(names)} classes: 0 to {len(names) - 1}.",
        )


def _check_enough(dataset: Dataset, labels: Rows, names: Sequence[str], split_rows: Mapping[str, Rows]) -> None:
    """Every class must be able to reach every split that is carved."""
    official = _official(dataset)
    carved = [split for split in ("select", "test") if (official[split_rows[split]] != split).any()]
    rows = np.concatenate(list(split_rows.values()))
    rows = rows[(official[rows] == "") | (official[rows] == "fit")]
    for label in np.unique(labels[rows]):
        mine = rows[labels[rows] == label]
        units = len(mine) if dataset.groups is None else len(np.unique(dataset.groups[mine]))
        if units <= len(carved):
            what = "examples" if dataset.groups is None else "groups of related examples"
            raise UserError(
                f"Class '{names[label]}' of '{dataset.card.name}' has too few {what}: {units}.",
                f"To be in {' and '.join(['fit', *carved])} it needs at least {1 + len(carved)}.",
            )


def _listed(names: Sequence[str], ids: Sequence[int]) -> str:
    shown = ", ".join(f"'{names[label]}'" for label in ids[:3])
    if len(ids) == 1:
        return f"Class {shown} has"
    return f"Classes {shown} have" if len(ids) <= 3 else f"Classes {shown} and {len(ids) - 3} more have"
