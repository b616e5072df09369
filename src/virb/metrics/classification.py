"""Scores of class predictions, from log-probabilities."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from virb.errors import ExperimentError

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
    right = (outputs.argmax(axis=1) == labels).astype(np.float64)
    confidence = np.exp(outputs.max(axis=1).astype(np.float64))
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


def score_classes(outputs: LogProbabilities, labels: Labels, temperature: float) -> dict[str, float]:
    """Every metric of ``virb.spec.CLASS_METRICS``.

    Args:
        outputs: log-probabilities, n x classes.
        labels: n ids.
        temperature: fitted on select.

    Raises:
        ValueError: no examples, or labels that are not columns of ``outputs``.
        ExperimentError: log-probabilities are NaN.
    """
    calibrated = scaled(outputs, temperature)
    return {
        "accuracy": accuracy(outputs, labels),
        "balanced-accuracy": balanced_accuracy(outputs, labels),
        "nll": nll(outputs, labels),
        "ece": ece(outputs, labels),
        "nll-calibrated": nll(calibrated, labels),
        "ece-calibrated": ece(calibrated, labels),
    }


PRIMARY = {"accuracy": accuracy, "balanced-accuracy": balanced_accuracy}
"""Metrics that a choice can be made by: higher is better."""


def primary_score(outputs: LogProbabilities, labels: Labels, metric: str) -> tuple[float, float]:
    """What a trial is chosen by: its primary score, higher is better, and its mean loss, lower is better."""
    return PRIMARY[metric](outputs, labels), nll(outputs, labels)


def constant_score(known: Labels, labels: Labels, metric: str) -> float:
    """The primary score of always answering the most frequent class of ``known``; of several the lowest id."""
    if not len(known) or not len(labels):
        raise ValueError("there are no examples")
    answer = np.full(len(labels), np.bincount(known).argmax())
    if metric == "balanced-accuracy":
        return _mean_recall(answer, labels)
    return float(np.mean(answer == labels))


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
    if np.isnan(outputs).any():
        raise ExperimentError("the head's predictions are NaN")
    return outputs
