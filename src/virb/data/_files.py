"""A data source that lies in a folder below the data root, in one of the layouts it is known to come in."""

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, NamedTuple, Self, final

from virb import places
from virb.cache import show_size
from virb.data import DataCard, Dataset, DataSource
from virb.data._card import Share
from virb.data._layout import shown
from virb.data._listing import Listing, ReadTruth
from virb.data._whereabouts import candidates
from virb.errors import UserError
from virb.progress import Progress, Quiet


@final
class Layout(NamedTuple):
    """One way in which a source lies on disk.

    Attributes:
        name: ``official`` for the distribution as it unpacks, ``2021`` for what the code of the 2021 study expected.
        marks: paths below the source's folder that tell this layout from the others: all of them are there.
        read: writes down every example below the source's folder. It opens lists, and no image.
        splits: how many examples each split has in this layout, where that is not what the card says; None where it
            was never published, and there must be some.
    """

    name: str
    marks: tuple[str, ...]
    read: Callable[[Path], Listing]
    splits: Mapping[Share, int | None] | None = None


@final
class Status(NamedTuple):
    """What is known of a source on disk without opening an image.

    Attributes:
        state: ``there``, ``partial`` (the folder is there and not as it must be) or ``missing``.
        folder: where it is.
        layout: which one.
        found: how many examples each split has.
        problem: what is wrong, and what to do about it.
    """

    state: Literal["there", "partial", "missing"]
    folder: Path | None = None
    layout: Layout | None = None
    found: Mapping[Share, int] = {}
    problem: UserError | None = None


@final
@dataclass(frozen=True)
class FileSource(DataSource):
    """A source of files: what it is, where it may lie, and how each layout is read.

    Attributes:
        card: with the sizes that are checked, and how to get it.
        folders: names of its folder below the data root: as virb and the 2021 code call it, as its archive does.
        layouts: those it is known to come in, the official one first.
        truths: how pixelwise columns are read.
        by_size: whether its digest is of the sizes of its files and not of what is in them: where reading all of them
            would take hours. `virb data verify` reads them.
    """

    card: DataCard
    folders: tuple[str, ...]
    layouts: tuple[Layout, ...]
    truths: Mapping[str, ReadTruth] = field(default_factory=dict)
    by_size: bool = False

    def open(self, root: Path | None = None, progress: Progress | None = None) -> Dataset:
        """Open the source. The first time every file is read once, for the digest, unless their sizes do.

        Raises:
            UserError: the data are not there, partly there, or laid out in none of the ways that are known.
        """
        status, listing = self._survey(root)
        if status.problem is not None or listing is None:
            raise status.problem or AssertionError("a source without a listing has a problem")
        if status.folder is not None and status.layout is not None and progress is not None:
            progress.say(f"{self.card.name}: {status.layout.name} layout in {shown(status.folder)}")
        try:
            dataset = listing.dataset(self.card, self.truths)
            return listing.hashed(dataset, progress or Quiet(), f"reading {self.card.name}", self.by_size)
        except OSError as error:
            raise self._unreadable(error) from error

    def status(self, root: Path | None = None) -> Status:
        """Whether the source is there, whole, and how it is laid out. Opens lists and no image."""
        return self._survey(root)[0]

    def unhashed(self, root: Path | None = None) -> Dataset:
        """Open the source without a digest, and so without reading a file, for whoever reads all of them anyway.

        Raises:
            UserError: see :meth:`open`.
        """
        status, listing = self._survey(root)
        if status.problem is not None or listing is None:
            raise status.problem or AssertionError("a source without a listing has a problem")
        return listing.dataset(self.card, self.truths)

    def locate(self, root: Path | None = None) -> tuple[Path, Layout] | None:
        """The folder and layout of the source by their marks alone: quick, and no promise that it is whole."""
        root = root or places.data_dir()
        if root is None or not root.expanduser().is_dir():
            return None
        for folder in candidates(root, self.folders):
            for layout in self.layouts:
                if all((folder / mark).exists() for mark in layout.marks):
                    return folder, layout
        return None

    def check(self, folder: Path) -> Status:
        """What is in one folder: as :meth:`status`, without looking for the folder."""
        return self._examine(folder)[0]

    def sized(self, splits: Mapping[Share, int], images: int) -> Self:
        """This source with other sizes on its card: for tests, whose miniatures hold a few examples a class."""
        layouts = tuple(layout._replace(splits=None) for layout in self.layouts)
        card = self.card.model_copy(update={"splits": dict(splits), "images": images})
        return replace(self, card=card, layouts=layouts)

    # -------------------------------------------------------------------------------------------- looking

    def _survey(self, root: Path | None) -> tuple[Status, Listing | None]:
        root = root or places.data_dir()
        if root is None:
            problem = UserError(
                f"'{self.card.name}' lies in a folder of yours, and it was not said which.",
                f"Give --data-root DIR, or set VIRB_DATA. {self.card.how_to_get}",
            )
            return Status("missing", problem=problem), None
        found = self.locate(root)
        if found is not None:
            return self._examine(found[0])
        folders = candidates(root, self.folders)
        if folders:
            return self._examine(folders[0])
        looked = " or ".join(f"'{shown(root / name)}'" for name in self.folders)
        return Status("missing", problem=self._problem(f"'{self.card.name}' is not there: no folder {looked}.")), None

    def _examine(self, folder: Path) -> tuple[Status, Listing | None]:
        layout, lacking = self._layout_of(folder)
        where = f"'{self.card.name}' in '{shown(folder)}'"
        if lacking:
            known = "; ".join(f"{one.name}: {', '.join(one.marks)}" for one in self.layouts)
            problem = self._problem(
                f"{where} is not whole, or laid out in no known way: '{shown(lacking[0])}' is missing ({known})."
            )
            return Status("partial", folder, layout, {}, problem), None
        try:
            listing = layout.read(folder)
            absent = listing.absent()
        except OSError as error:
            return Status("partial", folder, layout, {}, self._unreadable(error)), None
        except (ValueError, TypeError, LookupError, EOFError, pickle.UnpicklingError) as error:
            problem = self._problem(f"{where} cannot be read as the {layout.name} layout: {error}.")
            return Status("partial", folder, layout, {}, problem), None
        except UserError as error:
            return Status("partial", folder, layout, {}, error), None
        problem_or_none = self._incomplete(where, folder, layout, listing, absent)
        return Status(
            "partial" if problem_or_none else "there", folder, layout, listing.sizes, problem_or_none
        ), listing

    def _layout_of(self, folder: Path) -> tuple[Layout, list[Path]]:
        """The layout that most of whose marks are there, and the marks that are not."""
        lacking = {
            layout.name: [folder / mark for mark in layout.marks if not (folder / mark).exists()]
            for layout in self.layouts
        }
        best = min(self.layouts, key=lambda layout: len(lacking[layout.name]) / len(layout.marks))
        return best, lacking[best.name]

    # -------------------------------------------------------------------------------------------- refusing

    def _incomplete(
        self, where: str, folder: Path, layout: Layout, listing: Listing, absent: list[str]
    ) -> UserError | None:
        total = listing.images
        if absent:
            first = shown(Path(absent[0]).relative_to(folder) if Path(absent[0]).is_relative_to(folder) else absent[0])
            return self._problem(
                f"{where} ({layout.name} layout) is not whole: {len(absent):,} of its files are missing, such as "
                f"'{first}'."
            )
        expected, found = layout.splits or self.card.splits, listing.sizes
        for split in {**expected, **found}:
            count, wanted = found.get(split, 0), expected.get(split, 0)
            if (wanted is None and not count) or (wanted is not None and count != wanted):
                its = "no examples" if wanted is None else f"{count:,} examples, not {wanted:,}"
                return self._problem(f"{where} ({layout.name} layout) is not whole: {split} has {its}.")
        if layout.splits is None and self.card.images is not None and total != self.card.images:
            return self._problem(
                f"{where} ({layout.name} layout) is not whole: it has {total:,} images, not {self.card.images:,}."
            )
        return None

    def _problem(self, what: str) -> UserError:
        return UserError(what, how_to_get(self.card))

    def _unreadable(self, error: OSError) -> UserError:
        reason = error.strerror or str(error)
        return self._problem(f"'{shown(str(error.filename))}' of '{self.card.name}' cannot be read: {reason}.")


def how_to_get(card: DataCard) -> str:
    """The command or page that gets a source, its size and its licence, in one line."""
    size = f", {show_size(card.size)}" if card.size else ""
    if card.fetched:
        return f"Get it: virb data fetch {card.name} --data-root DIR ({card.licence}{size})."
    return f"{card.how_to_get} ({card.licence}{size}; {card.homepage})"
