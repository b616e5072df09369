"""Scores of class predictions, from log-probabilities."""

from collections.abc import Sequence
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from virb.errors import ExperimentError
from virb.metrics import Array, Meter

BINS = 15
"""Bins of the calibration error, as in Guo et al. (2017), *On Calibration of Modern Neural Networks*."""
LOG_FLOOR = float(np.log(np.finfo(np.float32).eps))
"""Log-probabilities below this count as this: scikit-learn's ``log_loss`` clips float32 probabilities there too."""
TEMPERATURES = (0.02, 50.0)
"""Between these a temperature is sought."""

LogProbabilities = NDArray[np.floating]
Labels = NDArray[np.integer]


def accuracy(outputs: LogProbabilities, labels: Labels) -> float:
    """Share of examples whose most probable class is right; of equally probable classes the lowest id counts."""
    return float(np.mean(_checked(outputs, labels).argmax(axis=1) == labels))


def balanced_accuracy(outputs: LogProbabilities, labels: Labels) -> float:
    """Mean over the classes that occur in ``labels`` of the share of their examples that is found."""
    return _mean_recall(_checked(outputs, labels).argmax(axis=1), labels)


def nll(outputs: LogProbabilities, labels: Labels) -> float:
    """Mean negative log-likelihood of the right class, in nats, clipped at ``LOG_FLOOR``."""
    right = _checked(outputs, labels)[np.arange(len(labels)), labels]
    return float(-np.maximum(right, LOG_FLOOR).mean(dtype=np.float64))


def ece(outputs: LogProbabilities, labels: Labels, bins: int = BINS) -> float:
    """Expected calibration error of the most probable class over bins of equal mass.

    Examples are sorted by confidence and cut into ``bins`` runs whose sizes differ by at most one (with fewer examples
    than bins, one each); the error is the mean over examples of their bin's |accuracy - mean confidence|. Examples of
    equal confidence are put in the order of being right, wrong ones first, so that the value does not depend on the
    order of the examples.

    Source: adaptive bins of Nguyen and O'Connor (2015), as in Nixon et al. (2019), *Measuring Calibration in Deep
    Learning*; top label only.
    """
    outputs = _checked(outputs, labels)
    return _calibration(outputs.argmax(axis=1) == labels, np.exp(outputs.max(axis=1).astype(np.float64)), bins)


def _calibration(correct: Array, confidence: NDArray[np.float64], bins: int = BINS) -> float:
    right = correct.astype(np.float64)
    gap = (right - confidence)[np.lexsort((right, confidence))]
    return float(sum(abs(run.sum()) for run in np.array_split(gap, min(bins, len(gap)))) / len(gap))


def fit_temperature(outputs: LogProbabilities, labels: Labels) -> float:
    """The temperature T, between 0.02 and 50, with the least NLL of softmax(outputs / T) (Guo et al. 2017).

    Args:
        outputs: log-probabilities of a head that did not see these labels, n x classes.
        labels: n ids.
    """
    _checked(outputs, labels)
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        # Not clipped, unlike ``nll``: so it is convex in 1 / T and has one minimum.
        return float(-scaled(outputs, float(np.exp(log_temperature)))[rows, labels].mean())

    low, high = np.log(TEMPERATURES)
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))


def scaled(outputs: LogProbabilities, temperature: float) -> LogProbabilities:
    """Log-probabilities of softmax(outputs / temperature). Clipped first, so that a zero stays comparable."""
    logits = np.maximum(outputs, LOG_FLOOR).astype(np.float64) / temperature
    logits = logits - logits.max(axis=1, keepdims=True)
    shifted: LogProbabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return shifted


def _mean_recall(predicted: Labels, labels: Labels) -> float:
    _, index, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return float((np.bincount(index, predicted == labels) / counts).mean())


def _checked(outputs: LogProbabilities, labels: Labels) -> LogProbabilities:
    if not len(labels):
        raise ValueError("there are no examples")
    if outputs.shape[0] != len(labels) or outputs.ndim != 2:
        raise ValueError(f"{outputs.shape} log-probabilities for {len(labels)} labels")
    if labels.min() < 0 or labels.max() >= outputs.shape[1]:
        raise ValueError(f"labels from {labels.min()} to {labels.max()} for {outputs.shape[1]} classes")
    if np.isnan(outputs).any() or np.isposinf(outputs).any():
        raise ExperimentError("the head's predictions are NaN or infinite")
    return outputs


def constant_class(counts: Labels, shape: tuple[int, ...]) -> Array:
    """Log-probabilities, ... x classes, of always answering the class that was counted most often.

    Raises:
        ValueError: nothing was counted.
    """
    if not counts.any():
        raise ValueError("there are no examples")
    row = np.full(shape[-1], LOG_FLOOR, np.float32)
    row[counts.argmax()] = 0
    return np.broadcast_to(row, shape)


@final
class ClassMeter(Meter):
    """Meter of the ``classes`` family. Keeps a few numbers an example.

    Args:
        classes: how many there are.
        temperature: fitted on select (:func:`fit_temperature`); without it there are no calibrated metrics.
    """

    def __init__(self, classes: int, temperature: float | None = None) -> None:
        self._classes, self._temperature = classes, temperature
        self._raw: list[_Told] = []
        self._calibrated: list[_Told] = []
        self._labels: list[Labels] = []
        self._counts = np.zeros(classes, np.int64)

    def add(self, outputs: Array | None, truth: Array) -> None:
        """Take in n x classes log-probabilities and n ids."""
        if not len(truth):
            return
        if outputs is None:
            _checked(np.zeros((len(truth), self._classes), np.float32), truth)
            self._counts += np.bincount(truth, minlength=self._classes)
            return
        _checked(outputs, truth)
        if outputs.shape[1] != self._classes:
            raise ValueError(f"{outputs.shape[1]} log-probabilities for {self._classes} classes")
        self._labels.append(truth)
        self._raw.append(_tell(outputs, truth))
        if self._temperature is not None:
            self._calibrated.append(_tell(scaled(outputs, self._temperature), truth))

    def scores(self) -> dict[str, float]:
        """Every metric of the family; the calibrated ones only where there is a temperature."""
        raw, labels = self._joined(self._raw), np.concatenate(self._labels)
        found = {
            "accuracy": float(np.mean(raw.predicted == labels)),
            "balanced-accuracy": _mean_recall(raw.predicted, labels),
            "nll": float(raw.nll.mean(dtype=np.float64)),
            "ece": _calibration(raw.predicted == labels, raw.confidence),
        }
        if self._temperature is not None:
            calibrated = self._joined(self._calibrated)
            found["nll-calibrated"] = float(calibrated.nll.mean(dtype=np.float64))
            found["ece-calibrated"] = _calibration(calibrated.predicted == labels, calibrated.confidence)
        return found

    def loss(self) -> float:
        """Mean negative log-likelihood, in nats, as :func:`nll`."""
        return float(self._joined(self._raw).nll.mean(dtype=np.float64))

    def outcomes(self) -> dict[str, Array]:
        """``label``, ``predicted``, ``confidence``, ``correct``, n each."""
        raw, labels = self._joined(self._raw), np.concatenate(self._labels)
        return {
            "label": labels.astype(np.int64),
            "predicted": raw.predicted.astype(np.int64),
            "confidence": raw.confidence.astype(np.float32),
            "correct": (raw.predicted == labels).astype(np.float32),
        }

    def constant(self, outputs_shape: tuple[int, ...]) -> Array:
        """Log-probabilities, n x classes, of the most frequent class."""
        return constant_class(self._counts, outputs_shape)

    def _joined(self, batches: Sequence["_Told"]) -> "_Told":
        if not batches:
            raise ValueError("there are no examples")
        return _Told(*(np.concatenate(arrays) for arrays in zip(*batches, strict=True)))


class _Told(NamedTuple):
    """What is kept of n predictions: all that the metrics ask for."""

    predicted: Labels
    confidence: NDArray[np.float64]
    nll: LogProbabilities


def _tell(outputs: LogProbabilities, labels: Labels) -> _Told:
    right = np.maximum(outputs[np.arange(len(labels)), labels], LOG_FLOOR)
    return _Told(outputs.argmax(axis=1), np.exp(outputs.max(axis=1).astype(np.float64)), -right)
