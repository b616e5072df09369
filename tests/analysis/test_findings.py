"""Sentences say what the numbers say, and no more."""

import pytest
from record_factory import HOSTILE, Lab, demo_lab, make_encoder, make_task
from toy_scenes import depth_task, flow_task, parts_task

from virb.analysis import findings, matrix
from virb.analysis.findings import reason
from virb.analysis.words import Name, Title
from virb.spec import Regime

A, B, C = (make_encoder(f"timm:{name}") for name in "abc")
RANDOM = make_encoder("random:a", "random", arch="a")
RANDOM_B = make_encoder("random:b", "random", arch="b")
PIXELS = make_encoder("pixels", "pixels")
HISTOGRAM = make_encoder("histogram", "histogram")


@pytest.fixture
def lab():
    return Lab()


def told(lab, outcomes=None):
    return findings(matrix(lab.records, outcomes or lab.outcomes))


def column(lab, kind):
    (sentences,) = told(lab).columns.values()
    return [finding.text for finding in sentences if finding.kind == kind]


def answer(lab, kind):
    return [finding.text for finding in told(lab).answer if finding.kind == kind]


def plain(text):
    return text.replace("\u00a0", " ")


def test_a_clear_best_is_named_with_its_distance_to_the_next(lab):
    lab.run(A, make_task(), 0.9)
    lab.run(B, make_task(), 0.5)
    (text,) = column(lab, "best")
    found = matrix(lab.records, lab.outcomes)
    d = found.difference(found.columns[0], *found.rows)
    distance = f"{100 * d.estimate:.1f} points [{100 * d.low:.1f}, {100 * d.high:.1f}]"
    assert plain(text).startswith("On Tiles, timm:a (")
    assert plain(text).endswith(f" is best, {distance} above timm:b.")


def test_not_distinguishable_is_said_where_the_interval_does_not_decide(lab):
    lab.run(A, make_task(), 0.80)
    lab.run(B, make_task(), 0.80)
    assert "scores best but is not distinguishable from" in column(lab, "best")[0]


def test_where_lower_is_better_the_best_is_below_the_next_by_a_positive_distance_with_its_unit(lab):
    lab.measure(A, flow_task(), 0.9, probe="dense")
    lab.measure(B, flow_task(), 0.4, probe="dense")
    (text,) = column(lab, "best")
    found = matrix(lab.records, lab.outcomes)
    d = found.difference(found.columns[0], *found.rows)
    assert d.estimate < 0
    assert plain(text).startswith("On Optical flow, timm:a (0.")
    distance = f"{-d.estimate:.3f} px [{-d.high:.3f}, {-d.low:.3f}]"
    assert plain(text).endswith(f" is best, {distance} below timm:b.")


def test_where_lower_is_better_a_floor_is_beaten_from_below_and_so_is_chance(lab):
    for encoder, skill in ((A, 0.9), (HISTOGRAM, 0.5), (PIXELS, 0.95)):
        lab.measure(encoder, depth_task(), skill, chance=0.6)
    beats, short = column(lab, "floors")
    assert plain(beats).startswith("timm:a beats a colour histogram by 0.")
    assert " m [0." in plain(beats)
    assert short.startswith("timm:a falls short of raw pixels by 0.")
    (chance,) = column(lab, "chance")
    assert plain(chance).startswith("histogram (0.")
    assert plain(chance).endswith("does not beat chance (0.600 m).")


def test_a_metric_that_examples_do_not_add_up_to_says_so(lab):
    for encoder, score in ((A, 0.4), (B, 0.7)):
        lab.run(encoder, make_task(primary="ece"), scores={"ece": score})
    (text,) = column(lab, "best")
    assert plain(text) == (
        "On Tiles, timm:a (40.0 %) scores best; ece is taken over bins of examples, and is no mean over them, so "
        "nothing more can be said."
    )


def test_one_encoder_has_nothing_to_be_compared_with(lab):
    lab.run(A, make_task())
    assert "nothing to compare it with" in column(lab, "best")[0]
    assert column(lab, "pairs") == column(lab, "floors") == []


def test_without_outcomes_no_difference_is_claimed(lab):
    lab.run(A, make_task(), 0.9)
    lab.run(B, make_task(), 0.3)
    (sentences,) = told(lab, lambda _: None).columns.values()
    assert "nothing more can be said" in sentences[0].text
    assert len(sentences) == 1


def test_floors_are_beaten_by_points(lab):
    for encoder, skill in ((A, 0.9), (RANDOM, 0.5), (RANDOM_B, 0.6), (PIXELS, 0.4)):
        lab.run(encoder, make_task(), skill)
    (text,) = column(lab, "floors")
    assert text.startswith("timm:a beats random weights by ")
    assert " and raw pixels by " in text
    found = matrix(lab.records, lab.outcomes)
    rows = {row.name: row for row in found.rows}
    d = found.difference(found.columns[0], rows["timm:a"], rows["random:a"])
    assert f"random weights by {100 * d.estimate:.1f}" in text, "the floor of the encoder's own architecture"


def test_an_encoder_of_another_architecture_is_held_against_the_best_random_one(lab):
    for encoder, skill in ((C, 0.9), (RANDOM, 0.3), (RANDOM_B, 0.6)):
        lab.run(encoder, make_task(), skill)
    found = matrix(lab.records, lab.outcomes)
    rows = {row.name: row for row in found.rows}
    d = found.difference(found.columns[0], rows["timm:c"], rows["random:b"])
    assert f"random weights by {100 * d.estimate:.1f}" in column(lab, "floors")[0]


def test_a_floor_that_is_not_beaten_is_said(lab):
    lab.run(A, make_task(), 0.5)
    lab.run(PIXELS, make_task(), 0.5)
    (text,) = column(lab, "floors")
    assert text.startswith("timm:a is not distinguishable from raw pixels (")


def test_an_encoder_below_a_floor_falls_short_of_it(lab):
    lab.run(A, make_task(), 0.4)
    lab.run(PIXELS, make_task(), 0.6)
    lab.run(RANDOM, make_task(), 0.2)
    beats, short = column(lab, "floors")
    assert beats.startswith("timm:a beats random weights by ")
    found = matrix(lab.records, lab.outcomes)
    rows = {row.name: row for row in found.rows}
    d = found.difference(found.columns[0], rows["pixels"], rows["timm:a"])
    distance = f"{100 * d.estimate:.1f} points [{100 * d.low:.1f}, {100 * d.high:.1f}]"
    assert plain(short) == f"timm:a falls short of raw pixels by {distance}."


def test_many_encoders_are_not_all_held_against_the_floors(lab):
    for k in range(6):
        lab.run(make_encoder(f"timm:e{k}"), make_task(), 0.9 - 0.01 * k)
    lab.run(make_encoder("timm:weak"), make_task(), 0.4)
    lab.run(PIXELS, make_task(), 0.4)
    texts = column(lab, "floors")
    assert len(texts) == 2
    assert texts[1].startswith("timm:weak is not distinguishable from raw pixels")


def test_chance_is_not_beaten_by_an_interval_that_holds_it(lab):
    lab.run(A, make_task(), 0.9)
    lab.run(B, make_task(), 0.26)
    (text,) = column(lab, "chance")
    assert text.startswith("timm:b (")
    assert plain(text).endswith("does not beat chance (25.0 %).")
    assert answer(lab, "chance") == ["Not above chance: timm:b on Tiles."]


def test_failures_are_counted_and_named_with_their_reason(lab):
    lab.run(A, make_task())
    lab.run(A, make_task(), probe="knn")
    lab.fail(B, make_task(), "The feature is constant.\nTraceback …")
    lab.fail(B, make_task(), "The feature is constant.", probe="knn")
    assert answer(lab, "failures") == [
        "2 of 4 experiments failed: timm:b on Tiles by logistic and knn (The feature is constant)."
    ]


def test_an_experiment_that_succeeded_later_has_not_failed(lab):
    lab.fail(A, make_task())
    lab.run(A, make_task())
    assert answer(lab, "failures") == []


def test_many_failures_are_cut_short(lab):
    for k in range(7):
        lab.fail(make_encoder(f"timm:{k}"), make_task(), f"reason {k}")
    (text,) = answer(lab, "failures")
    assert text.startswith("7 of 7 experiments failed: ")
    assert text.endswith(" and 5 more.")


def test_only_failures_say_that_there_is_no_score(lab):
    lab.fail(A, make_task())
    assert column(lab, "best") == ["No encoder has a score on Tiles."]
    assert [finding.kind for finding in told(lab).answer] == ["scope", "failures"]


def test_columns_that_stand_apart_and_records_left_out_are_said(lab):
    lab.run(A, make_task())
    lab.run(A, make_task())
    lab.run(A, make_task(), size=96)
    assert answer(lab, "apart") == [
        "Scores on Tiles that must not be compared stand apart: 224 px, squash and 96 px, squash."
    ]
    assert answer(lab, "left-out") == ["Left out: 1 record because a newer record stands in its place."]


def test_many_columns_are_counted(lab):
    for k in range(7):
        lab.run(A, make_task(f"task{k}"), 0.9)
        lab.run(B, make_task(f"task{k}"), 0.9 if k > 4 else 0.4)
    (text,) = answer(lab, "best")
    assert text.startswith("Read by logistic, one encoder is distinguishably best on 5 of 7 columns: timm:a on Task0")
    assert text.endswith("; on the others the best is not distinguishable from the next.")


def test_many_columns_without_a_best_are_counted(lab):
    for k in range(6):
        lab.run(A, make_task(f"task{k}"))
        lab.run(B, make_task(f"task{k}"))
    lab.run(A, make_task("alone"))
    told = "Read by logistic, none of the 6 columns with two encoders or more has a distinguishable best."
    assert answer(lab, "best") == [told]


def test_many_columns_of_one_encoder_have_no_best(lab):
    for k in range(6):
        lab.run(A, make_task(f"task{k}"))
    assert answer(lab, "best") == ["Read by logistic, no column has a distinguishable best."]


def test_pairs_are_counted_from_three_encoders_on(lab):
    for encoder, skill in ((A, 0.95), (B, 0.6), (C, 0.2)):
        lab.run(encoder, make_task(), skill)
    assert column(lab, "pairs") == ["All 3 pairs of encoders are distinguishable."]


def test_the_scope_counts_encoders_tasks_and_floors():
    (text,) = answer(demo_lab(), "scope")
    assert text == "5 encoders, 2 of them floors that know nothing, were read out on 4 tasks by logistic and knn."


def test_names_are_pieces_and_never_markup(lab):
    lab.run(make_encoder(HOSTILE), make_task(title=HOSTILE))
    (sentences,) = told(lab).columns.values()
    assert [piece for piece in sentences[0].pieces if HOSTILE in piece] == [HOSTILE, HOSTILE]
    assert [type(piece) for piece in sentences[0].pieces if HOSTILE in piece] == [Title, Name]


def test_a_reason_is_its_first_line(lab):
    assert reason(lab.fail(A, make_task(), "ValueError: x.\nTraceback")) == "ValueError: x"
    assert reason(lab.fail(A, make_task(), "", status="killed")) == "its worker was killed"
    assert reason(lab.fail(A, make_task(), "signal 9", status="killed")) == "its worker was killed: signal 9"
    assert reason(lab.fail(A, make_task(), " \n")) == "no reason given"
    assert len(reason(lab.fail(A, make_task(), "x" * 5000))) == 160


def test_nothing_gives_only_the_scope():
    assert [finding.kind for finding in findings(matrix([], lambda _: None)).answer] == ["scope"]


def test_synthetic_images_are_said_to_be_drawn(lab):
    lab.run(A, make_task())
    assert answer(lab, "synthetic") == []
    lab.run(A, make_task("world", synthetic=True))
    assert answer(lab, "synthetic") == ["The images of World are synthetic: drawn by a program."]
    assert [finding.kind for finding in told(lab).answer][:2] == ["scope", "synthetic"]
    lab.measure(A, parts_task())
    assert answer(lab, "synthetic") == ["The images of World and Parts of a scene are synthetic: drawn by a program."]


def test_where_all_is_synthetic_it_is_said_once(lab):
    for task in (parts_task(), depth_task(), flow_task()):
        lab.measure(A, task)
    assert answer(lab, "synthetic") == ["All images are synthetic: drawn by a program."]


def test_the_answer_covers_tasks_that_different_probes_read(lab):
    for encoder, skill in ((A, 0.9), (B, 0.5)):
        lab.run(encoder, make_task(), skill)
        lab.run(encoder, make_task(), skill, probe="knn")
        lab.measure(encoder, parts_task(), skill)
        lab.measure(encoder, depth_task(), skill)
    texts = answer(lab, "best")
    assert [text.split(", ")[0] for text in texts] == ["On Tiles", "On Parts of a scene", "On Depth in a scene"]


def test_many_columns_of_different_probes_are_counted_together(lab):
    for encoder, skill in ((A, 0.9), (B, 0.4)):
        for k in range(4):
            lab.run(encoder, make_task(f"task{k}"), skill)
        lab.measure(encoder, parts_task(), skill)
    (text,) = answer(lab, "best")
    start = "Read by logistic and dense-linear, one encoder is distinguishably best on 5 of 5 columns: timm:a on "
    assert text.startswith(start)


def test_scores_of_few_labels_stand_apart_from_those_of_all(lab):
    for resample in range(2):
        few = Regime(kind="shots", n=5, resample=resample)
        lab.run(A, make_task(), declared={"regime": few})
    assert answer(lab, "apart") == []
    lab.run(A, make_task())
    assert answer(lab, "apart") == ["Scores on Tiles that must not be compared stand apart: all labels and 5 a class."]
    assert [text.split(" (")[0] for text in answer(lab, "best")] == ["On Tiles, only timm:a"]
