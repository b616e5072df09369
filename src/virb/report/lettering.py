"""Words on a picture, in the one font that Pillow always has: it knows little more than English."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import cache
from math import ceil
from typing import NamedTuple, final

from PIL import Image, ImageDraw, ImageFont

PAPER, INK, QUIET, RULE, LOUD = (253, 253, 252), (27, 30, 35), (98, 106, 117), (226, 228, 230), (163, 52, 31)
"""Colours of the page, its words and its lines: those of the report by day."""
LEADING = 1.45
"""From one line to the next, in sizes of the font."""


@final
class Paragraph(NamedTuple):
    """A text, its size in pixels and its colour."""

    text: str
    size: int
    colour: tuple[int, int, int]


def paragraphs(lines: Iterable[Paragraph], width: int) -> Image.Image:
    """Paragraphs on paper, wrapped to a width in pixels."""
    wrapped = [line._replace(text=part) for line in lines for part in _wrapped(line.text, line.size, width)]
    block = Image.new("RGB", (width, sum(round(LEADING * line.size) for line in wrapped)), PAPER)
    draw, top = ImageDraw.Draw(block), 0
    for line in wrapped:
        draw.text((0, top), line.text, line.colour, font(line.size))
        top += round(LEADING * line.size)
    return block


def cut(text: str, size: int, width: int) -> str:
    """A text that can be drawn and is not wider than ``width`` pixels; its end gives way."""
    text = _drawable(text)
    if font(size).getlength(text) <= width:
        return text
    fits = bisect_right(range(len(text)), width, key=lambda end: ceil(font(size).getlength(f"{text[:end]}…")))
    return f"{text[: max(0, fits - 1)].rstrip()}…"


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font, so that a picture is the same on every machine."""
    return ImageFont.load_default(size)


def _wrapped(text: str, size: int, width: int) -> list[str]:
    lines = [""]
    for word in _drawable(text).split():
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and font(size).getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [cut(line, size, width) for line in lines]


def _drawable(text: str) -> str:
    """A text in the letters that the font has: accents go, what else it lacks becomes a question mark."""
    plain = unicodedata.normalize("NFKD", " ".join(text.split())).replace("×", "x").replace("–", "-")
    letters = (letter for letter in plain if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" or letter in "…°·’" else "?" for letter in letters)
