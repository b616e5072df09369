"""How layers are read off networks: timm's own interface where there is one, the output of the module otherwise."""

import warnings
from collections.abc import Sequence
from typing import Any, Protocol, final, runtime_checkable

from torch import Tensor, nn

from virb.encoders._encoder import Trunk
from virb.errors import UserError
from virb.spec import LAYERS, Preprocessing

IMAGENET = Preprocessing(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), interpolation="bilinear")
"""Channel statistics of ImageNet as torchvision publishes them: the field's default where no card says otherwise."""


@runtime_checkable
class TimmLike(Protocol):
    """The feature interface of timm's models."""

    feature_info: Any

    def forward_features(self, x: Tensor) -> Tensor:
        """Images to the last unpooled features."""

    def forward_head(self, x: Tensor, pre_logits: bool = ...) -> Tensor:
        """Features to the pooled embedding (``pre_logits``)."""

    def forward_intermediates(self, x: Tensor, **options: Any) -> Any:
        """Images to chosen intermediate maps."""


@runtime_checkable
class Resizable(Protocol):
    """A timm model whose position embeddings can be resampled to another input size."""

    def set_input_size(self, *, img_size: int) -> None:
        """Resample to square images of this size."""


@final
class TimmTrunk(Trunk):
    """A timm model: the pooled embedding before the classifier, and four maps.

    Networks with a pyramid give the last four of its levels. Plain transformers, whose maps all have one stride, give
    the outputs of the blocks at one, two, three and four quarters of their depth, tokens laid out as maps.
    """

    def __init__(self, module: nn.Module) -> None:
        assert isinstance(module, TimmLike)
        self.module = module
        self._timm: TimmLike = module
        levels = [info["reduction"] for info in module.feature_info]
        depth = len(levels)
        if depth < 4:
            self._indices: tuple[int, ...] = ()
        elif len(set(levels)) == 1:
            self._indices = tuple(depth * quarter // 4 - 1 for quarter in (1, 2, 3, 4))
        else:
            self._indices = tuple(range(depth - 4, depth))
        self.layers = LAYERS if self._indices else ("embedding",)

    def read(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """See :meth:`Trunk.read`."""
        if [*layers] == ["embedding"]:
            return {"embedding": self._pool(self._timm.forward_features(images))}
        final, maps = self._timm.forward_intermediates(images, indices=list(self._indices), output_fmt="NCHW")
        read = dict(zip(LAYERS[1:], maps, strict=True))
        if "embedding" in layers:
            read["embedding"] = self._pool(final)
        return read

    def _pool(self, features: Tensor) -> Tensor:
        return self._timm.forward_head(features, pre_logits=True).flatten(1)


@final
class OutputTrunk(Trunk):
    """Any module from images to one tensor: batch x width, or batch x width x rows x columns, averaged over space."""

    layers = ("embedding",)

    def __init__(self, module: nn.Module, name: str) -> None:
        self.module = module
        self._name = name

    def read(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """See :meth:`Trunk.read`."""
        output = self.module(images)
        if isinstance(output, Tensor) and output.ndim == 4:
            output = output.mean(dim=(2, 3))
        if not isinstance(output, Tensor) or output.ndim != 2 or len(output) != len(images):
            got = f"shape {[*output.shape]}" if isinstance(output, Tensor) else type(output).__name__
            raise UserError(
                f"'{self._name}' returns {got} for {len(images)} images.",
                "It must return one tensor: batch x width, or batch x width x rows x columns. Wrap it in an nn.Module "
                "that does.",
            )
        return {"embedding": output}


def trunk_of(module: nn.Module, name: str) -> Trunk:
    """Read any module in the best way known: timm models before their classifier, torchvision's without theirs.

    A classifier's outputs are class scores, not features: leaving it on is the commonest silent mistake with these two
    libraries. Any other module is taken at its word.
    """
    if isinstance(module, TimmLike):
        return TimmTrunk(module)
    if type(module).__module__.startswith("torchvision.models."):
        strip_classifier(module, name)
    return OutputTrunk(module, name)


def strip_classifier(module: nn.Module, name: str) -> str:
    """Replace the last linear layer of a torchvision classifier by the identity, in place.

    Returns:
        The name of the layer that went.

    Raises:
        UserError: the network does not end in a linear layer.
    """
    linear: list[str] = [key for key, part in module.named_modules() if isinstance(part, nn.Linear)]
    heads = [key for key in linear if key.split(".")[0] in {"fc", "classifier", "heads", "head"}]
    if not heads:
        raise UserError(
            f"'{name}' does not end in a linear classifier that could be taken off.",
            "Wrap it in an nn.Module that returns features, batch x width.",
        )
    owner, _, leaf = heads[-1].rpartition(".")
    setattr(module.get_submodule(owner), leaf, nn.Identity())
    return heads[-1]


def at_size(module: nn.Module, size: int, name: str) -> nn.Module:
    """Make a timm model take square images of ``size`` pixels, position embeddings resampled where it has them.

    Raises:
        UserError: the network cannot take it, or its patches would leave a border of the image unread.
    """
    strides = {info["reduction"] for info in module.feature_info} if isinstance(module, TimmLike) else set()
    patch = strides.pop() if len(strides) == 1 else 1
    if size % patch:
        # timm would go on without the last few rows and columns, and say nothing
        below = size // patch * patch
        wanted = f"{below} or {below + patch}" if below else str(patch)
        raise UserError(f"'{name}' reads patches of {patch} px, and '{size}' is no multiple.", f"Try --size {wanted}.")
    if isinstance(module, Resizable):
        try:
            with warnings.catch_warnings():
                # timm's own interpolation of position biases trips over two of torch's advice messages
                warnings.simplefilter("ignore", UserWarning)
                module.set_input_size(img_size=size)
        except (AssertionError, RuntimeError, ValueError) as error:
            raise UserError(f"'{name}' cannot take images of {size} px: {error}", "Choose another --size.") from error
    return module
