"""Randomness of our own: numbers that depend on words alone, the same on every platform, in any order of asking."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar, final

Item = TypeVar("Item")

_WORD = (1 << 64) - 1
# SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
_STEP = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB


@final
class Stream:
    """An endless row of draws, named by words: equal words give equal draws.

    The words are hashed to a 64-bit key; draw ``i`` is SplitMix64's finaliser of ``key + i * step``. A stream remembers
    only how many draws it has given, so what one part of a program draws never shifts what another part draws, as long
    as each has its own child.

    Args:
        words: what the stream is for, for example ``Stream("world-depth", "fit", 17)``. Text and numbers differ: ``1``
            is not ``"1"``, and ``("a", "b")`` is not ``("ab",)``.
    """

    __slots__ = ("_drawn", "_key")

    def __init__(self, *words: str | int) -> None:
        self._key = _digest(words)
        self._drawn = 0

    def child(self, *words: str | int) -> "Stream":
        """A stream of its own for a part: the same whatever has been drawn here before."""
        return Stream(self._key, *words)

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """A number from ``low`` to ``high``, which is exclusive but for rounding."""
        return low + (high - low) * ((self._next() >> 11) * 2.0**-53)

    def integer(self, low: int, high: int) -> int:
        """A whole number from ``low`` up to, but not including, ``high``.

        Raises:
            ValueError: if there is none, or the span is beyond 32 bits, where the draw would be noticeably uneven.
        """
        span = high - low
        if not 0 < span <= 1 << 32:
            raise ValueError(f"no whole number can be drawn from {low} up to {high}")
        return low + (self._next() * span >> 64)

    def choice(self, sequence: Sequence[Item]) -> Item:
        """One of ``sequence``, each as likely.

        Raises:
            ValueError: if it is empty.
        """
        return sequence[self.integer(0, len(sequence))]

    def shuffled(self, sequence: Sequence[Item]) -> list[Item]:
        """A new list of the same items in any order, each order as likely (Fisher and Yates)."""
        items = list(sequence)
        for last in range(len(items) - 1, 0, -1):
            other = self.integer(0, last + 1)
            items[last], items[other] = items[other], items[last]
        return items

    def chance(self, p: float) -> bool:
        """True with probability ``p``: never for 0, always for 1."""
        return (self._next() >> 11) * 2.0**-53 < p

    def _next(self) -> int:
        self._drawn += 1
        z = (self._key + self._drawn * _STEP) & _WORD
        z = ((z ^ z >> 30) * _MIX_1) & _WORD
        z = ((z ^ z >> 27) * _MIX_2) & _WORD
        return z ^ z >> 31


def _digest(words: tuple[str | int, ...]) -> int:
    """64 bits of the words; each is marked by its type and length, so that no two lists of words read the same."""
    state = blake2b(digest_size=8)
    for word in words:
        text = str(word).encode()
        state.update(f"{'s' if isinstance(word, str) else 'i'}{len(text)}:".encode() + text)
    return int.from_bytes(state.digest(), "little")
