"""Square tiles cut from photographs that ship inside Python packages, without overlap and without leaks."""

import math
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from virb.data import BadImage, DataCard, Pixels
from virb.data._images import decode
from virb.errors import UserError

SIDE = 48
"""Side of a tile in pixels of the photograph: small enough for a few hundred, large enough to see what it shows."""


class Tile(NamedTuple):
    """A tile: its split, its place in the grid, and a view of its pixels."""

    split: str
    row: int
    column: int
    pixels: Pixels


def packaged_image(source: str, package: str, file: str) -> Pixels:
    """Read an image that ships inside an installed package, without importing the package.

    PNG files decode to the same bytes everywhere. JPEG files do wherever Pillow uses libjpeg-turbo with its default,
    exact integer transform, as all of Pillow's wheels do; the digest of the source tells where it is otherwise.

    Args:
        source: the data source that asks, for messages.
        package: ``"skimage"`` or ``"sklearn"``.
        file: the path below the package's folder.

    Raises:
        UserError: the package is not installed, or does not have the file.
    """
    try:
        return decode(package_folder(source, package) / file, f"{package}/{file}")
    except BadImage as error:
        raise UserError(f"The installed package of {error}.", "Reinstall it: pip install 'virb[demo]'") from error


def package_folder(source: str, package: str) -> Path:
    """The folder of an installed package.

    Raises:
        UserError: it is not installed.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        title = {"skimage": "scikit-image", "sklearn": "scikit-learn"}[package]
        raise UserError(f"'{source}' needs {title}, which is not installed.", "pip install 'virb[demo]'")
    return Path(spec.submodule_search_locations[0])


def grey(pixels: Pixels) -> NDArray[np.int64]:
    """The green channel: grey without arithmetic. Of the three it has the most detail, and the least JPEG loss."""
    return pixels[..., 1].astype(np.int64)


def spread(values: NDArray[np.int64]) -> float:
    """Standard deviation, from whole numbers, so that no rounding decides whether a tile is kept."""
    return math.sqrt(int(values.size * (values**2).sum() - values.sum() ** 2)) / values.size


def check_count(card: DataCard, tiles: int) -> None:
    """Refuse photographs that are not those the card was written for.

    Raises:
        UserError: they do not give as many tiles.
    """
    if tiles != card.images:
        raise UserError(
            f"'{card.name}' has {tiles} images here, not {card.images}: the installed photographs are others.",
            "Install the releases that virb is tested with: pip install --upgrade 'virb[demo]'",
        )


def cut(pixels: Pixels, to_select: int, to_test: int) -> Iterator[Tile]:
    """Cut an image into tiles, row by row, the columns of tiles in three vertical strips.

    From left to right: fit, then select, then test, the same for every image; vertical, so that what is above and
    below the horizon is in each. Pixels that the grid does not need lie between the strips and at the edges.

    Args:
        pixels: height x width x 3.
        to_select: where the strip of select begins, in percent of the columns of tiles.
        to_test: where the strip of test begins, likewise.
    """
    rows, columns = pixels.shape[0] // SIDE, pixels.shape[1] // SIDE
    gap = (pixels.shape[1] - columns * SIDE) // 2
    for row in range(rows):
        for column in range(columns):
            strip = (column >= columns * to_select // 100) + (column >= columns * to_test // 100)
            top, left = row * SIDE, column * SIDE + strip * gap
            split = ("fit", "select", "test")[strip]
            yield Tile(split, row, column, pixels[top : top + SIDE, left : left + SIDE])
