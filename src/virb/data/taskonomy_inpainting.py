"""Taskonomy inpainting: views of scanned buildings with a hole in the middle, and what was there."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from virb.data import DataCard, Pixels
from virb.data._files import FileSource
from virb.data._images import decode
from virb.data._listing import Listing, Made
from virb.data._taskonomy import FOLDERS, View, of_2021, official
from virb.data.taskonomy import SELECT
from virb.data.taskonomy import SOURCE as TASKONOMY

HOLE = (64 / 224, 160 / 224)
"""From where to where of each side the hole goes: the study's, of images of 224 x 224 pixels."""
GREY = (124, 116, 104)
"""The mean of ImageNet: what encoders are shown where the study set normalised pixels to zero."""


def _hole(height: int, width: int) -> tuple[slice, slice]:
    down, across = (slice(round(HOLE[0] * side), round(HOLE[1] * side)) for side in (height, width))
    return down, across


def _with_hole(path: Path, key: str) -> Pixels:
    pixels = decode(path, key)
    pixels[_hole(*pixels.shape[:2])] = GREY
    return pixels


def _hidden(path: Path, key: str) -> NDArray[np.float32]:
    """Red, green and blue from 0 to 1 in the hole, NaN where the image shows them."""
    pixels = decode(path, key)
    hole = _hole(*pixels.shape[:2])
    hidden = np.full(pixels.shape, np.nan, np.float32)
    hidden[hole] = pixels[hole] / np.float32(255)
    return hidden


def _listing(views: Iterable[View]) -> Listing:
    listing = Listing()
    for view in views:
        image = Made(str(view.image), partial(_with_hole, view.image))
        listing.add(view.split, (view.name, image), group=view.building, colour=view.image)
    return listing


def _official(folder: Path) -> Listing:
    return _listing(official(folder))


def _of_2021(folder: Path) -> Listing:
    listing = _listing(of_2021(folder))
    listing.split_off("colour", SELECT, "select")
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="taskonomy-inpainting",
        title="Taskonomy with holes",
        about="Views inside scanned buildings, of which the middle is grey, and what it hides.",
        licence=TASKONOMY.card.licence,
        citation=TASKONOMY.card.citation,
        homepage=TASKONOMY.card.homepage,
        splits=TASKONOMY.card.splits,
        split_rule=TASKONOMY.card.split_rule,
        how_to_get="It is read from the images of 'taskonomy', and needs nothing more. "
        + TASKONOMY.card.how_to_get.replace(" depth_zbuffer edge_texture", ""),
        by_hand=TASKONOMY.card.by_hand,
        layout=TASKONOMY.card.layout.partition("\n")[0],
        size=100_000_000_000,
    ),
    folders=("taskonomy-inpainting", *FOLDERS),
    layouts=tuple(
        layout._replace(read=read) for layout, read in zip(TASKONOMY.layouts, (_official, _of_2021), strict=True)
    ),
    truths={"colour": _hidden},
    by_size=True,
)
