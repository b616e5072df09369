"""Untrained networks, the floor of every comparison: ``random:resnet18``, ``random:vit_tiny_patch16_224@3``."""

from typing import final

from virb.encoders import EncoderSource, Listed, Loaded
from virb.errors import UserError
from virb.spec import EncoderSpec, InputPolicy, Pretraining


@final
class Random(EncoderSource):
    """Any timm or torchvision architecture with freshly drawn weights; ``@N`` is the seed of the draw, 0 by default."""

    form = "random:ARCH"
    about = "any architecture with untrained weights; random:ARCH@SEED draws others"

    def parse(self, name: str, rest: str) -> EncoderSpec:
        """See :meth:`EncoderSource.parse`."""
        arch, at, seed = rest.partition("@")
        if not arch:
            raise UserError(f"'{name}' names no architecture.", "Write random:ARCH, such as random:resnet18.")
        if at and not (seed.isascii() and seed.isdigit()):
            raise UserError(f"'{seed}' is not a seed.", f"Write random:{arch}@1, with a whole number.")
        draw = Pretraining(method="random", seed=int(seed) if seed else 0)
        return EncoderSpec(name=name, source="random", arch=arch, pretraining=draw)

    def check(self, spec: EncoderSpec, inputs: InputPolicy) -> None:
        """See :meth:`EncoderSource.check`."""
        from virb.encoders._architectures import libraries_of  # torch comes with it

        libraries_of(spec.arch)

    def load(self, spec: EncoderSpec, inputs: InputPolicy) -> Loaded:
        """See :meth:`EncoderSource.load`."""
        from virb.encoders._architectures import untrained

        assert spec.pretraining is not None
        built = untrained(spec.arch, inputs.sides, spec.pretraining.seed)
        return Loaded(built.trunk(spec.name), built.preprocessing)

    def listed(self) -> list[Listed]:
        """See :meth:`EncoderSource.listed`."""
        return [Listed(self.form, self.about, here=True)]


SOURCE = Random()
