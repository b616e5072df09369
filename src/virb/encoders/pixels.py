"""Raw pixels as an encoder: the other floor of every comparison."""

from typing import final

from virb.encoders import EncoderSource, Listed, Loaded
from virb.errors import UserError
from virb.spec import EncoderSpec, InputPolicy, Preprocessing

GRID = 16
"""The image is averaged to 16 x 16 cells of RGB: 768 numbers, as many as a ViT-B has."""


@final
class Pixels(EncoderSource):
    """The image itself, averaged to 16 x 16 cells. Needs no network, and often does better than a random one.

    Its maps have cells of 4, 8, 16 and 32 px, each averaged to 4 x 4 RGB.
    """

    form = "pixels"
    about = f"raw RGB pixels averaged to {GRID} x {GRID} cells: what a probe can do without an encoder"
    normalises = False

    def parse(self, name: str, rest: str) -> EncoderSpec:
        """See :meth:`EncoderSource.parse`."""
        if rest or name != "pixels":
            raise UserError(f"'{name}' says more than pixels has.", "Write pixels.")
        return EncoderSpec(name=name, source="pixels", arch=f"pixels{GRID}", pretraining=None)

    def check(self, spec: EncoderSpec, inputs: InputPolicy) -> None:
        """See :meth:`EncoderSource.check`."""

    def load(self, spec: EncoderSpec, inputs: InputPolicy) -> Loaded:
        """See :meth:`EncoderSource.load`."""
        from virb.encoders._cells import PixelTrunk  # torch comes with it

        card = Preprocessing(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), interpolation="bilinear")
        return Loaded(PixelTrunk(GRID), card)

    def listed(self) -> list[Listed]:
        """See :meth:`EncoderSource.listed`."""
        return [Listed(self.form, self.about, here=True)]


SOURCE = Pixels()
