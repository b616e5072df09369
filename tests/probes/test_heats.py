"""Trials scored batch by batch are scored as a whole."""

import numpy as np
import pytest

from dense_samples import CLASSES, SCORES, examples
from virb.errors import ExperimentError
from virb.probes import _channels
from virb.probes._heats import Heats


def outputs_of(features, seed):
    """Random log-probabilities that depend on the image alone."""
    rows = []
    for image in features["stage1"]:
        draw = np.random.default_rng([seed, abs(int(image[0, 0, 0] * 1e6))])
        rows.append(np.log(draw.dirichlet(np.ones(4), (12, 12))))
    return np.array(rows, np.float32)


@pytest.mark.parametrize("numbers", [1, 2000, 2**22])
def test_batches_are_scored_as_the_whole(numbers, monkeypatch):
    monkeypatch.setattr(_channels, "NUMBERS", numbers)
    select = examples(11, 1)
    heats = Heats(select, CLASSES, SCORES[CLASSES])
    settings = [{"seed": seed} for seed in range(4)]
    heats.enter(settings, [0.0] * 4, ["stage1"], lambda batch: (outputs_of(batch, seed) for seed in range(4)))
    found = [SCORES[CLASSES](outputs_of(select.features, seed), select.labels) for seed in range(4)]
    np.testing.assert_allclose([(trial.score, trial.loss) for trial in heats.trials], found, rtol=1e-6)
    assert heats.choice == settings[max(range(4), key=lambda seed: found[seed][0])]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_head_that_diverges_anywhere_cannot_win(value, monkeypatch):
    monkeypatch.setattr(_channels, "NUMBERS", 2000)
    select = examples(11, 1)

    def heads(batch):
        fine = outputs_of(batch, 0)
        broken = fine.copy()
        broken[-1, 0, 0, 1] = value
        return [broken, fine]

    heats = Heats(select, CLASSES, SCORES[CLASSES])
    heats.enter([{"a": 1.0}, {"a": 2.0}], [2.0, 1.0], ["stage1"], heads)
    assert heats.choice == {"a": 2.0}
    assert heats.notes == ("1 of 2 trials diverged: a = 1",)
    lost = Heats(select, CLASSES, SCORES[CLASSES])
    lost.enter([{"a": 1.0}], [2.0], ["stage1"], lambda batch: heads(batch)[:1])
    with pytest.raises(ExperimentError, match="All 1 trials diverged"):
        _ = lost.choice
