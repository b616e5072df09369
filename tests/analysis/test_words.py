"""Numbers and lists in words."""

import subprocess
import sys

import pytest

from virb.analysis.words import bracket, count, gain, listed, number, score, shorten

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
