"""A rendered scene set in the cache: a few ``.npy`` files, whole or absent, opened as memory maps."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from virb.cache import Cache, aside, show_size
from virb.data.world._rendering import render_all, rows
from virb.data.world.sets import SceneSet
from virb.errors import UserError
from virb.progress import Progress
from virb.spec import digest_of

RENDERER = 1
"""Rises when the renderer, or anything that scene sets share, draws any image otherwise."""
LAYOUT = 1
"""Version of the entry's files."""

_MARK = "rendered.json"
"""Written last: the digest, the bytes and the SHA-256 of each file, and the key for whoever lists entries."""


class Array(NamedTuple):
    """One array of an entry: its type and shape; the first axis is examples."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return int(np.prod(self.shape)) * np.dtype(self.dtype).itemsize


@final
@dataclass(frozen=True)
class Entry:
    """A rendered set.

    Attributes:
        digest: of every pixel, truth and label, and of the splits.
        arrays: memory maps: ``images`` (examples x images x size x size x 3), and each column.
    """

    digest: str
    arrays: dict[str, NDArray[Any]]


def key_of(name: str, scenes: SceneSet, size: int) -> dict[str, object]:
    """Everything declared that could change a byte."""
    return {
        "layout": LAYOUT,
        "renderer": RENDERER,
        scenes.shelf: name,
        "version": scenes.version,
        "size": size,
        "examples": [[split, scenes.examples.get(split, 0)] for split in scenes.splits],
        "images": scenes.images,
        "classes": {column: list(names) for column, names in scenes.classes.items()},
        "regions": {column: list(names) for column, names in scenes.regions.items()},
        "values": dict(scenes.values),
    }


def plan(scenes: SceneSet, size: int) -> dict[str, Array]:
    """The arrays of an entry. Little-endian everywhere, so that a digest is the same on every machine."""
    count = len(rows(scenes))
    return {
        "images": Array("|u1", (count, scenes.images, size, size, 3)),
        **{f"label-{column}": Array("<i8", (count,)) for column in scenes.classes},
        **{f"dense-{column}": Array("|u1", (count, size, size)) for column in scenes.regions},
        **{f"dense-{column}": Array("<f4", (count, size, size, numbers)) for column, numbers in scenes.values.items()},
    }


def open_entry(
    name: str, scenes: SceneSet, size: int, cache: Cache, progress: Progress, threads: int | None = None
) -> Entry:
    """Open a rendered set; render it first where it is not there, or not whole.

    Several processes may ask for the same set: one renders, the others wait.

    Args:
        name: of the set.
        scenes: the set.
        size: side of the images in pixels.
        cache: where it is kept.
        progress: told the size before it starts, and how far it is.
        threads: by default one for each processor; the bytes do not depend on it.

    Raises:
        UserError: it does not fit the cache's budget, cannot be written, or a package that it is made with is missing.
    """
    arrays = plan(scenes, size)
    folder = cache.open("world", digest_of(key_of(name, scenes, size)))
    with cache.lock(folder):
        if faults(folder, arrays):
            need = bytes_of(arrays)
            count = len(rows(scenes))
            progress.say(f"world:{name}: rendering {count * scenes.images:,} images, {show_size(need)}")
            cache.make_room(need, keep=[folder])
            _render(name, scenes, size, folder, progress, threads)
        return Entry(
            read_mark(folder)["digest"], {array: np.load(_file(folder, array), mmap_mode="r") for array in arrays}
        )


def bytes_of(arrays: Mapping[str, Array]) -> int:
    """How much an entry takes."""
    return sum(array.size for array in arrays.values())


def read_mark(folder: Path) -> dict[str, Any]:
    """What the entry says of itself; empty where it is not rendered, or not whole."""
    try:
        mark = json.loads((folder / _MARK).read_text(encoding="utf-8"))
        return mark if isinstance(mark, dict) and isinstance(mark["bytes"], dict) and mark["digest"] else {}
    except (OSError, ValueError, KeyError, TypeError):  # gone, or cut short by a full disk or a failing one
        return {}


def faults(folder: Path, arrays: Mapping[str, Array]) -> dict[str, str]:
    """Files that are not as long as they were when they were written, and why. Looks into none of them.

    Args:
        folder: of the entry.
        arrays: its plan.

    Returns:
        by name of the file; where nothing was ever rendered, the mark alone.
    """
    mark, found = read_mark(folder), {}
    if set(mark.get("bytes", {})) != set(arrays):
        return {_MARK: "is missing, or not of this virb"}
    for array in arrays:
        file = _file(folder, array)
        if not file.is_file():
            found[file.name] = "is gone"
        elif file.stat().st_size != mark["bytes"][array]:
            found[file.name] = f"has {file.stat().st_size:,} bytes instead of {mark['bytes'][array]:,}"
    return found


def altered(folder: Path, arrays: Mapping[str, Array], key: object, progress: Progress, what: str) -> dict[str, str]:
    """Files of the right length whose content is not what was rendered: reads every byte.

    Args:
        folder: of the entry, where :func:`faults` finds none.
        arrays: its plan.
        key: see :func:`key_of`.
        progress: told how far it is.
        what: the word for it there.
    """
    mark, found, contents = read_mark(folder), {}, {}
    for done, (array, planned) in enumerate(arrays.items(), start=1):
        file = _file(folder, array)
        try:
            rows = np.load(file, mmap_mode="r")
        except (OSError, ValueError) as error:
            found[file.name] = f"is no array any more: {error}"
            continue
        contents[array] = _sha256(rows)
        if (rows.dtype.str, rows.shape) != (np.dtype(planned.dtype).str, planned.shape):
            found[file.name] = "has another type or shape"
        elif contents[array] != mark.get("sha256", {}).get(array, contents[array]):
            found[file.name] = "holds other bytes than were rendered"
        progress.advance(what, done, len(arrays))
    if not found and digest_of([key, contents]) != mark["digest"]:
        found[_MARK] = "tells another digest than its files have, one of which has changed"
    return found


def _sha256(rows: NDArray[Any]) -> str:
    """Of an array's rows, as :class:`_Growing` hashes them."""
    total = hashlib.sha256()
    for start in range(0, len(rows), 256):
        total.update(np.ascontiguousarray(rows[start : start + 256]).data)
    return total.hexdigest()


def _render(name: str, scenes: SceneSet, size: int, folder: Path, progress: Progress, threads: int | None) -> None:
    """Render every example into files aside, then publish them: arrays first, the mark last."""
    arrays, count = plan(scenes, size), len(rows(scenes))
    with _writing(folder):
        (folder / _MARK).unlink(missing_ok=True)
        with ExitStack() as stack:
            files = {array: _Growing(stack.enter_context(aside(_file(folder, array)))) for array in arrays}
            for array, file in files.items():
                file.begin(arrays[array])
            for done, example in enumerate(render_all(name, scenes, size, threads), start=1):
                files["images"].append(example.images)
                for column, label in example.labels.items():
                    files[f"label-{column}"].append(np.array(label))
                for column, truth in example.truths.items():
                    files[f"dense-{column}"].append(truth)
                progress.advance(f"world:{name}", done, count)
        contents = {array: file.sha256 for array, file in files.items()}
        key = key_of(name, scenes, size)
        mark = {
            "digest": digest_of([key, contents]),
            "key": key,
            "sha256": contents,
            "bytes": {array: _file(folder, array).stat().st_size for array in arrays},
        }
        with aside(folder / _MARK) as written:
            written.write(json.dumps(mark).encode())


def _file(folder: Path, array: str) -> Path:
    return folder / f"{array}.npy"


@final
class _Growing:
    """A ``.npy`` file that grows by one example at a time, and hashes what goes in."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._dtype = "|u1"
        self._hash = hashlib.sha256()

    def begin(self, array: Array) -> None:
        """Write the header of an array whose rows will follow."""
        self._dtype = array.dtype
        header = {"descr": array.dtype, "fortran_order": False, "shape": array.shape}
        np.lib.format.write_array_header_1_0(self._file, header)

    def append(self, row: NDArray[Any]) -> None:
        """Write one row."""
        content = row.astype(self._dtype, copy=False).tobytes()
        self._file.write(content)
        self._hash.update(content)

    @property
    def sha256(self) -> str:
        """Of the rows so far, in hexadecimal."""
        return self._hash.hexdigest()


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"The world cannot be written to '{folder}': {error.strerror or error}.",
            "Free some space (`virb cache clear`), or set VIRB_CACHE to a folder with more.",
        ) from error
