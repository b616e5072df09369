"""Files that are whole or not there: written aside, synced, and given their name in one step."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EINVAL}
"""How file systems without hard links say so. Linux's FAT says EPERM, Windows' FAT EINVAL."""


@contextmanager
def aside(folder: Path, content: bytes) -> Iterator[Path]:
    """Write a hidden file that survives a power cut, yield it, remove it, and make the folder's new names survive."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{uuid4().hex}.tmp"
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    _sync(folder)
    _sync(folder.parent)


def claim(temporary: Path, final: Path) -> bool:
    """Give a finished file its name in one step. False where the name is taken."""
    try:
        os.link(temporary, final)
    except FileExistsError:
        # Over NFS a request whose reply was lost is sent again, and finds the link that it made itself.
        return temporary.samefile(final)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _claim_locked(temporary, final)
    return True


def _claim_locked(temporary: Path, final: Path) -> bool:
    """The same without hard links: look and rename under a lock, which the system frees if its holder is killed.

    A file of the final name made first and filled later would show readers half a record, and would block the name
    for good if its writer were killed.
    """
    from filelock import FileLock  # slower to import than all of this file, and hardly ever needed

    with FileLock(final.parent / ".publish.lock", timeout=60):
        if final.exists():
            return False
        temporary.rename(final)
    return True


def _sync(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where the platform knows how. They can be seen without."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
