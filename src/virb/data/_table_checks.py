"""What the cells of a table say, and what is refused of them, by line."""

import math
import os
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from virb.data._csv import Cells
from virb.data._layout import role_of, shown, split_of
from virb.errors import UserError

_SPLITS = 3
_NEAR = 2000
"""Names of a folder among which the nearest one is looked for."""


def paths_in(cells: Cells, column: str, files: dict[str, str], images: int) -> list[str]:
    """The files of a column, each by a key that is the same however its path is spelt.

    Args:
        cells: of the table.
        column: of paths, which start where the table lies.
        files: the file of each key is added here.
        images: how many an example has.

    Raises:
        UserError: a cell is empty, or a file is not there.
    """
    why = f", and every example has {images} images" if images > 1 else ""
    written = cells.filled(column, why)
    base = cells.path.parent.as_posix()
    keys = [os.path.normpath(cell).replace(os.sep, "/") for cell in written]
    named: dict[str, frozenset[str]] = {}
    absent = []
    for row, key in enumerate(keys):
        if key in files:
            continue
        file = files[key] = key if os.path.isabs(key) else f"{base}/{key}"  # noqa: PTH117 - no hundred thousand Paths
        folder, _, name = file.rpartition("/")
        if folder not in named:
            named[folder] = _names_in(folder)
        if name not in named[folder]:
            absent.append(row)
    if absent:
        raise _absent(cells, column, written[absent[0]], absent)
    return keys


def _names_in(folder: str) -> frozenset[str]:
    try:
        with os.scandir(folder or "/") as entries:
            return frozenset(entry.name for entry in entries)
    except OSError:
        return frozenset()


def _absent(cells: Cells, column: str, written: str, rows: Sequence[int]) -> UserError:
    more = f", nor those of {len(rows) - 1:,} more lines" if len(rows) > 1 else ""
    what = "file" if column in ("mask", "depth") else "image"
    problem = f"{cells.at(rows[0])}: there is no {what} '{written}'{more}."
    if "://" in written:
        return UserError(problem, "Files are read, not addresses: download them first.")
    base, straight = cells.path.parent, written.replace("\\", "/")
    if straight != written and (base / straight).exists():
        return UserError(problem, f"Write it with /: '{straight}'.")
    folder, name = (base / written).parent, Path(written).name
    if not folder.is_dir():
        return UserError(problem, f"There is no folder '{shown(folder)}'. Paths start where the table lies.")
    near = get_close_matches(name, sorted(_names_in(str(folder)))[:_NEAR], n=1, cutoff=0.6)
    if near:
        return UserError(problem, f"Did you mean '{shown(Path(written).with_name(near[0]))}'?")
    return UserError(problem, f"Looked in '{shown(folder)}'. Paths start where the table lies.")


# ------------------------------------------------------------------------------------------------ splits and groups


def roles_in(cells: Cells) -> list[str]:
    """What each row is for: ``train``, ``val`` or ``test``.

    Raises:
        UserError: a cell is empty or no split, or none is train, or all are.
    """
    written = cells.filled("split")
    known = {word: role_of(word) for word in set(written)}
    for row, word in enumerate(written):
        if known[word] is None:
            near = get_close_matches(word.lower(), ("fit", "select", "test", "train", "val"), n=1, cutoff=0.5)
            raise UserError(
                f"{cells.at(row)}: '{word}' is no split.",
                f"Did you mean '{near[0]}'?" if near else "Splits are fit (or train), select (or val) and test.",
            )
    roles = [known[word] or "" for word in written]
    if len(set(roles)) == 1 or "train" not in roles:
        only = " and ".join(f"'{word}'" for word in sorted(set(written))[:3])
        raise UserError(
            f"'{shown(cells.path)}' has {only} alone in 'split'.",
            "Splits are fit (or train), select (or val) and test: name fit and test at least, or remove the column: "
            "both are then drawn.",
        )
    return roles


def refuse_repeats(cells: Cells, images: Sequence[list[str]], roles: Sequence[str]) -> None:
    """Refuse examples that stand there twice, and images that are in two splits.

    Args:
        cells: of the table.
        images: for each column of images the key of each row's.
        roles: of each row.

    Raises:
        UserError: there is one.
    """
    seen: dict[tuple[str, ...], int] = {}
    for row, keys in enumerate(zip(*images, strict=True)):
        first = seen.setdefault(keys, row)
        if first != row:
            its = listed_keys(keys)
            if roles[first] != roles[row]:
                raise _two_splits(cells, keys[0], first, row, roles)
            raise UserError(f"{cells.at(row)}: {its} again, as in line {cells.lines[first]}.", "Keep one of the lines.")
    if len(images) == 1:
        return
    placed: dict[str, int] = {}
    for column in images:
        for row, key in enumerate(column):
            first = placed.setdefault(key, row)
            if roles[first] != roles[row]:
                raise _two_splits(cells, key, first, row, roles)


def listed_keys(keys: Sequence[str]) -> str:
    """Images in quotes, for a message."""
    return " and ".join(f"'{shown(key)}'" for key in keys)


def _two_splits(cells: Cells, key: str, first: int, row: int, roles: Sequence[str]) -> UserError:
    one, other = (split_of(roles[place], set(roles)) for place in (first, row))
    return UserError(
        f"{cells.at(row)}: the image '{shown(key)}' is in {other}, and in {one} in line {cells.lines[first]}.",
        "What is tested must not have been learnt from: keep it in one split.",
    )


def refuse_groups(cells: Cells, images: Sequence[list[str]], roles: Sequence[str], groups: Sequence[str]) -> None:
    """Refuse groups that are in two splits, and images that are in two groups.

    Raises:
        UserError: there is one.
    """
    placed: dict[str, int] = {}
    for row, group in enumerate(groups):
        first = placed.setdefault(group, row)
        if roles[first] != roles[row]:
            one, other = (split_of(roles[place], set(roles)) for place in (first, row))
            raise UserError(
                f"{cells.at(row)}: the group '{group}' is in {other}, and in {one} in line {cells.lines[first]}.",
                "Examples of a group are related, and what is tested must not have been learnt from.",
            )
    its: dict[str, int] = {}
    for column in images:
        for row, key in enumerate(column):
            first = its.setdefault(key, row)
            if groups[first] != groups[row]:
                raise UserError(
                    f"{cells.at(row)}: the image '{shown(key)}' is in the group '{groups[row]}', and in "
                    f"'{groups[first]}' in line {cells.lines[first]}.",
                    "Examples that share an image are related: give them one group.",
                )


def refuse_few(cells: Cells, groups: Sequence[str], shared: bool) -> None:
    """Refuse groups that are too few for splits to be drawn.

    Args:
        cells: of the table.
        groups: of each row.
        shared: whether they are of examples that share images.

    Raises:
        UserError: there are fewer than three.
    """
    count = len(set(groups))
    if count < _SPLITS:
        why = "examples that share images" if shared else "examples of one group"
        raise UserError(
            f"'{shown(cells.path)}' has {count} group{'s' * (count > 1)} of related examples, and {_SPLITS} splits are "
            "to be drawn.",
            f"Splits never part {why}: there must be three groups or more.",
        )


def related(images: Sequence[list[str]]) -> list[str] | None:
    """A group for each row where examples share images, so that no carve parts them; None where none do."""
    numbers: dict[str, int] = {}
    rows = len(images[0])
    places = np.array([[numbers.setdefault(key, len(numbers)) for key in column] for column in images])
    if len(images) == 1 or len(numbers) == places.size:
        return None
    ends = (np.tile(np.arange(rows), len(images)), rows + places.reshape(-1))
    whole = rows + len(numbers)
    _, component = connected_components(coo_array((np.ones(places.size), ends), (whole, whole)), directed=False)
    first: dict[int, str] = {}
    # A group is named by its first image, so that it stays what it is when lines are added.
    return [first.setdefault(int(label), images[0][row]) for row, label in enumerate(component[:rows])]


# ------------------------------------------------------------------------------------------------ truth


def refuse_classes(cells: Cells, labels: Sequence[str], names: Sequence[str], roles: Sequence[str]) -> None:
    """Refuse classes that cannot be told apart or scored.

    Raises:
        UserError: there is one alone, more than examples, or one that is not there to learn from.
    """
    where = f"'{shown(cells.path)}'"
    if len(names) == 1:
        raise UserError(f"{where} has one class only: '{names[0]}'.", "Telling classes apart needs at least two.")
    fit = [label for label, role in zip(labels, roles, strict=True) if role in ("", "train")]
    known = set(fit)
    for row, label in enumerate(labels):
        if label not in known:
            lowered = {name.lower(): name for name in known}
            near = get_close_matches(label.lower(), lowered, n=1, cutoff=0.6)
            raise UserError(
                f"{cells.at(row)}: class '{label}' is in {split_of(roles[row], set(roles))} and nowhere in fit.",
                f"Is it '{lowered[near[0]]}'?" if near else "A class that is scored must be there to learn from.",
            )
    if len(names) == len(labels):
        raise UserError(
            f"{where} has {len(labels)} lines for {len(names)} classes.",
            "If labels are numbers, call their column 'value'."
            if all(map(_is_number, names))
            else "Each class needs at least one example to learn from, and one to test on.",
        )


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def numbers_in(cells: Cells, columns: Sequence[str], roles: Sequence[str]) -> list[tuple[float, ...]]:
    """The numbers of each row.

    Raises:
        UserError: one is empty, no number, or not finite; or a column has the same one everywhere in a split.
    """
    found = []
    for column in columns:
        written = cells.filled(column)
        try:
            values = list(map(float, written))
        except ValueError:
            values = []
        if "_" in "".join(written) or not values or not np.isfinite(values).all():
            raise _no_number(cells, column, written)
        if min(values) == max(values):
            raise UserError(
                f"'{shown(cells.path)}' has '{written[0]}' in every line of '{column}'.", "There is nothing to tell."
            )
        found.append(values)
    return list(zip(*found, strict=True))


def _no_number(cells: Cells, column: str, written: Sequence[str]) -> UserError:
    row = next(row for row, text in enumerate(written) if "_" in text or not _is_number(text))
    text = written[row]
    if text.lower().lstrip("+-") in ("nan", "inf", "infinity", "na", "n/a", "none", "null"):
        return UserError(f"{cells.at(row)}: '{column}' is '{text}', which is no value.", "Remove the line.")
    plain = text.replace(",", ".").replace("_", "")
    remedy = f"Write '{plain}'." if _is_number(plain) else "Write it like 1.5."
    return UserError(f"{cells.at(row)}: '{text}' in '{column}' is no number.", remedy)
