"""What is particular to the logistic probe; what all probes do is in test_contract.py."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from virb.probes import Examples, Score
from virb.probes import _path as path
from virb.probes._path import Path
from virb.probes.logistic import PROBE, Logistic
from virb.spec import Classes, ProbeSpec

BY_ACCURACY = Score(Classes(count=10), "accuracy")


def digits():
    """Real 8 x 8 digits, some of whose pixels are always black: 400 for fit, 200 for select, the rest for test."""
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    pixels, labels = pixels[order].astype(np.float32), labels[order]
    parts = (slice(400), slice(400, 600), slice(600, None))
    return [Examples({"embedding": pixels[part]}, labels[part]) for part in parts]


def scikit_learn(examples, l2):
    model = LogisticRegression(C=1 / (len(examples) * l2), tol=1e-8, max_iter=5000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # at 1e-8 its line search stops on rounding now and then
        pipeline = make_pipeline(StandardScaler(), model)
        return pipeline.fit(examples.features["embedding"].astype(np.float64), examples.labels)


def joined(one, other):
    features = np.concatenate([one.features["embedding"], other.features["embedding"]])
    return Examples({"embedding": features}, np.concatenate([one.labels, other.labels]))


def test_the_grid_spans_eleven_decades_in_steps_that_every_platform_rounds_alike():
    grid = PROBE.spec.grid["l2"]
    assert len(grid) == 45
    assert (max(grid), min(grid)) == (1e3, 1e-8)
    assert all(value == float(f"{value:.3e}") for value in grid)
    np.testing.assert_allclose(np.diff(np.log10(grid)), -0.25, atol=1e-3)


def test_select_scores_and_test_outputs_are_those_of_scikit_learn():
    fit, select, test = digits()
    answer = PROBE.fit(fit, select, Classes(count=10), BY_ACCURACY, 0)
    for trial in answer.trials[::8]:
        if trial.settings["l2"] < 1e-6:
            continue
        theirs = scikit_learn(fit, trial.settings["l2"]).score(select.features["embedding"], select.labels)
        assert abs(trial.score - theirs) <= 1 / len(select)
    both = scikit_learn(joined(fit, select), answer.choice["l2"])
    theirs = both.predict_proba(test.features["embedding"].astype(np.float64))
    np.testing.assert_allclose(np.exp(answer.predict(test.features)), theirs, atol=1e-3)
    assert answer.notes == ()


def test_a_choice_at_the_edge_of_the_grid_is_noted():
    fit, select, _ = digits()
    probe = Logistic(ProbeSpec(name="logistic", grid={"l2": (1e3, 1e2, 10.0)}))
    assert probe.fit(fit, select, Classes(count=10), BY_ACCURACY, 0).notes == ("l2 = 10 is the smallest tried",)
    equal = probe.fit(fit, select, Classes(count=10), lambda outputs, labels: (0.5, 1.0), 0)
    assert equal.notes == ("l2 = 1000 is the largest tried",)


def test_the_order_of_the_grid_changes_nothing():
    fit, select, _ = digits()
    one, other = (
        Logistic(ProbeSpec(name="logistic", grid={"l2": grid})).fit(fit, select, Classes(count=10), BY_ACCURACY, 0)
        for grid in ((1.0, 0.1, 0.01), (0.01, 1.0, 0.1))
    )
    assert one.trials == other.trials
    assert [trial.settings["l2"] for trial in one.trials] == [1.0, 0.1, 0.01]


def test_of_equal_trials_the_strongest_penalty_is_chosen():
    fit, select, _ = digits()
    answer = PROBE.fit(fit, select, Classes(count=10), lambda outputs, labels: (0.5, 1.0), 0)
    assert answer.choice == {"l2": 1e3}


def test_heads_that_stop_early_are_counted_in_a_note(monkeypatch):
    monkeypatch.setattr(path, "LIMIT", 2)
    monkeypatch.setattr(path, "REFIT_LIMIT", 1)
    fit, select, _ = digits()
    notes = PROBE.fit(fit, select, Classes(count=10), BY_ACCURACY, 0).notes
    assert len(notes) == 2
    assert "of 45 heads (l2 up to " in notes[0]
    assert "on 'embedding' stopped after 2 iterations, short of convergence" in notes[0]
    assert notes[1].startswith("the refit at l2 = ")
    assert notes[1].endswith(" on 'embedding' stopped after 1 iterations, short of convergence")


@pytest.mark.parametrize("gap", [0, 2, 4])
def test_a_missing_class_leaves_the_others_as_they_are(gap):
    fit, _, test = digits()
    rows = fit.labels < 4
    features, labels = fit.features["embedding"][rows], fit.labels[rows]
    shifted = labels + (labels >= gap)
    (plain,) = Path(features, labels, 4, [0.01], "embedding", 100).log_probabilities(test.features["embedding"])
    (holed,) = Path(features, shifted, 5, [0.01], "embedding", 100).log_probabilities(test.features["embedding"])
    np.testing.assert_array_equal(np.delete(holed, gap, axis=1), plain)
    np.testing.assert_allclose(holed[:, gap], np.log(np.finfo(np.float32).eps), rtol=1e-6)


def test_features_of_any_scale_give_the_same_head():
    fit, select, test = digits()
    answers = []
    for scale, shift in ((1, 0), (1e-12, 0), (1e12, 0), (1, 1e4)):
        moved = [
            Examples({"embedding": scale * e.features["embedding"] + shift}, e.labels) for e in (fit, select, test)
        ]
        answer = PROBE.fit(*moved[:2], Classes(count=10), BY_ACCURACY, 0)
        answers.append(np.exp(answer.predict(moved[2].features)))
    for other in answers[1:]:
        np.testing.assert_allclose(other, answers[0], atol=1e-3)
