"""All about method and data in one place, on whole matrices: the usual one, and what can be missing."""

import numpy as np
import pytest
from grid_factory import grid_lab, layout, scored, trained
from record_factory import Lab, demo_lab, make_encoder, make_task

from virb.analysis import effects, matrix
from virb.spec import Regime


@pytest.fixture(scope="module")
def lab():
    return grid_lab()


@pytest.fixture(scope="module")
def found(lab):
    return effects(matrix(lab.records, lab.outcomes))


def test_a_matrix_without_a_grid_has_no_effects():
    lab = demo_lab()
    assert effects(matrix(lab.records, lab.outcomes)) is None
    assert effects(matrix([], lambda _: None)) is None


def test_every_column_is_analysed_and_every_task_has_its_headline(found):
    assert len(found.columns) == 10
    assert [its.column.probe for its in found.tasks] == ["logistic"] * 3 + ["ridge"] + ["dense-linear"] * 3
    assert len(found.agreement) == 21
    assert {its.components.runs.df for its in found.tasks} == {16, 8}


def test_tasks_that_do_not_depend_on_training_tell_no_recipe_from_another(found):
    told = {its.column.title: its.spread.distinguishable for its in found.tasks}
    assert not told["Camera motion"]
    assert told["Objects"]
    assert told["Steps to the target"]


def test_the_gain_over_the_start_is_positive_whichever_way_the_metric_goes(found):
    told = {its.column.title: its.gains[0] for its in found.tasks}
    assert {told[name].distinguishable and told[name].estimate > 0 for name in ("Objects", "Depth in a scene")} == {
        True
    }


def test_the_best_method_is_the_best_whichever_way_the_metric_goes(found):
    for its in found.tasks:
        if its.column.title in ("Objects", "Steps to the target", "Depth in a scene"):
            (pair,) = [c for c in its.family("method") if {c.one, c.other} == {"moco-v2", "pirl"}]
            assert pair.turned().one == "moco-v2"
            assert pair.distinguishable


def test_a_failed_run_is_named_and_costs_its_number_in_the_crossed_part(found):
    (its,) = [its for its in found.tasks if its.column.title == "How many"]
    assert its.components.part.numbers == (1, 3)
    assert sorted(its.fit.runs) == [2] + [3] * 9
    assert its.note == (
        "not in the crossed part: supervised on world:objects and run 2 of all, which one of them lacks; "
        "without a score: swav on world:rooms, run 2"
    )


def test_spread_stands_beside_the_noise_of_runs_and_of_the_test_set(found, lab):
    its = found.tasks[0]
    table = matrix(lab.records, lab.outcomes)
    cells = [table.cell(its.column, run.row) for run in its.scores.runs]
    assert its.spread.half == pytest.approx(np.median([np.diff(cell.interval)[0] / 2 for cell in cells]))
    means = [
        np.mean([c.score for c, r in zip(cells, its.scores.runs, strict=True) if r.treatment == t])
        for t in its.scores.treatments
    ]
    assert its.spread.treatments == pytest.approx(np.std(means, ddof=1))
    assert its.spread.runs == its.fit.sd


def test_the_neighbours_stand_beside_the_headline_probe(found):
    probes = {its.one.title: (its.one.probe, its.other.probe) for its in found.beside.values()}
    assert probes == dict.fromkeys(("Objects", "How many", "Camera motion"), ("logistic", "knn"))


def test_scores_of_few_labels_do_not_stand_beside_those_of_all():
    lab = Lab()
    for method in ("a", "b"):
        for run in (1, 2):
            lab.run(trained(method, "x", run), make_task(), 0.5)
            few = {"regime": Regime(kind="shots", n=5, resample=run)}
            lab.run(trained(method, "x", run), make_task(), 0.5, probe="knn", declared=few)
            lab.run(trained(method, "x", run), make_task(), 0.5, probe="best")
    its = effects(matrix(lab.records, lab.outcomes))
    assert len(its.columns) == 3
    assert its.beside == {}


NOISE = np.random.default_rng(0).normal(size=(2, 2, 3)) / 100 + 0.5


def column(values, **changes):
    (its,) = effects(layout(values, **changes)).columns.values()
    return its


def test_two_methods_on_one_data_set_are_compared_and_data_sets_are_not():
    its = column(NOISE[:, :1])
    assert [line.name for line in its.components.lines] == ["method", "start", "runs"]
    assert {contrast.family for contrast in its.contrasts} == {"method", "treatment"}
    assert effects(layout(NOISE[:1])).columns


def test_one_run_of_everything_says_that_nothing_can_be_told():
    its = column(NOISE[:, :, :1], starts=(0.2,))
    assert (its.components, its.fit, its.contrasts, its.spread.p) == (None, None, (), None)
    assert its.note == "no recipe was run twice, so nothing can be said about the noise of training again"
    assert [gain.interval for gain in its.gains] == [None] * 5


def test_recipes_that_were_not_crossed_are_still_compared_pair_by_pair():
    values = np.full((2, 2, 2), np.nan)
    values[0, 0], values[1, 1] = (0.1, 0.12), (0.8, 0.83)
    its = column(values)
    assert its.components is None
    assert [(c.family, c.distinguishable) for c in its.contrasts] == [("treatment", True)]
    assert its.note.startswith(
        "no part of the grid crosses methods or data sets in two runs; without a score: m0 on d1"
    )


def test_without_random_starts_there_are_no_gains():
    assert column(NOISE).gains == ()


def test_a_column_in_which_one_recipe_has_scores_is_left_out():
    lab = Lab()
    for method in ("a", "b"):
        for run in (1, 2):
            scored(lab, trained(method, "x", run), make_task("one"), 0.5)
            lab.fail(trained(method, "x", run), make_task("two"))
    scored(lab, make_encoder("other"), make_task("two"), 0.5)
    its = effects(matrix(lab.records, lab.outcomes))
    assert [one.column.title for one in its.tasks] == ["One"]
    assert its.agreement == ()


def test_equal_scores_everywhere_are_told_as_such():
    its = column(np.full((2, 2, 2), 0.5), starts=(0.5, 0.5))
    assert not any(contrast.distinguishable for contrast in its.contrasts)
    assert not its.spread.distinguishable
    assert not any(gain.distinguishable for gain in its.gains)


def test_the_same_records_give_the_same_effects(lab, found):
    again = effects(matrix(lab.records[::-1], lab.outcomes))
    assert repr(again) == repr(found)
