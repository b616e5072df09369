"""Digests of data: what was in the files, remembered so that a second look does not read them again."""

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from virb.places import cache_dir
from virb.progress import Progress, Quiet

_DIGITS = 32
"""Hexadecimal digits of a digest: 128 bits of SHA-256."""

_SETTLED_NS = 2_000_000_000
"""A file changed less than this long ago is not remembered. Where the clock of a file system is coarse (two seconds
on FAT), it could change again and keep both its size and its time: the racy-clean problem of git's index."""

_THREADS = 8
"""Reading is what takes long: on a disk with seeks, or over a network, several files at once are faster than one."""

_CHUNK = 2_000
"""Files that are hashed before they are remembered."""

_ASKED = 500
"""Files that the memory is asked for at once; SQLite has allowed 999 since ever."""

_TABLE = "CREATE TABLE IF NOT EXISTS contents (file TEXT PRIMARY KEY, state TEXT NOT NULL, content TEXT NOT NULL)"


class Content(NamedTuple):
    """What is in a file.

    Attributes:
        size: in bytes.
        sha256: of all bytes, in hexadecimal; empty where only the size was looked at.
    """

    size: int
    sha256: str


def hash_files(paths: Sequence[Path], progress: Progress | None = None, what: str = "reading") -> list[Content]:
    """Hash files, or remember what they hashed to.

    A hash is remembered by device and inode, and holds while size, modification and change time stay. The memory is
    a small database in the cache folder that several processes may share; without it every file is read, by several
    threads. What has been hashed is remembered every so often, so that a run that is stopped does not begin again.

    Args:
        paths: the files.
        progress: told how far it is.
        what: is being read, for ``progress``.

    Raises:
        OSError: a file cannot be read.
    """
    progress = progress or Quiet()
    stats = [path.stat() for path in paths]
    known = _recall(stats)
    now = time.time_ns()
    hashes = [known.get(_file(stat) + _state(stat)) for stat in stats]
    unknown = [place for place, sha256 in enumerate(hashes) if sha256 is None]
    with ThreadPoolExecutor(_THREADS) as pool:
        for start in range(0, len(unknown), _CHUNK):
            chunk = unknown[start : start + _CHUNK]
            fresh = []
            for place, sha256 in zip(chunk, pool.map(lambda place: _sha256(paths[place]), chunk), strict=True):
                hashes[place], stat = sha256, stats[place]
                if _settled(stat, now) and _state(paths[place].stat()) == _state(stat):
                    fresh.append((_file(stat), _state(stat), sha256))
            _remember(fresh)
            progress.advance(what, start + len(chunk), len(unknown))
    return [Content(stat.st_size, sha256) for stat, sha256 in zip(stats, hashes, strict=True) if sha256 is not None]


def measure_files(files: Sequence[str]) -> list[Content]:
    """The sizes of files, in place of what is in them: for a million of them, which would take hours to read.

    Raises:
        OSError: a file is not there.
    """
    with ThreadPoolExecutor(_THREADS) as pool:  # each waits for the disk or the network alone
        chunks = [files[start : start + _CHUNK] for start in range(0, len(files), _CHUNK)]
        sizes = pool.map(lambda chunk: [os.stat(file).st_size for file in chunk], chunks)  # noqa: PTH116 - no million Paths
        return [Content(size, "") for chunk in sizes for size in chunk]


def digest_of_files(names: Sequence[str], contents: Sequence[Content]) -> str:
    """Digest of a set of files: their names (relative, with ``/``), sizes and contents. Their order does not count."""
    total = hashlib.sha256()
    for name, content in sorted(zip(names, contents, strict=True)):
        # No file name has a NUL in it, so no two lists run together into the same bytes.
        total.update(b"%s\0%d\0%s\0" % (name.encode("utf-8", "surrogatepass"), content.size, content.sha256.encode()))
    return total.hexdigest()[:_DIGITS]


def digest_of_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """Digest of named arrays: their names, types, shapes and values, the same on machines of either byte order."""
    total = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        total.update(f"{name}\0{little.dtype.str}\0{little.shape}\0".encode())
        total.update(little.tobytes())  # in row order, whatever the layout
    return total.hexdigest()[:_DIGITS]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ------------------------------------------------------------------------------------------------ memory


def _file(stat: os.stat_result) -> str:
    return f"{stat.st_dev}:{stat.st_ino}:"


def _state(stat: os.stat_result) -> str:
    # The change time too: `touch -r` and `rsync --inplace -t` give a changed file its old modification time.
    return f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}"


def _settled(stat: os.stat_result, now: int) -> bool:
    return now - max(stat.st_mtime_ns, stat.st_ctime_ns) > _SETTLED_NS


def _recall(stats: Sequence[os.stat_result]) -> dict[str, str]:
    """The contents of the files that are known as they are now, by file and state."""
    known: dict[str, str] = {}
    try:
        with _memory() as memory:
            for start in range(0, len(stats), _ASKED):
                files = [_file(stat) for stat in stats[start : start + _ASKED]]
                marks = ",".join("?" * len(files))
                rows = memory.execute(f"SELECT file, state, content FROM contents WHERE file IN ({marks})", files)  # noqa: S608 - question marks alone
                known.update((file + state, content) for file, state, content in rows)
    except (sqlite3.Error, OSError):
        return {}  # the memory only saves time
    return known


def _remember(rows: Sequence[tuple[str, str, str]]) -> None:
    if not rows:
        return
    try:
        with _memory() as memory, memory:
            memory.executemany("INSERT OR REPLACE INTO contents VALUES (?, ?, ?)", rows)
    except (sqlite3.Error, OSError):
        return  # the memory only saves time


@contextmanager
def _memory() -> Iterator[sqlite3.Connection]:
    cache_dir().mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(cache_dir() / "contents.sqlite", timeout=10)) as memory:
        memory.execute(_TABLE)
        yield memory
