"""What shares a column, what stands apart, and what it is called."""

from itertools import product

import pytest
from record_factory import HOSTILE, Lab, make_encoder, make_task

from virb.analysis.comparison import Column, arrange, column_key, leading, row_key
from virb.probes import standard_probes
from virb.spec import Classes, Experiment, InputPolicy, Pretraining, ProbeSpec, Regime, Splits, Values


@pytest.fixture
def lab():
    return Lab()


A, B = make_encoder("timm:a"), make_encoder("timm:b")


def labels(lab):
    return sorted(column.label for column in arrange(lab.records).columns)


def test_encoders_and_seeds_share_a_column(lab):
    for encoder in (A, B):
        for seed in (0, 1):
            lab.run(encoder, make_task(), seed=seed)
    found = arrange(lab.records)
    assert [column.label for column in found.columns] == ["Tiles"]
    assert [row.name for row in found.rows] == ["timm:a", "timm:b"]
    assert {place: len(records) for place, records in found.chosen.items()} == {
        (found.columns[0].key, row.key): 2 for row in found.rows
    }


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"inputs": InputPolicy(size=96)}, ("96 px, squash", "224 px, squash")),
        ({"inputs": InputPolicy(size=224, fit="crop")}, ("224 px, crop", "224 px, squash")),
        ({"on_bad_image": "skip"}, ("bad images skipped", "no bad images")),
        ({"probe": ProbeSpec(name="logistic", version=2)}, ("probe version 2, no grid", "probe version 1, l2 x 45")),
        ({"task": make_task(version=2)}, ("task version 2", "task version 1")),
        ({"task": make_task(target=Classes(count=5))}, None),
        ({"task": make_task(splits=Splits())}, ("splits of the source", "carved: select 0.2")),
        ({"task": make_task(primary="nll")}, ("nll", "accuracy")),
        ({"task": make_task(column="other")}, ("label other", "label label")),
    ],
)
def test_what_is_declared_otherwise_stands_apart_and_says_why(lab, changed, words):
    lab.run(A, make_task(), experiment=lab.experiment(A, make_task()))
    other = lab.experiment(A, make_task()).model_copy(update=changed)
    lab.run(A, make_task(), experiment=other)
    columns = arrange(lab.records).columns
    assert len(columns) == 2
    told = {column.distinction for column in columns}
    if words:
        assert told == set(words)
    else:
        assert len(told) == 2
        assert all("declared" in word for word in told)


def test_data_that_changed_stand_apart(lab):
    lab.run(A, make_task(), data="aaaaaaaaaaaa")
    lab.run(A, make_task(), data="bbbbbbbbbbbb")
    assert labels(lab) == ["Tiles (data aaaaaaaa)", "Tiles (data bbbbbbbb)"]


def test_a_title_or_a_class_name_sets_nothing_apart(lab):
    lab.run(A, make_task())
    lab.run(B, make_task(title="Other words", target=Classes(count=4, names=("a", "b", "c", "d"))))
    assert labels(lab) == ["Other words"]


def test_two_tasks_with_one_title_are_told_apart_by_name(lab):
    lab.run(A, make_task("one", title="Same"))
    lab.run(A, make_task("two", title="Same"))
    assert labels(lab) == ["Same (one, one)", "Same (two, two)"]


def test_the_headline_probe_comes_first(lab):
    lab.run(A, make_task(), probe="knn")
    lab.run(A, make_task(), probe="logistic")
    assert [column.probe for column in arrange(lab.records).columns] == ["logistic", "knn"]


def test_a_chosen_layer_is_a_probe_of_its_own_and_comes_after_the_final_one(lab):
    for probe in ("knn", "best", "logistic", "ridge", "dense"):
        lab.run(A, make_task(), probe=probe)
    found = arrange(lab.records).columns
    assert [column.probe for column in found] == [
        "logistic", "logistic (best layer)", "ridge", "dense-linear", "knn",
    ]  # fmt: skip
    assert {column.distinction for column in found} == {""}


def test_the_headline_probe_of_every_target_is_the_first_of_its_standard_ones():
    targets = [Classes(count=3), Classes(count=3, dense=True), Values(size=1), Values(size=1, dense=True)]
    for target, images in product(targets, (1, 2)):
        task = make_task(images_per_example=images)
        names = standard_probes(target, images)
        columns = [
            Column(name, Experiment(encoder=A, task=task, probe=ProbeSpec(name=name)), "") for name in sorted(names)
        ]
        assert [column.key for column in leading(columns)] == [names[0]]


def test_draws_of_a_regime_are_replicates_of_one_cell(lab):
    records = [
        lab.run(A, make_task(), seed=seed, declared={"regime": Regime(kind="examples", n=1000, resample=resample)})
        for seed in (0, 1)
        for resample in (0, 1, 2)
    ]
    found = arrange(lab.records)
    assert [column.label for column in found.columns] == ["Tiles (1,000 examples)"]
    assert list(found.chosen.values()) == [tuple(records)]


def test_regimes_stand_apart_and_are_always_said_unless_all_labels_are_seen(lab):
    for regime in (Regime(), Regime(kind="shots", n=1), Regime(kind="shots", n=5)):
        lab.run(A, make_task(), declared={"regime": regime})
    lab.run(A, make_task(), size=96, declared={"regime": Regime(kind="shots", n=5)})
    assert labels(lab) == [
        "Tiles", "Tiles (1 a class)", "Tiles (5 a class, 224 px, squash)", "Tiles (5 a class, 96 px, squash)",
    ]  # fmt: skip


def test_the_newest_record_stands_for_a_cell_and_a_seed(lab):
    old = lab.run(A, make_task(), 0.5)
    new = lab.run(A, make_task(), 0.9)
    other = lab.run(A, make_task(), 0.7, seed=1)
    for order in (lab.records, lab.records[::-1]):
        found = arrange(order)
        assert list(found.chosen.values()) == [(new, other)]
        assert found.left_out == ((old, "a newer record stands in its place"),)


def test_records_of_other_weights_are_not_averaged_with_those_of_today(lab):
    old = lab.run(A, make_task(), seed=1, weights="old")
    new = lab.run(A, make_task(), seed=0, weights="new")
    found = arrange(lab.records)
    assert list(found.chosen.values()) == [(new,)]
    assert found.left_out == ((old, "the encoder's weights have changed since"),)


def test_a_failure_stands_only_where_there_is_no_score(lab):
    lab.fail(A, make_task())
    score = lab.run(A, make_task())
    lab.fail(A, make_task(), "later")
    old, new = lab.fail(B, make_task(), "first"), lab.fail(B, make_task(), "second")
    found = arrange(lab.records)
    assert found.chosen[found.columns[0].key, row_key(A)] == (score,)
    assert list(found.failed) == [(found.columns[0].key, row_key(B))]
    assert next(iter(found.failed.values())) == (new,)
    assert old not in next(iter(found.failed.values()))


def test_a_failure_of_one_seed_stands_beside_the_scores_of_others(lab):
    lab.run(A, make_task(), seed=0)
    failed = lab.fail(A, make_task(), seed=1)
    found = arrange(lab.records)
    assert list(found.failed.values()) == [(failed,)]
    assert list(found.chosen) == list(found.failed)


def test_a_failure_that_never_saw_its_data_goes_to_the_column_of_the_others(lab):
    lab.run(A, make_task())
    lab.fail(B, make_task(), data="")
    assert len(arrange(lab.records).columns) == 1


def test_failures_alone_make_one_column(lab):
    lab.fail(A, make_task(), data="")
    lab.fail(B, make_task(), data="other")
    found = arrange(lab.records)
    assert len(found.columns) == 1
    assert found.chosen == {}
    assert len(found.failed) == 2


def test_encoders_that_share_a_name_get_what_tells_them_apart(lab):
    for spec in (
        make_encoder("mine", "checkpoint", arch="resnet18", weights="a.pt"),
        make_encoder("mine", "checkpoint", arch="resnet50", weights="a.pt"),
        make_encoder("other", arch="x"),
        make_encoder("other", arch="x", pretraining=Pretraining(method="dino")),
        make_encoder("", arch="vit"),
    ):
        lab.run(spec, make_task())
    names = [row.name for row in arrange(lab.records).rows]
    assert len(set(names)) == 5
    assert {"mine (resnet18)", "mine (resnet50)", "vit"} <= set(names)


def test_one_encoder_under_two_names_is_one_row_with_the_newer(lab):
    lab.run(make_encoder("old name", arch="x"), make_task("one"))
    lab.run(make_encoder("new name", arch="x"), make_task("two"))
    assert [row.name for row in arrange(lab.records).rows] == ["new name"]


def test_floors_are_known_by_their_source_and_come_last(lab):
    for name, source in (("a", "random"), ("b", "histogram"), ("c", "zoo"), ("random", "zoo")):
        lab.run(make_encoder(name, source), make_task())
    assert [(row.name, row.floor) for row in arrange(lab.records).rows] == [
        ("c", False),
        ("random", False),
        ("a", True),
        ("b", True),
    ]


def test_hostile_names_are_kept_as_they_are(lab):
    lab.run(make_encoder(HOSTILE), make_task(title=HOSTILE))
    found = arrange(lab.records)
    assert found.rows[0].name == HOSTILE
    assert found.columns[0].label == HOSTILE


def test_keys_depend_on_what_is_declared_only(lab):
    one, other = lab.experiment(A, make_task()), lab.experiment(B, make_task(title="x"), seed=3)
    assert column_key(one, "d") == column_key(other, "d") != column_key(one, "e")
    assert row_key(A) != row_key(B)


def test_nothing_gives_nothing():
    found = arrange([])
    assert (found.columns, found.rows, found.chosen, found.failed, found.left_out) == ((), (), {}, {}, ())


def test_an_architecture_that_was_found_stands_where_none_was_declared(lab):
    lab.run(make_encoder("checkpoint:last.ckpt", "checkpoint", arch="auto"), make_task())
    (record,) = lab.records
    found = record.resolved.model_copy(update={"arch": "resnet18"})
    assert [row.arch for row in arrange([record]).rows] == ["auto"]
    assert [row.arch for row in arrange([record.model_copy(update={"resolved": found})]).rows] == ["resnet18"]
