"""A contact sheet: what a task asks, on one picture; examples of its test split with their targets drawn."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from virb.data import BadImage, DataCard, Dataset
from virb.data._splits import carve
from virb.errors import UserError
from virb.report.colours import DIFFERENT, NEUTRAL, Colours, class_colours, ramp
from virb.report.files import replace
from virb.report.lettering import INK, LOUD, PAPER, QUIET, RULE, Paragraph, cut, font, paragraphs
from virb.report.pictures import (
    Dense,
    class_mask,
    class_name,
    flow_wheel,
    labelled,
    overlay,
    picture,
    png,
    pooled,
    resampled,
    scale_of,
    spoken,
)
from virb.spec import Classes, Target, Task, Values

WIDTH, MARGIN = 1600, 64
INSIDE = WIDTH - 2 * MARGIN
SIDE = 168
"""About how many pixels a picture has; as many columns are made as bring it nearest."""
BETWEEN, WITHIN = 28, 4
"""Pixels between examples, and between the pictures of one."""
COARSE = 4
"""An image enlarged as many times or more shows its pixels; else it is smoothed."""
MASK = 0.8
"""How strongly a class mask lies over its image."""
CARVE_SEED = 0


@final
class Spread(NamedTuple):
    """Examples to be shown: rows of the data source, and the split they are from."""

    split: str
    rows: NDArray[np.int64]


def spread(task: Task, dataset: Dataset, count: int) -> Spread:
    """Choose about ``count`` test examples: evenly over classes, or over the range of a number, or over the split.

    Examples are of fit where nothing is test. The choice is the same every time.
    """
    split, rows = _split(task, dataset)
    if task.target.dense:
        return Spread(split, _even(rows, count))
    labels = np.asarray(dataset.columns[task.column])[rows]
    if isinstance(task.target, Values):
        by_size = np.argsort(labels.reshape(len(rows), -1)[:, 0], kind="stable")
        return Spread(split, _even(rows[by_size], count))
    classes = _even(np.unique(labels), count)
    shares = [count // len(classes) + (place < count % len(classes)) for place in range(len(classes))]
    chosen = [_even(rows[labels == label], share) for label, share in zip(classes, shares, strict=True)]
    return Spread(split, np.concatenate(chosen))


def _split(task: Task, dataset: Dataset) -> tuple[str, NDArray[np.int64]]:
    if dataset.official is not None and (named := np.flatnonzero(dataset.official == "test")).size:
        return "test", named
    if task.splits.test is not None:
        return "test", carve(dataset, task.column, task.splits, CARVE_SEED)["test"]
    return "fit", np.arange(len(dataset))


def _even(rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """At most ``count`` of the rows, evenly spaced."""
    if len(rows) <= count:
        return rows
    return rows[((np.arange(count) + 0.5) * len(rows) / count).astype(np.intp)]


# ------------------------------------------------------------------------------------------------ the sheet


def contact_sheet(task: Task, dataset: Dataset, examples: Spread) -> Image.Image:
    """Draw examples of a task: their images side by side, their target, and what its colours mean.

    An image that cannot be decoded has a grey square with a cross in its place.

    Args:
        task: what is asked.
        dataset: its data, opened.
        examples: from :func:`spread`.
    """
    truths = [_truth(task, dataset, int(row)) for row in examples.rows]
    key = _key(task.target, truths)
    grid = _grid(task, dataset, examples.rows, truths, key)
    blocks = [_head(task, dataset, examples), *_legend(task.target, key), grid, _foot(dataset.card)]
    sheet = Image.new("RGB", (WIDTH, 2 * MARGIN + sum(b.height for b in blocks) + BETWEEN * (len(blocks) - 1)), PAPER)
    top = MARGIN
    for block in blocks:
        sheet.paste(block, (MARGIN, top))
        top += block.height + BETWEEN
    return sheet


def _head(task: Task, dataset: Dataset, examples: Spread) -> Image.Image:
    images = f"{task.images_per_example} images an example, " if task.images_per_example > 1 else ""
    shown = f"{len(examples.rows)} {examples.split} examples of {dataset.card.title}"
    lines = [
        Paragraph(task.title or task.name, 46, INK),
        *([Paragraph(task.about, 22, INK)] if task.about else []),
        Paragraph(f"{task.name}: {task.quadrant}, {images}{task.target.shown}. {shown}.", 20, QUIET),
    ]
    if task.synthetic:
        lines.append(Paragraph("Synthetic images: drawn by a program.", 20, LOUD))
    return paragraphs(lines, INSIDE)


def _foot(card: DataCard) -> Image.Image:
    return paragraphs([Paragraph(f"Data: {card.title}. Licence: {card.licence}. {card.homepage}", 18, QUIET)], INSIDE)


@final
class _Key(NamedTuple):
    """What the colours of a sheet stand for.

    Attributes:
        classes: those in the legend, in its order.
        palette: colours of all classes, count x 3.
        unlabelled: whether any pixel has no label or number.
    """

    classes: list[int]
    palette: Colours
    unlabelled: bool


def _key(target: Target, truths: Sequence[Dense | None]) -> _Key:
    """Every class has its colour; or, where there are too many, those that are shown do, the largest first."""
    shown = [truth for truth in truths if truth is not None]
    if not isinstance(target, Classes) or not target.dense:
        gaps = target.dense and any(not np.isfinite(truth).all() for truth in shown)
        return _Key([], class_colours(0), gaps)
    known = [labelled(truth, target) for truth in shown]
    gaps = any(not where.all() for where in known)
    if target.count <= DIFFERENT:
        return _Key([*range(target.count)], class_colours(target.count), gaps)
    pixels = np.zeros(target.count, np.int64)
    for truth, where in zip(shown, known, strict=True):
        pixels += np.bincount(truth[where].astype(np.int64), minlength=target.count)
    largest = np.argsort(-pixels, kind="stable")
    palette = np.empty((target.count, 3), np.uint8)
    palette[largest] = class_colours(target.count)
    return _Key([int(label) for label in largest if pixels[label]], palette, gaps)


def _truth(task: Task, dataset: Dataset, row: int) -> Dense | None:
    """None where its file cannot be read."""
    try:
        return dataset.truth(task.column, row)
    except BadImage:
        return None


def _grid(
    task: Task, dataset: Dataset, rows: NDArray[np.int64], truths: Sequence[Dense | None], key: _Key
) -> Image.Image:
    """All examples; as high as the highest of them."""
    columns, side = _columns(task.images_per_example + task.target.dense)
    examples = []
    for row, truth in zip(rows, truths, strict=True):
        frames = [_frame(dataset, int(image), side) for image in dataset.images[row][: task.images_per_example]]
        if task.target.dense:
            frames.append(_unreadable(side) if truth is None else _target(task.target, truth, frames[0], side, key))
        examples.append((frames, "" if truth is None else _caption(task.target, truth)))
    tall = max(frame.height for frames, _ in examples for frame in frames) if task.target.dense else side
    cells = [_example(frames, caption, side, tall) for frames, caption in examples]
    lines = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    height = max(cell.height for cell in cells)
    grid = Image.new("RGB", (INSIDE, len(lines) * (height + BETWEEN) - BETWEEN), PAPER)
    for down, line in enumerate(lines):
        for across, cell in enumerate(line):
            grid.paste(cell, (across * (cell.width + BETWEEN), down * (height + BETWEEN)))
    return grid


def _columns(pictures: int) -> tuple[int, int]:
    """How many examples stand in a line, and the side of a picture, as near to ``SIDE`` as can be."""

    def side(columns: int) -> int:
        return ((INSIDE - (columns - 1) * BETWEEN) // columns - (pictures - 1) * WITHIN) // pictures

    columns = min(range(1, 9), key=lambda columns: abs(side(columns) - SIDE))
    return columns, side(columns)


def _frame(dataset: Dataset, image: int, side: int) -> Image.Image:
    """An image in its own proportions, at most ``side`` pixels a side."""
    try:
        found = Image.fromarray(dataset.read(image))
    except BadImage:
        return _unreadable(side)
    factor = side / max(found.size)
    size = (max(1, round(found.width * factor)), max(1, round(found.height * factor)))
    return found.resize(size, Image.Resampling.NEAREST if factor >= COARSE else Image.Resampling.LANCZOS)


def _unreadable(side: int) -> Image.Image:
    square = Image.new("RGB", (side, side), RULE)
    draw = ImageDraw.Draw(square)
    for ends in ((0, 0, side - 1, side - 1), (0, side - 1, side - 1, 0)):
        draw.line(ends, fill=QUIET, width=2)
    return square


def _target(target: Target, truth: Dense, image: Image.Image, side: int, key: _Key) -> Image.Image:
    height, width = truth.shape[:2]
    factor = side / max(height, width)
    size = (max(1, round(height * factor)), max(1, round(width * factor)))
    if not isinstance(target, Classes):
        numbers = pooled(truth, *size) if factor < 1 else resampled(truth, *size)
        return Image.fromarray(picture(target, numbers, scale_of(target, truth)))
    drawn = class_mask(resampled(truth, *size), target, key.palette)
    fits = image.size == (drawn.shape[1], drawn.shape[0])
    return Image.fromarray(overlay(np.asarray(image), drawn, MASK) if fits else drawn)


def _caption(target: Target, truth: Dense) -> str:
    if isinstance(target, Classes):
        if target.dense:  # where colours cannot be told apart, words can
            return spoken(target, truth) if target.count > DIFFERENT else ""
        return class_name(target, int(truth))
    if target.dense:
        return spoken(target, truth)
    unit = f" {target.unit}" if target.unit else ""
    return ", ".join(f"{value:.3g}" for value in truth.reshape(-1)) + unit


def _example(frames: Sequence[Image.Image], caption: str, side: int, tall: int) -> Image.Image:
    width = len(frames) * (side + WITHIN) - WITHIN
    cell = Image.new("RGB", (width, tall + (32 if caption else 0)), PAPER)
    for place, frame in enumerate(frames):
        # In the middle of its place: images of one source may have other proportions.
        cell.paste(frame, (place * (side + WITHIN) + (side - frame.width) // 2, (tall - frame.height) // 2))
    if caption:
        ImageDraw.Draw(cell).text((0, tall + 8), cut(caption, 18, width), INK, font(18))
    return cell


# ------------------------------------------------------------------------------------------------ what colours mean

SWATCH = 20


def _legend(target: Target, key: _Key) -> list[Image.Image]:
    if not target.dense:
        return []
    if isinstance(target, Classes):
        swatches = [(class_name(target, label), _flat(tuple(key.palette[label].tolist()))) for label in key.classes]
        nothing = [("no label", Image.fromarray(class_mask(np.full((SWATCH, SWATCH), -1), target)))]
        return [_row(swatches + nothing * key.unlabelled)]
    unit = f" in {target.unit}" if target.unit else ""
    nothing = [("not known", _flat(NEUTRAL))] * key.unlabelled
    if target.size == 2:
        told = f"hue: where to; full colour: the longest vector of the example{unit}"
        return [_row([(told, _disc(96)), *nothing])]
    if target.coloured:
        return [_row(nothing)] if nothing else []
    bar = Image.fromarray(np.repeat(ramp()[None], SWATCH, axis=0))
    return [_row([(f"from the lowest to the highest of the example{unit}", bar), *nothing])]


def _flat(colour: tuple[int, ...]) -> Image.Image:
    return Image.new("RGB", (SWATCH, SWATCH), colour)


def _disc(side: int) -> Image.Image:
    """The wheel of directions on paper, its edge smoothed."""
    mask = Image.new("L", (4 * side, 4 * side), 0)
    ImageDraw.Draw(mask).ellipse((0, 0, 4 * side - 1, 4 * side - 1), fill=255)
    disc = Image.new("RGB", (side, side), PAPER)
    disc.paste(Image.fromarray(flow_wheel(side)), mask=mask.resize((side, side), Image.Resampling.BOX))
    return disc


def _row(items: Sequence[tuple[str, Image.Image]]) -> Image.Image:
    """Swatches with their words, in as many lines as they need."""
    letters, line = font(18), max(swatch.height for _, swatch in items) + 10
    places: list[tuple[int, int, str, Image.Image]] = []
    left = top = 0
    for text, swatch in items:
        told = cut(text, 18, INSIDE - swatch.width - 10)
        width = swatch.width + 10 + round(letters.getlength(told)) + 28
        if left and left + width > INSIDE:
            left, top = 0, top + line
        places.append((left, top, told, swatch))
        left += width
    row = Image.new("RGB", (INSIDE, top + line), PAPER)
    draw = ImageDraw.Draw(row)
    for x, y, told, swatch in places:
        row.paste(swatch, (x, y + (line - swatch.height) // 2))
        draw.text((x + swatch.width + 10, y + line // 2), told, QUIET, letters, anchor="lm")
    return row


# ------------------------------------------------------------------------------------------------ the file


def check_name(out: Path) -> None:
    """Refuse, before any data are opened, a file that could not be written as a picture.

    Raises:
        UserError: its name does not end in .png, or its folder is not there.
    """
    if out.suffix.lower() != ".png":
        raise UserError(f"'{out}' is not the name of a PNG file.", "End it in .png.")
    if not out.absolute().parent.is_dir():
        raise UserError(f"The folder '{out.absolute().parent}' is not there.", "Make it, or name another one.")


def save(sheet: Image.Image, out: Path) -> None:
    """Write a sheet as PNG.

    Raises:
        UserError: it cannot be written.
    """
    pixels: Colours = np.asarray(sheet)
    try:
        replace(out, png(pixels))
    except OSError as error:
        raise UserError(
            f"The picture could not be written to '{out}': {error.strerror or error}.", "Name another file."
        ) from error
