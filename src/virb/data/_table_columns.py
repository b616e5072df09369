"""What the columns of a table are: images, what is asked, groups and splits; by their names alone."""

import re
from difflib import get_close_matches
from typing import NamedTuple, final

from virb.data._csv import Cells
from virb.data._layout import shown
from virb.data._own import listed
from virb.errors import UserError

EXAMPLE = """A table is like this, with paths that start where it lies:
  image,label,group,split
  photos/1.jpg,cat,garden,train
  photos/2.jpg,dog,kitchen,test
Instead of label: value (a number), several columns value_…, or mask or depth (a file). Instead of image: image1, \
image2, … Group and split may be missing."""
ASKED = ("label", "value", "mask", "depth")
_KNOWN = ("image", "image1", "image2", *ASKED, "group", "split")
_NUMBERED = re.compile(r"image_?(\d+)")
_LIKE = 0.75
"""How like a name of ours another must be to be taken for a slip."""


@final
class Columns(NamedTuple):
    """What the columns of a table are.

    Attributes:
        images: of an example, in order.
        kind: what is asked: one of :data:`ASKED`.
        asked: the columns that say it: several of values, else one.
        group: whether lines are grouped.
        split: whether they have splits of their own.
        others: columns that are nothing to virb.
    """

    images: tuple[str, ...]
    kind: str
    asked: tuple[str, ...]
    group: bool
    split: bool
    others: tuple[str, ...]


def columns_of(cells: Cells) -> Columns:
    """Find out what the columns of a table are.

    Raises:
        UserError: none is an image, none or two say what is asked, or one has nearly the name of ours.
    """
    names = tuple(cells.columns)
    images = _images(cells, names)
    values = tuple(name for name in names if name == "value" or name.startswith("value_"))
    asked = {"label": ("label",), "value": values, "mask": ("mask",), "depth": ("depth",)}
    there = {kind: its for kind, its in asked.items() if its and its[0] in names}
    others = tuple(
        name for name in names if name not in (*images, *(n for its in there.values() for n in its), "group", "split")
    )
    for name in others:
        near = get_close_matches(name, [known for known in _KNOWN if known not in names], n=1, cutoff=_LIKE)
        if near and not (near[0].startswith("image") and images) and not (near[0] in ASKED and there):
            raise UserError(
                f"'{shown(cells.path)}' has no column '{near[0]}', and one called '{name}'.",
                f"If it is meant, call it '{near[0]}'; otherwise give it a name that is less like it.",
            )
    if not images:
        raise _missing(cells, "'image'")
    if not there:
        raise _missing(cells, "'label', 'value', 'mask' or 'depth'")
    if len(there) > 1:
        both = [its[0] for its in there.values()]
        raise UserError(
            f"'{shown(cells.path)}' has the columns '{both[0]}' and '{both[1]}'.",
            "A table asks one thing: make another table for the other.",
        )
    ((kind, its),) = there.items()
    return Columns(images, kind, its, "group" in names, "split" in names, others)


def _images(cells: Cells, names: tuple[str, ...]) -> tuple[str, ...]:
    numbered = {int(match[1]): name for name in names if (match := _NUMBERED.fullmatch(name))}
    if numbered and "image" in names:
        raise UserError(
            f"'{shown(cells.path)}' has the columns 'image' and '{next(iter(numbered.values()))}'.",
            "Call them image1, image2, … where an example has several images.",
        )
    if numbered and sorted(numbered) != list(range(1, len(numbered) + 1)):
        raise UserError(
            f"'{shown(cells.path)}' has the columns {listed([numbered[n] for n in sorted(numbered)])}.",
            "Images of an example are counted from 1: image1, image2, …",
        )
    return tuple(numbered[number] for number in sorted(numbered)) or (("image",) if "image" in names else ())


def _missing(cells: Cells, what: str) -> UserError:
    return UserError(
        f"'{shown(cells.path)}' has no column {what}.", f"Its columns are {listed([*cells.columns])}. {EXAMPLE}"
    )
