"""Miniatures of real data sets: the true layout, file formats, names and quirks, with a few tiny images a class.

One file a source, of the source's name, with ``LAYOUTS``: for each layout of the source, by its name, a function that
writes it below a data root and returns what it wrote.
"""

import io
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from PIL import Image

from virb.data import SOURCES
from virb.data._files import FileSource


class Written(NamedTuple):
    """What a miniature holds: its folder, how many examples each split has, how many images there are."""

    folder: Path
    splits: Mapping[str, int]
    images: int


def layouts(name: str) -> dict[str, Callable[[Path], Written]]:
    """What writes each layout of a source."""
    return import_module(f"miniatures.{name.replace('-', '_')}").LAYOUTS


def file_sources() -> list[str]:
    """Names of the sources that lie below a data root."""
    return [name for name, source in SOURCES.items() if isinstance(source, FileSource)]


def write(name: str, layout: str, root: Path) -> FileSource:
    """Write a miniature, and give the source whose card has the miniature's sizes."""
    root.mkdir(parents=True, exist_ok=True)
    written = layouts(name)[layout](root)
    return SOURCES.load(name).sized(written.splits, written.images)


def put(monkeypatch, source: FileSource) -> None:
    """Let everything that asks for the source by name, the command line too, get this one."""
    monkeypatch.setitem(SOURCES._loaded, source.card.name, source)


@cache
def drawn(name: str) -> dict[str, str]:
    """The split of every image of a miniature whose official layout has none, by key."""
    with TemporaryDirectory() as place:
        data = write(name, "official", Path(place)).unhashed(Path(place))
    return {data.keys[data.images[row, 0]]: str(data.official[row]) for row in range(len(data))}


def photo(path: Path, label: int, number: int, size: tuple[int, int] = (24, 20), **options) -> None:
    """Save a small image that has the colour of its class, and noise of its own; the format follows the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(label, number, size)).save(path, **options)


def tiny(path: Path, label: int, number: int) -> None:
    """Save a JPEG of 8 x 8 pixels, where there are thousands: the same for every fortieth class."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jpeg(label % 40, number))


@cache
def jpeg(label: int, number: int) -> bytes:
    """A JPEG file of 8 x 8 pixels."""
    buffer = io.BytesIO()
    Image.fromarray(pixels(label, number, (8, 8))).save(buffer, "JPEG")
    return buffer.getvalue()


def pixels(label: int, number: int, size: tuple[int, int] = (24, 20)) -> np.ndarray:
    """Height x width x 3: one colour a class, and noise that differs from number to number."""
    colour = np.random.default_rng(label).integers(40, 216, 3)
    noise = np.random.default_rng([label, number]).integers(-40, 40, (size[1], size[0], 3))
    return (colour + noise).clip(0, 255).astype(np.uint8)
