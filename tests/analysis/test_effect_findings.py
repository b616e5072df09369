"""Sentences about method and data."""

import numpy as np
import pytest
from grid_factory import grid_lab, layout
from record_factory import HOSTILE, make_task

from virb.analysis import effect_findings, effects, matrix, task_findings

LAB = grid_lab()
NOISE = np.random.default_rng(2).normal(size=(2, 2, 3)) / 100 + 0.5


@pytest.fixture(scope="module")
def found():
    return effects(matrix(LAB.records, LAB.outcomes))


def said(values, **changes):
    (its,) = effects(layout(values, **changes)).columns.values()
    return [finding.text for finding in task_findings(its)]


def test_all_tasks_together_are_counted(found):
    scope, methods, data, alike = (finding.text for finding in effect_findings(found))
    assert scope == (
        "30 encoders of one architecture were pre-trained by moco-v2, pirl, supervised and swav on world:objects, "
        "world:rooms and world:scenes: 10 recipes, each in 3 runs; 3 random starts were read out as well."
    )
    assert methods.startswith("Two methods or more are distinguishable on 5 of 7 tasks: Objects, ")
    assert data.startswith("Two data sets or more are distinguishable on 5 of 7 tasks: ")
    assert alike == "Camera motion and Optical flow tell no recipe from another."


def test_a_task_without_differences_says_not_distinguishable():
    first = said(np.full((3, 2, 2), 0.5) + np.random.default_rng(1).normal(size=(3, 2, 2)) / 100)[0]
    start = "On Tiles, no two methods are distinguishable; world:"
    assert first.startswith("On Tiles, no two methods are distinguishable; d")
    assert " is not distinguishable from " in first
    assert "Runs of one recipe scatter by" in first
    assert start not in first


def test_the_widest_difference_is_told_with_its_interval_and_the_better_one_first():
    first = said(NOISE + np.array([0, 0.1])[:, None, None])[0]
    assert first.startswith("On Tiles, m1 is better than m0 by ")
    assert "points [" in first


def test_where_lower_is_better_the_lower_one_is_the_better_one():
    first = said(NOISE + np.array([0, 0.1])[:, None, None], task=make_task(primary="nll"))[0]
    assert first.startswith("On Tiles, m0 is better than m1 by 0.1")


def test_the_gain_over_the_start_is_told_with_its_direction():
    assert said(NOISE, starts=(0.2, 0.21, 0.19))[1].startswith("Trained encoders beat their random starts by 30.")
    assert said(NOISE, starts=(0.9, 0.9, 0.91))[1].startswith("Trained encoders fall short of their random starts by 4")
    assert "not distinguishable from their random starts" in said(NOISE, starts=(0.3, 0.5, 0.7))[1]
    assert said(NOISE, starts=(0.2,))[1].startswith("Over one random start training changed the score by ")


def test_one_run_is_said_to_be_too_few():
    first, note = said(NOISE[:, :, :1])
    assert first == "On Tiles, nothing can be told apart."
    assert note == "No recipe was run twice, so nothing can be said about the noise of training again."


def test_an_interplay_of_method_and_data_is_said():
    crossing = NOISE + 0.2 * np.eye(2)[:, :, None]
    assert "what a method gains depends on the data (F test, p = < 0.001)" not in said(crossing)[0]
    assert "what a method gains depends on the data (F test, p < 0.001)" in said(crossing)[0]


def test_a_part_of_the_start_is_said_where_it_is_there():
    shared = said(NOISE + np.array([-0.2, 0, 0.2]))[0]
    assert "; starts move all recipes alike by 20.5\u00a0points [19.5," in shared
    assert "start" not in said(NOISE)[0]


def test_names_and_titles_are_pieces_that_a_page_can_escape():
    (its,) = effects(layout(NOISE, task=make_task("x", title=HOSTILE))).columns.values()
    pieces = task_findings(its)[0].pieces
    assert pieces[1] == HOSTILE
    assert type(pieces[1]).__name__ == "Title"
    assert {type(piece).__name__ for piece in pieces if piece in ("m0", "m1")} <= {"Name"}
