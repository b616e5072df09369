"""Costs are told in words, with what they were measured on."""

import pytest

from virb.analysis.costs import in_words, rate, scaled, shaped
from virb.spec import Cost

COST = Cost(
    parameters=25_557_032,
    multiply_adds=4_089_184_256,
    shapes={"embedding": (2048,), "stage4": (2048, 7, 7)},
    forward=123.4,
    extraction=98.7,
    images=640,
    batch=64,
    peak_memory=3 * 2**30,
    memory_of="process, resident",
    device="cpu",
    threads=2,
)


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (999, "999"), (4_700_000, "4.70 M"), (25_557_032, "25.6 M"), (304_326_632, "304 M")]
)
def test_counts_have_three_digits(count, text):
    assert scaled(count) == text


def test_a_cost_is_told_with_what_it_was_measured_on():
    words = in_words(COST)
    assert words["multiply-adds"] == "4.09 G an image"
    assert words["forward pass"] == "123 images/s (cpu, 2 threads, batch 64, over 640 images)"
    assert words["extraction"] == "99 images/s, with reading and resizing"
    assert words["peak memory"] == "3,072 MiB (process, resident)"
    assert words["features"] == "embedding 2,048, stage4 2,048 x 7 x 7"


def test_what_is_not_known_is_left_out():
    unknown = {"multiply_adds": None, "extraction": None, "peak_memory": None}
    assert set(in_words(COST.model_copy(update=unknown))) == {"parameters", "features", "forward pass"}


def test_slow_encoders_keep_their_digits():
    assert (rate(0.123), rate(5.55), rate(1234.5)) == ("0.12", "5.5", "1,234")
    assert shaped((512,)) == "512"
