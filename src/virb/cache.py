"""A folder of things that can be made again, kept under a byte budget: least recently used goes first."""

import os
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, final

from filelock import FileLock, Timeout

from virb.errors import UserError
from virb.places import cache_dir

DEFAULT_BUDGET = "20GB"
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


@final
@dataclass(frozen=True)
class Entry:
    """One thing in the cache.

    Attributes:
        path: its folder.
        kind: ``features``, ``maps``, ``truth`` or ``world``.
        size: bytes on disk.
        used: when it was last read or written, seconds since 1970.
    """

    path: Path
    kind: str
    size: int
    used: float


@final
class Cache:
    """A cache folder shared by any number of processes.

    An entry is a folder ``KIND/NAME`` that is changed only under its lock. What is inside is its owner's business; the
    cache counts bytes and takes whole entries away, least recently used first, never one that is locked.

    Args:
        folder: where; by default the user's cache folder, or ``VIRB_CACHE``.
        budget: bytes; by default ``VIRB_CACHE_BUDGET`` (such as ``50GB``), or 20 GB.

    Raises:
        UserError: ``VIRB_CACHE_BUDGET`` is not a size.
    """

    def __init__(self, folder: Path | None = None, budget: int | None = None) -> None:
        self.folder = folder or cache_dir()
        self.budget = parse_size(os.environ.get("VIRB_CACHE_BUDGET", DEFAULT_BUDGET)) if budget is None else budget

    def path(self, kind: str, name: str) -> Path:
        """The folder of an entry, whether it is there or not."""
        return self.folder / kind / name

    def open(self, kind: str, name: str) -> Path:
        """The folder of an entry, made if need be, and marked as used now."""
        path = self.path(kind, name)
        path.mkdir(parents=True, exist_ok=True)
        (path / "used").touch()
        return path

    def lock(self, path: Path) -> FileLock:
        """The lock of an entry: hold it while writing. The operating system frees it when its holder dies."""
        return FileLock(path.with_name(f"{path.name}.lock"))

    def make_room(self, need: int, keep: Collection[Path]) -> None:
        """Take entries away until ``need`` more bytes fit the budget.

        Args:
            need: bytes about to be written into ``keep``.
            keep: the entries that are being written.

        Raises:
            UserError: it would not fit an empty cache.
        """
        entries = self.entries()
        own = sum(entry.size for entry in entries if entry.path in keep)
        if own + need > self.budget:
            raise UserError(
                f"This takes {show_size(own + need)}, and the cache may hold {show_size(self.budget)}.",
                f"Allow more: VIRB_CACHE_BUDGET={(own + need) // 10**9 + 1}GB",
            )
        excess = sum(entry.size for entry in entries) + need - self.budget
        for entry in sorted(entries, key=lambda entry: entry.used):
            if excess <= 0:
                break
            if entry.path not in keep and self._remove(entry):
                excess -= entry.size

    def entries(self) -> list[Entry]:
        """Everything in the cache."""
        found = []
        for path in sorted(self.folder.glob("*/*/")):
            mark = path / "used"
            if mark.exists():
                found.append(Entry(path, path.parent.name, _size(path), mark.stat().st_mtime))
        return found

    def remove(self, path: Path) -> None:
        """Take one entry away, if it is there and nobody holds it."""
        if path.exists():
            self._remove(Entry(path, path.parent.name, 0, 0.0))

    def clear(self) -> int:
        """Take everything away that nobody holds.

        Returns:
            Bytes freed.
        """
        return sum(entry.size for entry in self.entries() if self._remove(entry))

    def _remove(self, entry: Entry) -> bool:
        lock = self.lock(entry.path)
        try:
            with lock.acquire(blocking=False):
                # Readers that have mapped a file keep it until they let go: on POSIX its bytes outlive its name.
                shutil.rmtree(entry.path, ignore_errors=True)
        except Timeout:
            return False
        return not entry.path.exists()


@contextmanager
def aside(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name when the block ends well, and not at all otherwise."""
    hidden = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with hidden.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # taken away by another process meanwhile
            continue
    return total


def parse_size(text: str) -> int:
    """Read ``500MB``, ``20 GB``, ``1.5TB`` or plain bytes. Units are powers of 1,000.

    Raises:
        UserError: it is not a size.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?B?)\s*", text.upper())
    if match is None:
        raise UserError(f"'{text}' is not a size.", "Write it like 500MB or 20GB.")
    unit = match[2] if match[2] in _UNITS else f"{match[2]}B"
    return int(float(match[1]) * _UNITS[unit])


def show_size(count: float) -> str:
    """Bytes in words: ``4.6 MB``."""
    for unit, size in reversed(_UNITS.items()):
        if unit and count >= size:
            return f"{count / size:.0f} B" if unit == "B" else f"{count / size:.1f} {unit}"
    return "0 B"
