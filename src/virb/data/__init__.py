"""Data sources: images in a fixed order, their labels, and who is related to whom.

Each file of this folder is one source; ``folder:PATH`` and ``table:FILE.csv`` are sources too. A source gives RGB bytes
and labels and knows nothing of tasks, encoders or input sizes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, final, get_args

import numpy as np
from numpy.typing import NDArray

from virb.data._card import Archive as Archive
from virb.data._card import DataCard as DataCard
from virb.errors import UserError, unknown
from virb.progress import Progress, Quiet
from virb.registry import Shelf
from virb.spec import MIXTURE, Balance, DataRecipe

if TYPE_CHECKING:
    from PIL import Image

_SMALLEST, _LARGEST = 8, 1024
"""Sides in pixels that a domain can be rendered at."""

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
class PixelTruth:
    """Truth for each pixel that is read an example at a time, each at its own resolution: that of its first image.

    Attributes:
        read: of an example, height x width ids; or height x width x size float32 numbers, NaN where they are missing.
            Raises BadImage. Called from several threads.
        key: of an example, the name of what is read, for messages.
    """

    read: Callable[[int], NDArray[Any]]
    key: Callable[[int], str]


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
        pixels: columns that are files, or differ in resolution from example to example. :mod:`virb.data._framed` brings
            them to one, as ``columns``.
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
    pixels: dict[str, PixelTruth] = field(default_factory=dict)
    read_image: Callable[[int], "Image.Image"] | None = None

    def __len__(self) -> int:
        return len(self.images)

    def truth(self, column: str, row: int) -> NDArray[Any]:
        """What is known of one example; pixelwise at the truth's own resolution. Raises BadImage."""
        return self.pixels[column].read(row) if column in self.pixels else np.asarray(self.columns[column][row])

    def first(self, each: int) -> "Dataset":
        """The same with no more than the first ``each`` images of every example: what a task reads of it."""
        return replace(self, images=self.images[:, :each])


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


SOURCES: Shelf[DataSource] = Shelf("virb.data", "SOURCE", "data source", DataSource, "data")


def own_place(name: str) -> tuple[str, Path] | None:
    """Of own data whether they are a ``folder`` or a ``table``, and where; None for other names.

    Raises:
        UserError: no place is named.
    """
    kind, colon, path = name.partition(":")
    if not colon or kind not in ("folder", "table"):
        return None
    if kind == "folder" and not path:
        raise UserError(f"'{name}' names no folder.", "Write folder:PATH, such as folder:my-photos.")
    if not path:
        from virb.data._table_columns import EXAMPLE

        raise UserError(f"'{name}' names no file.", f"Write table:FILE.csv. {EXAMPLE}")
    return kind, Path(path)


def open_data(name: str, root: Path | None = None, progress: Progress | None = None) -> Dataset:
    """Open a data source by name: a file of this folder, own data, or ``world:NAME`` (rendered if need be).

    Args:
        name: of the source.
        root: the ``--data-root`` folder.
        progress: where rendering, and reading many files, says how far it is.

    Raises:
        UserError: no source has this name, or its data are not as they must be.
    """
    if (own := own_place(name)) is not None:
        from virb.data._own_kinds import open_own

        return open_own(*own, progress or Quiet())
    prefix, colon, path = name.partition(":")
    if colon and prefix == "world":
        from virb.data.world import open_world

        return open_world(path, progress or Quiet())
    return SOURCES.load(name).open(root, progress)


def source_named(name: str, images: int | None) -> str:
    """The name of pre-training data as a recipe says it: own data by their whole path. Opens nothing.

    Args:
        name: as it was asked for.
        images: how many.

    Raises:
        UserError: there is no such source, or it has to be said how many images.
    """
    from virb.data.world.domains import DOMAINS

    if (own := own_place(name)) is not None:
        kind, place = own
        return f"{kind}:{place.expanduser().resolve()}"
    prefix, colon, rest = name.partition(":")
    if prefix == "world" and colon:
        if rest not in DOMAINS.names():
            raise unknown("pre-training domain", name, [f"world:{known}" for known in DOMAINS.names()])
        if images is None:
            raise UserError(f"'{name}' has as many images as it is asked for.", "Say how many images, such as 8000.")
    elif name not in SOURCES.names():
        raise unknown("data source", name, [*SOURCES.names(), *(f"world:{known}" for known in DOMAINS.names())])
    return name


def data_recipe(
    names: Sequence[str],
    images: int | None = None,
    fraction: float = 1.0,
    balance: str | None = None,
    side: int | None = None,
) -> DataRecipe:
    """What an encoder is asked to learn from, every name checked. Opens nothing.

    A balance that changes nothing is left out, so that spelling it out makes no other recipe of it.

    Args:
        names: of one source, or of several that are mixed in equal parts.
        images: how many; see :class:`virb.spec.DataRecipe`, as for the rest.
        fraction: the share of them that is kept.
        balance: of the classes of what is kept.
        side: pixels of a domain's images.

    Raises:
        UserError: there is no such source, it has to be said how many images, a number is out of its range, or the
            source has no labels to balance or no size to choose.
    """
    from virb.data.world.domains import DOMAINS

    if images is not None and images < 1:
        raise UserError(f"'{images}' cannot be --images.", "Ask for 1 or more.")
    sources = [source_named(name, images) for name in names]
    if not 0 < fraction <= 1:
        raise UserError(f"'{fraction:g}' is no fraction.", "Ask for more than 0 and at most 1, such as 0.5.")
    if balance is not None and balance not in get_args(Balance):
        raise unknown("balance", balance, get_args(Balance))
    domains = [name.partition(":")[2] for name in sources if name.startswith("world:")]
    if side is not None and not domains:
        raise UserError(f"'{names[0]}' has images of its own size, not of '{side}' px.", "Only world:… is rendered.")
    if side is not None and not _SMALLEST <= side <= _LARGEST:
        raise UserError(f"'{side}' px is no size of images.", f"Ask for {_SMALLEST} to {_LARGEST}.")
    if len(sources) > 1:
        if repeated := [name for name in sources if sources.count(name) > 1]:
            raise UserError(f"'{repeated[0]}' is mixed with itself.", "Name each source once.")
        if images is None:
            raise UserError("A mixture has as many images as it is asked for.", "Say how many images, such as 8000.")
        if images < len(sources):
            raise UserError(f"'{images}' images are not one of each source.", f"Ask for {len(sources)} or more.")
    if balance is not None:
        if len(sources) > 1 or (domains and "label" not in DOMAINS.load(domains[0]).classes):
            named = " + ".join(names)
            raise UserError(
                f"'{named}' has no labels, so its classes cannot be made '{balance}'.",
                "Leave the balance out, or take world:objects or class folders: folder:PATH.",
            )
        if domains and balance == "uniform":  # its kinds come in turn
            balance = None
    taken: dict[str, Any] = {"images": images, "fraction": fraction, "balance": balance, "side": side}
    if len(sources) == 1:
        return DataRecipe(data=sources[0], **taken)
    return DataRecipe(data=MIXTURE, mixture=tuple(sources), **taken)


def open_data_recipe(recipe: DataRecipe, root: Path | None = None, progress: Progress | None = None) -> Dataset:
    """Open what an encoder learns from: one image an example.

    Args:
        recipe: what; :func:`data_recipe` makes one and checks its names.
        root: the ``--data-root`` folder.
        progress: where rendering says how far it is.

    Returns:
        Columns are those of class ids, where the source has one image an example; otherwise there is none.

    Raises:
        UserError: no source has this name, its data are not as they must be, the number is missing where it is needed,
            the source has fewer images, or its classes do not allow the balance.
    """
    from virb.data._pretraining import mixed, part_of

    if recipe.mixture:
        assert recipe.images is not None, "data_recipe() asks for it"
        each, more = divmod(recipe.images, len(recipe.mixture))
        counts = [each + (place < more) for place in range(len(recipe.mixture))]
        parts = [
            (name, _open_images(name, count, recipe.side, root, progress))
            for name, count in zip(recipe.mixture, counts, strict=True)
        ]
        whole = mixed(parts)
    else:
        whole = _open_images(recipe.data, recipe.images, recipe.side, root, progress)
    in_turn = bool(recipe.mixture) or recipe.data.startswith("world:")
    return part_of(recipe.data, whole, recipe.fraction, recipe.balance, in_turn=in_turn)


def open_pretraining_data(
    name: str, images: int | None, root: Path | None = None, progress: Progress | None = None
) -> Dataset:
    """Open all images of one source, or the first so many: :func:`open_data_recipe` without a part or a mixture.

    Args:
        name: ``world:NAME`` for a pre-training domain, whose images no end task shows; otherwise any source that
            :func:`open_data` opens, all splits of it.
        images: how many: the first so many. None for all; a domain needs a number.
        root: the ``--data-root`` folder.
        progress: where rendering says how far it is.

    Raises:
        UserError: as :func:`open_data_recipe`, or the number is below 1.
    """
    if images is not None and images < 1:
        raise UserError(f"'{images}' is no number of images.", "Ask for 1 or more.")
    return open_data_recipe(DataRecipe(data=name, images=images), root, progress)


def _open_images(
    name: str, images: int | None, side: int | None, root: Path | None, progress: Progress | None
) -> Dataset:
    """The first images of one source."""
    prefix, colon, domain = name.partition(":")
    if colon and prefix == "world":
        from virb.data.world._pretraining import open_domain

        return open_domain(domain, images, progress or Quiet(), side)
    from virb.data._pretraining import first_images

    return first_images(name, open_data(name, root, progress), images)
