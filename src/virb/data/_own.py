"""Own data that were listed example by example: what they ask, and how a data set is made of them."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, final

from virb.data import DataCard, Dataset
from virb.data._layout import counted, shown, split_of
from virb.data._listing import Listing, ReadTruth
from virb.data._manifest import Content, digest_of_arrays, digest_of_files, hash_files
from virb.errors import UserError
from virb.progress import Progress
from virb.spec import Splits, Target, digest_of


@final
class Asked(NamedTuple):
    """What own data ask, as their files tell: all that a task needs to be made of.

    Attributes:
        data: the name of the data source: ``folder:PATH`` or ``table:PATH``, the path whole.
        title: for people.
        about: one sentence.
        column: of the data set.
        target: what it is.
        splits: which are carved.
        images: of an example.
    """

    data: str
    title: str
    about: str
    column: str
    target: Target
    splits: Splits
    images: int = 1


@final
@dataclass(frozen=True)
class Own:
    """Examples of one's own, none of them decoded yet.

    Attributes:
        asked: what they ask.
        listing: the examples.
        files: of images and of masks, by a name that stays when all is moved.
        class_names: of the target.
        read: how masks are read, where there are some.
        form: what else decides what is read: part of the digest.
        examine: looks at the heads of files where there are masks, and returns notes.
        notes: what was left out.
    """

    asked: Asked
    listing: Listing
    files: dict[str, Path]
    class_names: tuple[str, ...]
    read: ReadTruth | None
    form: Any
    examine: Callable[[], tuple[str, ...]]
    notes: tuple[str, ...]


def open_listed(own: Own, progress: Progress) -> Dataset:
    """Make a data set: every file is read once for the digest, which is of bytes, labels, splits, groups and form.

    Args:
        own: what was listed.
        progress: told how far reading is.

    Raises:
        UserError: a file cannot be read, or a mask does not go with its image.
    """
    asked = own.asked
    seen = own.examine()
    dataset = own.listing.dataset(_card(own), {} if own.read is None else {asked.column: own.read})
    try:
        contents = hash_files([*own.files.values()], progress, f"reading {asked.title}")
    except OSError as error:
        raise UserError(
            f"'{shown(str(error.filename))}' cannot be read: {error.strerror}.", "Replace or remove it."
        ) from error
    arrays = {f"column {name}": values for name, values in dataset.columns.items()} | {"images": dataset.images}
    arrays |= {} if dataset.official is None else {"official": dataset.official}
    arrays |= {} if dataset.groups is None else {"groups": dataset.groups}
    whole = [digest_of_files([*own.files], contents), digest_of_arrays(arrays), own.form]
    notes = (*own.notes, *seen, *_copies(dataset, dict(zip(own.files, contents, strict=True))))
    return replace(dataset, digest=digest_of(whole), notes=notes)


def _copies(dataset: Dataset, contents: dict[str, Content]) -> tuple[str, ...]:
    """A warning about images that are there twice, in two splits or where a carve may part them."""
    split: dict[str, tuple[str, int]] = {}
    for row, images in enumerate(dataset.images.tolist()):
        official = "" if dataset.official is None else str(dataset.official[row])
        group = row if dataset.groups is None else int(dataset.groups[row])
        split |= {dataset.keys[image]: (official, group) for image in images}
    first: dict[Content, str] = {}
    pairs = []
    for key, (its, group) in split.items():
        other = first.setdefault(contents[key], key)
        apart = split[other][0] != its or ("" in (its, split[other][0]) and split[other][1] != group)
        if other != key and apart:
            pairs.append((other, key))
    if not pairs:
        return ()
    where = "there twice, and the carve may part them" if dataset.official is None else "in two splits"
    copies = f"{counted(len(pairs), 'image')}, such as '{pairs[0][0]}' and '{pairs[0][1]}'"
    return (f"Leak: byte for byte {where}: {copies}.",)


def _card(own: Own) -> DataCard:
    kind, _, place = own.asked.data.partition(":")
    return DataCard(
        name=own.asked.data,
        title=Path(place).name,
        about=own.asked.about,
        licence="yours",
        citation="Your own images.",
        homepage=place,
        images=own.listing.images,
        splits={split: count for split, count in own.listing.sizes.items() if split != "all"},
        columns={own.asked.column: own.class_names} if own.class_names else {},
        how_to_get=f"It is a {kind} of yours.",
    )


def count_of(roles: Sequence[str], noun: str) -> str:
    """How many examples there are, and how many of them each split has, in words.

    Args:
        roles: of each, as :func:`virb.data._layout.split_of` takes them.
        noun: what they are.
    """
    named = Counter(roles)
    counts = {split_of(role, named): count for role, count in named.items()}
    words = [f"{counts[split]:,} {split}" for split in ("fit", "select", "test") if split in counts]
    return ", ".join([f"{len(roles):,} {noun}{'s' * (len(roles) != 1)}", *words])


def printable(place: Path) -> str:
    """A path that can stand in a record.

    Raises:
        UserError: its bytes are no Unicode.
    """
    if shown(place) != place.as_posix():
        raise UserError(f"The path '{shown(place)}' is not valid Unicode.", "Give it another name.")
    return shown(place)


def listed(names: Sequence[str]) -> str:
    """Some names in quotes, for a message."""
    return ", ".join(f"'{name}'" for name in names[:8]) + (", …" if len(names) > 8 else "")
