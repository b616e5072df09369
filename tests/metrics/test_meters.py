"""What every meter promises, whatever it measures."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from virb.errors import ExperimentError
from virb.metrics import Meter, meter
from virb.spec import FAMILIES, Classes, Values

TARGETS = {
    "classes": Classes(count=4),
    "values": Values(size=3, masked=True),
    "segmentation": Classes(count=4, dense=True, ignore=255),
    "depth": Values(size=1, dense=True, masked=True, positive=True),
    "flow": Values(size=2, dense=True, masked=True),
    "intensity": Values(size=3, dense=True, masked=True),
}
NUMBERS = ("values", "depth", "flow", "intensity")
MAPS = {"depth", "flow", "intensity"}
families = pytest.mark.parametrize("family", TARGETS)


def drawn(family, n=12, seed=0):
    """Predictions and truth, a third of which is missing where it may be."""
    draw = np.random.default_rng(seed)
    if family == "classes":
        return np.log(draw.dirichlet(np.ones(4), n)).astype(np.float32), draw.integers(0, 4, n)
    if family == "segmentation":
        truth = draw.integers(0, 4, (n, 5, 6))
        truth[draw.random(truth.shape) < 0.3] = 255
        return np.log(draw.dirichlet(np.ones(4), (n, 5, 6))).astype(np.float32), truth
    shape = (n, 3) if family == "values" else (n, 5, 6, TARGETS[family].size)
    law = draw.lognormal if family == "depth" else draw.normal
    truth = (4 * law(size=shape)).astype(np.float32)
    truth[draw.random(shape) < 0.3] = np.nan
    return (4 * law(size=shape)).astype(np.float32), truth


def measured(family, outputs, truth) -> Meter:
    its = meter(TARGETS[family], family)
    its.add(outputs, truth)
    return its


@families
def test_a_meter_gives_every_metric_of_its_family_but_those_that_need_a_temperature(family):
    expected = [name for name in FAMILIES[family] if not name.endswith("-calibrated")]
    assert list(measured(family, *drawn(family)).scores()) == expected


@families
@given(cuts=st.lists(st.integers(0, 12), max_size=5), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_how_examples_are_cut_into_batches_changes_nothing(family, cuts, seed):
    outputs, truth = drawn(family, seed=seed)
    whole, parts = measured(family, outputs, truth), meter(TARGETS[family], family)
    whole.add(None, truth)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), 12], strict=True):
        parts.add(outputs[start:end], truth[start:end])
        parts.add(None, truth[start:end])
    assert parts.scores() == pytest.approx(whole.scores(), rel=1e-9)
    assert parts.loss() == pytest.approx(whole.loss(), rel=1e-9)
    for name, values in whole.outcomes().items():
        np.testing.assert_array_equal(parts.outcomes()[name], values)
    np.testing.assert_allclose(parts.constant(outputs.shape), whole.constant(outputs.shape), rtol=1e-6)


@families
def test_outcomes_have_a_row_for_each_example_in_the_order_they_came(family):
    outputs, truth = drawn(family)
    whole = measured(family, outputs, truth).outcomes()
    assert {len(values) for values in whole.values()} == {12}
    turned = measured(family, outputs[::-1], truth[::-1]).outcomes()
    for name, values in whole.items():
        np.testing.assert_array_equal(turned[name][::-1], values)


@families
def test_without_examples_there_is_no_score(family):
    outputs, truth = drawn(family)
    its = meter(TARGETS[family], family)
    for put in (lambda: None, lambda: its.add(outputs[:0], truth[:0]), lambda: its.add(None, truth)):
        put()
        for ask in (its.scores, its.loss):
            with pytest.raises(ValueError, match=r"no examples|no labelled|nothing to score"):
                ask()


@families
def test_without_truth_there_is_no_constant_answer(family):
    outputs, truth = drawn(family)
    with pytest.raises(ValueError, match="no examples"):
        measured(family, outputs, truth).constant(outputs.shape)


@families
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_predictions_that_are_not_finite_never_become_a_score(family, bad):
    outputs, truth = drawn(family)
    outputs.reshape(-1)[7] = bad
    with pytest.raises(ExperimentError, match="NaN or infinite"):
        measured(family, outputs, truth)


@families
def test_shapes_that_do_not_fit_are_refused(family):
    outputs, truth = drawn(family)
    for wrong in (outputs[:-1], outputs[..., :-1], outputs[None]):
        with pytest.raises(ValueError, match=r"labels|predictions|log-prob"):
            measured(family, wrong, truth)


@pytest.mark.parametrize("family", NUMBERS)
def test_an_example_with_nothing_to_score_has_nan_and_no_part_in_the_mean(family):
    outputs, truth = drawn(family)
    truth[4] = np.nan
    rest = np.delete(np.arange(12), 4)
    whole, without = measured(family, outputs, truth), measured(family, outputs[rest], truth[rest])
    assert whole.scores() == pytest.approx(without.scores())
    assert whole.loss() == pytest.approx(without.loss())
    for name, values in whole.outcomes().items():
        assert np.flatnonzero(np.isnan(values)).tolist() == [4]
        assert np.nanmean(values) == pytest.approx(whole.scores()[name], rel=1e-5)


@pytest.mark.parametrize("family", NUMBERS)
def test_truth_that_is_all_missing_gives_no_score_and_no_constant(family):
    outputs, truth = drawn(family)
    its = measured(family, outputs, truth * np.nan)
    its.add(None, truth * np.nan)
    for ask in (its.scores, its.loss, lambda: its.constant(outputs.shape)):
        with pytest.raises(ValueError, match=r"nothing to score|no examples"):
            ask()


@families
def test_a_perfect_prediction_is_perfect(family):
    outputs, truth = drawn(family)
    if family in NUMBERS:
        outputs = np.where(np.isfinite(truth), truth, 1.0)
    else:
        outputs = np.where(np.eye(4, dtype=bool)[np.where(truth == 255, 0, truth)], 0.0, -np.inf)
    its = measured(family, outputs, truth)
    best = {"accuracy", "balanced-accuracy", "r2", "miou", "pixel-accuracy", "delta-1.25", "delta-1.25-aligned"}
    assert its.scores() == pytest.approx({name: float(name in best) for name in its.scores()})
    assert its.loss() == 0


@families
def test_the_constant_answer_fits_any_shape_and_can_be_scored(family):
    outputs, truth = drawn(family, n=40)
    its = meter(TARGETS[family], family)
    its.add(None, truth)
    answer = its.constant(outputs[:5].shape)
    assert answer.shape == outputs[:5].shape
    assert np.isfinite(list(measured(family, answer, truth[:5]).scores().values())).all()


@pytest.mark.parametrize("family", ["segmentation", *sorted(MAPS)])
def test_a_meter_does_not_grow_with_the_pixels_of_an_image(family):
    sizes = []
    for zoom in (1, 8):
        outputs, truth = (part.repeat(zoom, 1).repeat(zoom, 2) for part in drawn(family))
        its = meter(TARGETS[family], family)
        its.add(outputs, truth)
        its.add(None, truth)
        sizes.append(len(pickle.dumps(its)))
    assert sizes[0] == pytest.approx(sizes[1], abs=200)


def test_a_family_meets_its_own_targets_only():
    for family, target in TARGETS.items():
        for other in TARGETS:
            if {family, other} <= MAPS or family == other:
                assert isinstance(meter(target, other), Meter)
            else:
                with pytest.raises(ValueError, match="not for"):
                    meter(target, other)
