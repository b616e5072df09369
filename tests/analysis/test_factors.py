"""Which encoders are a grid, and the largest crossed part of it."""

import numpy as np
import pytest
from grid_factory import ARCH, grid_lab, layout, scored, trained, untrained
from hypothesis import given, settings
from hypothesis import strategies as st
from record_factory import Lab, make_encoder, make_task

from virb.analysis import matrix
from virb.analysis.factors import Run, Scores, Treatment, crossed, grid, scores
from virb.spec import Pretraining


def found(lab):
    return grid(matrix(lab.records, lab.outcomes))


def test_a_grid_has_its_runs_by_recipe_and_the_starts_by_seed():
    lab = grid_lab()
    its = found(lab)
    assert (its.methods, its.data) == (
        ("moco-v2", "pirl", "supervised", "swav"),
        ("world:objects", "world:rooms", "world:scenes"),
    )
    assert (len(its.runs), len(its.treatments), sorted(its.starts), its.left_out) == (30, 10, [1, 2, 3], ())
    assert [(str(run.treatment), run.number, run.start) for run in its.runs[:2]] == [
        ("moco-v2 on world:objects", 1, 1),
        ("moco-v2 on world:objects", 2, 2),
    ]


@pytest.mark.parametrize(
    "encoders",
    [
        [],
        [make_encoder("a"), untrained(1), untrained(2)],
        [trained("moco-v2", "d", run) for run in (1, 2, 3)],
        [make_encoder("zoo", pretraining=Pretraining(method="supervised", data="imagenet-1k"))],
    ],
    ids=["nothing", "untrained", "one recipe", "zoo"],
)
def test_one_method_on_one_data_set_is_no_grid(encoders):
    lab = Lab()
    for encoder in encoders:
        scored(lab, encoder, make_task(), 0.5)
    assert found(lab) is None


def test_encoders_of_another_architecture_or_budget_or_of_the_same_run_are_left_out_with_the_reason():
    lab = Lab()
    for run in (1, 2):
        for data in ("a", "b"):
            scored(lab, trained("moco-v2", data, run), make_task(), 0.5)
    for other in (
        trained("swav", "a", 1, arch="resnet50"),
        trained("swav", "a", 1, images_seen=9),
        make_encoder("zz twin", arch=ARCH, pretraining=trained("moco-v2", "a", 1).pretraining),
    ):
        scored(lab, other, make_task(), 0.5)
    scored(lab, untrained(1, arch="resnet50"), make_task(), 0.5)
    its = found(lab)
    assert (len(its.runs), its.starts) == (4, {})
    assert sorted(why for _, why in its.left_out) == [
        "another encoder has its method, data and run",
        "of another architecture or budget",
        "of another architecture or budget",
    ]
    assert {run.row.name for run in its.runs if run.number == 1 and run.treatment.data == "a"} == {
        "moco-v2 on a, run 1"
    }


def test_scores_are_turned_so_that_higher_is_better_and_failures_are_missing():
    values = np.array([[[0.2, 0.4]], [[0.1, np.nan]]])
    its = layout(values, make_task(primary="nll"), starts=(0.9,))
    told = scores(its, grid(its), its.columns[0])
    assert told.values.tolist() == [-0.2, -0.4, -0.1]
    assert told.starts == {1: -0.9}
    assert [run.number for run in told.missing] == [2]
    assert told.of(Treatment("m0", "d0")).tolist() == [-0.2, -0.4]


def part(runs):
    """The crossed part of (method, data, number) runs, whose values are their places."""
    made = tuple(Run(Treatment(m, d), k, k, None) for m, d, k in runs)
    return crossed(Scores(None, made, np.arange(float(len(made))), {}))


def test_the_crossed_part_leaves_out_what_is_on_one_data_set_only():
    runs = [(m, d, k) for m in "ab" for d in "xyz" for k in (1, 2)] + [("s", "x", 1), ("s", "x", 2)]
    its = part(runs)
    assert (its.methods, its.data, its.numbers, its.paired) == (("a", "b"), ("x", "y", "z"), (1, 2), True)
    assert its.values.tolist() == np.arange(12.0).reshape(2, 3, 2).tolist()


def test_a_missing_run_costs_the_run_and_not_a_level_where_as_many_encoders_are_left():
    runs = [(m, d, k) for m in "abc" for d in "xyz" for k in (1, 2, 3) if (m, d, k) != ("a", "x", 2)]
    its = part(runs)
    assert (its.methods, its.data, its.numbers) == (("a", "b", "c"), ("x", "y", "z"), (1, 3))


def test_starts_that_differ_between_recipes_are_no_block():
    made = tuple(Run(Treatment(m, "x"), k, k + 10 * (m == "b"), None) for m in "ab" for k in (1, 2))
    its = crossed(Scores(None, made, np.arange(4.0), {}))
    assert not its.paired
    assert its.values.shape == (2, 1, 2)


def test_many_methods_are_no_combinatorial_explosion():
    runs = [(f"m{m:02d}", d, k) for m in range(30) for d in "xy" for k in (1, 2) if (m, d) != (3, "y")]
    assert part(runs).values.shape == (29, 2, 2)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(1, 3)), min_size=1))
def test_the_crossed_part_is_the_largest_of_all(runs):
    its = part(sorted(runs))
    best = (False, 0, 0)
    for methods in subsets("abc"):
        for data in subsets("xyz"):
            shared = [k for k in (1, 2, 3) if all((m, d, k) in runs for m in methods for d in data)]
            if max(len(methods), len(data)) > 1 and shared:
                sizes = (len(methods), len(data), len(shared))
                best = max(best, (min(sizes) > 1, int(np.prod(sizes)), sizes[0] + sizes[1]))
    if its is None:
        assert best == (False, 0, 0)
    else:
        sizes = its.values.shape
        assert (min(sizes) > 1, int(np.prod(sizes)), sizes[0] + sizes[1]) == best


def subsets(levels):
    return [[x for k, x in enumerate(levels) if bits >> k & 1] for bits in range(1, 2 ** len(levels))]
