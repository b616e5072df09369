"""Galleries: a few test examples of each dense task, what is true of them, and what each encoder was read to say."""

import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from virb.analysis.comparison import Column, Row
from virb.analysis.matrix import Matrix
from virb.errors import UserError
from virb.report.colours import NEUTRAL, Colours, class_colours, ramp
from virb.report.pictures import (
    Dense,
    Scale,
    class_name,
    data_uri,
    flow_wheel,
    labelled,
    picture,
    scale_of,
    shrunk,
    spoken,
    thinned,
)
from virb.spec import Classes, Record, Target, Task

Arrays = Mapping[str, NDArray[Any]]
"""``example`` (k rows of the data source), ``image`` (k x images x S x S x 3, uint8), ``truth`` and ``predicted`` (k x
H x W class ids, or k x H x W x size numbers, NaN where they are missing)."""

Predictions = Callable[[Record], Arrays | None]
"""Finds the predictions that a record kept, or None where it has none."""

FIELDS = ("example", "image", "truth", "predicted")
EXAMPLES, ENCODERS = 4, 6
"""How many a gallery shows at most."""
SIDE = 128
"""Pixels of a picture's longer side at most: a page stays small."""


def load_predictions(folder: Path, record: Record) -> dict[str, NDArray[Any]] | None:
    """Read the predictions that a record kept.

    Args:
        folder: the store's folder; the files are in ``predictions`` inside it.
        record: whose file it is.

    Returns:
        The arrays by name, or None where the record names no file or the file did not travel with it.

    Raises:
        UserError: the file is there and is not what it must be.
    """
    if record.predictions is None:
        return None
    if Path(record.predictions).name != record.predictions:
        raise UserError(
            f"The record '{record.id}' names the predictions file '{record.predictions}'.",
            "It must be a plain file name inside the store's predictions folder.",
        )
    path = folder / "predictions" / record.predictions
    if not path.is_file():
        return None
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
            arrays = {name: file[name] for name in FIELDS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise _broken(path, str(error)) from error
    if why := _wrong(record.experiment.task, arrays):
        raise _broken(path, why)
    return arrays


def _wrong(task: Task, arrays: Arrays) -> str:
    """What is wrong with the arrays of a file; empty where nothing is."""
    example, image, truth, predicted = (arrays[name] for name in FIELDS)
    if example.ndim != 1 or example.dtype.kind not in "iu" or len(np.unique(example)) != len(example):
        return "its examples are not different rows"
    if image.ndim != 5 or image.shape[-1] != 3 or image.dtype != np.uint8 or not image.size:
        return f"its images are {image.dtype} of shape {image.shape}"
    if truth.shape != predicted.shape or len({len(array) for array in arrays.values()}) != 1 or not truth.size:
        return f"its arrays have shapes {[array.shape for array in arrays.values()]}"
    kinds, trailing = ("iu", ()) if isinstance(task.target, Classes) else ("f", (task.target.size,))
    if truth.ndim != 3 + len(trailing) or truth.shape[3:] != trailing:
        return f"its truth has shape {truth.shape}, not that of {task.target.shown}"
    if truth.dtype.kind not in kinds or predicted.dtype.kind not in kinds:
        return f"its truth is {truth.dtype} and its predictions are {predicted.dtype}"
    return ""


def _broken(path: Path, why: str) -> UserError:
    return UserError(
        f"The predictions file '{path}' cannot be used: {why}.",
        "Copy it again from where it was made, or delete it: the score stays, its pictures go.",
    )


# ------------------------------------------------------------------------------------------------ what is shown


@final
@dataclass(frozen=True)
class Shot:
    """A picture on the page.

    Attributes:
        uri: all of it, as PNG.
        alt: what it shows, in words.
        width: in pixels.
        height: see ``width``.
    """

    uri: str
    alt: str
    width: int
    height: int


@final
@dataclass(frozen=True)
class Line:
    """One example: its images, its truth, and one prediction for each encoder of the gallery.

    Attributes:
        example: its row in the data source.
        images: in order.
        truth: drawn.
        told: range of the truth, where its colours need one.
        predicted: drawn by the range of the truth.
    """

    example: int
    images: list[Shot]
    truth: Shot
    told: str
    predicted: list[Shot]


@final
@dataclass(frozen=True)
class Legend:
    """What colours mean: swatches of classes, or a strip or wheel for numbers, and words."""

    swatches: list[tuple[str, str]]
    strip: str = ""
    wheel: str = ""
    words: str = ""


@final
@dataclass(frozen=True)
class Gallery:
    """Examples of one dense task.

    Attributes:
        column: which.
        encoders: whose predictions are shown.
        lines: the examples.
        legend: what the colours mean.
        without: encoders with a score whose predictions are not shown, and why.
    """

    column: Column
    encoders: list[Row]
    lines: list[Line]
    legend: Legend
    without: list[tuple[str, str]]


def gallery(matrix: Matrix, column: Column, predictions: Predictions) -> Gallery | None:
    """Draw the shown examples of a column of dense predictions.

    Encoders are taken in row order: with more than there is room for, the first ones and the first floor. Only
    examples that all of them kept are shown; an encoder that has none in common with those before it is left out.

    Args:
        matrix: what was scored.
        column: of a dense task.
        predictions: finds what a record kept.

    Returns:
        None where nothing was kept.
    """
    kept, without = _kept(matrix, column, predictions)
    if not kept:
        return None
    task = column.experiment.task
    lines = [_line(task, column.metric, example, kept) for example in _spread(_shared(kept))]
    drawn = [array for arrays in kept.values() for array in (arrays["truth"], arrays["predicted"])]
    return Gallery(column, list(kept), lines, _legend(task.target, drawn, column.metric), without)


def _kept(matrix: Matrix, column: Column, predictions: Predictions) -> tuple[dict[Row, Arrays], list[tuple[str, str]]]:
    """Arrays of the encoders that fit beside one another, and the encoders that do not, with the reason."""
    found: dict[Row, Arrays] = {}
    without: list[tuple[str, str]] = []
    for row in _first(matrix, column):
        cell = matrix.cells[column.key, row.key]
        arrays = next((kept for record in cell.records if (kept := predictions(record)) is not None), None)
        if arrays is None:
            without.append((row.name, "its predictions were not kept"))
        elif found and not len(_shared({**found, row: arrays})):
            without.append((row.name, "its kept examples are others"))
        else:
            found[row] = arrays
    return found, without


def _first(matrix: Matrix, column: Column) -> list[Row]:
    """The encoders there is room for, in row order."""
    scored = {row.key for row, _ in matrix.scored(column)}
    rows = [row for row in matrix.rows if row.key in scored]
    floors = [row for row in rows if row.floor]
    if len(rows) <= ENCODERS or not floors:
        return rows[:ENCODERS]
    best = [row for row in rows if not row.floor][: ENCODERS - 1]
    return [*best, *floors[: ENCODERS - len(best)]]


def _shared(kept: Mapping[Row, Arrays]) -> list[int]:
    """Examples that all encoders kept, in the order of the first."""
    first, *others = (arrays["example"].tolist() for arrays in kept.values())
    return [example for example in first if all(example in other for other in others)]


def _spread(examples: Sequence[int]) -> list[int]:
    """As many of the examples as there is room for, evenly spaced: neighbours may be of one scene."""
    count = min(EXAMPLES, len(examples))
    return [examples[(2 * place + 1) * len(examples) // (2 * count)] for place in range(count)]


def _line(task: Task, metric: str, example: int, kept: Mapping[Row, Arrays]) -> Line:
    places = {row: arrays["example"].tolist().index(example) for row, arrays in kept.items()}
    first = next(iter(kept))
    truth = kept[first]["truth"][places[first]]
    scale = scale_of(task.target, truth)
    images = kept[first]["image"][places[first]]
    what = _noun(task)
    return Line(
        example=example,
        images=[
            _shot(shrunk(image, SIDE), f"image{f' {place}' if len(images) > 1 else ''} of example {example}")
            for place, image in enumerate(images, 1)
        ],
        truth=_drawn(task.target, truth, scale, f"true {what} of example {example}"),
        told="" if isinstance(task.target, Classes) else spoken(task.target, truth),
        predicted=[
            _drawn(
                task.target,
                _aligned(arrays["predicted"][places[row]], truth, metric),
                scale,
                f"predicted {what} by {row.name} on example {example}",
            )
            for row, arrays in kept.items()
        ],
    )


def _noun(task: Task) -> str:
    """What is predicted, in a word: the name of the data's column, unless it is called a label."""
    return task.column if task.column != "label" else "classes" if isinstance(task.target, Classes) else "values"


def _drawn(target: Target, dense: Dense, scale: Scale | None, alt: str) -> Shot:
    return _shot(picture(target, thinned(dense, SIDE), scale), f"{alt}: {spoken(target, dense)}")


def _shot(pixels: Colours, alt: str) -> Shot:
    return Shot(data_uri(pixels), alt, pixels.shape[1], pixels.shape[0])


def _aligned(predicted: Dense, truth: Dense, metric: str) -> Dense:
    """A prediction as it was scored: brought to the truth's median where the metric does that."""
    known = np.isfinite(predicted) & np.isfinite(truth) if metric.endswith("-aligned") else np.zeros(1, bool)
    if not known.any():
        return predicted
    middle = float(np.median(predicted[known].astype(np.float64)))
    return predicted * (float(np.median(truth[known].astype(np.float64))) / middle) if middle > 0 else predicted


def _legend(target: Target, drawn: Sequence[Dense], metric: str) -> Legend:
    if isinstance(target, Classes):
        return Legend(_swatches(target, drawn))
    gaps = [(_css(NEUTRAL), "not known")] * any(not np.isfinite(array).all() for array in drawn)
    unit = f" in {target.unit}" if target.unit else ""
    if target.size == 2:
        words = f"Hue is where to, as on the wheel; the fullest colour is the longest vector of the truth{unit}."
        return Legend(gaps, wheel=data_uri(flow_wheel(72)), words=words)
    if target.coloured:
        return Legend(gaps, words="Colours are as they are.")
    words = f"From the lowest to the highest of each example’s truth{unit}; what lies beyond has the colour of the end."
    if metric.endswith("-aligned"):
        words += " Predictions are brought to the truth’s median, as they were for the score."
    return Legend(gaps, strip=data_uri(ramp()[None]), words=words)


def _swatches(target: Classes, drawn: Iterable[Dense]) -> list[tuple[str, str]]:
    """Classes that can be seen, and the hatching where there is no label."""
    known = [labelled(ids, target) for ids in drawn]
    present = np.zeros(target.count, bool)
    for ids, there in zip(drawn, known, strict=True):
        present[ids[there].astype(np.int64)] = True
    colours = class_colours(target.count)
    swatches = [(_css(colours[k]), class_name(target, int(k))) for k in np.flatnonzero(present)]
    return swatches + [("", "no label")] * any(not there.all() for there in known)


def _css(colour: Iterable[int]) -> str:
    return "#" + bytes(int(part) for part in colour).hex()
