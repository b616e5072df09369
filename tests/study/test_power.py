"""What difference a study can see, against Cohen's tables, SciPy's noncentral t, and studies drawn at random."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from samples import record
from virb.spec import EncoderSpec, Pretraining
from virb.study.power import crossed, foresee, smallest_difference, spreads_of


@pytest.mark.parametrize(("difference", "runs"), [(0.20, 393), (0.50, 64), (0.80, 26), (1.00, 17), (1.40, 9)])
def test_cohens_table_has_the_runs_that_see_a_difference(difference, runs):
    """Cohen 1988, table 2.4.1, two-sided 5 %, power 0.80: the smallest n that sees d."""
    assert smallest_difference(runs, 2 * (runs - 1)) <= difference * 1.005
    assert smallest_difference(runs - 1, 2 * (runs - 2)) > difference * 0.995


@given(runs=st.integers(2, 40), more=st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_the_noncentral_t_has_the_power_that_was_asked_for(runs, more):
    freedom = 2 * (runs - 1) + more
    n = smallest_difference(runs, freedom) / np.sqrt(2 / runs)
    critical = stats.t.ppf(0.975, freedom)
    power = stats.nct.sf(critical, freedom, n)  # the other tail is below 1e-4 here
    assert power == pytest.approx(0.8, abs=2e-4)


def test_four_fifths_of_random_studies_see_it():
    cells, runs = 4, 3
    difference = smallest_difference(runs, cells * (runs - 1))
    draw = np.random.default_rng(0).normal(size=(20_000, cells, runs))
    draw[:, 0] += difference
    pooled = draw.var(axis=2, ddof=1).mean(axis=1)
    t = (draw[:, 0].mean(axis=1) - draw[:, 1].mean(axis=1)) / np.sqrt(pooled * 2 / runs)
    p = 2 * stats.t.sf(np.abs(t), cells * (runs - 1))
    assert (p < 0.05).mean() == pytest.approx(0.8, abs=0.01)


def test_one_degree_of_freedom_is_enough_for_an_answer_and_none_is_not():
    assert smallest_difference(1, 1) > 20
    with pytest.raises(ValueError, match="degrees of freedom"):
        smallest_difference(3, 0)


PILOT = [(m, d) for m in ("moco", "swav", "pirl") for d in ("objects", "scenes", "rooms")] + [("sup", "objects")]


def test_the_pilot_compares_cells_methods_and_data():
    power = foresee(PILOT, 3)
    assert power.freedom == 20
    assert [(sight.what.split(",")[0], sight.runs) for sight in power.sights] == [
        ("two cells", 3),
        ("two methods", 9),
        ("two data sets", 9),
    ]
    assert [s.spreads for s in power.sights] == pytest.approx([2.405, 1.389, 1.389], abs=1e-3)


def test_a_method_that_lacks_data_is_outside_the_crossed_part():
    assert crossed(PILOT) == (["moco", "pirl", "swav"], ["objects", "rooms", "scenes"])


def test_with_one_run_a_cell_nothing_is_said():
    assert foresee(PILOT, 1).sights == ()


def test_one_cell_has_nothing_to_be_compared_with():
    assert foresee([("moco", "objects")], 5).sights == ()


def test_runs_of_one_data_set_are_compared_as_cells_only():
    assert [sight.what for sight in foresee([("moco", "objects"), ("swav", "objects")], 3).sights] == ["two cells"]


def scored(method, run, score, seed=0):
    made = Pretraining(method=method, data="world:objects", run=run, seed=run)
    encoder = EncoderSpec(name="e", source="checkpoint", arch="a", weights=f"{method}{run}", pretraining=made)
    one = record(seed=seed, scores={"accuracy": score})
    return one.model_copy(update={"experiment": one.experiment.model_copy(update={"encoder": encoder})})


def test_the_spread_is_pooled_over_cells_in_points():
    scores = {"moco": [0.50, 0.52, 0.57], "swav": [0.30, 0.38]}
    records = [scored(method, run, score) for method, values in scores.items() for run, score in enumerate(values)]
    (spread,) = spreads_of(records)
    squares = sum(np.var(values) * len(values) for values in scores.values())
    assert spread.deviation == pytest.approx(100 * np.sqrt(squares / 3))
    assert (spread.freedom, spread.unit, spread.task) == (3, "points", "t")


def test_seeds_of_one_run_are_no_runs():
    records = [scored("moco", 1, 0.4, seed=0), scored("moco", 1, 0.6, seed=1)]
    assert spreads_of(records) == ()
    (spread,) = spreads_of([*records, scored("moco", 2, 0.5)])
    assert spread.deviation == pytest.approx(0)


def test_untrained_encoders_are_no_cells():
    random = [record(seed=seed, scores={"accuracy": seed / 10}) for seed in range(3)]
    assert spreads_of(random) == ()
