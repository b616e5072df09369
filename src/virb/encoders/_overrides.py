"""What may stand behind a name: ``timm:resnet50+mean=0.5,0.5,0.5+std=0.5+interpolation=bicubic``. No torch."""

import math
import re
from typing import Any, get_args

from virb.errors import UserError, unknown
from virb.spec import Overrides
from virb.spec._preprocessing import Interpolation

INTERPOLATIONS: tuple[str, ...] = get_args(Interpolation)
FORM = "+mean=R,G,B+std=R,G,B+interpolation=bicubic"
_LAST = re.compile(r"^(.+)\+(mean|std|interpolation)=([^+]*)$", re.DOTALL)


def split_overrides(name: str) -> tuple[str, Overrides | None]:
    """Take off a name what is asked for instead of the encoder's own card.

    Returns:
        The name alone, and what is asked for, or None.

    Raises:
        UserError: a value that is none, or one that stands there twice.
    """
    rest, asked = name, dict[str, str]()
    while found := _LAST.match(rest):
        rest, field, value = found.groups()
        if field in asked:
            raise UserError(f"'{name}' says {field} twice.", "Keep one of the two.")
        asked[field] = value
    return rest, overrides(**asked) if asked else None


def overrides(mean: Any = None, std: Any = None, interpolation: str | None = None) -> Overrides:
    """Check what is asked for instead of a card.

    Args:
        mean: of pixels / 255, a number, three of them, or those as text with commas; None leaves it to the card.
        std: the same.
        interpolation: ``"nearest"``, ``"bilinear"`` or ``"bicubic"``.

    Raises:
        UserError: it is something else; a mean outside 0 to 1, or a deviation that is not above 0.
    """
    if interpolation is not None and interpolation not in INTERPOLATIONS:
        raise unknown("interpolation", interpolation, INTERPOLATIONS)
    means, stds = (_three(field, value) for field, value in (("mean", mean), ("std", std)))
    if means and not all(0 <= value <= 1 for value in means):
        raise UserError(f"'{mean}' is no mean of pixels between 0 and 1.", "Divide by 255: 124 is 0.485.")
    if stds and not all(0 < value <= 1 for value in stds):
        raise UserError(f"'{std}' is no deviation of pixels between 0 and 1.", "Divide by 255: 58 is 0.229.")
    return Overrides.model_validate({"mean": means, "std": stds, "interpolation": interpolation})


def _three(field: str, value: Any) -> tuple[float, ...] | None:
    if value is None:
        return None
    parts = value.split(",") if isinstance(value, str) else [value] if isinstance(value, int | float) else [*value]
    try:
        numbers = tuple(float(part) for part in parts)
    except (TypeError, ValueError):
        numbers = ()
    if len(numbers) not in (1, 3) or not all(math.isfinite(number) for number in numbers):
        raise UserError(f"'{value}' is no {field}.", f"Write one number, or three for red, green and blue: {FORM}.")
    return numbers * 3 if len(numbers) == 1 else numbers
