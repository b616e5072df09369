"""Downloading a data source: every archive checked, unpacked aside, looked over, and published by one rename."""

import os
import shutil
from pathlib import Path

from filelock import FileLock

from virb.cache import show_size
from virb.data import DataCard
from virb.data._archives import unpack
from virb.data._files import FileSource, Status
from virb.data._layout import locate, shown
from virb.data._whereabouts import candidates
from virb.errors import UserError
from virb.fetching import download
from virb.progress import Progress


def terms(card: DataCard) -> list[str]:
    """What one should know before a source is fetched, or how one gets it by hand: lines of text."""
    known = [f"{card.title}: {card.about}", f"Licence: {card.licence}. {card.homepage}", f"Cite: {card.citation}"]
    if not card.fetched:
        where = card.layout.replace("\n", "\n  ")
        return [*known, f"{card.by_hand} {card.how_to_get}".strip(), f"In the end, below the data root:\n  {where}"]
    size = f"{show_size(card.download)} to download" if card.download else "Size of the download: not published"
    disk = f", {show_size(card.size)} on disk" if card.size else ""
    return [*known, f"{size}{disk}, from {', '.join(sorted({archive.url for archive in card.archives}))}"]


def fetch(source: FileSource, root: Path, progress: Progress) -> Path:
    """Download a source below a data root. What has been downloaded is kept until all is in place: call it again.

    Args:
        source: what; its card says from where.
        root: the data root.
        progress: told how far it is.

    Returns:
        The folder of the source: that of its name below the root.

    Raises:
        UserError: it cannot be had this way; something of that name is there; a download or an archive is not as it
            must be; the disk is too small.
    """
    card = source.card
    if not card.fetched:
        raise UserError(f"'{card.name}' is not fetched by virb: {card.by_hand}", f"{card.how_to_get} {card.homepage}")
    root = locate(root)
    downloads, aside, folder = root / f".{card.name}.downloads", root / f".{card.name}.unpacking", root / card.name
    _check_room(card, root, downloads)
    try:
        with FileLock(root / f".{card.name}.lock"):
            if folder.exists():
                raise UserError(
                    f"'{shown(folder)}' is there already.",
                    f"`virb data status {card.name}` says what is wrong with it. Move it away to fetch it anew.",
                )
            shutil.rmtree(aside, ignore_errors=True)
            try:
                _gather(card, downloads, aside, progress)
                _check(_unpacked(source, aside), aside, folder)
                os.rename(aside, folder)  # noqa: PTH104 - refuses to go over anything that came meanwhile
            finally:
                shutil.rmtree(aside, ignore_errors=True)
            shutil.rmtree(downloads, ignore_errors=True)
        (root / f".{card.name}.lock").unlink(missing_ok=True)
    except OSError as error:
        raise UserError(
            f"'{card.name}' cannot be put into '{shown(root)}': {error.strerror or error}.", "Choose another data root."
        ) from error
    return folder


def _gather(card: DataCard, downloads: Path, aside: Path, progress: Progress) -> None:
    files = [downloads / f"{number}-{archive.file}" for number, archive in enumerate(card.archives)]
    for archive, file in zip(card.archives, files, strict=True):
        download(archive.url, file, size=archive.size, md5=archive.md5, sha256=archive.sha256, progress=progress)
    for archive, file in zip(card.archives, files, strict=True):
        target = aside / archive.folder
        if archive.unpack:
            unpack(file, target, progress)
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target / archive.file)
        for inner in archive.inner:
            unpack(aside / inner, (aside / inner).parent, progress)
            (aside / inner).unlink()


def _unpacked(source: FileSource, aside: Path) -> Status:
    """What has come: an archive may have a folder of the source's name in it, as those of CLEVR and SUN397 do."""
    inner = [folder for folder in candidates(aside, source.folders) if folder != aside]
    return max((source.check(folder) for folder in [aside, *inner]), key=lambda status: len(status.found))


def _check(status: Status, aside: Path, folder: Path) -> None:
    if status.problem is not None:
        raise UserError(
            status.problem.problem.replace(shown(aside), shown(folder)),
            "What was downloaded has the right digests, but is not what virb expects: please report it.",
        )


def _check_room(card: DataCard, root: Path, downloads: Path) -> None:
    """Refuse before anything is downloaded what would fill the disk."""
    held = sum(file.stat().st_size for file in downloads.iterdir()) if downloads.is_dir() else 0
    need = max(0, (card.download or 0) - held) + (card.size or 0)
    free = shutil.disk_usage(root).free
    if need > free:
        raise UserError(
            f"'{card.name}' needs {show_size(need)} while it is fetched; '{shown(root)}' has {show_size(free)} free.",
            "Make room, or choose another data root.",
        )
