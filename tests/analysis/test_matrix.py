"""Cells, gaps, failures, and what is best."""

import numpy as np
import pytest
from record_factory import Lab, demo_lab, make_encoder, make_task
from toy_scenes import depth_task, flow_task, parts_task

from virb.analysis import matrix
from virb.spec import FAMILIES, METRICS, Quadrant, Regime, Task, Values

A, B, C = (make_encoder(f"timm:{name}") for name in "abc")
FLOOR = make_encoder("pixels", "pixels")


@pytest.fixture
def lab():
    return Lab()


def only(found):
    return found.cells[found.columns[0].key, found.rows[0].key]


def test_a_cell_has_the_score_of_its_record_and_an_interval_around_it(lab):
    record = lab.run(A, make_task())
    cell = only(matrix(lab.records, lab.outcomes))
    assert cell.score == record.score
    assert cell.interval.low < record.score < cell.interval.high
    assert (cell.examples, cell.groups, cell.chance, cell.note) == (240, 240, 0.25, None)
    assert cell.ids == (record.id,)


@pytest.mark.parametrize("primary", ["accuracy", "balanced-accuracy"])
def test_a_cell_of_several_seeds_has_their_mean(lab, primary):
    task = make_task(carved=True, primary=primary)
    records = [lab.run(A, task, skill, seed=seed) for seed, skill in enumerate((0.6, 0.7, 0.8))]
    cell = only(matrix(lab.records, lab.outcomes))
    assert cell.score == pytest.approx(np.mean([record.score for record in records]))
    assert cell.interval.low < cell.score < cell.interval.high
    assert cell.ids == tuple(record.id for record in records)
    assert 240 < cell.examples < 720


def test_groups_are_counted_and_widen_the_interval(lab):
    lab.run(A, make_task("one"))
    lab.run(A, make_task("two"), per_group=20)
    found = matrix(lab.records, lab.outcomes)
    one, two = (found.cell(column, found.rows[0]) for column in found.columns)
    assert (one.groups, two.groups) == (240, 12)
    assert two.interval.high - two.interval.low > 1.5 * (one.interval.high - one.interval.low)


def test_without_outcomes_there_is_a_score_and_a_reason_and_no_interval(lab):
    record = lab.run(A, make_task(), outcomes=None)
    cell = only(matrix(lab.records, lambda _: None))
    assert (cell.score, cell.interval, cell.examples) == (record.score, None, 240)
    assert record.id in cell.note


def test_outcomes_of_another_record_carry_no_interval(lab):
    record = lab.run(A, make_task(), 0.8)
    other = lab.run(B, make_task(), 0.5)
    cell = only(matrix([record], lambda _: lab.outcomes(other)))
    assert cell.score == record.score
    assert cell.interval is None
    assert "the record says" in cell.note


def test_a_primary_that_outcomes_do_not_add_up_to_has_no_interval(lab):
    lab.run(A, make_task(primary="ece"))
    lab.run(B, make_task(primary="ece"))
    found = matrix(lab.records, lab.outcomes)
    assert only(found).interval is None
    assert only(found).note == "ece is taken over bins of examples, and is no mean over them"
    assert found.tied(found.columns[0]) == (found.rows[1],)


def test_gaps_stay_gaps_and_failures_keep_their_reason(lab):
    lab.run(A, make_task("one"))
    lab.fail(B, make_task("one"), "constant")
    lab.run(B, make_task("two"))
    found = matrix(lab.records, lab.outcomes)
    one, two = found.columns
    rows = {row.name: row for row in found.rows}
    assert found.cell(two, rows["timm:a"]) is None
    failed = found.cell(one, rows["timm:b"])
    assert (failed.score, failed.interval, failed.failures[0].reason) == (None, None, "constant")


def test_the_best_and_those_that_cannot_be_told_from_it(lab):
    for encoder, skill in ((A, 0.90), (B, 0.88), (C, 0.4)):
        lab.run(encoder, make_task(), skill)
    found = matrix(lab.records, lab.outcomes)
    column = found.columns[0]
    names = {row.key: row.name for row in found.rows}
    top = found.best(column)
    assert {top.name, *(row.name for row in found.tied(column))} == {"timm:a", "timm:b"}
    assert [names[row.key] for row, _ in found.scored(column)][-1] == "timm:c"
    assert found.differ(column, found.rows[0], found.rows[2])


def test_where_lower_is_better_the_lowest_is_best(lab):
    task = make_task(primary="nll")
    good = lab.run(A, task, scores={"nll": 0.2})
    lab.run(B, task, scores={"nll": 0.9})
    found = matrix(lab.records, lambda _: None)
    assert found.best(found.columns[0]).spec == good.experiment.encoder
    assert [row.name for row in found.rows] == ["timm:a", "timm:b"]


def test_rows_are_ordered_by_mean_rank_and_floors_come_last(lab):
    for task, skills in (("one", (0.5, 0.8, 0.95)), ("two", (0.5, 0.8, 0.9))):
        for encoder, skill in zip((A, B, FLOOR), skills, strict=True):
            lab.run(encoder, make_task(task), skill)
    lab.run(C, make_task("one"), 0.3)
    alone = make_encoder("timm:alone")
    lab.run(alone, make_task("three"), 0.99)
    names = [row.name for row in matrix(lab.records, lab.outcomes).rows]
    assert names == ["timm:b", "timm:a", "timm:c", "timm:alone", "pixels"]


def test_scores_do_not_depend_on_the_order_of_records():
    lab = demo_lab()
    there, back = matrix(lab.records, lab.outcomes), matrix(lab.records[::-1], lab.outcomes)
    assert (there.columns, there.rows) == (back.columns, back.rows)
    assert {k: (c.score, c.interval) for k, c in there.cells.items()} == {
        k: (c.score, c.interval) for k, c in back.cells.items()
    }


def test_nothing_gives_an_empty_matrix():
    found = matrix([], lambda _: None)
    assert (found.columns, found.rows, found.cells, found.probes) == ((), (), {}, ())


def test_failures_alone_give_a_matrix_without_scores(lab):
    lab.fail(A, make_task())
    found = matrix(lab.records, lab.outcomes)
    assert found.best(found.columns[0]) is None
    assert found.tied(found.columns[0]) == ()
    assert found.chance(found.columns[0]) is None


MAE = Task(
    name="angle",
    quadrant=Quadrant(level="image-level", kind="structural"),
    data="angles",
    target=Values(size=2, unit="°"),
    metrics=FAMILIES["values"],
    primary="mae",
)
KINDS = [
    *(parts_task(primary=name) for name in FAMILIES["segmentation"]),
    *(depth_task(primary=name) for name in FAMILIES["depth"]),
    *(flow_task(primary=name) for name in FAMILIES["flow"]),
    MAE,
]


@pytest.mark.parametrize("task", KINDS, ids=lambda task: task.primary)
def test_every_kind_of_target_has_scores_intervals_and_a_best(lab, task):
    good = lab.measure(A, task, 0.9)
    bad = lab.measure(B, task, 0.5)
    found = matrix(lab.records, lab.outcomes)
    (column,) = found.columns
    cells = {row.spec: found.cell(column, row) for row in found.rows}
    for record in (good, bad):
        cell = cells[record.experiment.encoder]
        assert cell.score == record.scores[task.primary]
        assert cell.interval.low < cell.score < cell.interval.high
        assert (cell.examples, cell.note) == (60, None)
    assert found.best(column).spec == A
    difference = found.difference(column, *found.rows)
    assert difference.distinguishable
    assert (difference.estimate > 0) == (METRICS[task.primary].better == "higher")


def test_r2_has_a_score_and_a_reason_and_no_interval(lab):
    lab.measure(A, MAE.model_copy(update={"primary": "r2"}))
    cell = only(matrix(lab.records, lab.outcomes))
    assert cell.score is not None
    assert cell.interval is None
    assert cell.note.startswith("r2 is a ratio over all of test")


def test_an_older_file_without_the_metric_gives_no_interval_and_says_so(lab):
    record = lab.measure(A, depth_task())
    arrays = {name: values for name, values in lab.outcomes(record).items() if name != "depth-l1"}
    cell = only(matrix([record], lambda _: arrays))
    assert cell.interval is None
    assert cell.note == f"the outcomes of record {record.id} do not hold depth-l1"


def test_draws_of_a_regime_are_averaged_like_seeds(lab):
    records = [
        lab.run(A, make_task(), 0.6 + 0.1 * k, declared={"regime": Regime(kind="shots", n=5, resample=k)})
        for k in range(3)
    ]
    cell = only(matrix(lab.records, lab.outcomes))
    assert cell.ids == tuple(record.id for record in records)
    assert cell.score == pytest.approx(np.mean([record.score for record in records]))
    assert cell.interval.low < cell.score < cell.interval.high
    assert cell.examples == 240


def test_each_task_has_one_headline_column_by_quadrant(lab):
    for probe in ("knn", "logistic", "best"):
        lab.run(A, make_task("plain"), probe=probe)
    lab.run(A, make_task("voted"), probe="knn")
    lab.run(A, make_task("chosen"), probe="best")
    lab.run(A, make_task("few"), declared={"regime": Regime(kind="shots", n=5)})
    for encoder in (A, B):
        lab.run(encoder, make_task("plain"), declared={"regime": Regime(kind="shots", n=5)})
    for probe in ("best", "knn"):
        lab.run(A, make_task("mixed"), probe=probe)
    lab.measure(A, flow_task())
    lab.measure(A, parts_task())
    lab.fail(A, make_task("failed"))
    found = matrix(lab.records, lab.outcomes)
    assert [(column.label, column.probe) for column in found.headline] == [
        ("Chosen", "logistic (best layer)"),
        ("Few (5 a class)", "logistic"),
        ("Mixed", "knn"),
        ("Plain", "logistic"),
        ("Voted", "knn"),
        ("Parts of a scene", "dense-linear"),
        ("Optical flow", "dense-linear"),
    ]


def test_of_two_columns_of_a_task_the_one_with_more_scores_is_the_headline(lab):
    lab.run(A, make_task(), size=96)
    for encoder in (A, B):
        lab.run(encoder, make_task(), size=224)
    (column,) = matrix(lab.records, lab.outcomes).headline
    assert column.experiment.inputs.size == 224


def test_rows_are_ranked_over_the_headline_columns_of_all_tasks(lab):
    lab.run(A, make_task(), 0.9)
    lab.run(B, make_task(), 0.5)
    for task in (depth_task(), flow_task()):
        lab.measure(A, task, 0.4)
        lab.measure(B, task, 0.9)
    assert [row.name for row in matrix(lab.records, lab.outcomes).rows] == ["timm:b", "timm:a"]
