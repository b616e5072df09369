"""The rule of choice: score, then loss, then strength, then who came first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from virb.probes._choice import Contest, settings_of

LABELS = np.zeros(1, np.int64)


def contest_of(*entries):
    """Entries are (score, loss, strength); the outputs of each are its place."""
    results = iter([(score, loss) for score, loss, _ in entries])
    contest = Contest(lambda outputs, labels: next(results), LABELS)
    for place, (_, _, strength) in enumerate(entries):
        contest.enter({"place": place}, strength, np.array([[place]], np.float32))
    return contest


@pytest.mark.parametrize(
    ("entries", "winner"),
    [
        (((0.5, 1.0, 9.0), (0.6, 9.0, 1.0)), 1),
        (((0.6, 1.0, 1.0), (0.6, 0.9, 0.5)), 1),
        (((0.6, 0.9, 1.0), (0.6, 0.9, 2.0)), 1),
        (((0.6, 0.9, 2.0), (0.6, 0.9, 1.0)), 0),
        (((0.6, 0.9, 1.0), (0.6, 0.9, 1.0)), 0),
        (((0.0, 50.0, 1.0),), 0),
    ],
    ids=["score", "loss", "strength", "strength, other order", "first", "one"],
)
def test_score_then_loss_then_strength_then_first(entries, winner):
    settings, outputs = contest_of(*entries).winner
    assert settings == {"place": winner}
    assert outputs == [[winner]]


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2]), st.sampled_from([1.0, 2.0]), st.integers(0, 3)), min_size=1))
def test_nobody_beats_the_winner_and_everybody_is_listed(entries):
    contest = contest_of(*entries)
    score, loss, strength = entries[int(contest.winner[0]["place"])]
    assert all((s, -v, k) <= (score, -loss, strength) for s, v, k in entries)
    assert [(trial.score, trial.loss) for trial in contest.trials] == [(s, v) for s, v, _ in entries]


def test_a_layer_is_named_only_where_there_are_several():
    assert settings_of("k", 5, "embedding", ("embedding",)) == {"k": 5}
    assert settings_of("k", 5, "stage1", ("embedding", "stage1")) == {"k": 5, "layer": "stage1"}
