"""What is particular to nearest neighbours; what all probes do is in test_contract.py."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from virb.probes import Examples, Score
from virb.probes import _neighbours as module
from virb.probes._neighbours import Index
from virb.probes.knn import PROBE
from virb.spec import Classes

KS = [1, 5, 10, 20, 50, 100, 200]


def drawn(n, width, classes, seed=0, m=60):
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, classes, n)
    centres = draw.normal(size=(classes, width))
    fit = centres[labels] + draw.normal(size=(n, width))
    return fit.astype(np.float32), labels, draw.normal(size=(m, width)).astype(np.float32)


def plain(fit, labels, new, k, classes):
    """Ten lines that say what is meant."""
    scaler = StandardScaler().fit(fit.astype(np.float64))
    fit, new = scaler.transform(fit.astype(np.float64)), scaler.transform(new.astype(np.float64))
    fit, new = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (fit, new))
    shares = np.zeros((len(new), classes))
    for row, similarity in enumerate(new @ fit.T):
        for near in np.argsort(-similarity)[:k]:
            shares[row, labels[near]] += np.exp(similarity[near] / 0.07)
    return shares / shares.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("n", "width", "classes"), [(250, 8, 3), (220, 60, 12), (300, 3, 2)])
def test_votes_are_those_of_the_plain_rule_and_of_scikit_learn(n, width, classes):
    fit, labels, new = drawn(n, width, classes)
    scaler = StandardScaler().fit(fit.astype(np.float64))
    ours = Index(fit, labels, classes, "embedding").log_probabilities(new, KS)
    for k, mine in zip(KS, ours, strict=True):
        model = KNeighborsClassifier(k, metric="cosine", weights=lambda d: np.exp((1 - d) / 0.07))
        model.fit(scaler.transform(fit.astype(np.float64)), labels)
        theirs = model.predict_proba(scaler.transform(new.astype(np.float64)))
        np.testing.assert_allclose(plain(fit, labels, new, k, classes), theirs, atol=1e-9)
        np.testing.assert_allclose(np.exp(mine), theirs, atol=1e-4)


@pytest.mark.parametrize(("queries", "points"), [(7, 64), (1, 1), (1000, 3), (16, 249)])
def test_blocks_of_the_search_change_nothing(queries, points, monkeypatch):
    fit, labels, new = drawn(250, 8, 3)
    expected = Index(fit, labels, 3, "embedding").log_probabilities(new, KS)
    monkeypatch.setattr(module, "QUERIES", queries)
    monkeypatch.setattr(module, "POINTS", points)
    ours = Index(fit, labels, 3, "embedding").log_probabilities(new, KS)
    np.testing.assert_allclose(np.exp(ours), np.exp(expected), atol=1e-5)


def test_a_class_without_a_vote_gets_the_floor():
    fit, labels, new = drawn(50, 8, 3)
    (outputs,) = Index(fit, labels, 3, "embedding").log_probabilities(new, [1])
    assert (np.sort(outputs, axis=1)[:, :2] == np.float32(np.log(np.finfo(np.float32).eps))).all()
    assert (outputs.max(axis=1) == 0).all()


def test_more_neighbours_than_examples_are_not_tried():
    fit, labels, new = drawn(30, 8, 3)
    examples = Examples({"embedding": fit}, labels)
    select = Examples({"embedding": new}, np.arange(60) % 3)
    answer = PROBE.fit(examples, select, Classes(count=3), Score(Classes(count=3), "accuracy"), 0)
    assert [trial.settings["k"] for trial in answer.trials] == [20, 10, 5, 1]


def test_of_equal_trials_the_most_neighbours_are_chosen():
    fit, labels, new = drawn(250, 8, 3)
    select = Examples({"embedding": new}, np.arange(60) % 3)
    answer = PROBE.fit(Examples({"embedding": fit}, labels), select, Classes(count=3), lambda o, y: (0.5, 1.0), 0)
    assert answer.choice == {"k": 200}


def test_an_example_at_the_mean_of_all_is_answered_with_finite_numbers():
    fit, labels, _ = drawn(50, 8, 3)
    fit[0] = np.delete(fit, 0, axis=0).mean(axis=0)
    index = Index(fit, labels, 3, "embedding")
    middle = fit.astype(np.float64).mean(axis=0, keepdims=True).astype(np.float32)
    for outputs in index.log_probabilities(np.concatenate([middle, fit[:1]]), [1, 5, 50]):
        assert np.isfinite(outputs).all()
        np.testing.assert_allclose(np.exp(outputs).sum(axis=1), 1, atol=1e-5)


def test_copies_of_the_test_example_decide_it():
    fit, labels, new = drawn(200, 8, 3)
    fit[:3], labels[:3] = new[0], [2, 2, 2]
    (outputs,) = Index(fit, labels, 3, "embedding").log_probabilities(new[:1], [5])
    assert outputs[0].argmax() == 2


def test_features_of_any_scale_have_the_same_neighbours():
    fit, labels, new = drawn(250, 8, 3)
    expected = Index(fit, labels, 3, "embedding").log_probabilities(new, [10])[0]
    columns = np.geomspace(1e-12, 1e12, 8, dtype=np.float32)
    moved = Index(fit * columns, labels, 3, "embedding").log_probabilities(new * columns, [10])[0]
    np.testing.assert_allclose(np.exp(moved), np.exp(expected), atol=1e-4)
