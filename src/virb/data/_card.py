"""What is said of a data source before anything is opened: where it is from, how large it is, how one gets it."""

from typing import Literal, final

from pydantic import Field

from virb.spec import Spec

Share = Literal["fit", "select", "test", "all"]
"""A split as the source names it; ``all`` are the examples that it leaves to carving."""


@final
class Archive(Spec):
    """A file to download.

    Attributes:
        url: where it is.
        size: in bytes, where it is known.
        md5: of the file, where its publisher, or the reader of a library, gives one.
        sha256: likewise.
        folder: where it goes below the folder of the source.
        unpack: whether it is unpacked there; otherwise it stays as it is.
        inner: archives in it, by their paths below the folder of the source, that are unpacked where they lie.
    """

    url: str
    size: int | None = None
    md5: str | None = None
    sha256: str | None = None
    folder: str = ""
    unpack: bool = True
    inner: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The name of the file."""
        return self.url.partition("?")[0].rpartition("/")[2]


@final
class DataCard(Spec):
    """Where data comes from and what one may do with it."""

    name: str
    title: str
    about: str
    licence: str
    citation: str
    homepage: str
    images: int | None = None
    """How many there are, where that is fixed; checked when the source is opened."""
    splits: dict[Share, int] = Field(default={})
    """How many examples each split has that the source names, where that is fixed; checked when it is opened."""
    split_rule: str = ""
    """Who made the splits, or the rule that they follow."""
    columns: dict[str, tuple[str, ...]] = Field(default={})
    """Class names of each label column, where they are fixed."""
    how_to_get: str = ""
    archives: tuple[Archive, ...] = ()
    """What is downloaded."""
    by_hand: str = ""
    """Why `virb data fetch` does not download it: the step that a person has to take. Empty where it does."""
    layout: str = ""
    """What lies below the data root in the end."""
    size: int | None = None
    """About how many bytes that is."""

    @property
    def fetched(self) -> bool:
        """Whether `virb data fetch` downloads it."""
        return bool(self.archives) and not self.by_hand

    @property
    def download(self) -> int | None:
        """Bytes to be downloaded, where they are known."""
        sizes = [archive.size for archive in self.archives]
        return sum(size for size in sizes if size) if sizes and None not in sizes else None
