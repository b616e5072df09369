"""Words on a picture fit it, and have no letters that the font lacks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from virb.report.lettering import INK, PAPER, Paragraph, cut, font, paragraphs


@given(st.text(max_size=200), st.integers(10, 400))
def test_a_cut_text_is_as_wide_as_allowed_or_an_ellipsis(text, width):
    short = cut(text, 18, width)
    assert font(18).getlength(short) <= width or short == "…"
    assert all(" " <= letter <= "~" or letter in "…°·’" for letter in short)


def test_a_cut_text_is_no_shorter_than_it_must_be():
    text = "the quick brown fox jumps over the lazy dog"
    for width in range(40, 300, 7):
        short = cut(text, 18, width)
        longest = max(n for n in range(len(text)) if font(18).getlength(f"{text[:n]}…") <= width)
        assert short == f"{text[:longest].rstrip()}…"
    assert cut(text, 18, 1000) == text


@pytest.mark.parametrize(
    ("text", "drawn"),
    [("Zürich", "Zurich"), ("a\n b", "a b"), ("8 × 8 – 9", "8 x 8 - 9"), ("90°", "90°"), ("猫", "?"), ("ﬁ²", "fi2")],
)
def test_letters_that_the_font_lacks_have_a_stand_in(text, drawn):
    assert cut(text, 18, 500) == drawn


def test_paragraphs_are_wrapped_and_none_is_lost():
    one = paragraphs([Paragraph("word", 20, INK)], 300)
    many = paragraphs([Paragraph("word " * 60, 20, INK), Paragraph("", 20, INK)], 300)
    assert one.size == (300, 29)
    assert many.height > 6 * one.height
    assert (np.asarray(many)[:, -3:] == PAPER).all()
