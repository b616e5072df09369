"""Pre-training domains: images for encoders to learn from. Each file of this folder is one, ``world:NAME``.

A domain is a scene set of one split and of as many images as are asked for. Image i is the same whatever their number.
"""

from collections.abc import Mapping
from typing import ClassVar

from virb.data.world.sets import SceneSet, Split
from virb.registry import Shelf


class Domain(SceneSet):
    """A kind of images to learn from, one scene each; ``examples`` has none until somebody says how many.

    Its images are a little larger than what the small networks that learn from them are shown at once.
    """

    shelf: ClassVar[str] = "domain"
    splits: ClassVar[tuple[Split, ...]] = ("pretrain",)
    words: ClassVar[tuple[str, ...]] = ("world", "domain")
    examples: Mapping[Split, int] = {"pretrain": 0}
    size: int = 64

    def group(self, row: int) -> int:
        """What an image is cut from: a clip, a room; images of equal group are related. Here each is its own."""
        return row

    def home(self, name: str, row: int) -> tuple[str, "Domain", int]:
        """Whose image a row is: the name of a domain, the domain, and the row there. Only a mixture has none."""
        return name, self, row


DOMAINS: Shelf[Domain] = Shelf("virb.data.world.domains", "DOMAIN", "pre-training domain", Domain, "data")
