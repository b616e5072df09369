"""Unpacking what came from the web: plain files and folders below one folder, and no more bytes than can be right."""

import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path, PureWindowsPath
from typing import IO, NamedTuple, final

from virb.cache import show_size
from virb.data._layout import shown
from virb.errors import UserError
from virb.progress import Progress, Quiet

RATIO, LEAST = 60, 200_000_000
"""An archive may unpack to this many times its size, or to this many bytes if that is more. Photographs do not shrink
at all and lists of labels by 20 times; a decompression bomb grows a thousandfold."""
MOST = 20_000_000
"""Files and folders in one archive."""
_CHUNK = 1 << 20
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)

Opened = tarfile.TarFile | zipfile.ZipFile


@final
class _Member(NamedTuple):
    """Something in an archive: its name there; ``file``, ``folder`` or what it is instead; what gives its bytes."""

    name: str
    kind: str
    open: Callable[[], IO[bytes] | None]


def unpack(archive: Path, folder: Path, progress: Progress | None = None, limit: int | None = None) -> int:
    """Unpack a tar (plain, gzip, bzip2, xz) or zip file into a folder, which may have other things in it.

    Modes, owners and times are not kept. A file that is there already is written over.

    Args:
        archive: what it is is told by its bytes, not by its name.
        folder: made if need be.
        progress: told megabytes of the archive.
        limit: bytes that may be written; by default ``RATIO`` times the size of the archive, ``LEAST`` at least.

    Returns:
        Bytes written.

    Raises:
        UserError: it is no such archive, is damaged or encrypted; a name in it is absolute or leads out of the folder;
            it holds a link, a device or a pipe; it unpacks to more than the limit, or than the disk has.
    """
    size = archive.stat().st_size
    limit = max(RATIO * size, LEAST) if limit is None else limit
    told, what = progress or Quiet(), f"unpacking {archive.name}, MB"
    written = count = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with archive.open("rb") as raw, closing(_open(archive, raw)) as source:
            for count, member in enumerate(_members(source), 1):
                target = folder.joinpath(*_parts(archive, member.name))
                if count > MOST:
                    raise _refused(archive, f"it holds more than {MOST:,} files")
                if member.kind == "folder":
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                if member.kind != "file" or (content := member.open()) is None:
                    raise _refused(archive, f"'{shown(member.name)}' in it is {member.kind}")
                target.parent.mkdir(parents=True, exist_ok=True)
                with content, target.open("wb") as file:
                    while chunk := content.read(_CHUNK):
                        written += len(chunk)
                        if written > limit:
                            raise _refused(archive, f"{show_size(size)} of it become more than {show_size(limit)}")
                        file.write(chunk)
                told.advance(what, min(raw.tell(), size - 1) // 10**6, size // 10**6 + 1)
    except _DAMAGED as error:
        raise _refused(archive, f"it is damaged: {error or type(error).__name__}") from error
    except RuntimeError as error:  # what zipfile says of encryption
        raise _refused(archive, str(error)) from error
    except OSError as error:
        raise UserError(
            f"'{shown(archive.name)}' cannot be unpacked to '{shown(folder)}': {error.strerror or error}.",
            "Make room, or choose another data root.",
        ) from error
    if not count:
        raise _refused(archive, "it is empty")
    told.advance(what, size // 10**6 + 1, size // 10**6 + 1)
    return written


def _open(archive: Path, raw: IO[bytes]) -> Opened:
    if zipfile.is_zipfile(raw):
        return zipfile.ZipFile(raw)
    raw.seek(0)
    try:
        return tarfile.open(fileobj=raw, mode="r:*")
    except tarfile.ReadError as error:
        raise _refused(archive, "it is neither a tar nor a zip file") from error


def _members(source: Opened) -> Iterator[_Member]:
    if isinstance(source, zipfile.ZipFile):
        for entry in source.infolist():
            yield _Member(entry.filename, _zip_kind(entry), lambda entry=entry: source.open(entry))  # type: ignore[misc]
        return
    while (member := source.next()) is not None:
        yield _Member(member.name, _tar_kind(member), lambda member=member: source.extractfile(member))  # type: ignore[misc]
        source.members = []  # type: ignore[attr-defined]  # all are kept otherwise, and a million are a gigabyte


def _tar_kind(member: tarfile.TarInfo) -> str:
    if member.isreg():
        return "file"
    if member.isdir():
        return "folder"
    return "a link" if member.issym() or member.islnk() else "neither a file nor a folder"


def _zip_kind(entry: zipfile.ZipInfo) -> str:
    mode = stat.S_IFMT(entry.external_attr >> 16)
    if mode == stat.S_IFLNK:
        return "a link"
    if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "neither a file nor a folder"
    return "folder" if entry.is_dir() else "file"


def _parts(archive: Path, name: str) -> list[str]:
    """The parts of a name, none of which leads anywhere but down, on any system."""
    windows = PureWindowsPath(name)
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if windows.drive or windows.root or "\\" in name or "\0" in name or ".." in parts:
        raise _refused(archive, f"'{shown(name)}' in it would lead out of the folder")
    return parts


def _refused(archive: Path, why: str) -> UserError:
    return UserError(
        f"'{shown(archive)}' is not unpacked: {why}.",
        "Delete it and fetch it again; if it is the same then, tell its publisher.",
    )
