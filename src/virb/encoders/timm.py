"""Encoders of the timm library with their published weights: ``timm:resnet50``, ``timm:vit_small_patch14_dinov2``."""

from typing import Any, final

from virb.encoders import EncoderSource, Listed, Loaded
from virb.errors import UserError
from virb.spec import EncoderSpec, InputPolicy


@final
class Timm(EncoderSource):
    """Any model name of timm that has weights, with or without a tag: ``timm:resnet18`` or ``timm:resnet18.a1_in1k``.

    timm keeps the weights in the Hugging Face cache and fetches them at the first use.
    """

    form = "timm:NAME"
    about = "any of timm's models with published weights, such as timm:resnet50 or timm:vit_small_patch14_dinov2"

    def parse(self, name: str, rest: str) -> EncoderSpec:
        """See :meth:`EncoderSource.parse`."""
        if not rest:
            raise UserError(f"'{name}' names no model.", "Write timm:NAME, such as timm:resnet50.")
        return EncoderSpec(name=name, source="timm", arch=rest)

    def check(self, spec: EncoderSpec, inputs: InputPolicy) -> None:
        """See :meth:`EncoderSource.check`."""
        import timm  # torch comes with it
        from huggingface_hub import constants, try_to_load_from_cache

        from virb.encoders._architectures import libraries_of
        from virb.encoders._reach import require_host

        arch, _, tag = spec.arch.partition(".")
        if "timm" not in libraries_of(arch):
            raise UserError(f"'{arch}' is torchvision's.", f"Write torchvision:{spec.arch}.")
        tags = sorted({known.partition(".")[2] for known in timm.list_pretrained(f"{arch}.*")})
        other = f"write random:{arch} for random weights, or checkpoint:FILE@{arch} for your own."
        if not tags:
            # Without this, some versions of timm go on with random weights.
            raise UserError(f"timm publishes no weights for '{arch}'.", f"You can {other}")
        if tag and tag not in tags:
            raise UserError(f"'{arch}' has no weights '{tag}'.", f"timm publishes: {', '.join(tags)}.")
        card = timm.get_pretrained_cfg(spec.arch)
        files = ("model.safetensors", "pytorch_model.bin", "open_clip_model.safetensors", "open_clip_pytorch_model.bin")
        cached = any(isinstance(try_to_load_from_cache(card.hf_hub_id, file), str) for file in files)
        if card.hf_hub_id and not cached:
            require_host(constants.ENDPOINT, spec.name, f"Connect this machine once, or {other}")

    def load(self, spec: EncoderSpec, inputs: InputPolicy) -> Loaded:
        """See :meth:`EncoderSource.load`."""
        self.check(spec, inputs)
        from virb.encoders._architectures import timm_preprocessing
        from virb.encoders._trunks import timm_model, trunk_of

        module: Any = timm_model(spec.arch, inputs.sides, spec.name, pretrained=True)
        return Loaded(trunk_of(module, spec.name), timm_preprocessing(module.pretrained_cfg))

    def listed(self) -> list[Listed]:
        """See :meth:`EncoderSource.listed`."""
        return [Listed(self.form, self.about, here=False)]


SOURCE = Timm()
