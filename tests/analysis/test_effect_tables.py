"""Effects as tables for other programs."""

import csv
import io

import numpy as np
import pytest
from grid_factory import grid_lab, layout
from record_factory import demo_lab

from virb.analysis import TABLES, effect_table, effects, matrix, render
from virb.analysis.effect_tables import HEADS
from virb.errors import UserError

LAB = grid_lab()


@pytest.fixture(scope="module")
def found():
    return matrix(LAB.records, LAB.outcomes)


@pytest.mark.parametrize(
    ("name", "lines"), [("effects", 50), ("differences", 510), ("gains", 110), ("agreement", 24), ("spread", 10)]
)
def test_each_table_has_its_lines_and_goes_out_in_every_format(found, name, lines):
    frame = effect_table(found, name)
    assert (len(frame), list(frame.columns)) == (lines, list(HEADS[name]))
    back = list(csv.DictReader(io.StringIO(render(frame, "csv").decode(), newline="")))
    assert len(back) == lines
    assert len(render(frame, "markdown").decode().splitlines()) == lines + 2
    assert render(frame, "latex").startswith(rb"\begin{tabular}")
    assert render(frame, "parquet")


def test_lines_hold_the_numbers_of_the_effects(found):
    its = effects(found).tasks[3]
    frame = effect_table(found, "effects")
    lines = frame[(frame["task"] == "world-steps")].to_dict("records")
    assert [(line["source"], line["sd"]) for line in lines] == [(c.name, c.sd) for c in its.components.lines]
    assert {(line["metric"], line["better"], line["unit"]) for line in lines} == {("mae", "lower", "steps")}
    gains = effect_table(found, "gains")
    assert gains[gains["method"] == "all"]["gain"].tolist() == [
        one.gains[0].estimate for one in effects(found).columns.values()
    ]


def test_truths_and_counts_are_written_in_words(found):
    text = render(effect_table(found, "spread"), "markdown").decode()
    assert "| True |" in text
    assert "| False |" in text


def test_probes_beside_one_another_are_lines_of_agreement(found):
    frame = effect_table(found, "agreement")
    assert frame[frame["task"] == frame["other_task"]]["other_probe"].tolist() == ["knn"] * 3


@pytest.mark.parametrize("name", TABLES[1:])
def test_without_a_grid_there_is_a_head_alone(name):
    lab = demo_lab()
    frame = effect_table(matrix(lab.records, lab.outcomes), name)
    assert len(frame) == 0
    assert render(frame, "csv").decode().count("\n") == 1


def test_a_column_that_cannot_be_analysed_says_why():
    (line,) = effect_table(layout(np.full((2, 2, 1), 0.5)), "effects").to_dict("records")
    assert line["note"].startswith("no recipe was run twice")


def test_an_unknown_table_is_refused_with_the_nearest(found):
    with pytest.raises(UserError, match="gain"):
        effect_table(found, "gain")
