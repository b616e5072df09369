"""Where a data source lies below the data root, however its folder is spelt."""

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from virb.data._layout import in_bytes, locate

_IGNORED = str.maketrans("", "", " -_.")


def candidates(root: Path, names: Sequence[str]) -> list[Path]:
    """Folders that could be that of a source, the likeliest first.

    These are the folders of the data root with one of the names, folders of one of the names within those (an archive
    unpacked into a folder of its own name), and the data root itself where it has such a name. Case, spaces, dashes,
    underscores and full stops do not count, nor how accents are coded. Links are followed.

    Args:
        root: the data root.
        names: of the folder: as virb calls it, as the official archive does, and so on.

    Raises:
        UserError: there is no such data root.
    """
    root = locate(root)
    wanted = [plain(name) for name in names]
    found = []
    for folder in _named(root, wanted):
        found += [folder, *_named(folder, wanted)]
    return found + ([root] if plain(root.name) in wanted else [])


def plain(name: str) -> str:
    """A name without what spellings differ in: case, spaces, dashes, underscores, full stops, the coding of accents."""
    return unicodedata.normalize("NFC", name).casefold().translate(_IGNORED)


def _named(folder: Path, wanted: list[str]) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            found = [Path(entry.path) for entry in entries if plain(entry.name) in wanted and entry.is_dir()]
    except PermissionError:
        return []
    return sorted(found, key=lambda path: (wanted.index(plain(path.name)), in_bytes(path.name)))
