"""How one of many trials is chosen on select: the same rule for every probe."""

from typing import final

from virb.probes import Floats, Ints, Score
from virb.spec import Trial


@final
class Contest:
    """Scores trials as they come, and keeps the outputs of the best so far only.

    The best has the highest score; of equals the lowest loss; of equals the strongest regularisation; of equals the one
    that came first.

    Args:
        score: from log-probabilities and labels to (score, loss).
        labels: of select.
    """

    def __init__(self, score: Score, labels: Ints) -> None:
        self._score = score
        self._labels = labels
        self._rank = (float("-inf"), float("-inf"), float("-inf"))
        self._trials: list[Trial] = []
        self._best: tuple[Trial, Floats] | None = None

    def enter(self, settings: dict[str, float | str], strength: float, outputs: Floats) -> None:
        """Score one trial.

        Args:
            settings: what was tried.
            strength: of its regularisation, larger is stronger, on any scale common to all trials.
            outputs: log-probabilities on select.
        """
        score, loss = self._score(outputs, self._labels)
        trial = Trial(settings=settings, score=score, loss=loss)
        self._trials.append(trial)
        rank = (score, -loss, strength)
        if self._best is None or rank > self._rank:
            self._rank, self._best = rank, (trial, outputs)

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All of them, in the order in which they came."""
        return tuple(self._trials)

    @property
    def winner(self) -> tuple[dict[str, float | str], Floats]:
        """Settings and outputs of the best trial."""
        assert self._best is not None, "a grid has at least one setting"
        trial, outputs = self._best
        return trial.settings, outputs


def settings_of(name: str, value: float, layer: str, layers: tuple[str, ...]) -> dict[str, float | str]:
    """What a trial tried: its grid value, and its layer where there are several."""
    return {name: value} if len(layers) == 1 else {name: value, "layer": layer}
