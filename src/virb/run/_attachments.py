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
) -> bytes:
    """Some test examples with image, truth and prediction, spread evenly over test.

    Args:
        dataset: the opened source.
        rows: of test.
        test: their features and truth.
        predict: the head.
        target: of the task.
        inputs: how images are shown: as the encoder sees them.

    Returns:
        The content of an ``.npz`` file: ``example`` (k), ``image`` (k x images x size x size x 3, uint8), ``truth``
        and ``predicted`` (k x height x width ids, or k x height x width x size float32).
    """
    places = np.unique(np.linspace(0, len(rows) - 1, min(SHOWN, len(rows))).astype(np.int64))
    outputs = predict({layer: maps[places] for layer, maps in test.features.items()})
    truth = np.asarray(test.labels[places])
    if isinstance(target, Classes):
        predicted, truth = outputs.argmax(axis=-1).astype(np.int16), truth.astype(np.int16)
    else:
        predicted = outputs.astype(np.float32)
    images = [
        [fit_image(dataset.read(int(image)), inputs, "bilinear") for image in dataset.images[row]]
        for row in rows[places]
    ]
    return _npz(example=rows[places], image=np.array(images, np.uint8), truth=truth, predicted=predicted)


def _npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()
