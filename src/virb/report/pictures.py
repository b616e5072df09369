"""Pictures of dense targets: a class, a number or two numbers for each pixel become colours, words and PNG bytes."""

import base64
import io
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from virb.report.colours import HATCH, NEUTRAL, RAMP, Colours, class_colours, ramp, wheel
from virb.spec import Classes, Target, Values

Dense = NDArray[Any]
"""Height x width class ids, or height x width x size numbers, NaN where they are missing."""
STRIPE = 3
"""Width in pixels of the stripes where there is no label."""
SPOKEN = 4
"""How many classes of a picture are named in words."""


class Scale(NamedTuple):
    """What the ends of a colour range stand for. Flow has the length of the longest vector as its ``high``."""

    low: float
    high: float


def scale_of(target: Target, truth: Dense) -> Scale | None:
    """The range of an example's truth, to colour both truth and predictions by.

    Returns:
        None for classes, and where no number is known.
    """
    if isinstance(target, Classes):
        return None
    amounts = _amounts(target, truth)
    known = amounts[np.isfinite(amounts)]
    if not known.size:
        return None
    return Scale(0.0 if target.size > 1 else float(known.min()), float(known.max()))


def picture(target: Target, dense: Dense, scale: Scale | None) -> Colours:
    """A dense truth or prediction in colours, height x width x 3.

    Args:
        target: what the numbers are.
        dense: ids, or numbers of which any may be NaN or infinite.
        scale: of the example's truth; what lies outside has the colour of the end. None where nothing is known of the
            truth: then numbers are coloured by their own range.
    """
    if isinstance(target, Classes):
        return class_mask(dense, target)
    if target.coloured:
        return colour_map(dense)
    scale = scale or scale_of(target, dense) or Scale(0.0, 0.0)
    if target.size == 2:
        return flow_map(dense, scale.high)
    return value_map(_amounts(target, dense), scale)


def class_mask(ids: Dense, target: Classes, palette: Colours | None = None) -> Colours:
    """Class ids in colours; hatched in grey where an id is none of the classes, or marks pixels without a label.

    Args:
        ids: height x width.
        target: what they are.
        palette: colours of the classes, count x 3, other than :func:`virb.report.colours.class_colours`.
    """
    known = labelled(ids, target)
    colours = (class_colours(target.count) if palette is None else palette)[np.where(known, ids, 0)]
    down, across = np.indices(ids.shape)
    hatched = np.array([NEUTRAL, HATCH])[(down + across) // STRIPE % 2]
    return np.where(known[..., None], colours, hatched).astype(np.uint8)


def value_map(values: Dense, scale: Scale) -> Colours:
    """Numbers, height x width, in the colours of the ramp; grey where they are not finite."""
    known: NDArray[np.bool_] = np.isfinite(values)
    wide = scale.high - scale.low
    # A constant has the middle of the ramp: neither end would be true of it.
    share = (
        (np.where(known, values, 0).astype(np.float64) - scale.low) / wide if wide > 0 else np.full(values.shape, 0.5)
    )
    steps = np.rint(share.clip(0, 1) * (RAMP - 1)).astype(np.intp)
    return np.where(known[..., None], ramp()[steps], NEUTRAL).astype(np.uint8)


def colour_map(colours: Dense) -> Colours:
    """Red, green and blue from 0 to 1, height x width x 3, as they are; grey where any of them is not finite."""
    known = np.isfinite(colours).all(axis=-1, keepdims=True)
    levels = np.rint(255 * np.where(known, colours, 0).clip(0, 1))
    return np.where(known, levels, NEUTRAL).astype(np.uint8)


def flow_map(vectors: Dense, longest: float) -> Colours:
    """Vectors (right, down), height x width x 2: hue for the direction, fuller for longer; grey where not finite.

    Args:
        vectors: any of them may be NaN or infinite.
        longest: the length that has the fullest colour.
    """
    finite: NDArray[np.bool_] = np.isfinite(vectors)
    known = finite.all(axis=-1, keepdims=True)
    unit = np.where(known, vectors, 0).astype(np.float64) / (longest if longest > 0 else 1.0)
    return np.where(known, wheel(unit), NEUTRAL).astype(np.uint8)


def flow_wheel(side: int) -> Colours:
    """The legend of :func:`flow_map`: a square whose inscribed circle holds every direction and length."""
    across = np.linspace(-1, 1, side)
    return wheel(np.stack(np.meshgrid(across, across), axis=-1))


def overlay(image: Colours, colours: Colours, strength: float) -> Colours:
    """Colours laid over the grey of an image of the same size.

    Args:
        image: height x width x 3.
        colours: the same.
        strength: share of the colours, 0 to 1.
    """
    grey = (image.astype(np.float64) @ (0.2126, 0.7152, 0.0722))[..., None]  # Rec. 709
    return np.rint((1 - strength) * grey + strength * colours).astype(np.uint8)


def spoken(target: Target, dense: Dense) -> str:
    """What a picture shows, for those who do not see it: shares of classes, or the range of the numbers."""
    if isinstance(target, Classes):
        return _shares(target, dense)
    amounts = _amounts(target, dense)
    known = amounts[np.isfinite(amounts)]
    if not known.size:
        return "nothing known"
    if target.coloured:
        mean = 100 * dense[np.isfinite(dense).all(axis=-1)].mean(axis=0)
        return ", ".join(f"{name} {share:.0f} %" for name, share in zip(("red", "green", "blue"), mean, strict=True))
    unit = f" {target.unit}" if target.unit else ""
    if target.size > 1:
        return f"up to {known.max():.3g}{unit}"
    return f"{known.min():.3g} to {known.max():.3g}{unit}"


def labelled(ids: Dense, target: Classes) -> NDArray[np.bool_]:
    """Which ids are those of a class."""
    known: NDArray[np.bool_] = (ids >= 0) & (ids < target.count)
    return known if target.ignore is None else known & (ids != target.ignore)


def class_name(target: Classes, label: int) -> str:
    """A class by name, or by number where it has none."""
    return target.names[label] if target.names else f"class {label}"


def _shares(target: Classes, ids: Dense) -> str:
    known = ids[labelled(ids, target)]
    if not known.size:
        return "no labels"
    pixels = np.bincount(known.astype(np.int64), minlength=target.count)
    largest = [int(label) for label in np.argsort(-pixels, kind="stable")[:SPOKEN] if pixels[label]]
    told = [f"{class_name(target, label)} {100 * pixels[label] / known.size:.0f} %" for label in largest]
    more = int((pixels > 0).sum()) - len(told)
    return ", ".join(told) + (f" and {more} more" if more else "")


def _amounts(target: Values, dense: Dense) -> Dense:
    """One number a pixel, height x width: itself, or the length of several."""
    numbers = dense if dense.ndim == 3 else dense[..., None]
    if target.size == 1:
        return numbers[..., 0].astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        length: Dense = np.sqrt((numbers.astype(np.float64) ** 2).sum(axis=-1))
    return length


# ------------------------------------------------------------------------------------------------ size and bytes


def shrunk(pixels: Colours, side: int) -> Colours:
    """An image of at most ``side`` pixels a side."""
    height, width = pixels.shape[:2]
    if max(height, width) <= side:
        return pixels
    size = (max(1, round(width * side / max(height, width))), max(1, round(height * side / max(height, width))))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def thinned(dense: Dense, side: int) -> Dense:
    """A dense map of at most ``side`` pixels a side: pixels are left out, since ids and gaps have no mean."""
    return resampled(dense, *(max(1, round(n * min(1, side / max(dense.shape[:2])))) for n in dense.shape[:2]))


def resampled(dense: Dense, height: int, width: int) -> Dense:
    """A dense map at another size by the nearest of its pixels."""
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(np.intp)
        for new, old in zip((height, width), dense.shape, strict=False)
    )
    found: Dense = dense[rows[:, None], columns]
    return found


def pooled(numbers: Dense, height: int, width: int) -> Dense:
    """Numbers at a smaller size: means of those that are known, so that sparse ones are still seen.

    Args:
        numbers: rows x columns x size, NaN where they are missing.
        height: at most the rows.
        width: at most the columns.
    """
    rows, columns = (np.arange(new) * old // new for new, old in zip((height, width), numbers.shape, strict=False))
    known = np.isfinite(numbers).all(axis=-1, keepdims=True)
    total, count = (
        np.add.reduceat(np.add.reduceat(its, rows, axis=0), columns, axis=1)
        for its in (np.where(known, numbers, 0).astype(np.float64), known.astype(np.float64))
    )
    found: Dense = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return found


def png(pixels: Colours) -> bytes:
    """An image, height x width x 3, as PNG: with a palette where that is smaller. No pixel changes."""
    full = _encoded(Image.fromarray(pixels))
    codes = pixels.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    known, places = np.unique(codes, return_inverse=True)
    if len(known) > 256:
        return full
    indexed = Image.fromarray(places.reshape(codes.shape).astype(np.uint8))
    indexed.putpalette(np.stack([known >> 16, known >> 8 & 255, known & 255], axis=1).astype(np.uint8).tobytes())
    return min(full, _encoded(indexed), key=len)


def data_uri(pixels: Colours) -> str:
    """An image as a ``data:`` URI, so that a page needs no other file."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def _encoded(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
