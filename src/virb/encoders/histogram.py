"""A colour histogram as an encoder: the floor that knows no shapes, only how much of which colour there is."""

from typing import final

from virb.encoders import EncoderSource, Listed, Loaded
from virb.errors import UserError
from virb.spec import EncoderSpec, InputPolicy, Preprocessing


@final
class Histogram(EncoderSource):
    """Shares of 4 x 4 x 4 RGB bins. A task that it solves asks for colour, whatever its name says.

    Its maps are histograms of cells of 4, 8, 16 and 32 px.
    """

    form = "histogram"
    about = "shares of 4 x 4 x 4 RGB bins: what a probe can do with colour alone"
    normalises = False

    def parse(self, name: str, rest: str) -> EncoderSpec:
        """See :meth:`EncoderSource.parse`."""
        if rest or name != "histogram":
            raise UserError(f"'{name}' says more than histogram has.", "Write histogram.")
        return EncoderSpec(name=name, source="histogram", arch="rgb4x4x4", pretraining=None)

    def check(self, spec: EncoderSpec, inputs: InputPolicy) -> None:
        """See :meth:`EncoderSource.check`."""

    def load(self, spec: EncoderSpec, inputs: InputPolicy) -> Loaded:
        """See :meth:`EncoderSource.load`."""
        from virb.encoders._cells import HistogramTrunk  # torch comes with it

        card = Preprocessing(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), interpolation="bilinear")
        return Loaded(HistogramTrunk(), card)

    def listed(self) -> list[Listed]:
        """See :meth:`EncoderSource.listed`."""
        return [Listed(self.form, self.about, here=True)]


SOURCE = Histogram()
