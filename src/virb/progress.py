"""How long work says how far it is."""

from typing import Protocol, final


class Progress(Protocol):
    """Where long work says how far it is."""

    def say(self, text: str) -> None:
        """Say one line."""

    def advance(self, what: str, done: int, total: int) -> None:
        """``done`` of ``total`` of ``what`` are finished."""


@final
class Quiet:
    """Says nothing."""

    def say(self, text: str) -> None:
        """See :class:`Progress`."""

    def advance(self, what: str, done: int, total: int) -> None:
        """See :class:`Progress`."""
