"""Files of the zoo: where they lie, how they are fetched, and that they stay what they were."""

from hashlib import file_digest
from pathlib import Path

from virb.cache import show_size
from virb.encoders._zoo_table import Row
from virb.errors import UserError
from virb.fetching import Digests, begins_with, download, remote_size, sha256_of
from virb.places import weights_dir
from virb.progress import Progress


def path_of(row: Row) -> Path:
    """Where a row's file is, or would be."""
    assert row.file is not None, row.name
    return weights_dir() / row.file


def size_of(row: Row, ask: bool = False) -> int | None:
    """Bytes of a row's file, if they are known.

    Args:
        row: of a file.
        ask: ask its server, where nothing else says it.
    """
    if row.url is None:
        return row.size
    path = path_of(row)
    if path.exists():
        return path.stat().st_size
    return row.size or (remote_size(row.url) if ask else None)


def fetch(row: Row, progress: Progress) -> Path:
    """Fetch a row's file into the folder of weights, or make sure that the one there is right.

    Raises:
        UserError: see :func:`virb.fetching.download`; or it is another file than it was when it was first seen.
    """
    assert row.url is not None, row.name
    path = path_of(row)
    known = Digests(path.parent).known(path)
    found = download(row.url, path, size=row.size, sha256=known or row.sha256, md5=row.md5, progress=progress)
    Digests(path.parent).check(path, found, row.url)
    return path


def require(row: Row, name: str) -> tuple[Path, str]:
    """A row's file and its SHA-256.

    A file that was put there by hand is seen for the first time here; from then on it must stay what it is.

    Args:
        row: of a file.
        name: what was asked for, for messages.

    Raises:
        UserError: it is not there, not what was published, or not what it was when it was first seen.
    """
    path = path_of(row)
    if not path.exists():
        size = f"{show_size(row.size)}, " if row.size else ""
        raise UserError(
            f"The weights of '{name}' are not on this machine.",
            f"Fetch them ({size}licence: {row.licence}): virb encoders fetch zoo:{row.name}\n"
            f"By hand: fetch {row.url} and put it into '{path.parent}' as {path.name}.",
        )
    found = sha256_of(path)
    ledger = Digests(path.parent)
    if ledger.known(path) is None:
        _require_published(row, path, found)
    return path, ledger.check(path, found, f"put there by hand; published at {row.url}")


def _require_published(row: Row, path: Path, sha256: str) -> None:
    wrong = row.sha256 is not None and not begins_with(sha256, row.sha256)
    if not wrong and row.md5 is not None:
        with path.open("rb") as file:
            wrong = not begins_with(file_digest(file, "md5").hexdigest(), row.md5)
    if wrong:
        raise UserError(
            f"'{path}' is not the file that was published for 'zoo:{row.name}': its digest is another.",
            f"Take it away and fetch it: virb encoders fetch zoo:{row.name}",
        )
