"""Digests on first sight: a file whose publisher gives none may at least never change unnoticed."""

import json
import os
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any, final

from filelock import FileLock

from virb.errors import UserError

LEDGER = "digests.json"
"""The ledger's name; it lies beside the files it speaks of."""


@final
class Digests:
    """What the files of a folder were when they were first seen.

    Any number of processes may share it.

    Args:
        folder: of the files; the ledger is :data:`LEDGER` in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / LEDGER

    def known(self, file: Path) -> str | None:
        """The SHA-256 that a file of this folder had when it was first seen.

        Raises:
            UserError: the ledger cannot be read.
        """
        line = self._read().get(self._name(file))
        return None if line is None else str(line["sha256"])

    def check(self, file: Path, sha256: str | None = None, source: str = "") -> str:
        """Write down what a file is, or make sure that it still is that.

        Args:
            file: in this folder.
            sha256: its digest, where the caller has just taken it.
            source: where it comes from, for whoever reads the ledger.

        Returns:
            Its SHA-256, hexadecimal.

        Raises:
            UserError: it was another when it was first seen, or the ledger cannot be read or written.
        """
        found = sha256 or sha256_of(file)
        known = self.known(file)
        if known is None:
            known = self._add(file, found, source)
        if found != known:
            raise UserError(
                f"'{file}' was changed since it was first seen: its sha256 was {known} and is {found}.",
                f"Fetch it again; or, if you replaced it yourself, take its line out of '{self._path}'.",
            )
        return found

    def forget(self, file: Path) -> None:
        """Take a file's line out of the ledger, for whoever replaces it on purpose."""
        with FileLock(self._path.with_name(f".{LEDGER}.lock")):
            lines = self._read()
            if lines.pop(self._name(file), None) is not None:
                self._write(lines)

    def _name(self, file: Path) -> str:
        return file.relative_to(self.folder).as_posix()

    def _add(self, file: Path, sha256: str, source: str) -> str:
        line = {
            "sha256": sha256,
            "bytes": file.stat().st_size,
            "source": source,
            "seen": datetime.now(UTC).date().isoformat(),
        }
        try:
            with FileLock(self._path.with_name(f".{LEDGER}.lock")):
                lines = self._read()
                first = lines.setdefault(self._name(file), line)
                self._write(lines)
        except OSError as error:
            raise UserError(
                f"'{self._path}' cannot be written: {error.strerror or error}.",
                "virb keeps there what each file was when it was first seen.",
            ) from error
        return str(first["sha256"])

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            lines: dict[str, dict[str, Any]] = json.loads(self._path.read_text(encoding="utf-8"))
            if all(isinstance(line["sha256"], str) for line in lines.values()):
                return lines
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._unreadable() from error
        raise self._unreadable()

    def _unreadable(self) -> UserError:
        return UserError(f"'{self._path}' is no ledger of digests.", "Restore it, or delete it to start a new one.")

    def _write(self, lines: dict[str, dict[str, Any]]) -> None:
        aside = self._path.with_name(f".{LEDGER}.new")
        aside.write_text(json.dumps(lines, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(aside, self._path)  # noqa: PTH105 - the atomic one, on every platform


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()
