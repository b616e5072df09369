"""``folder:PATH``: class folders of images as a data source."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import final

import numpy as np
from PIL import Image

from virb.data import DataCard, Dataset, Pixels
from virb.data._images import decode, decode_image
from virb.data._layout import Layout, counted, in_bytes, is_image, shown, split_of, splits_of, survey, walk
from virb.data._manifest import Content, digest_of_files, hash_files
from virb.errors import UserError
from virb.spec import Splits


def folder_splits(path: Path) -> Splits:
    """Which splits of a folder are its own and which are carved: see :func:`virb.data._layout.splits_of`.

    Raises:
        UserError: see :func:`virb.data._layout.survey`.
    """
    return splits_of(survey(path).splits)


def folder_classes(path: Path) -> tuple[str, ...]:
    """Names of the classes of a folder, in the order of their ids. Looks at folders only, so it is quick.

    Raises:
        UserError: see :func:`virb.data._layout.survey`.
    """
    return survey(path).classes


def open_folder(path: Path) -> Dataset:
    """Open class folders as a data source with one column, ``label``.

    Images are found at any depth below their class folder and sorted by path, byte by byte; classes are numbered in
    the order of their names. Every file is read once and hashed; see :mod:`virb.data._manifest`.

    Raises:
        UserError: the folder is not there, its layout is not one of the two, a class folder is empty, or a file
            cannot be read.
    """
    layout = survey(path)
    files, notes = _find(layout)
    contents = _hash(files)
    keys = tuple(file.key for file in files)
    labels = {name: label for label, name in enumerate(layout.classes)}
    official = [split_of(file.role, layout.splits) for file in files]
    return Dataset(
        card=_card(path, layout, len(files)),
        keys=keys,
        read=partial(_read, tuple(file.path for file in files), keys),
        read_image=partial(_read_image, tuple(file.path for file in files), keys),
        digest=digest_of_files([file.name for file in files], contents),
        images=np.arange(len(files), dtype=np.int64).reshape(-1, 1),
        columns={"label": np.array([labels[file.label] for file in files], np.int64)},
        class_names={"label": layout.classes},
        official=None if "" in layout.splits else np.array(official, "<U6"),
        notes=(*layout.notes, *notes, *_copies(files, contents)),
    )


@final
@dataclass(frozen=True)
class _File:
    """An image: where it is, its path below the root, the same as it can be printed, its class, its split folder."""

    path: Path
    name: str
    key: str
    label: str
    role: str


def _read(paths: tuple[Path, ...], keys: tuple[str, ...], row: int) -> Pixels:
    return decode(paths[row], keys[row])


def _read_image(paths: tuple[Path, ...], keys: tuple[str, ...], row: int) -> Image.Image:
    return decode_image(paths[row], keys[row])


# ------------------------------------------------------------------------------------------------ files


def _find(layout: Layout) -> tuple[list[_File], list[str]]:
    """Every image, sorted; and notes about what else there was."""
    files: list[_File] = []
    others: list[str] = []
    loops: list[Path] = []
    notes: list[str] = []
    for role, above in layout.splits.items():
        found: set[str] = set()
        for path in walk(above, loops):
            name = path.relative_to(layout.root).as_posix()
            parts = path.relative_to(above).parts
            if is_image(path) and len(parts) > 1:
                files.append(_File(path, name, shown(name), shown(parts[0]), role))
                found.add(shown(parts[0]))
            elif not is_image(path):
                others.append(shown(name))
        notes += _without_images(layout, role, found)
    if others:
        notes.append(f"Left out: {counted(len(others), 'file')} not named like an image, such as '{min(others)}'.")
    if loops:
        notes.append(f"Not followed: {counted(len(loops), 'link')} leading back up, such as '{shown(min(loops))}'.")
    return sorted(files, key=lambda file: in_bytes(file.name)), notes


def _without_images(layout: Layout, role: str, found: set[str]) -> list[str]:
    """Notes about classes without images in val or test; in train that is refused."""
    empty = [name for name in layout.classes if name not in found]
    if not empty:
        return []
    where = f"'{shown(layout.splits[role])}'"
    if role in ("", "train"):
        raise UserError(
            f"Class folder '{empty[0]}' in {where} has no images.",
            "Add images or remove the folder. Images end in .jpg, .png, .webp, .bmp, .tif, .gif, .ppm or .pgm.",
        )
    listed = ", ".join(f"'{name}'" for name in empty[:3]) + (", …" if len(empty) > 3 else "")
    return [f"Without images in {where}: {listed}."]


def _hash(files: Sequence[_File]) -> list[Content]:
    try:
        return hash_files([file.path for file in files])
    except OSError as error:
        raise UserError(
            f"'{shown(str(error.filename))}' cannot be read: {error.strerror}.", "Replace or remove it."
        ) from error


def _copies(files: Sequence[_File], contents: Sequence[Content]) -> list[str]:
    """A warning about images that are there twice, in two splits or where a carve may part them."""
    first: dict[Content, _File] = {}
    pairs = []
    for file, content in zip(files, contents, strict=True):
        other = first.setdefault(content, file)
        if other is not file and (other.role != file.role or file.role == ""):
            pairs.append((other.key, file.key))
    if not pairs:
        return []
    where = "in two splits" if files[0].role else "there twice, and the carve may part them"
    copies = f"{counted(len(pairs), 'image')}, such as '{pairs[0][0]}' and '{pairs[0][1]}'"
    return [f"Leak: byte for byte {where}: {copies}."]


def _card(path: Path, layout: Layout, images: int) -> DataCard:
    return DataCard(
        name=f"folder:{shown(path)}",
        title=shown(layout.root.name),
        about=f"Your own images in {len(layout.classes)} class folders.",
        licence="yours",
        citation="Your own images.",
        homepage=shown(layout.root),
        images=images,
        columns={"label": layout.classes},
        how_to_get="It is a folder of yours.",
    )
