"""Narrow ResNets for images of 32 to 96 pixels, registered with timm: small enough to be trained on two cores.

``narrow_resnet10_wN`` has one basic block a stage and ``N``, 2 N, 4 N, 8 N channels; ``narrow_resnet18_wN`` has two.
They are timm's own ResNet with its deep stem (three 3 x 3 convolutions, the first with stride 2; He et al., "Bag of
tricks for image classification with convolutional neural networks", 2019, 1812.01187) and without the max-pooling
behind it, so that the maps of 48-pixel views have 24, 12, 6 and 3 cells a side.
"""

from typing import Any, cast

from timm.models import build_model_with_cfg, register_model
from timm.models.resnet import BasicBlock, ResNet
from torch import nn

_DEPTHS = {10: (1, 1, 1, 1), 18: (2, 2, 2, 2)}
_WIDTHS = (8, 16, 24, 32)

default_cfgs: dict[str, dict[str, Any]] = {}
"""Where timm looks for the card of a registered name: channel statistics, input size, classifier."""


def _card() -> dict[str, Any]:
    return {
        "input_size": (3, 64, 64),
        "pool_size": (4, 4),
        "interpolation": "bilinear",
        "mean": (0.485, 0.456, 0.406),
        "std": (0.229, 0.224, 0.225),
        "num_classes": 1000,
        "first_conv": "conv1.0",
        "classifier": "fc",
        "license": "apache-2.0",
    }


def _offer(depth: int, width: int) -> None:
    name = f"narrow_resnet{depth}_w{width}"

    def make(pretrained: bool = False, **options: Any) -> nn.Module:
        shape = {
            "block": BasicBlock,
            "layers": _DEPTHS[depth],
            "channels": tuple(width * 2**stage for stage in range(4)),
            "stem_type": "deep",
            "stem_width": width // 2,
        }
        network: Any = build_model_with_cfg(ResNet, name, pretrained, **(shape | options))
        network.maxpool = nn.Identity()
        for level in network.feature_info:
            level["reduction"] = max(2, level["reduction"] // 2)
        return cast("nn.Module", network)

    make.__name__, make.__module__ = name, __name__
    make.__doc__ = f"A ResNet-{depth} whose stages have {width}, {2 * width}, {4 * width} and {8 * width} channels."
    default_cfgs[name] = _card()
    register_model(make)


__all__: list[str] = []  # timm's register_model adds each name
for _depth in _DEPTHS:
    for _width in _WIDTHS:
        _offer(_depth, _width)
