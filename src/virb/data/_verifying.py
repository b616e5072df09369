"""Reading every example of a data source once: what is corrupt, out of range, or in two splits."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from virb.data import BadImage, Dataset
from virb.errors import UserError
from virb.progress import Progress

_AHEAD = 256
"""Images, or examples with pixelwise truth, that are read before they are reported."""


@final
class Copy(NamedTuple):
    """Two images with the same pixels in two splits, by key."""

    first: str
    second: str
    splits: tuple[str, str]


@final
@dataclass(frozen=True)
class Verified:
    """What was found when every example was read.

    Attributes:
        images: how many were read.
        sizes: the least and the most pixels of height and width that were met: ``(height, width)`` each.
        problems: what makes a score impossible or wrong, one sentence each.
        copies: images of the same pixels in two splits. Some published data sets have such; it is theirs.
        counts: examples of each class, for every column of one class an example.
    """

    images: int
    sizes: tuple[tuple[int, int], tuple[int, int]]
    problems: tuple[str, ...]
    copies: tuple[Copy, ...]
    counts: dict[str, dict[str, int]]


def verify(dataset: Dataset, workers: int, progress: Progress) -> Verified:
    """Decode every image and read every label of a data source.

    Args:
        dataset: the source, opened.
        workers: threads that decode.
        progress: told how far it is.
    """
    problems: list[str] = []
    hashes: list[bytes | None] = []
    shapes: dict[int, tuple[int, int]] = {}
    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(dataset.keys), _AHEAD):
            rows = range(start, min(start + _AHEAD, len(dataset.keys)))
            for row, found in zip(rows, pool.map(lambda row: _seen(dataset, row), rows), strict=True):
                if isinstance(found, BadImage):
                    problems.append(f"Cannot be decoded: {found}.")
                    hashes.append(None)
                else:
                    hashes.append(found[0])
                    shapes[row] = found[1]
            progress.advance(f"verifying {dataset.card.name}", rows.stop, len(dataset.keys))
        counts: dict[str, dict[str, int]] = {}
        for name in dataset.pixels:
            problems += _truths(dataset, name, shapes, pool, progress)
        for name, column in dataset.columns.items():
            problems += _out_of_range(dataset, name, np.asarray(column), "row")
            if column.ndim == 1 and name in dataset.class_names:
                names, labels = dataset.class_names[name], np.asarray(column)
                counts[name] = {label: int((labels == place).sum()) for place, label in enumerate(names)}
                empty = [label for label, count in counts[name].items() if not count]
                problems += [f"No example of class '{label}' in '{name}'." for label in empty]
    edges = (min(shapes.values()), max(shapes.values())) if shapes else ((0, 0), (0, 0))
    return Verified(len(dataset.keys), edges, tuple(problems), tuple(_copies(dataset, hashes)), counts)


def _seen(dataset: Dataset, row: int) -> tuple[bytes, tuple[int, int]] | BadImage:
    try:
        pixels = dataset.read(row)
    except BadImage as bad:
        return bad
    height, width = pixels.shape[:2]
    return hashlib.blake2b(pixels.tobytes(), digest_size=16, salt=b"%d" % width).digest(), (height, width)


# ------------------------------------------------------------------------------------------------ labels


def _truths(
    dataset: Dataset, name: str, shapes: Mapping[int, tuple[int, int]], pool: ThreadPoolExecutor, progress: Progress
) -> Iterator[str]:
    """Problems of pixelwise truth: unreadable, of another size than its image, out of range."""
    for start in range(0, len(dataset), _AHEAD):
        rows = range(start, min(start + _AHEAD, len(dataset)))
        for row, found in zip(rows, pool.map(lambda row: _truth(dataset, name, row), rows), strict=True):
            if isinstance(found, str):
                yield found
                continue
            key, image = dataset.pixels[name].key(row), int(dataset.images[row, 0])
            height, width = found.shape[:2]
            if image in shapes and shapes[image] != (height, width):
                of = f"{shapes[image][1]} x {shapes[image][0]}"
                yield f"'{key}' is {width} x {height} pixels, and its image '{dataset.keys[image]}' {of}."
            yield from _out_of_range(dataset, name, found, f"'{key}', place")
        progress.advance(f"verifying {name} of {dataset.card.name}", rows.stop, len(dataset))


def _truth(dataset: Dataset, name: str, row: int) -> NDArray[Any] | str:
    """Truth of an example, or what is wrong with it."""
    try:
        return dataset.truth(name, row)
    except BadImage as bad:
        return f"Cannot be decoded, in '{name}': {bad}."
    except UserError as error:
        return f"In '{name}': {error.problem}"


def _out_of_range(dataset: Dataset, name: str, values: NDArray[Any], of: str) -> Iterator[str]:
    """The first label that is none, if there is one. Below zero and 255 are ways to say that there is no label."""
    if values.dtype.kind == "f":
        if np.isinf(values).any():
            yield f"An infinite value in '{name}', {of} {int(np.flatnonzero(np.isinf(values))[0])}."
        return
    count = len(dataset.class_names.get(name, ()))
    if not count:
        return
    known = values if values.ndim == 1 else values[(values >= 0) & (values != 255)]
    wrong: Sequence[int] = np.unique(known[(known < 0) | (known >= count)]).tolist()
    if wrong:
        place = int(np.flatnonzero(values == wrong[0])[0])
        yield f"Label '{wrong[0]}' in '{name}', {of} {place}, is out of range: 0 to {count - 1}."


# ------------------------------------------------------------------------------------------------ copies


def _copies(dataset: Dataset, hashes: Sequence[bytes | None]) -> Iterator[Copy]:
    """Pairs of images with the same pixels that are in different official splits."""
    if dataset.official is None:
        return
    splits = np.full(len(dataset.keys), "", "<U6")
    for column in dataset.images.T:
        splits[column] = dataset.official
    first: dict[bytes, list[int]] = {}
    for row, seen in enumerate(hashes):
        if seen is None:
            continue
        others = first.setdefault(seen, [])
        for other in others:
            if splits[other] != splits[row]:
                yield Copy(dataset.keys[other], dataset.keys[row], (str(splits[other]), str(splits[row])))
        if all(splits[other] != splits[row] for other in others):
            others.append(row)
