"""Data sources: images in a fixed order, their labels, and who is related to whom.

Each file of this folder is one source; ``folder:PATH`` is a source too. A source gives RGB bytes and labels and knows
nothing of tasks, encoders or input sizes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from virb.data._card import Archive as Archive
from virb.data._card import DataCard as DataCard
from virb.errors import UserError, unknown
from virb.progress import Progress, Quiet
from virb.registry import Shelf

if TYPE_CHECKING:
    from PIL import Image

Pixels = NDArray[np.uint8]
"""An image: height x width x 3, RGB."""


class BadImage(Exception):  # noqa: N818 - a finding about one file, named as the field names it
    """An image that cannot be decoded. ``str()`` gives its key and why."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(key, reason)
        self.key = key
        self.reason = reason

    def __str__(self) -> str:
        return f"'{self.key}': {self.reason}"


@final
@dataclass(frozen=True)
class Dataset:
    """An opened data source of n images and m examples.

    Attributes:
        card: licence, citation and so on.
        keys: n names of images, in row order: relative paths for files.
        read: decodes image i to RGB bytes, height x width x 3. Raises BadImage. Called from several threads.
        digest: changes when any image, label or split changes.
        images: m x k rows of ``keys``: the images of each example, in order.
        columns: what is known of each example: m class ids (integers from 0); m x size numbers (float32, NaN where they
            are missing); or, pixelwise, m x height x width ids or m x height x width x size numbers of the example's
            first image, which may lie on disk: index them by a few rows at a time.
        class_names: names of the classes of each column of ids, in id order.
        official: for each example ``"fit"``, ``"select"`` or ``"test"``, where the source names the splits; rows that
            it leaves to carving say ``""``.
        read_image: the same as ``read``, as an image of Pillow's in mode RGB, where that saves copies of its pixels.
        groups: for each example the id of what it is cut from (video, scene, photo tile), where examples are related.
    """

    card: DataCard
    keys: tuple[str, ...]
    read: Callable[[int], Pixels]
    digest: str
    images: NDArray[np.int64]
    columns: dict[str, NDArray[Any]]
    class_names: dict[str, tuple[str, ...]]
    official: NDArray[np.str_] | None = None
    groups: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = field(default=())
    read_image: Callable[[int], "Image.Image"] | None = None

    def __len__(self) -> int:
        return len(self.images)


class DataSource(ABC):
    """Something that can be opened into a :class:`Dataset`."""

    card: DataCard

    @abstractmethod
    def open(self, root: Path | None = None, progress: Progress | None = None) -> Dataset:
        """Open the source.

        Args:
            root: the ``--data-root`` folder. Sources that ship inside packages do not need it.
            progress: told how far reading is.

        Raises:
            UserError: the data are not there, partly there, or laid out wrongly.
        """


def list_cards() -> dict[str, DataCard]:
    """The card of every data source by name, worlds among them. Opens nothing."""
    from virb.data.world import world_card
    from virb.data.world.sets import SETS

    cards = {name: source.card for name, source in SOURCES.items()}
    return cards | {f"world:{name}": world_card(name) for name in SETS.names()}


SOURCES: Shelf[DataSource] = Shelf("virb.data", "SOURCE", "data source", DataSource)


def open_data(name: str, root: Path | None = None, progress: Progress | None = None) -> Dataset:
    """Open a data source by name: a file of this folder, ``folder:PATH``, or ``world:NAME`` (rendered if need be).

    Args:
        name: of the source.
        root: the ``--data-root`` folder.
        progress: where rendering, and reading many files, says how far it is.

    Raises:
        UserError: no source has this name, or its data are not as they must be.
    """
    prefix, colon, path = name.partition(":")
    if colon and prefix == "folder":
        if not path:
            raise UserError(f"'{name}' names no folder.", "Write folder:PATH.")
        from virb.data._folder import open_folder

        return open_folder(Path(path))
    if colon and prefix == "world":
        from virb.data.world import open_world

        return open_world(path, progress or Quiet())
    return SOURCES.load(name).open(root, progress)


def source_named(name: str, images: int | None) -> str:
    """The name of pre-training data as a recipe says it: a folder by its whole path. Opens nothing.

    Args:
        name: as it was asked for.
        images: how many.

    Raises:
        UserError: there is no such source, or it has to be said how many images.
    """
    from virb.data.world.domains import DOMAINS

    prefix, colon, rest = name.partition(":")
    if prefix == "folder" and colon:
        if not rest:
            raise UserError(f"'{name}' names no folder.", "Write folder:PATH.")
        return f"folder:{Path(rest).expanduser().resolve()}"
    if prefix == "world" and colon:
        if rest not in DOMAINS.names():
            raise unknown("pre-training domain", name, [f"world:{known}" for known in DOMAINS.names()])
        if images is None:
            raise UserError(f"'{name}' has as many images as it is asked for.", "Say how many images, such as 8000.")
    elif name not in SOURCES.names():
        raise unknown("data source", name, [*SOURCES.names(), *(f"world:{known}" for known in DOMAINS.names())])
    return name


def open_pretraining_data(
    name: str, images: int | None, root: Path | None = None, progress: Progress | None = None
) -> Dataset:
    """Open images for an encoder to learn from: one image an example.

    Args:
        name: ``world:NAME`` for a pre-training domain, whose images no end task shows; otherwise any source that
            :func:`open_data` opens, all splits of it.
        images: how many: the first so many. None for all; a domain needs a number.
        root: the ``--data-root`` folder.
        progress: where rendering says how far it is.

    Returns:
        Columns are those of class ids, where the source has one image an example; otherwise there is none.

    Raises:
        UserError: no source has this name, its data are not as they must be, the number is below 1 or missing where it
            is needed, or the source has fewer images.
    """
    if images is not None and images < 1:
        raise UserError(f"'{images}' is no number of images.", "Ask for 1 or more.")
    prefix, colon, domain = name.partition(":")
    if colon and prefix == "world":
        from virb.data.world._pretraining import open_domain

        return open_domain(domain, images, progress or Quiet())
    from virb.data._pretraining import first_images

    return first_images(name, open_data(name, root, progress), images)
