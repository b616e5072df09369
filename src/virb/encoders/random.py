"""Untrained networks, the floor of every comparison: ``random:resnet18``, ``random:vit_tiny_patch16_224@3``."""

from typing import TYPE_CHECKING, final

from virb.encoders import EncoderSource, Listed, Loaded
from virb.errors import UserError
from virb.spec import EncoderSpec, InputPolicy, Pretraining

if TYPE_CHECKING:
    from torch import nn


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
        import torch

        from virb.encoders._architectures import build

        assert spec.pretraining is not None
        with torch.random.fork_rng(devices=[]):  # the draw neither depends on the caller's generator nor moves it
            torch.manual_seed(spec.pretraining.seed)
            built = build(spec.arch, inputs.size)
        _open_branches(built.module)
        return Loaded(built.trunk(spec.name), built.preprocessing)

    def listed(self) -> list[Listed]:
        """See :meth:`EncoderSource.listed`."""
        return [Listed(self.form, self.about, here=True)]


def _open_branches(module: "nn.Module") -> None:
    """Set norm gains that start at zero to one.

    timm starts the last gain of every residual branch at zero, which helps training and leaves an untrained network
    with its stem alone: a floor too low to be worth beating. On handwritten digits at 64 px a logistic probe on an
    untrained ResNet-18 reaches 83 % with the zeros and 98 % without; torchvision starts at one.
    """
    from torch import Tensor, nn

    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d | nn.GroupNorm | nn.LayerNorm):
            gain: Tensor | None = part.weight  # None where the norm has no gains
            if gain is not None and not gain.any():
                nn.init.ones_(gain)


SOURCE = Random()
