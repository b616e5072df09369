"""How maps are read off torchvision's classifiers, which have no interface for it: from the parts they go through."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple, final

from torch import Tensor, nn
from torchvision.models import vision_transformer
from torchvision.models.swin_transformer import SwinTransformer
from torchvision.models.vision_transformer import VisionTransformer

from virb.encoders._encoder import Trunk
from virb.encoders._taps import outline_shapes, tapped, tokens_to_map
from virb.errors import UserError
from virb.spec import LAYERS, Sides, show_sides

PYRAMID_AT = 224
"""Pixels: the size at which resolutions are told apart, whatever size the encoder sees later."""

_CHAINS = {
    "AlexNet": "features",
    "ConvNeXt": "features",
    "DenseNet": "features",
    "EfficientNet": "features",
    "GoogLeNet": "",
    "Inception3": "",
    "MNASNet": "layers",
    "MaxVit": "blocks",
    "MobileNetV2": "features",
    "MobileNetV3": "features",
    "RegNet": "trunk_output",
    "ResNet": "",
    "ShuffleNetV2": "",
    "SqueezeNet": "features",
    "SwinTransformer": "features",
    "VGG": "features",
}
"""For each class of torchvision's: the part whose own parts the image goes through one by one."""


class _Part(NamedTuple):
    """Where a stage is read."""

    stage: str
    path: str


@final
class TorchvisionTrunk(Trunk):
    """A torchvision classifier without its last layer: what that would be given, and four maps.

    Networks with a pyramid give the last map at each of their four coarsest resolutions. A VisionTransformer gives the
    outputs of the blocks at one, two, three and four quarters of its depth, tokens laid out as maps.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self._parts = dict(_blocks(module) if isinstance(module, VisionTransformer) else _pyramid(module))
        self.layers = ("embedding", *self._parts)

    def read(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """See :meth:`Trunk.read`."""
        wanted = {layer: self._parts[layer] for layer in layers if layer != "embedding"}
        with tapped(self.module, wanted) as kept:
            embedding = self.module(images)
        height, width = images.shape[-2:]
        maps = {layer: self._map(output, (height, width)) for layer, output in kept.items()}
        return {"embedding": embedding.flatten(1)} | maps

    def _map(self, output: Tensor, sides: Sides) -> Tensor:
        if isinstance(self.module, VisionTransformer):
            return tokens_to_map(output, sides, prefix=1)
        return output.permute(0, 3, 1, 2) if isinstance(self.module, SwinTransformer) else output


def _blocks(module: VisionTransformer) -> list[_Part]:
    names = [f"encoder.layers.{name}" for name, _ in module.encoder.layers.named_children()]
    return [_Part(f"stage{quarter}", names[len(names) * quarter // 4 - 1]) for quarter in (1, 2, 3, 4)]


def _pyramid(module: nn.Module) -> list[_Part]:
    """The last part at each of the four coarsest resolutions; none of a class that is not known."""
    chain = _CHAINS.get(type(module).__name__)
    if chain is None:
        return []
    parts = {}
    for name, part in module.get_submodule(chain).named_children():
        if isinstance(part, nn.AdaptiveAvgPool2d):  # behind it there are no places
            break
        parts[name] = f"{chain}.{name}".lstrip(".")
    last: dict[int, str] = {}
    for name, shape in outline_shapes(module, parts, PYRAMID_AT).items():
        if len(shape) == 4:
            last[shape[2]] = parts[name]  # rows: second but last of channels first and of Swin's channels last
    coarsest = [last[rows] for rows in sorted(last, reverse=True)[-4:]]
    return [_Part(stage, path) for stage, path in zip(LAYERS[-len(coarsest) :], coarsest, strict=True)]


def resize_positions(module: VisionTransformer, size: int | Sides, name: str) -> None:
    """Resample the position embeddings of a VisionTransformer for images of that size, as torchvision does it.

    Raises:
        UserError: the images are not square, or its patches would leave a border of them unread.
    """
    height, width = sides_of(size)
    if height != width:
        raise UserError(
            f"'{name}' is torchvision's transformer, which takes square images, not '{height}x{width}'.",
            "timm's take any: timm:vit_base_patch16_224 and the like; or choose a square --size.",
        )
    size = height
    if size == module.image_size:
        return
    require_whole_patches(size, module.patch_size, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        state = vision_transformer.interpolate_embeddings(size, module.patch_size, module.state_dict())
    positions = state["encoder.pos_embedding"]
    module.encoder.pos_embedding = nn.Parameter(positions)
    module.image_size, module.seq_length = size, positions.shape[1]


def sides_of(size: int | Sides) -> Sides:
    """Height and width; a single number is both."""
    return (size, size) if isinstance(size, int) else size


def require_whole_patches(size: int | Sides, patch: int, name: str) -> None:
    """Refuse a size of which the last rows and columns would not be read.

    Raises:
        UserError: a side is no multiple of the patch.
    """
    height, width = sides = sides_of(size)
    if height % patch or width % patch:
        below = [side // patch * patch for side in sides]
        near = [(low or patch, low if low == side else low + patch) for low, side in zip(below, sides, strict=True)]
        wanted = dict.fromkeys(show_sides(one) for one in zip(*near, strict=True))
        raise UserError(
            f"'{name}' reads patches of {patch} px, and '{show_sides(sides)}' is no multiple.",
            f"Try --size {' or '.join(wanted)}.",
        )


def strip_classifier(module: nn.Module, name: str) -> str:
    """Replace the last layer of a torchvision classifier by the identity, in place.

    Returns:
        The name of the layer that went.

    Raises:
        UserError: the network does not end in a classifier that is known.
    """
    if type(module).__name__ == "SqueezeNet":  # it classifies each place, and averages class scores
        module.classifier = nn.AdaptiveAvgPool2d(1)
        return "classifier"
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
