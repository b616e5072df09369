"""The rule of choice: score, then loss, then strength, then who came first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from virb.errors import ExperimentError
from virb.probes._choice import Contest, edge_notes, layer_of, settings_of
from virb.spec import ProbeSpec

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


def test_a_trial_that_diverged_is_the_worst_and_is_named():
    contest = Contest(lambda outputs, labels: (0.1, 9.0), LABELS)
    contest.enter({"lr": 0.1, "layer": "stage1"}, 9.0, np.array([[0.0, np.nan]], np.float32))
    contest.enter({"lr": 0.01, "layer": "stage1"}, 1.0, np.zeros((1, 2), np.float32))
    contest.enter({"lr": 1.0, "layer": "stage1"}, 9.0, np.array([[0.0, np.inf]], np.float32))
    assert contest.winner[0] == {"lr": 0.01, "layer": "stage1"}
    assert [(trial.score, trial.loss) for trial in contest.trials] == [(-np.inf, np.inf), (0.1, 9.0), (-np.inf, np.inf)]
    assert contest.notes == ("2 of 3 trials diverged: lr = 0.1, layer = stage1; lr = 1, layer = stage1",)


def test_nothing_is_chosen_where_every_trial_diverged():
    contest = Contest(lambda outputs, labels: (0.1, 9.0), LABELS)
    contest.enter({"lr": 0.1}, 1.0, np.array([[np.nan]], np.float32))
    with pytest.raises(ExperimentError, match="All 1 trials diverged"):
        _ = contest.winner


def test_a_layer_is_named_only_where_there_are_several():
    assert settings_of({"k": 5}, "embedding", ("embedding",)) == {"k": 5}
    assert settings_of({"k": 5}, "stage1", ("embedding", "stage1")) == {"k": 5, "layer": "stage1"}
    assert layer_of({"k": 5}, ProbeSpec(name="p", layers=("stage2",))) == "stage2"
    assert layer_of({"k": 5, "layer": "stage1"}, ProbeSpec(name="p", layers=("stage2", "stage1"))) == "stage1"


@pytest.mark.parametrize(
    ("choice", "notes"),
    [
        ({"lr": 0.1, "decay": 0.5}, ()),
        ({"lr": 1.0, "decay": 0.5}, ("lr = 1 is the largest tried",)),
        ({"lr": 0.01, "decay": 1.0}, ("lr = 0.01 is the smallest tried", "decay = 1 is the largest tried")),
        ({"lr": 0.1, "decay": 0.0}, ()),
    ],
)
def test_values_at_the_edge_are_noted_but_not_those_at_a_natural_end(choice, notes):
    grid = {"lr": (1.0, 0.1, 0.01), "decay": (0.0, 0.5, 1.0)}
    assert edge_notes(choice, grid, natural={"decay": 0.0}) == notes


def test_of_a_single_value_there_is_no_edge():
    assert edge_notes({"lr": 1.0}, {"lr": (1.0,)}) == ()
