"""What is particular to the ridge probe; the regression itself is tested in test_shrinkage.py."""

import numpy as np
import pytest

from virb.errors import ExperimentError
from virb.probes import PROBES, Examples, Score
from virb.probes._shrinkage import Shrinkage
from virb.probes.ridge import PROBE
from virb.spec import Values

ONE, MASKED, POSITIVE = Values(size=1), Values(size=2, masked=True), Values(size=1, positive=True)


def drawn(n, seed, size=1):
    draw = np.random.default_rng(seed)
    features = draw.normal(size=(n, 5)).astype(np.float32)
    values = features @ np.random.default_rng(99).normal(size=(5, size)) + 0.1 * draw.normal(size=(n, size))
    return Examples({"embedding": features}, values.astype(np.float32))


def by(target, metric="mae"):
    return Score(target, metric)


def test_the_penalties_are_those_of_logistic():
    assert PROBE.spec.grid == PROBES.load("logistic").spec.grid
    fit, select = drawn(60, 1), drawn(30, 2)
    answer = PROBE.fit(fit, select, ONE, by(ONE), 0)
    assert [trial.settings["l2"] for trial in answer.trials] == sorted(PROBE.spec.grid["l2"], reverse=True)


def test_trials_are_fitted_on_fit_and_the_head_on_both():
    fit, select, test = drawn(60, 1), drawn(30, 2), drawn(40, 3)
    answer = PROBE.fit(fit, select, ONE, by(ONE), 0)
    path = Shrinkage(fit.features["embedding"], fit.labels.astype(float), "embedding")
    for trial, outputs in zip(
        answer.trials, path.predictions(select.features["embedding"], sorted(PROBE.spec.grid["l2"])[::-1]), strict=True
    ):
        assert trial.score == pytest.approx(-np.abs(outputs - select.labels).mean(), rel=1e-4)
    both = np.concatenate([fit.features["embedding"], select.features["embedding"]])
    refitted = Shrinkage(both, np.concatenate([fit.labels, select.labels]).astype(float), "embedding")
    (expected,) = refitted.predictions(test.features["embedding"], [answer.choice["l2"]])
    np.testing.assert_allclose(answer.predict(test.features), expected, rtol=1e-5)


def test_positive_values_are_fitted_on_their_logarithm_and_predicted_above_zero():
    splits = [drawn(n, seed) for n, seed in ((100, 1), (40, 2), (200, 3))]
    fit, select, test = (Examples(split.features, np.exp(split.labels)) for split in splits)
    answer = PROBE.fit(fit, select, POSITIVE, by(POSITIVE), 0)
    outputs = answer.predict(test.features)
    assert (outputs > 0).all()
    np.testing.assert_allclose(np.log(outputs), np.log(test.labels), atol=0.6)
    far = {"embedding": 1e6 * test.features["embedding"]}
    assert np.isfinite(answer.predict(far)).all()


@pytest.mark.parametrize("value", [0.0, -2.5])
def test_values_that_are_not_positive_are_refused_where_they_must_be(value):
    fit, select = (Examples(split.features, np.exp(split.labels)) for split in (drawn(30, 1), drawn(20, 2)))
    select.labels[4] = value
    with pytest.raises(ExperimentError, match=f"to be positive, and is {value:g} in some example"):
        PROBE.fit(fit, select, POSITIVE, by(POSITIVE), 0)


def test_missing_values_leave_out_their_row_for_their_number_alone():
    fit, select, test = (drawn(n, seed, size=2) for n, seed in ((100, 1), (40, 2), (50, 3)))
    fit.labels[::4, 0] = np.nan
    select.labels[::5, 1] = np.nan
    answer = PROBE.fit(fit, select, MASKED, by(MASKED), 0)
    np.testing.assert_allclose(answer.predict(test.features), test.labels, atol=0.6)


@pytest.mark.parametrize("split", [0, 1])
def test_missing_values_are_refused_where_none_may_be(split):
    splits = [drawn(30, 1), drawn(20, 2)]
    splits[split].labels[[2, 7]] = np.nan
    with pytest.raises(ExperimentError, match=r"missing in 2 of (30|20) examples"):
        PROBE.fit(*splits, ONE, by(ONE), 0)


def test_infinite_values_are_refused():
    splits = [drawn(30, 1), drawn(20, 2)]
    splits[0].labels[3] = np.inf
    with pytest.raises(ExperimentError, match="infinite"):
        PROBE.fit(*splits, ONE, by(ONE), 0)


def test_there_is_nothing_to_calibrate():
    assert PROBE.sweep(drawn(30, 1), drawn(20, 2), ONE, by(ONE), 0).outputs is None
