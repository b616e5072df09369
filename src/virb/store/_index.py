"""The index of a store: copies of all records in one SQLite file, so that opening reads one file and not thousands."""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, final

_PATIENCE = 1.0
"""Seconds to wait for another process that writes the index: reading all records takes about as long."""


class File(NamedTuple):
    """What tells a file of records from every other: records never change, so neither do these."""

    name: str
    size: int
    mtime: int


@final
class Index:
    """Compressed copies of all records in one SQLite file, so that opening a store reads one file and not thousands.

    It only saves time: whatever is wrong with it (locked, damaged, another program's, in a folder that cannot be
    written to), records are read from their own files.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[File, Any]:
        """All copies, as they are: nothing is believed before it is unpacked and parsed."""
        with self._forgiving(), closing(sqlite3.connect(self.path, timeout=_PATIENCE)) as database:
            rows = database.execute("SELECT name, size, mtime, content FROM records")
            return {File(name, size, mtime): content for name, size, mtime, content in rows}
        return {}

    def write(self, fresh: dict[File, bytes], gone: Iterable[File]) -> None:
        """Add copies, and drop those of files that are no longer there."""
        with self._forgiving(), closing(sqlite3.connect(self.path, timeout=_PATIENCE)) as database, database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS records"
                " (name TEXT, size INTEGER, mtime INTEGER, content BLOB, PRIMARY KEY (name, size, mtime))"
            )
            database.executemany("DELETE FROM records WHERE name = ? AND size = ? AND mtime = ?", gone)
            rows = ((*file, zlib.compress(content, 1)) for file, content in fresh.items())
            database.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", rows)

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError:
            pass  # locked, no table yet, not writable, no space: as if there were no index
        except sqlite3.Error:
            for leftover in (self.path, self.path.with_name(f"{self.path.name}-journal")):
                with suppress(OSError):
                    leftover.unlink()
