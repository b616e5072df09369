"""The heads of masks and their images: what cannot be is refused before any pixel is decoded."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from virb.data import BadImage
from virb.data._images import Head, head_of_image
from virb.data._layout import shown
from virb.data._virb_yaml import EXAMPLES, FILE, MasksForm
from virb.errors import UserError

NUMBERS = ".npy"
"""Depth may lie in NumPy's own format too."""
_THREADS = min(8, os.cpu_count() or 1)

Where = Callable[[int], str]
"""What a message about a pair begins with: nothing, or the line of a table."""


def refuse_unlike(
    pairs: Sequence[tuple[Path, Path]], form: MasksForm, folder: Path, where: Where = lambda row: ""
) -> tuple[str, ...]:
    """Refuse masks that cannot be what they should be, by the heads of the files: before any pixel is decoded.

    Args:
        pairs: image and mask of each example.
        form: what masks should be.
        folder: of ``virb.yaml``, for messages.
        where: what messages about a pair begin with.

    Returns:
        Notes: images whose EXIF orientation is not applied.

    Raises:
        UserError: an image and its mask differ in size; a mask is a JPEG, or has other bits or colours than it should.
    """
    turned: list[str] = []
    for row, (image, mask, its, own) in enumerate(_heads(pairs)):
        if own is not None and (reason := _unlike(mask, own, form)):
            raise UserError(f"{where(row)}'{shown(mask)}' {reason}.", _instead(own, form, folder))
        if its is None or own is None:  # met again, by name, where images are read
            continue
        if (its.width, its.height) != (own.width, own.height):
            quarter = its.turned and (its.width, its.height) == (own.height, own.width)
            raise UserError(
                f"{where(row)}'{shown(image)}' is {its.width} x {its.height} pixels, and its mask '{shown(mask)}' "
                f"{own.width} x {own.height}.",
                "The image is turned by its EXIF orientation, which is not applied here: save it as it is seen."
                if quarter
                else "A mask has a pixel for each of its image.",
            )
        if its.turned:
            turned.append(shown(image))
    if not turned:
        return ()
    many = "1 image has" if len(turned) == 1 else f"{len(turned)} images have"
    return (f"Not applied: {many} an EXIF orientation, such as '{turned[0]}'. Is its mask drawn on stored pixels?",)


def _heads(pairs: Sequence[tuple[Path, Path]]) -> Iterator[tuple[Path, Path, Head | None, Head | None]]:
    with ThreadPoolExecutor(_THREADS) as pool:
        for start in range(0, len(pairs), 1024):
            some = pairs[start : start + 1024]
            heads = [pool.map(_head, [pair[side] for pair in some]) for side in (0, 1)]
            for (image, mask), its, own in zip(some, *heads, strict=True):
                yield image, mask, its, own


def _head(file: Path) -> Head | None:
    try:
        if file.suffix.lower() != NUMBERS:
            return head_of_image(file, shown(file))
        shape = np.load(file, mmap_mode="r", allow_pickle=False).shape
        return Head(shape[1], shape[0], "F", "NPY", False)
    except (BadImage, OSError, ValueError, EOFError, IndexError):
        return None


def _unlike(mask: Path, head: Head, form: MasksForm) -> str | None:
    """What is wrong with a mask, if anything."""
    if form.depth is not None:
        return _unlike_depth(head, form.depth.bits)
    if head.format == "NPY":
        return "holds numbers, and masks of classes are images"
    if form.colours is None:
        return unlike_ids(head)
    if head.format == "JPEG":
        return "is a JPEG, which smears colours at every border"
    return None if head.mode in ("RGB", "RGBA", "P") else "has no colours, and classes are told by colours"


def unlike_ids(head: Head) -> str | None:
    """What is wrong with a file that should hold ids, if anything."""
    if head.format == "JPEG":
        return "is a JPEG, which smears ids at every border"
    if head.mode in ("1", "L", "P", "I") or head.mode.startswith("I;16"):
        return None
    return f"has colours ({head.mode}), and it is not said which is which class"


def _unlike_depth(head: Head, bits: int) -> str | None:
    if head.format == "JPEG":
        return "is a JPEG, which smears depth"
    if head.mode not in ("L", "I", "F") and not head.mode.startswith("I;16"):
        return f"has colours ({head.mode}), and depth is a number a pixel"
    if head.mode == "L" and bits == 16:
        return "has 8 bits a pixel, and depth is read of 16"
    return None


def _instead(head: Head, form: MasksForm, folder: Path) -> str:
    if head.format == "JPEG":
        return "Save masks as PNG, from where they were drawn."
    if form.depth is not None and head.mode == "L":
        return f"Save it with 16; or, where 8 is all there is, say so in '{shown(folder / FILE)}': bits: 8."
    if form.depth is not None:
        return "Save depth as a grey PNG of 16 bits."
    return f"Say it in '{shown(folder / FILE)}'. {EXAMPLES}"
