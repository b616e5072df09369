"""What a data source consists of, example by example, before any image is decoded."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from virb.data import BadImage, DataCard, Dataset, Pixels, PixelTruth
from virb.data._card import Share
from virb.data._images import decode_image, head_of_image
from virb.data._layout import shown
from virb.data._manifest import Content, digest_of_arrays, digest_of_files, hash_files, measure_files
from virb.data._splits import carve, draw
from virb.data._video import Frame, read_frame
from virb.errors import UserError
from virb.progress import Progress
from virb.spec import Splits

Held = NDArray[np.uint8]
"""An image in memory: height x width (grey) or height x width x 3."""


@final
class Made(NamedTuple):
    """An image that is made of a file: one of the many in it, or the file's own with something done to it.

    Attributes:
        file: whose bytes count in the digest.
        make: gives height x width x 3, RGB, from the name of the file in messages. Raises BadImage.
    """

    file: str
    make: Callable[[str], Pixels]


Shown = str | Frame | Made | Held
"""Where an image is from."""


@final
class Explained(NamedTuple):
    """Pixelwise truth of which a file says a part alone.

    Attributes:
        file: that several examples may share.
        by: what is said of it elsewhere: which part of the file is meant, what the numbers in it stand for. Counts in
            the digest.
    """

    file: Path
    by: NDArray[np.int64]


Label = int | Sequence[float] | Path | Explained
"""A class id; numbers; or the file of an example's pixelwise truth, explained where it has to be."""

ReadTruth = Callable[[Path, str], NDArray[Any]] | Callable[[Path, str, NDArray[np.int64]], NDArray[Any]]
"""From a file of pixelwise truth, its name in messages, and what explains it where something does, to an array as
:class:`virb.data.PixelTruth` has it."""

_DIGITS = 32
_NO_CARD = DataCard(name="", title="", about="", licence="", citation="", homepage="")


@final
class Listing:
    """The examples of a source, written down one by one by the reader of a layout.

    An image has a *key*: its name, the same in every layout, so that the rows, the carve and the digest of a source do
    not depend on how it is laid out. It is a file, a frame of a video file, made of a file, or an array where many
    share a small one. The key of one of many in a file is that of the file, ``#`` and its place.
    """

    def __init__(self) -> None:
        self._images: dict[str, Shown] = {}
        self._examples: list[tuple[str, ...]] = []
        self._splits: list[str] = []
        self._groups: list[str] = []
        self._columns: dict[str, list[Any]] = {}

    def add(self, split: Share, *images: tuple[str, Path | Shown], group: str | None = None, **labels: Label) -> None:
        """Write one example down.

        Args:
            split: its split in the official division, or ``all`` where there is none.
            images: key and file (or frame, or pixels, or what makes them) of each of its images, in order. Examples may
                share images.
            group: the name of what it is cut from, where examples are related: all of them, or none, have one.
            labels: for each column a class id, numbers, or the file of its pixelwise truth, which the source's
                ``truths`` say how to read. Every example has the same columns, and truth has the size of its image.
        """
        for key, image in images:
            self._images[key] = os.fspath(image) if isinstance(image, str | Path) else image
        self._examples.append(tuple(key for key, _ in images))
        self._splits.append("" if split == "all" else split)
        if group is not None:
            self._groups.append(group)
        for column, label in labels.items():
            self._columns.setdefault(column, []).append(label)

    def __len__(self) -> int:
        return len(self._examples)

    @property
    def images(self) -> int:
        """How many images there are."""
        return len(self._images)

    @property
    def sizes(self) -> dict[Share, int]:
        """How many examples each split has."""
        counts = Counter(self._splits)
        names: dict[Share, str] = {"fit": "fit", "select": "select", "test": "test", "all": ""}
        return {name: counts[split] for name, split in names.items() if counts[split]}

    def absent(self) -> list[str]:
        """Files that are listed and not there, sorted. Each folder is read once, no file is opened."""
        names: dict[str, set[str]] = {}
        missing = []
        for file in {*self._files().values()}:
            folder, name = os.path.split(file)
            if folder not in names:
                names[folder] = _names_in(folder)
            if name not in names[folder]:
                missing.append(file)
        return sorted(missing)

    def split_off(self, column: str, share: float, split: Literal["select", "test"] = "test") -> None:
        """Make a split where nobody published one: by the house's carve with seed 0, so that all have the same.

        Args:
            column: the column of class ids that the share is taken evenly from; or any of pixelwise truth.
            share: of all examples, or for ``select`` of those that are not test.
            split: which one.
        """
        shares = Splits(test=share) if split == "test" else Splits(select=share)
        dense = isinstance(self._columns[column][0], Path | Explained)
        self._assign(carve(self.dataset(_NO_CARD, {column: _unread} if dense else {}), column, shares, seed=0))

    def draw_fit(self, column: str, count: int) -> None:
        """Make splits where nobody published any: so many examples of each class are fit, and the others test.

        They are drawn in the order of the house's carve with seed 0, so that all have the same.

        Args:
            column: the column of class ids.
            count: of examples of a class; one fewer than it has, where it has no more.
        """
        self._assign(draw(self.dataset(_NO_CARD, {}), column, count, seed=0))

    def _assign(self, rows: Mapping[str, NDArray[np.int64]]) -> None:
        order = self._order()
        for split, its in rows.items():
            for row in its:
                self._splits[order[row]] = split

    def dataset(self, card: DataCard, truths: Mapping[str, ReadTruth]) -> Dataset:
        """The listing as a data set without a digest: images sorted by key, examples by their images.

        Args:
            card: of the source.
            truths: how pixelwise columns are read; those that are not named here are left out.
        """
        keys = sorted(self._images)  # by code point, which is the order of the bytes of UTF-8
        place = {key: row for row, key in enumerate(keys)}
        order = self._order()
        columns: dict[str, Any] = {}
        pixels: dict[str, PixelTruth] = {}
        for name, labels in self._columns.items():
            if name in truths:
                shown_with = tuple(self._images[self._examples[row][0]] for row in order)
                pixels[name] = _pixels(tuple(_file(labels[row]) for row in order), shown_with, truths[name])
            elif not isinstance(labels[0], Path | Explained):
                columns[name] = _column([labels[row] for row in order])
        ids = {group: number for number, group in enumerate(sorted(set(self._groups)))}
        return Dataset(
            card=card,
            keys=tuple(map(shown, keys)),
            read=partial(_read, tuple(self._images[key] for key in keys)),
            read_image=partial(_read_image, tuple(self._images[key] for key in keys)),
            digest="",
            images=np.array([[place[key] for key in self._examples[row]] for row in order], np.int64),
            columns=columns,
            class_names={name: names for name, names in card.columns.items() if name in columns or name in pixels},
            official=np.array([self._splits[row] for row in order], "<U6") if any(self._splits) else None,
            groups=np.array([ids[self._groups[row]] for row in order], np.int64) if self._groups else None,
            pixels=pixels,
        )

    def hashed(self, dataset: Dataset, progress: Progress, what: str, by_size: bool = False) -> Dataset:
        """The data set of this listing with its digest: of every image, label and split, whatever layout they come in.

        Reads every file once; what was read before is remembered, see :func:`virb.data._manifest.hash_files`.

        Args:
            dataset: from :meth:`dataset`.
            progress: told how far it is.
            what: is being read, for ``progress``.
            by_size: whether the size of a file stands for its contents: nothing is read then.

        Raises:
            OSError: a file cannot be read.
        """
        files = self._files()
        if by_size:
            contents = measure_files([*files.values()])
        else:
            contents = hash_files([Path(file) for file in files.values()], progress, what)
        held = {key: image for key, image in self._images.items() if isinstance(image, np.ndarray)}
        contents += [Content(image.nbytes, hashlib.sha256(image.tobytes()).hexdigest()) for image in held.values()]
        arrays = {f"column {name}": values for name, values in dataset.columns.items()}
        arrays["images"] = dataset.images
        arrays |= self._explanations()
        arrays |= {} if dataset.official is None else {"official": dataset.official}
        arrays |= {} if dataset.groups is None else {"groups": dataset.groups}
        total = f"{digest_of_files([*files, *held], contents)} {digest_of_arrays(arrays)}"
        return replace(dataset, digest=hashlib.sha256(total.encode()).hexdigest()[:_DIGITS])

    def _files(self) -> dict[str, str]:
        """Every file of an image or of pixelwise truth, by a name that is the same in every layout."""
        files = {key: image for key, image in self._images.items() if isinstance(image, str)}
        for key, image in self._images.items():
            if isinstance(image, Frame | Made):
                files[key.rpartition("#")[0] or key] = image.video if isinstance(image, Frame) else image.file
        images = {*files.values()}  # one that holds its own truth is read once
        for column, labels in self._columns.items():
            if isinstance(labels[0], Path | Explained):
                names: dict[str, str] = {}
                for row in self._order():  # a file that examples share is read once
                    names.setdefault(_file(labels[row])[0], f"{column} of {self._examples[row][0]}")
                files |= {name: file for file, name in names.items() if file not in images}
        return files

    def _explanations(self) -> dict[str, NDArray[np.int64]]:
        """What explains the files of truth, as arrays to be digested."""
        found = {}
        for column, labels in self._columns.items():
            if isinstance(labels[0], Explained):
                by = [np.ravel(labels[row].by).astype(np.int64) for row in self._order()]
                found[f"lengths of {column}"] = np.array([len(one) for one in by], np.int64)
                found[f"explanations of {column}"] = np.concatenate(by)
        return found

    def _order(self) -> list[int]:
        """Examples in the order of the data set."""
        return sorted(range(len(self._examples)), key=self._examples.__getitem__)


def _unread(path: Path, key: str) -> NDArray[Any]:
    raise AssertionError(f"to carve is not to read '{key}', {path}")


def _names_in(folder: str) -> set[str]:
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries}
    except (FileNotFoundError, NotADirectoryError):
        return set()


def _file(label: Any) -> tuple[str, tuple[Any, ...]]:
    """The file of pixelwise truth, and what explains it: without a ``Path``, of which a hundred thousand are large."""
    return (os.fspath(label.file), (label.by,)) if isinstance(label, Explained) else (os.fspath(label), ())


def _pixels(files: tuple[tuple[str, tuple[Any, ...]], ...], images: tuple[Shown, ...], read: ReadTruth) -> PixelTruth:
    return PixelTruth(partial(_truth, files, images, read), partial(_truth_key, files))


def _truth(
    files: tuple[tuple[str, tuple[Any, ...]], ...],
    images: tuple[Shown, ...],
    read: Callable[..., NDArray[Any]],
    row: int,
) -> NDArray[Any]:
    """Pixelwise truth of one example.

    Raises:
        BadImage: it cannot be read.
        UserError: it does not have the size of its image, pixel by pixel.
    """
    (file, by), key = files[row], _truth_key(files, row)
    found = read(Path(file), key, *by)
    height, width = found.shape[:2]
    image, size = images[row], _size(images[row])
    if size not in (None, (width, height)):
        assert size is not None
        of = f"'{shown(image)}' " if isinstance(image, str) else ""
        raise UserError(
            f"'{key}' is {width} x {height} pixels, and its image {of}{size[0]} x {size[1]}.",
            "Truth is told pixel by pixel: replace the one that is wrong.",
        )
    return found


def _size(image: Shown) -> tuple[int, int] | None:
    """Width and height of an image, where they cost little: not of a frame, nor of a file that is found bad anyway."""
    if isinstance(image, str):
        try:
            head = head_of_image(Path(image), image)
            return head.width, head.height
        except BadImage:
            return None
    return None if isinstance(image, Frame | Made) else (image.shape[1], image.shape[0])


def _truth_key(files: tuple[tuple[str, tuple[Any, ...]], ...], row: int) -> str:
    return shown(files[row][0])


def _column(labels: list[Any]) -> NDArray[Any]:
    values = np.array(labels)
    return values.astype(np.int64 if values.dtype.kind in "iu" and values.ndim == 1 else np.float32)


def _read(images: tuple[Shown, ...], row: int) -> Pixels:
    return np.array(_read_image(images, row))


def _read_image(images: tuple[Shown, ...], row: int) -> Image.Image:
    image = images[row]
    if isinstance(image, str):
        return decode_image(Path(image), shown(image))
    if isinstance(image, Made):
        return Image.fromarray(image.make(shown(image.file)))
    held = read_frame(image, shown(image.video)) if isinstance(image, Frame) else image
    return Image.fromarray(held).convert("RGB")
