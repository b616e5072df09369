"""Masks of one's own: what is in their pixels, as ``virb.yaml`` tells or the masks themselves."""

import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from virb.data import BadImage
from virb.data._deep import decode_numbers
from virb.data._images import decode_ids, decode_image, head_of_image
from virb.data._layout import shown
from virb.data._listing import ReadTruth
from virb.data._mask_heads import NUMBERS, unlike_ids
from virb.data._virb_yaml import EXAMPLES, FILE, SCALE_FREE, MasksForm, told
from virb.errors import UserError
from virb.spec import Classes, Target, Values

VOID = 255
"""The id of pixels without a class; -1 where that is a class."""
_MOST = 100
"""More ids than this in masks that nobody has explained are no ids."""
_THREADS = min(8, os.cpu_count() or 1)


@final
@dataclass(frozen=True)
class Meaning:
    """What the pixels of masks mean.

    Attributes:
        column: ``mask`` or ``depth``.
        target: of a task that asks for them.
        read: one file, to ids or to numbers in the target's unit.
    """

    column: str
    target: Target
    read: ReadTruth

    @property
    def title(self) -> str:
        """In a few words."""
        if isinstance(self.target, Classes):
            return self.target.shown
        return f"depth in {self.target.unit}" if self.target.unit else "depth but for a factor"

    @property
    def about(self) -> str:
        """What is asked."""
        return "How far away each pixel is" if self.column == "depth" else "What each pixel shows"


def meaning(form: MasksForm, folder: Path) -> Meaning:
    """What masks mean.

    Args:
        form: what ``virb.yaml`` says, or :func:`inferred`.
        folder: of ``virb.yaml``, for messages.
    """
    where = shown(folder / FILE)
    if form.depth is not None:
        unit = None if form.depth.unit == SCALE_FREE else form.depth.unit
        target = Values(size=1, dense=True, masked=True, positive=True, unit=unit)
        return Meaning("depth", target, partial(_depth, form, where))
    count = len(form.names)
    void = VOID if count <= VOID else -1
    classes = Classes(count=count, dense=True, ignore=void, names=form.names)
    table = form.values | dict.fromkeys(form.ignore, void)
    return Meaning("mask", classes, partial(_regions, form, where, table))


# ------------------------------------------------------------------------------------------------ reading


def _regions(form: MasksForm, where: str, table: Mapping[int, int], path: Path, key: str) -> NDArray[np.generic]:
    """Class ids of the values in a mask."""
    coloured = form.colours is not None
    if coloured:
        red, green, blue = np.moveaxis(np.asarray(decode_image(path, key), np.int32), -1, 0)
        values = red << 16 | green << 8 | blue
    else:
        values = decode_ids(path, key)
    known = np.array(sorted(table), np.int32)
    places = np.searchsorted(known, values).clip(max=len(known) - 1)
    if (strange := known[places] != values).any():
        kind, listed = "colour" if coloured else "id", ", ".join(told(value, coloured) for value in known[:12].tolist())
        raise UserError(
            f"'{key}' holds the {kind} '{told(int(values[strange].min()), coloured)}', which '{where}' does not name.",
            f"It names {listed}{', …' * (len(known) > 12)}. Add it to the classes, or to what is ignored.",
        )
    ids = np.array([table[value] for value in known.tolist()], np.uint8 if len(form.names) <= VOID else np.int32)
    regions: NDArray[np.generic] = ids[places]
    return regions


def _depth(form: MasksForm, where: str, path: Path, key: str) -> NDArray[np.float32]:
    """Numbers in the unit, NaN where they are missing; height x width x 1."""
    assert form.depth is not None
    values: NDArray[Any] = _loaded(path, key) if path.suffix.lower() == NUMBERS else decode_numbers(path, key)
    numbers = np.array([number for number in form.depth.missing if not math.isnan(number)])
    missing = np.isin(values, numbers.astype(values.dtype) if values.dtype.kind == "f" else numbers)
    if values.dtype.kind == "f":
        nothing = np.isnan(values)
        if nothing.any() and not any(map(math.isnan, form.depth.missing)):
            raise UserError(
                f"'{key}' holds NaN in {int(nothing.sum()):,} of its pixels.",
                f"If depth is not known there, say so in '{where}': missing: nan.",
            )
        if np.isinf(values[~missing]).any():
            raise UserError(f"'{key}' holds infinite depth.", f"Say in '{where}' that it is not known: missing: .inf.")
        missing |= nothing
    if (values[~missing] <= 0).any():
        least = values[~missing].min()
        raise UserError(
            f"'{key}' holds the depth '{least:g}', and depth is above zero.",
            f"If it stands for pixels whose depth is not known, say so in '{where}': missing: {least:g}.",
        )
    depth = values.astype(np.float32) * np.float32(form.depth.scale)
    depth[missing] = np.nan
    return depth[..., None]


def _loaded(path: Path, key: str) -> NDArray[Any]:
    try:
        values: NDArray[Any] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BadImage(key, f"not an array of numbers: {error}") from error
    if values.ndim == 3 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.ndim != 2 or values.dtype.kind not in "fiu":
        raise BadImage(key, f"height x width numbers are read, and this is {values.shape} of {values.dtype}")
    return values


# ------------------------------------------------------------------------------------------------ inferring


def inferred(files: Sequence[Path], folder: Path) -> MasksForm:
    """What masks mean that no ``virb.yaml`` explains: each id that is met is a class, and 255 none.

    Decodes every mask, once a process.

    Args:
        files: the masks.
        folder: where ``virb.yaml`` would be, for messages.

    Raises:
        UserError: they hold more than 8 bits a pixel, colours, one id, too many, or just 0 and 255, which may be two
            classes or one and void.
    """
    write = f"Write '{shown(folder / FILE)}'."
    try:
        ids = _ids_in(tuple((file, *_state(file)) for file in files))
    except _Strange as strange:
        raise UserError(strange.args[0], f"{write} {EXAMPLES}") from strange
    if set(ids) == {0, VOID}:
        raise UserError(
            f"The masks hold '0' and '{VOID}' alone: two classes, or one and pixels without a class?",
            f"{write} classes: {{0: background, {VOID}: object}}",
        )
    known = [number for number in ids if number != VOID]
    if len(known) < 2:
        only = f"the id '{known[0]}' alone" if known else "no class"
        raise UserError(f"The masks hold {only}.", "Telling classes apart needs at least two.")
    if len(known) > _MOST:
        raise UserError(
            f"The masks hold '{len(known)}' different ids: depth, or borders that were smoothed?", f"{write} {EXAMPLES}"
        )
    return MasksForm(classes={number: str(number) for number in known}, ignore=(VOID,))


def _state(file: Path) -> tuple[int, int, int]:
    try:
        stat = file.stat()
    except OSError:
        return (0, 0, 0)  # said when it is read
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=16)
def _ids_in(files: tuple[tuple[Path, int, int, int], ...]) -> tuple[int, ...]:
    """Every id that is met, in order. What cannot be read is met again where it is named."""
    found: set[int] = set()
    with ThreadPoolExecutor(_THREADS) as pool:
        for ids in pool.map(_ids_of, [file for file, *_ in files]):
            found |= ids
    return tuple(sorted(found))


class _Strange(Exception):  # noqa: N818 - the reason why nothing can be inferred
    pass


def _ids_of(file: Path) -> set[int]:
    key = shown(file)
    if file.suffix.lower() == NUMBERS:
        raise _Strange(f"'{key}' holds numbers, and it is not said what they are.")
    try:
        head = head_of_image(file, key)
    except BadImage:
        return set()
    if reason := unlike_ids(head):
        raise _Strange(f"'{key}' {reason}.")
    if head.mode not in ("1", "L", "P"):
        raise _Strange(f"'{key}' has 16 bits a pixel or more, and it is not said what they are: ids, or depth?")
    try:
        return set(np.flatnonzero(np.bincount(decode_ids(file, key).ravel())).tolist())
    except BadImage:
        return set()
