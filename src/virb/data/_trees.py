"""Building blocks for readers of layouts: class folders, lists, and folders of images."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from virb.data._layout import is_image, shown, walk
from virb.data._whereabouts import plain
from virb.errors import UserError


def class_folders(
    folder: Path,
    classes: Sequence[str],
    aliases: Mapping[str, str] | None = None,
    wanted: Callable[[Path], bool] = is_image,
) -> Iterator[tuple[Path, int]]:
    """Every image below the class folders of a folder, with the id of its class.

    Ids come from the fixed list of classes, never from which folders happen to be there. Folders are matched to classes
    without regard to case, spaces, dashes and underscores.

    Args:
        folder: the folder above the class folders.
        classes: names of the classes in id order.
        aliases: other names of class folders, and the class each stands for.
        wanted: which files are meant.

    Raises:
        UserError: a folder has the name of no class, two have that of one, or one cannot be read.
    """
    ids = {plain(name): label for label, name in enumerate(classes)}
    ids |= {plain(name): classes.index(class_name) for name, class_name in (aliases or {}).items()}
    seen: dict[int, Path] = {}
    for child in sorted(folder.iterdir()):
        if not child.is_dir() or child.name.startswith((".", "__")):
            continue
        label = ids.get(plain(child.name))
        if label is None:
            raise UserError(
                f"The folder '{shown(child)}' has the name of no class.",
                f"Classes are {classes[0]}, {classes[1]}, … {classes[-1]}. Move it away.",
            )
        if label in seen:
            raise UserError(
                f"'{shown(seen[label])}' and '{shown(child)}' are folders of the same class.", "Keep one of them."
            )
        seen[label] = child
        for path in files_below(child, wanted):
            yield path, label


def files_below(folder: Path, wanted: Callable[[Path], bool] = is_image) -> Iterator[Path]:
    """Every file of a kind, by default those named like images, at any depth, sorted within its folder, none hidden.

    Raises:
        UserError: a folder cannot be read.
    """
    return (path for path in walk(folder, []) if wanted(path))


def shipped_list(name: str) -> tuple[str, ...]:
    """The lines of a list that lies beside the sources: class names, where there are hundreds."""
    text = files("virb.data").joinpath(name).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if not line.startswith("#"))


def lines(file: Path) -> Iterator[str]:
    """The lines of a list, without blanks around them, empty ones and those that start with ``#``.

    Raises:
        OSError: it cannot be read.
    """
    for line in file.read_text(encoding="utf-8-sig").splitlines():
        if (text := line.strip()) and not text.startswith("#"):
            yield text


def paired(images: Path, others: Path) -> list[tuple[Path, Path]]:
    """The images of a folder, and the files of another that belong to them, sorted.

    They belong together by their stems; or, where not one is the same, by their places in order. What lacks its other
    half gets it by name, so that it is known to be missing.

    Args:
        images: a folder of images.
        others: another one.

    Raises:
        ValueError: not one stem is the same, and there are more of one.
        UserError: a folder cannot be read.
    """
    above, beside = ({path.stem: path for path in files_below(folder)} for folder in (images, others))
    if above.keys() & beside.keys():
        image_suffix, other_suffix = (next(iter(found.values())).suffix for found in (above, beside))
        return [
            (above.get(stem, images / f"{stem}{image_suffix}"), beside.get(stem, others / f"{stem}{other_suffix}"))
            for stem in sorted(above.keys() | beside.keys())
        ]
    if len(above) != len(beside):
        raise ValueError(f"'{images.name}' has {len(above):,} images, and '{others.name}' {len(beside):,}")
    return [*zip(above.values(), beside.values(), strict=True)]
