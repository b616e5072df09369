"""The files beside a record: what each test example adds to the score, and some predictions to look at."""

import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from virb.data import Dataset
from virb.data._images import fit_image
from virb.probes import Examples
from virb.spec import Classes, InputPolicy, Target

SHOWN = 16
"""Test examples of a pixelwise task whose predictions are kept."""
SIDE = 512
"""Pixels that their pictures have along either side at most."""


def outcomes_file(
    dataset: Dataset, rows: NDArray[np.int64], outcomes: Mapping[str, NDArray[Any]], primary: str
) -> tuple[bytes, tuple[str, ...]]:
    """Per test example who it is and what it adds to the score: the stuff of intervals and paired comparisons.

    Args:
        dataset: the opened source.
        rows: of test, in the order of ``outcomes``.
        outcomes: of the meter.
        primary: the primary metric. Examples without a value of it, or without a labelled pixel, have nothing to score
            and are left out.

    Returns:
        The content of an ``.npz`` file, and notes on examples that were left out.
    """
    scored = np.isfinite(outcomes[primary]) if primary in outcomes else np.ones(len(rows), np.bool_)
    if "labelled" in outcomes:
        scored = scored & (outcomes["labelled"] > 0)
    arrays = {name: values[scored] for name, values in outcomes.items()}
    content = _npz(
        example=rows[scored], group=rows[scored] if dataset.groups is None else dataset.groups[rows[scored]], **arrays
    )
    left_out = int((~scored).sum())
    note = f"{left_out} of {len(rows)} test examples have no labelled pixel and are not scored"
    return content, (note,) if left_out else ()


def predictions_file(
    dataset: Dataset,
    rows: NDArray[np.int64],
    test: Examples,
    predict: Callable[[Mapping[str, Any]], NDArray[np.float32]],
    target: Target,
    inputs: InputPolicy,
    together: int = SHOWN,
) -> bytes:
    """Some test examples with image, truth and prediction, spread evenly over test.

    Args:
        dataset: the opened source.
        rows: of test.
        test: their features and truth.
        predict: the head.
        target: of the task.
        inputs: how images are shown: as the encoder sees them.
        together: how many are predicted together.

    Returns:
        The content of an ``.npz`` file: ``example`` (k), ``image`` (k x images x height x width x 3, uint8), ``truth``
        and ``predicted`` (k x height x width ids, or k x height x width x size float32). Of images and truth with a
        side above :data:`SIDE` every second pixel, or third, and so on.
    """
    places = np.unique(np.linspace(0, len(rows) - 1, min(SHOWN, len(rows))).astype(np.int64))
    truths, predictions = [], []
    for start in range(0, len(places), together):
        some = places[start : start + together]
        outputs = predict({layer: maps[some] for layer, maps in test.features.items()})
        answer = outputs.argmax(axis=-1).astype(np.int16) if isinstance(target, Classes) else outputs
        truths.append(_thinned(np.asarray(test.labels[some])))
        predictions.append(_thinned(answer))
    truth, predicted = np.concatenate(truths), np.concatenate(predictions)
    truth = truth.astype(np.int16) if isinstance(target, Classes) else truth
    height, width = (-(-side // _step(inputs.sides)) for side in inputs.sides)
    shown = inputs.model_copy(update={"size": height, "width": None if width == height else width})
    images = [
        [fit_image(dataset.read(int(image)), shown, "bilinear") for image in dataset.images[row]]
        for row in rows[places]
    ]
    return _npz(example=rows[places], image=np.array(images, np.uint8), truth=truth, predicted=predicted)


def _step(sides: tuple[int, int]) -> int:
    return -(-max(sides) // SIDE)


def _thinned(pixels: NDArray[Any]) -> NDArray[Any]:
    """Of n x height x width x … what is shown."""
    height, width = pixels.shape[1:3]
    step = _step((height, width))
    return pixels[:, ::step, ::step].copy()


def _npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()
