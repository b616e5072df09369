"""Answers that look at no image: the best constant, and the best answer for each place in the image."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from virb.spec import Classes, Task

WITHIN = np.log(1.25)
CENTRES = 120
"""Depths that are tried, evenly in their logarithm: 4 % apart where the farthest is a hundred times the nearest."""
SAMPLE = 2_000_000
"""Pixels that decide a constant."""
ROUNDS = 30
POWERS = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0)


def best_constant(task: Task, truth: NDArray[Any]) -> NDArray[Any]:
    """The one class, or numbers, to answer for every pixel of every image.

    Args:
        task: its target and primary metric say what best is.
        truth: of the examples that may be learnt from.

    Returns:
        A class id, or ``size`` numbers.
    """
    if not task.target.dense:
        return best_answers(task, truth)
    truth = _aligned(task, truth)
    flat = truth.reshape(-1, *truth.shape[3:])
    return best_answers(task, flat[:: max(1, len(flat) // SAMPLE)])


def best_places(task: Task, truth: NDArray[Any]) -> NDArray[Any]:
    """The class id, or the numbers, to answer for each place of every image: height x width, or x size."""
    if isinstance(task.target, Classes):
        return _overlapping_classes(task.target, truth)
    rows = [best_answers(task, _aligned(task, truth)[:, row]) for row in range(truth.shape[1])]
    return np.stack(rows)


def best_answers(task: Task, truth: NDArray[Any]) -> NDArray[Any]:
    """For truth of n examples x places (x size) the best answer for each place."""
    target = task.target
    if isinstance(target, Classes):
        known = [(truth == one) & (one != target.ignore) for one in range(target.count)]
        return np.stack([its.sum(axis=0) for its in known]).argmax(axis=0)
    return _geometric_median(truth) if task.family == "flow" else _most_within(truth)


def predictions(task: Task, answer: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """What a meter takes, for truth of this shape: log-probabilities, or numbers."""
    if isinstance(task.target, Classes):
        ids = np.broadcast_to(answer, shape)
        return np.where(ids[..., None] == np.arange(task.target.count), 0.0, -100.0).astype(np.float32)
    return np.ascontiguousarray(np.broadcast_to(answer, shape).astype(np.float32))


def _overlapping_classes(target: Classes, truth: NDArray[Any]) -> NDArray[Any]:
    """The class for each place that makes the mean IoU with the truth highest.

    Where a class is rare it is hardly ever the most frequent one, and yet worth answering: counts are divided by powers
    of the class's share, and the best power is taken.
    """
    counts = np.stack([((truth == one) & (one != target.ignore)).sum(axis=0) for one in range(target.count)])
    totals = counts.sum(axis=(1, 2))
    best, most = counts.argmax(axis=0), -1.0
    for power in POWERS:
        answer = (counts / np.maximum(totals, 1)[:, None, None] ** power).argmax(axis=0)
        chosen = np.arange(target.count)[:, None, None] == answer
        hits, answered = (counts * chosen).sum(axis=(1, 2)), (counts.sum(axis=0) * chosen).sum(axis=(1, 2))
        overlap = float((hits / np.maximum(totals + answered - hits, 1))[totals > 0].mean())
        if overlap > most:
            best, most = answer, overlap
    return best


def _aligned(task: Task, truth: NDArray[Any]) -> NDArray[Any]:
    """Truth without its scale, where the metric takes the scale of each image away."""
    if not task.primary.endswith("-aligned"):
        return truth
    return truth / np.nanmedian(truth, axis=(1, 2, 3), keepdims=True)


def _most_within(truth: NDArray[Any]) -> NDArray[Any]:
    """The depth with most of the truth within a factor of 1.25: what delta-1.25 counts."""
    logs = np.log(truth.astype(np.float32))
    centres = np.linspace(np.nanmin(logs), np.nanmax(logs), CENTRES, dtype=np.float32)
    counts = np.stack([(np.abs(logs - centre) < WITHIN).sum(axis=0) for centre in centres])
    best: NDArray[Any] = np.exp(centres[counts.argmax(axis=0)])
    return best


def _geometric_median(truth: NDArray[Any]) -> NDArray[Any]:
    """The point with the least mean distance to the truth (Weiszfeld 1937)."""
    known = ~np.isnan(truth).any(axis=-1, keepdims=True)
    points = np.where(known, truth, 0).astype(np.float32)
    middle = points.sum(axis=0) / known.sum(axis=0).clip(1)
    for _ in range(ROUNDS):
        weights = known / np.maximum(np.linalg.norm(points - middle, axis=-1, keepdims=True), 1e-3)
        middle = (weights * points).sum(axis=0) / weights.sum(axis=0).clip(1e-9)
    return middle
