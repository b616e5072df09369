"""What happens to pixels after the input policy, and how an encoder's own card is overruled."""

from typing import Literal, final

from virb.spec._identity import Spec

Triple = tuple[float, float, float]
Interpolation = Literal["nearest", "bilinear", "bicubic"]


@final
class Preprocessing(Spec):
    """What happens to pixels after the input policy: ``(pixel / 255 - mean) / std`` a channel, in RGB order."""

    mean: Triple
    std: Triple
    interpolation: Interpolation = "bilinear"


@final
class Overrides(Spec):
    """What is asked for instead of what an encoder's card says; None leaves it to the card."""

    mean: Triple | None = None
    std: Triple | None = None
    interpolation: Interpolation | None = None

    def over(self, card: Preprocessing) -> Preprocessing:
        """The card with what is asked for in its place."""
        return card.model_copy(update={name: value for name, value in self if value is not None})

    def __str__(self) -> str:
        values = {name: value for name, value in self if value is not None}
        return "".join(f"+{name}={_written(value)}" for name, value in values.items())


def _written(value: Triple | str) -> str:
    return value if isinstance(value, str) else ",".join(f"{one!r}" for one in value)
