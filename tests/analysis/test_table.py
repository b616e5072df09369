"""The long table and its four ways out."""

import csv
import io
import json
import sys

import pandas as pd
import pytest
from record_factory import HOSTILE, Lab, demo_lab, make_encoder, make_task
from toy_scenes import depth_task

from virb.analysis import matrix, render, table
from virb.errors import UserError
from virb.spec import Regime


@pytest.fixture(scope="module")
def lab():
    lab = demo_lab()
    lab.run(make_encoder(HOSTILE), make_task("digits", 10, title="Handwritten digits"))
    return lab


@pytest.fixture(scope="module")
def frame(lab):
    return table(lab.records, lab.outcomes)


def test_there_is_one_line_a_cell_and_none_for_a_gap(lab, frame):
    found = matrix(lab.records, lab.outcomes)
    assert len(frame) == len(found.cells)
    assert frame["score"].isna().sum() == 2
    assert set(frame.loc[frame["score"].isna(), "status"]) == {"failed"}


def test_lines_hold_the_numbers_of_the_matrix(lab, frame):
    found = matrix(lab.records, lab.outcomes)
    for column in found.columns:
        for row in found.rows:
            cell = found.cell(column, row)
            if cell is None:
                continue
            chosen = (frame["encoder"] == row.name) & (frame["probe"] == column.probe)
            (line,) = frame[chosen & (frame["task"] == column.experiment.task.name)].to_dict("records")
            if cell.score is not None:
                assert (line["score"], line["low"], line["high"]) == (cell.score, *cell.interval)
            assert line["records"].split() == list(cell.ids)


def test_csv_comes_back_whole(frame):
    back = list(csv.DictReader(io.StringIO(render(frame, "csv").decode(), newline="")))
    assert [line["encoder"] for line in back] == list(frame["encoder"])
    assert [float(line["score"] or "nan") for line in back] == pytest.approx(
        frame["score"].astype(float).to_list(), nan_ok=True
    )
    assert json.loads(back[0]["choice"])[0]["l2"] > 0


def test_parquet_comes_back_whole(frame):
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(render(frame, "parquet"))), frame)


def test_markdown_has_one_row_a_line_whatever_the_names_are(frame):
    lines = render(frame, "markdown").decode().removesuffix("\n").split("\n")
    assert len(lines) == len(frame) + 2
    bars = {line.replace("\\|", "").count("|") for line in lines}
    assert bars == {len(frame.columns) + 1}
    assert not any("<script" in line for line in lines)


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_counts_of_examples_are_not_left_blank(frame, form):
    """Counts come out of pandas as NumPy integers, and stood as blanks."""
    text = render(frame, form).decode()
    counts = frame["examples"].dropna()
    assert len(counts) > 2
    assert all(f" {count} " in text for count in counts)


def test_parquet_without_pyarrow_says_what_to_install(frame, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "fastparquet", None)
    with pytest.raises(UserError, match=r"pip install 'virb\[parquet\]'"):
        render(frame, "parquet")


def test_latex_escapes_what_means_something_to_it():
    lab = Lab()
    lab.run(make_encoder(r"50%_of & {x} \y $z^2 #1 ~"), make_task())
    text = render(table(lab.records, lab.outcomes), "latex").decode()
    escaped = r"50\%\_of \& \{x\} \textbackslash{}y \$z\textasciicircum{}2 \#1 \textasciitilde{}"
    assert escaped in text
    assert text.startswith(r"\begin{tabular}{l")
    assert text.count(r" \\") == 2


def test_an_unknown_format_is_refused_with_the_nearest(frame):
    with pytest.raises(UserError, match="parquet"):
        render(frame, "parket")


@pytest.mark.parametrize("form", ["csv", "parquet", "latex", "markdown"])
def test_nothing_gives_a_head(form):
    empty = table([], lambda _: None)
    assert len(empty) == 0
    assert render(empty, form)


def test_one_failure_alone_is_a_line():
    lab = Lab()
    lab.fail(make_encoder("a"), make_task(), "constant")
    (line,) = table(lab.records, lab.outcomes).to_dict("records")
    assert (line["status"], line["reason"]) == ("failed", "constant")


def test_a_line_says_which_way_is_better_in_what_unit_and_from_how_many_labels():
    lab = Lab()
    for resample in (0, 1):
        regime = Regime(kind="examples", n=50, resample=resample)
        lab.measure(make_encoder("a"), depth_task(), declared={"regime": regime})
    lab.run(make_encoder("a"), make_task())
    tiles, depth = table(lab.records, lab.outcomes).to_dict("records")
    told = ("metric", "better", "unit", "regime", "seeds", "draws", "synthetic")
    assert [depth[name] for name in told] == ["depth-l1", "lower", "m", "50 examples", "0 0", "0 1", True]
    assert [tiles[name] for name in told] == ["accuracy", "higher", "", "full", "0", "0", False]
