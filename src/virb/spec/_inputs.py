"""The input policy: how an image becomes what every encoder of a comparison sees."""

import re
from typing import Literal, final, get_args

from pydantic import Field, ValidationInfo, field_validator

from virb.errors import UserError, unknown
from virb.spec._identity import Spec

Sides = tuple[int, int]
"""Height and width in pixels."""
Fit = Literal["squash", "crop", "pad"]

_SIDES = re.compile(r"\s*(\d{1,9})\s*(?:[xX×]\s*(\d{1,9})\s*)?")


@final
class InputPolicy(Spec):
    """How an image becomes a frame of so many pixels, the same for every encoder of a comparison.

    ``squash`` resizes both sides, ``crop`` resizes until the image just covers the frame and takes the centre, ``pad``
    resizes until it just fits in and centres it on black.
    """

    size: int = Field(default=224, ge=1)
    """Height of the frame in pixels; its width too where that is not said."""
    fit: Fit = "squash"
    width: int | None = Field(default=None, ge=1)
    """None of a square, however it was written: a frame has one identity."""

    @field_validator("width")
    @classmethod
    def _none_of_a_square(cls, width: int | None, info: ValidationInfo) -> int | None:
        return None if width == info.data.get("size") else width

    @property
    def sides(self) -> Sides:
        """Height and width in pixels."""
        return self.size, self.size if self.width is None else self.width

    def __str__(self) -> str:
        return f"{show_sides(self.sides)} px, {self.fit}"


def input_policy(size: int | str, fit: str = "squash") -> InputPolicy:
    """The input policy of a size as people write it.

    Args:
        size: the side of a square in pixels, 224 or ``"224"``; or ``"512x1024"``, height x width.
        fit: how an image gets there.

    Raises:
        UserError: it is no size, or there is no such fit.
    """
    found = _SIDES.fullmatch(str(size))
    height, width = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if min(height, width) < 1:
        raise UserError(
            f"'{size}' is not a size in pixels.", "Ask for 1 or more: 224 is usual, 512x1024 is height x width."
        )
    if fit not in get_args(Fit):
        raise unknown("way to fit an image", fit, get_args(Fit))
    return InputPolicy.model_validate({"size": height, "width": width, "fit": fit})


def show_sides(sides: Sides) -> str:
    """As :func:`input_policy` reads them: ``224``, or ``512x1024``."""
    height, width = sides
    return str(height) if height == width else f"{height}x{width}"
