"""Encoders of torchvision with their published weights: ``torchvision:resnet50.IMAGENET1K_V2``."""

from pathlib import Path
from typing import final
from urllib.parse import urlsplit

from virb.encoders import EncoderSource, Listed, Loaded
from virb.errors import UserError, unknown
from virb.spec import EncoderSpec, InputPolicy, Preprocessing


@final
class Torchvision(EncoderSource):
    """Any classification model of torchvision. Without a tag its ``DEFAULT`` weights, the best published."""

    form = "torchvision:NAME"
    about = "any of torchvision's classifiers, such as torchvision:resnet50 or torchvision:vit_b_16.IMAGENET1K_V1"

    def parse(self, name: str, rest: str) -> EncoderSpec:
        """See :meth:`EncoderSource.parse`."""
        arch, _, tag = rest.partition(".")
        if not arch:
            raise UserError(f"'{name}' names no model.", "Write torchvision:NAME, such as torchvision:resnet50.")
        return EncoderSpec(name=name, source="torchvision", arch=arch, weights=tag or "DEFAULT")

    def check(self, spec: EncoderSpec, inputs: InputPolicy) -> None:
        """See :meth:`EncoderSource.check`."""
        self._weights(spec)

    def load(self, spec: EncoderSpec, inputs: InputPolicy) -> Loaded:
        """See :meth:`EncoderSource.load`."""
        from torchvision import models

        from virb.encoders._trunks import at_size, trunk_of

        weights = self._weights(spec)
        module = at_size(models.get_model(spec.arch, weights=weights), inputs.sides, spec.name)
        recipe = weights.transforms()
        card = Preprocessing(
            mean=tuple(recipe.mean), std=tuple(recipe.std), interpolation=recipe.interpolation.value.lower()
        )
        return Loaded(trunk_of(module, spec.name), card)

    def _weights(self, spec: EncoderSpec):  # type: ignore[no-untyped-def]  # noqa: ANN202 - torchvision is untyped
        import torch
        from torchvision import models

        from virb.encoders._reach import require_host

        known = models.list_models(module=models)
        if spec.arch not in known:
            raise unknown("torchvision model", spec.arch, known)
        published = models.get_model_weights(spec.arch)
        tag = spec.weights or "DEFAULT"
        if tag != "DEFAULT" and tag not in published.__members__:
            raise unknown(f"set of weights of {spec.arch}", tag, published.__members__)
        weights = getattr(published, tag)
        file = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlsplit(weights.url).path).name
        if not file.exists():
            remedy = f"Connect this machine once, or put {file.name} into '{file.parent}'."
            require_host(weights.url, spec.name, remedy)
        return weights

    def listed(self) -> list[Listed]:
        """See :meth:`EncoderSource.listed`."""
        return [Listed(self.form, self.about, here=False)]


SOURCE = Torchvision()
