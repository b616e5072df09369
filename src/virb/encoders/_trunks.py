"""How layers are read off networks: by their library's interface where there is one, by what they return otherwise."""

import inspect
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, final, runtime_checkable

import timm
from torch import Tensor, nn
from torchvision.models.vision_transformer import VisionTransformer

from virb.encoders._encoder import Trunk
from virb.encoders._taps import as_map, shown, tapped
from virb.encoders._torchvision_trunk import TorchvisionTrunk, require_whole_patches, resize_positions, sides_of
from virb.encoders._torchvision_trunk import strip_classifier as strip_classifier
from virb.errors import UserError, unknown
from virb.spec import LAYERS, Preprocessing, Sides, show_sides

IMAGENET = Preprocessing(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), interpolation="bilinear")
"""Channel statistics of ImageNet as torchvision publishes them: the field's default where no card says otherwise."""

STAGES = LAYERS[1:]


@runtime_checkable
class TimmLike(Protocol):
    """The feature interface of timm's models."""

    feature_info: Any

    def forward_features(self, x: Tensor) -> Tensor:
        """Images to the last unpooled features."""

    def forward_head(self, x: Tensor, pre_logits: bool = ...) -> Tensor:
        """Features to the pooled embedding (``pre_logits``)."""

    def reset_classifier(self, num_classes: int) -> None:
        """Put another classifier on, or none."""


@runtime_checkable
class Intermediate(Protocol):
    """A timm model that gives maps by itself: nearly all do."""

    def forward_intermediates(self, x: Tensor, **options: Any) -> Any:
        """Images to chosen intermediate maps."""


@runtime_checkable
class Carded(Protocol):
    """A timm model with its card: one that ``timm.create_model`` made."""

    pretrained_cfg: Any


@runtime_checkable
class Resizable(Protocol):
    """A timm model whose position embeddings can be resampled to another input size."""

    def set_input_size(self, *, img_size: int | Sides) -> None:
        """Resample to images of this size: the side of a square, or height and width."""


def card_of(module: nn.Module) -> Preprocessing:
    """The channel statistics a module wants: those of a timm model's card, ImageNet's for all others.

    Raises:
        UserError: the card names an interpolation that virb does not have.
    """
    card: Any = module.pretrained_cfg if isinstance(module, TimmLike) and isinstance(module, Carded) else None
    return timm_preprocessing(card) if card else IMAGENET


def timm_preprocessing(card: Mapping[str, Any]) -> Preprocessing:
    """The channel statistics and interpolation of a timm model card.

    Raises:
        UserError: the card names an interpolation that virb does not have.
    """
    interpolation = card.get("interpolation") or "bilinear"
    if interpolation == "random":  # timm's word for "either will do"
        interpolation = "bilinear"
    if interpolation not in {"nearest", "bilinear", "bicubic"}:
        raise UserError(f"The model card asks for the interpolation '{interpolation}'.", "Known: bilinear, bicubic.")
    return Preprocessing.model_validate({"mean": card["mean"], "std": card["std"], "interpolation": interpolation})


@final
class TimmTrunk(Trunk):
    """A timm model: the pooled embedding before the classifier, and up to four maps.

    Networks with a pyramid give the last four of its levels. Plain transformers, whose maps all have one stride, give
    the outputs of the blocks at one, two, three and four quarters of their depth, tokens laid out as maps. A network
    with fewer levels lacks the first stages.
    """

    def __init__(self, module: nn.Module) -> None:
        assert isinstance(module, TimmLike)
        self.module = module
        self._timm: TimmLike = module
        levels = [*module.feature_info]
        depth = len(levels)
        if depth >= 4 and len({level["reduction"] for level in levels}) == 1:
            indices = [depth * quarter // 4 - 1 for quarter in (1, 2, 3, 4)]
        else:
            indices = [*range(depth)][-4:]
        self._indices = dict(zip(STAGES[len(STAGES) - len(indices) :], indices, strict=True))
        self._paths = {stage: levels[index]["module"] for stage, index in self._indices.items()}
        self.layers = ("embedding", *self._indices)

    def read(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """See :meth:`Trunk.read`."""
        if [*layers] == ["embedding"]:
            return {"embedding": self._pool(self._timm.forward_features(images))}
        if isinstance(self.module, Intermediate):
            indices = [*self._indices.values()]
            final, maps = self.module.forward_intermediates(images, indices=indices, output_fmt="NCHW")
            read = dict(zip(self._indices, maps, strict=True))
        else:
            with tapped(self.module, self._paths) as read:
                final = self._timm.forward_features(images)
        if "embedding" in layers:
            read["embedding"] = self._pool(final)
        return read

    def _pool(self, features: Tensor) -> Tensor:
        return self._timm.forward_head(features, pre_logits=True).flatten(1)


@final
class OutputTrunk(Trunk):
    """Any module, by what it and its parts return.

    It may return one tensor, batch x width; one map, batch x width x rows x columns, which is ``stage4`` and whose mean
    is the embedding; a list of maps from fine to coarse, of which the last is ``stage4``; or a dictionary from names of
    layers to them. Where nothing else is the embedding, it is the mean of the last map.

    Args:
        module: from normalised images to features.
        name: what it is called in messages.
        parts: from ``stage1`` … ``stage4`` to paths of parts of the module, whose outputs are those maps.

    Raises:
        UserError: a part that is not there, or is no stage.
    """

    def __init__(self, module: nn.Module, name: str, parts: Mapping[str, str] | None = None) -> None:
        self.module = module
        self.layers: tuple[str, ...] = ("embedding",)
        self._name = name
        self._parts = dict(parts or {})
        paths = {path for path, _ in module.named_modules() if path}
        for stage, path in self._parts.items():
            if stage not in STAGES:
                raise unknown("stage", stage, STAGES, "A map is named stage1, stage2, stage3 or stage4.")
            if path not in paths:
                raise unknown(f"part of '{name}'", path, paths, "Parts are named as module.named_modules() has them.")

    def settle(self, image: Tensor) -> None:
        """See :meth:`Trunk.settle`."""
        found = self._everything(image)
        self.layers = tuple(layer for layer in LAYERS if layer in found)
        rows = [found[layer].shape[-2] for layer in self.layers[1:]]
        if rows != sorted(rows, reverse=True):
            raise UserError(
                f"'{self._name}' gives maps of {', '.join(map(str, rows))} rows as {', '.join(self.layers[1:])}.",
                "Stages go from fine to coarse: put the finest map first.",
            )

    def read(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """See :meth:`Trunk.read`."""
        return self._everything(images)

    def _everything(self, images: Tensor) -> dict[str, Tensor]:
        with tapped(self.module, self._parts) as kept:
            output = self.module(images)
        for stage, path in self._parts.items():
            if stage not in kept:
                raise UserError(
                    f"'{self._name}' does not pass '{path}', so there is no {stage}.",
                    "Name a part that it goes through.",
                )
        found = self._named(output, len(images))
        read = {
            layer: as_map(value, images, self._name, layer)
            for layer, value in (found | kept).items()
            if layer != "embedding"
        }
        read["embedding"] = found["embedding"] if "embedding" in found else read[max(read)].mean(dim=(2, 3))
        return read

    def _named(self, output: Any, images: int) -> dict[str, Any]:
        """What the module returned, by names of layers."""
        named: dict[str, Any] = {}
        if isinstance(output, Mapping) and output:
            for layer in output:
                if layer not in LAYERS:
                    raise unknown(f"layer in what '{self._name}' returns", str(layer), LAYERS, _FORMS)
            named = dict(output)
        elif isinstance(output, list | tuple) and 0 < len(output) <= len(STAGES):
            named = dict(zip(STAGES[-len(output) :], output, strict=True))
        elif isinstance(output, Tensor) and output.ndim == 4:
            named = {STAGES[-1]: output}
        else:
            named = {"embedding": output}
        embedding = named.get("embedding")
        if "embedding" in named and not (
            isinstance(embedding, Tensor) and embedding.ndim == 2 and len(embedding) == images
        ):
            raise UserError(f"'{self._name}' returns {shown(embedding)} for {images} images.", _FORMS)
        return named


_FORMS = (
    "It must return one tensor, batch x width, or batch x width x rows x columns; a list of maps from fine to coarse; "
    "or a dictionary with some of embedding, stage1, stage2, stage3, stage4. Wrap it in an nn.Module that does."
)


def trunk_of(module: nn.Module, name: str, parts: Mapping[str, str] | None = None) -> Trunk:
    """Read any module in the best way known: timm models before their classifier, torchvision's without theirs.

    A classifier's outputs are class scores, not features: leaving it on is the commonest silent mistake with these two
    libraries. It is taken off in place. Any other module is taken at its word.

    Args:
        module: timm's, torchvision's or any other.
        name: what it is called in messages.
        parts: see :class:`OutputTrunk`; for a timm or torchvision model, instead of its own stages.

    Raises:
        UserError: see :class:`OutputTrunk`, or a torchvision model whose classifier is not known.
    """
    if isinstance(module, TimmLike):
        if not parts:
            return TimmTrunk(module)
        module.reset_classifier(0)
    elif type(module).__module__.startswith("torchvision.models."):
        strip_classifier(module, name)
        if not parts:
            return TorchvisionTrunk(module)
    return OutputTrunk(module, name, parts)


def at_size(module: nn.Module, size: int | Sides, name: str) -> nn.Module:
    """Make a timm or torchvision model take images of this size, position embeddings resampled.

    Args:
        module: changed in place.
        size: the side of a square in pixels, or height and width.
        name: what it is called in messages.

    Raises:
        UserError: the network cannot take it, or its patches would leave a border of the image unread.
    """
    if isinstance(module, VisionTransformer):
        resize_positions(module, size, name)
    strides = {info["reduction"] for info in module.feature_info} if isinstance(module, TimmLike) else set()
    if len(strides) == 1:
        require_whole_patches(size, strides.pop(), name)  # timm would leave out the last rows, and say nothing
    if isinstance(module, Resizable):
        try:
            with warnings.catch_warnings():
                # timm's own interpolation of position biases trips over two of torch's advice messages
                warnings.simplefilter("ignore", UserWarning)
                module.set_input_size(img_size=_plain(size))
        except (AssertionError, RuntimeError, ValueError) as error:
            shown = show_sides(sides_of(size))
            raise UserError(f"'{name}' cannot take images of {shown} px: {error}", "Choose another --size.") from error
    return module


def timm_model(
    arch: str,
    size: int | Sides | None,
    name: str,
    *,
    pretrained: bool = False,
    options: Mapping[str, Any] | None = None,
) -> nn.Module:
    """Build a timm model without its classifier.

    Args:
        arch: timm's name, with or without a tag.
        size: side of the square images it must take, or their height and width; None keeps its own.
        name: what it is called in messages.
        pretrained: whether with its published weights.
        options: how it differs from the architecture of that name, in timm's arguments.

    Raises:
        UserError: a size that the network, or its weights, cannot take.
    """
    module: nn.Module = timm.create_model(arch, pretrained=pretrained, num_classes=0, **(options or {}))
    if size is None:
        return module
    fixed = timm.get_pretrained_cfg_value(arch, "fixed_input_size") and not isinstance(module, Resizable)
    own = timm.get_pretrained_cfg_value(arch, "input_size")
    if fixed and sides_of(size) != tuple(own[-2:]) and _takes(module, "img_size"):
        try:  # a few families can be built for another size, and not be changed to it
            module = timm.create_model(
                arch, pretrained=pretrained, num_classes=0, **{**(options or {}), "img_size": _plain(size)}
            )
        except (AssertionError, RuntimeError, ValueError, TypeError) as error:
            shown = show_sides(sides_of(size))
            raise UserError(f"'{name}' cannot take images of {shown} px: {error}", f"Try --size {own[-1]}.") from error
    return at_size(module, size, name)


def _plain(size: int | Sides) -> int | Sides:
    """A square as one number: some of timm's families know no other way to say it."""
    height, width = sides_of(size)
    return height if height == width else (height, width)


def _takes(module: nn.Module, argument: str) -> bool:
    return argument in inspect.signature(type(module)).parameters
