"""The other four domains in turn, as the study's Combination has its four data sets."""

from typing import final

from virb.data.world._stream import Stream
from virb.data.world.domains import DOMAINS, Domain
from virb.data.world.sets import Drawn, Split

PARTS = ("objects", "scenes", "clips", "rooms")


@final
class Combination(Domain):
    """Image i is image i // 4 of domain i % 4: equal quarters, and the very images that the domains begin with."""

    title = "All four, to learn from"
    about = "The first images of world:objects, world:scenes, world:clips and world:rooms in turn, without labels."

    def draw(self, stream: Stream, split: Split, row: int) -> Drawn:
        """As the row's own domain draws it."""
        _, domain, there = self.home("combination", row)
        return Drawn(domain.draw(stream, split, there).moments)

    def group(self, row: int) -> int:
        """The group in its own domain; groups of different domains have different numbers."""
        _, domain, there = self.home("combination", row)
        return domain.group(there) * len(PARTS) + row % len(PARTS)

    def home(self, name: str, row: int) -> tuple[str, Domain, int]:
        """One of :data:`PARTS`."""
        part = PARTS[row % len(PARTS)]
        return part, DOMAINS.load(part), row // len(PARTS)


DOMAIN = Combination()
