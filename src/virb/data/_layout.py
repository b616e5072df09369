"""How image folders are laid out: class folders, with or without split folders above them; and what is refused."""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import final

from virb.data._card import Share
from virb.errors import UserError
from virb.spec import Splits

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
_ARCHIVES = (".7z", ".bz2", ".gz", ".rar", ".tar", ".tgz", ".xz", ".zip")
_SPLITS = {
    "fit": "train",
    "train": "train",
    "training": "train",
    "select": "val",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}
_NOT_OURS = frozenset({"__macosx", "@eadir", "desktop.ini", "ehthumbs.db", "icon\r", "thumbs.db"})
"""What operating systems and network drives leave behind."""

EXPECTED = """Expected: a folder for each class, PATH/cat/1.jpg and PATH/dog/2.jpg; or split folders above them, \
PATH/train/cat/1.jpg and PATH/test/cat/3.jpg (train, val and test; val or test may be missing). For a class or number \
of each pixel: PATH/images/1.jpg and PATH/masks/1.png."""
SHARE = 0.2
"""Share of a split that is carved because the data do not have it."""


@final
@dataclass(frozen=True)
class Layout:
    """What lies where, by folder names alone: no image has been looked at.

    Attributes:
        root: the folder.
        splits: the folder above the class folders, by its role: ``train``, ``val`` and ``test``, or ``""`` for all.
        classes: names of the classes, over all splits, in the order of their ids.
        notes: what was left out.
    """

    root: Path
    splits: dict[str, Path]
    classes: tuple[str, ...]
    notes: tuple[str, ...]


def survey(path: Path) -> Layout:
    """Find the split and class folders below a path.

    Raises:
        UserError: the path is not there or not a folder, or what is in it cannot be told apart into classes.
    """
    root = locate(path)
    roles = split_folders(root)
    splits = roles if len(roles) > 1 else {"": next(iter(roles.values()), root)}
    classes = {role: [folder.name for folder in folders_in(above)] for role, above in splits.items()}
    for role, above in splits.items():
        if not classes[role]:
            raise _no_classes(above)
    _check_classes(splits, classes)
    names = sorted({name for listed in classes.values() for name in listed}, key=in_bytes)
    stray = [image for above in {root, *splits.values()} for image in images_in(above)]
    notes = (f"Left out: {counted(len(stray), 'image')} beside the class folders.",) if stray else ()
    return Layout(root, splits, tuple(map(shown, names)), notes)


# ------------------------------------------------------------------------------------------------ splits


def role_of(word: str) -> str | None:
    """What a split is, by any of its names: ``train``, ``val`` or ``test``; None for other words."""
    return _SPLITS.get(word.lower())


def split_folders(root: Path) -> dict[str, Path]:
    """The split folders in a folder by their role; none where it has none.

    Raises:
        UserError: two are for the same split, other folders stand beside them, or train is missing.
    """
    folders = folders_in(root)
    roles: dict[str, Path] = {}
    for folder in folders:
        role = role_of(folder.name)
        if role is None:
            continue
        if role in roles:
            raise UserError(
                f"'{shown(root)}' has two folders for the same split: '{roles[role].name}' and '{folder.name}'.",
                "Keep one of them.",
            )
        roles[role] = folder
    if roles:
        _check_roles(root, roles, folders)
    return roles


def splits_of(roles: Collection[str]) -> Splits:
    """Which splits are the data's own and which are carved, by the roles that were found.

    With train, val and test nothing is carved. With train and one other, the other is test and a fifth of train
    becomes select. Without roles (or train alone) a fifth of all is test and a fifth of the rest select.
    """
    named = set(roles) - {"", "train"}
    if not named:
        return Splits(select=SHARE, test=SHARE)
    return Splits() if len(named) == 2 else Splits(select=SHARE)


def split_of(role: str, roles: Collection[str]) -> Share:
    """The split that a role stands for beside the others."""
    if not set(roles) - {"", "train"}:
        return "all"
    if role == "train":
        return "fit"
    return "select" if role == "val" and "test" in roles else "test"


# ------------------------------------------------------------------------------------------------ places and names


def locate(path: Path) -> Path:
    """The absolute path of an existing folder.

    Raises:
        UserError: it is not there, not a folder, or cannot be read.
    """
    root = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - resolve() would follow links, and hide names
    if root.is_dir():
        return root
    if root.exists():
        if root.suffix.lower() in _ARCHIVES:
            raise UserError(f"'{shown(path)}' is an archive, not a folder.", "Unpack it first, then give its folder.")
        if root.suffix.lower() == ".csv":
            raise UserError(f"'{shown(path)}' is a file, not a folder.", f"For a table write table:{shown(path)}.")
        raise UserError(f"'{shown(path)}' is a file, not a folder.", EXPECTED)
    above = next(parent for parent in root.parents if parent.is_dir())
    missing = root.relative_to(above).parts[0]
    near = get_close_matches(missing, [folder.name for folder in folders_in(above)], n=1, cutoff=0.5)
    remedy = (
        f"Did you mean '{shown(above / near[0])}'?" if near else f"'{shown(above)}' is there, and has no '{missing}'."
    )
    raise UserError(f"There is no folder '{shown(path)}'.", remedy)


def shown(path: Path | str) -> str:
    """A path as text that can be printed and stored, whatever bytes its name is made of."""
    text = path if isinstance(path, str) else path.as_posix()
    return text.encode("utf-8", "backslashreplace").decode()


def counted(count: int, noun: str) -> str:
    """A number of things, in words for a note."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def in_bytes(name: str) -> bytes:
    """What names are sorted by: the same order in every locale."""
    return name.encode("utf-8", "surrogatepass")


def walk(folder: Path, loops: list[Path], _above: frozenset[tuple[int, int]] = frozenset()) -> Iterator[Path]:
    """Yield every file below a folder that is not hidden. Links are followed; one that leads back up is not.

    Args:
        folder: where to start.
        loops: links that lead back up are added here.

    Raises:
        UserError: a folder cannot be read.
    """
    stat = folder.stat()
    here = (stat.st_dev, stat.st_ino)
    if here in _above:
        loops.append(folder)
        return
    for entry in _entries(folder):
        if entry.is_dir():
            yield from walk(Path(entry.path), loops, _above | {here})
        elif entry.is_file() or entry.is_symlink():  # a pipe would hang; a link to nothing is met when it is read
            yield Path(entry.path)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What is in a folder, by name, without hidden things and what systems leave behind."""
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise UserError(f"'{shown(folder)}' cannot be read: {error.strerror}.", "Check its permissions.") from error
    return sorted((entry for entry in found if entry.name.lower() not in _NOT_OURS), key=lambda entry: entry.name)


def is_image(path: Path) -> bool:
    """Whether a file is taken for an image, by its name."""
    return path.suffix.lower() in SUFFIXES


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, by name, but for hidden ones."""
    return [Path(entry.path) for entry in _entries(folder) if entry.is_dir()]


def images_in(folder: Path) -> list[Path]:
    """The images in a folder itself, by name."""
    return [path for entry in _entries(folder) if is_image(path := Path(entry.path)) and not entry.is_dir()]


# ------------------------------------------------------------------------------------------------ refusals


def _check_roles(root: Path, roles: dict[str, Path], folders: list[Path]) -> None:
    others = [folder.name for folder in folders if folder not in roles.values()]
    if others:
        named = ", ".join(f"'{folder.name}'" for folder in roles.values())
        raise UserError(
            f"'{shown(root)}' has the split folder {named} beside '{shown(others[0])}', which names no split.",
            "Move class folders into the split folders, or give class folders that only look like splits other names.",
        )
    if "train" not in roles:
        raise UserError(f"'{shown(root)}' has {next(iter(roles.values())).name} but no train folder.", EXPECTED)


def _no_classes(above: Path) -> UserError:
    if images_in(above):
        return UserError(f"'{shown(above)}' has images directly in it, and no class folders.", EXPECTED)
    return UserError(f"'{shown(above)}' has no class folders.", EXPECTED)


def _check_classes(splits: dict[str, Path], classes: dict[str, list[str]]) -> None:
    for role, listed in classes.items():
        lowered = {name.lower() for name in listed}
        if "images" in lowered and lowered & {"masks", "labels", "annotations"}:
            raise UserError(
                f"'{shown(splits[role])}' has images beside masks, not class folders.",
                f"Call the folder of masks 'masks'. {EXPECTED}",
            )
    main = "train" if "train" in classes else ""
    for role in ("val", "test"):
        alone = [name for name in classes.get(role, []) if name not in classes[main]]
        if alone:
            known = {name.lower(): name for name in classes[main]}
            near = get_close_matches(alone[0].lower(), known, n=1, cutoff=0.6)
            raise UserError(
                f"Class '{shown(alone[0])}' is in '{shown(splits[role])}' but not in '{shown(splits[main])}'.",
                f"Is it '{shown(known[near[0]])}'?" if near else "A class that is scored must be there to learn from.",
            )
    if len(classes[main]) == 1:
        raise UserError(
            f"'{shown(splits[main])}' has one class folder only: '{shown(classes[main][0])}'.",
            "Telling classes apart needs at least two. " + EXPECTED,
        )
