"""Skill in percent, from what each test example adds to a score, with intervals that pair answers on the same examples.

Accuracy, mIoU and delta-1.25 are shown times one hundred. Of flow the skill is the share of the constant answer's
end-point error that goes, in percent. All are means over columns of a ratio of sums over examples, so one bootstrap
over groups of examples serves them all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from virb.analysis.intervals import RESAMPLES, SEED, percentiles
from virb.spec import Task

Arrays = Mapping[str, NDArray[Any]]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Answer:
    """One way of answering a task.

    Attributes:
        example: n rows of the data source, rising.
        gained: n x columns: correct answers, pixels of the intersection, …
        possible: n x columns: what could have been gained.
    """

    example: NDArray[np.int64]
    gained: Floats
    possible: Floats

    @property
    def skill(self) -> float:
        """In percent."""
        return float(_skill(np.ones((1, len(self.example))), self.gained, self.possible)[0])


def answer_of(task: Task, arrays: Arrays, constant: Arrays) -> Answer:
    """From the outcomes of a meter, or of a record's file.

    Args:
        task: what was asked.
        arrays: the outcomes, with ``example``.
        constant: those of the best constant answer: the reference of flow.
    """
    order = np.argsort(arrays["example"])
    example = arrays["example"][order]
    if task.family == "classes":
        gained = arrays["correct"][order, None].astype(np.float64)
        return Answer(example, gained, np.ones_like(gained))
    if task.family == "segmentation":
        there = arrays["union"].sum(axis=0) > 0
        pair = (arrays[name][order][:, there].astype(np.float64) for name in ("intersection", "union"))
        return Answer(example, *pair)
    values = arrays[task.primary][order, None].astype(np.float64)
    if task.family == "flow":
        place = np.argsort(constant["example"])[np.searchsorted(np.sort(constant["example"]), example)]
        possible = constant[task.primary][place, None].astype(np.float64)
        values = possible - values
    else:
        possible = np.ones_like(values)
    scored = ~np.isnan(values[:, 0])
    return Answer(example[scored], values[scored], possible[scored])


@dataclass(frozen=True)
class Draws:
    """Resampled skills of every answer to one task, all from the same resamples."""

    groups: int
    skills: Mapping[str, Floats]

    def interval(self, name: str) -> tuple[float, float]:
        """95 % of one skill."""
        return self._ends(self.skills[name])

    def difference(self, one: str, other: str) -> tuple[float, float]:
        """95 % of the difference of two."""
        return self._ends(self.skills[one] - self.skills[other])

    def _ends(self, draws: Floats) -> tuple[float, float]:
        low, high = percentiles(draws[:, None], self.groups)[:, 0]
        return float(low), float(high)


def resample(answers: Mapping[str, Answer], groups: NDArray[np.int64] | None) -> Draws:
    """Draw groups of related examples with replacement.

    Args:
        answers: to the same task.
        groups: for each row of the data source; None where none are related.

    Raises:
        ValueError: the answers are not about the same examples.
    """
    first = next(iter(answers.values())).example
    if any(not np.array_equal(answer.example, first) for answer in answers.values()):
        raise ValueError("answers about different examples cannot be paired")
    names, group = np.unique(first if groups is None else groups[first], return_inverse=True)
    count = len(names)
    picks = np.random.default_rng(SEED).integers(0, count, (RESAMPLES, count)) + count * np.arange(RESAMPLES)[:, None]
    weights = np.bincount(picks.ravel(), minlength=RESAMPLES * count).reshape(RESAMPLES, count).astype(np.float64)

    def together(values: Floats) -> Floats:
        sums = np.zeros((count, values.shape[1]))
        np.add.at(sums, group, values)
        return sums

    return Draws(
        count, {key: _skill(weights, together(one.gained), together(one.possible)) for key, one in answers.items()}
    )


def _skill(weights: Floats, gained: Floats, possible: Floats) -> Floats:
    """Percent, one a row of weights; a class that a resample misses is left out of its mean."""
    below = weights @ possible
    ratios = np.divide(weights @ gained, below, out=np.full_like(below, np.nan), where=below > 0)
    return 100 * np.nanmean(ratios, axis=1)
