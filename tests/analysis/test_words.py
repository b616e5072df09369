"""Numbers and lists in words."""

import subprocess
import sys

import pytest

from virb.analysis.words import bracket, count, gain, listed, number, score, shorten, unit
from virb.spec import Classes, Values

SPACE = "\u00a0"


@pytest.mark.parametrize(
    ("value", "metric", "text"),
    [
        (0.9123, "accuracy", "91.2"),
        (1.0, "accuracy", "100.0"),
        (-0.031, "accuracy", "\u22123.1"),
        (-0.0001, "accuracy", "0.0"),
        (0.51249, "nll", "0.512"),
        (-1.5, "nll", "\u22121.500"),
        (0.0312, "epe", "0.031"),
        (1234.56, "mae", "1234.6"),
        (0.9123, "miou", "91.2"),
    ],
)
def test_numbers_are_written_as_their_metric_is_shown(value, metric, text):
    assert number(value, metric) == text


def test_scores_gains_and_intervals_carry_their_unit():
    assert score(0.5, "accuracy") == f"50.0{SPACE}%"
    assert score(0.5, "nll") == "0.500"
    assert gain(0.031, "accuracy") == f"3.1{SPACE}points"
    assert gain(0.031, "nll") == "0.031"
    assert bracket(-0.01, 0.02, "accuracy") == f"[\u22121.0,{SPACE}2.0]"


@pytest.mark.parametrize(
    ("metric", "target", "told"),
    [
        ("accuracy", Classes(count=2), "%"),
        ("nll", Classes(count=2), ""),
        ("miou", Classes(count=2, dense=True), "%"),
        ("depth-l1", Values(size=1, dense=True, unit="m"), "m"),
        ("rmse", Values(size=1, dense=True), ""),
        ("abs-rel", Values(size=1, dense=True, unit="m"), "%"),
        ("epe", Values(size=2, dense=True, unit="m"), "px"),
        ("mae", Values(size=3, unit="°"), "°"),
        ("r2", Values(size=3, unit="°"), ""),
    ],
)
def test_a_unit_is_that_of_the_metric_or_of_the_target_where_it_is_measured_in_that(metric, target, told):
    assert unit(metric, target) == told
    expected = f"0.500{SPACE}{told}" if told else "0.500"
    if told != "%":
        assert score(0.5, metric, told) == gain(0.5, metric, told) == expected
    else:
        assert score(0.5, metric, told) == f"50.0{SPACE}%"
        assert gain(0.5, metric, told) == f"50.0{SPACE}points"


def test_a_unit_of_the_metric_needs_not_be_given():
    assert score(0.5, "epe") == f"0.500{SPACE}px"


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ("", ""),
        ("A", "A"),
        ("AB", "A and B"),
        ("ABC", "A, B and C"),
        ("ABCDE", "A, B, C, D and E"),
        ("ABCDEF", "A, B, C, D and 2 more"),
    ],
)
def test_lists_end_in_and(names, text):
    assert "".join(listed([[name] for name in names])) == text


def test_counts_agree_with_their_noun():
    assert [count(n, "record") for n in (0, 1, 2, 1000)] == ["0 records", "1 record", "2 records", "1,000 records"]


@pytest.mark.parametrize("limit", [5, 8, 11])
def test_a_text_is_cut_in_its_middle(limit):
    assert shorten("abc", limit) == "abc"
    cut = shorten("abcdefghijklmnop", limit)
    assert len(cut) == limit
    assert cut[0] == "a"
    assert cut[-1] == "p"


def test_analysis_does_not_import_torch_or_pandas():
    code = "import sys, virb.analysis; sys.exit('torch' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
