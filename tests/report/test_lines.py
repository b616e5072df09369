"""Which encoders share a line."""

from grid_factory import grid_lab, scored, trained, untrained
from record_factory import Lab, demo_lab, make_encoder, make_task

from virb.analysis import matrix
from virb.analysis.factors import grid
from virb.report.lines import alone, lines


def shared(lab):
    found = matrix(lab.records, lab.outcomes)
    return found, lines(found.rows, grid(found))


def test_runs_of_a_recipe_and_random_starts_share_a_line():
    found, its = shared(grid_lab())
    assert len(its) == 11
    assert [line.bundle for line in its] == [True] * 11
    assert [line.floor for line in its] == [False] * 10 + [True]
    assert its[-1].name == "random starts of narrow_resnet10_w16"
    assert [row.name for row in its[0].rows] == [f"supervised on world:objects, run {k}" for k in (1, 2, 3)]
    assert sorted(row.key for line in its for row in line.rows) == sorted(row.key for row in found.rows)


def test_without_a_grid_every_encoder_has_its_own_in_the_order_of_the_matrix():
    found, its = shared(demo_lab())
    assert its == alone(found.rows)
    assert [(line.name, line.rows, line.bundle) for line in its] == [(row.name, (row,), False) for row in found.rows]


def test_other_encoders_and_single_runs_keep_their_own_name():
    lab = Lab()
    for method in ("a", "b"):
        scored(lab, trained(method, "x", 1), make_task(), 0.5)
    scored(lab, untrained(1), make_task(), 0.1)
    scored(lab, make_encoder("other"), make_task(), 0.9)
    _, its = shared(lab)
    assert [line.name for line in its] == ["other", "a on x, run 1", "b on x, run 1", "random:narrow_resnet10_w16@1"]
