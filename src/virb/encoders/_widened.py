"""ResNets with every layer widened, registered with timm: ``resnet50w2``, ``resnet50w4``, ``resnet50w5``.

The wider networks that SwAV and others publish (Kolesnikov et al. 2019, 1901.09005, section 3.2) widen all channels,
the stem's included. They are not wide_resnet50_2, which widens the 3 x 3 convolutions alone, and neither timm nor
torchvision has them.
"""

from typing import Any, cast

from timm.models import build_model_with_cfg, register_model
from timm.models.resnet import Bottleneck, ResNet
from torch import nn

default_cfgs: dict[str, dict[str, Any]] = {}
"""Where timm looks for the card of a registered name: channel statistics, input size, classifier."""


def _card() -> dict[str, Any]:
    return {
        "input_size": (3, 224, 224),
        "pool_size": (7, 7),
        "interpolation": "bilinear",
        "mean": (0.485, 0.456, 0.406),
        "std": (0.229, 0.224, 0.225),
        "num_classes": 1000,
        "first_conv": "conv1",
        "classifier": "fc",
    }


def _offer(factor: int) -> None:
    name = f"resnet50w{factor}"

    def make(pretrained: bool = False, **options: Any) -> nn.Module:
        channels = tuple(64 * factor * 2**stage for stage in range(4))
        shape = {"block": Bottleneck, "layers": (3, 4, 6, 3), "channels": channels}
        network: Any = build_model_with_cfg(ResNet, name, pretrained, **(shape | options))
        # timm's plain stem has 64 channels whatever follows it: it and what reads it are widened here.
        stem, first = 64 * factor, network.layer1[0]
        network.conv1 = nn.Conv2d(3, stem, 7, stride=2, padding=3, bias=False)
        network.bn1 = nn.BatchNorm2d(stem)
        first.conv1 = nn.Conv2d(stem, channels[0], 1, bias=False)
        first.downsample[0] = nn.Conv2d(stem, 4 * channels[0], 1, bias=False)
        for layer in (network.conv1, first.conv1, first.downsample[0]):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        network.feature_info[0]["num_chs"] = stem
        return cast("nn.Module", network)

    make.__name__, make.__module__ = name, __name__
    make.__doc__ = f"A ResNet-50 with {factor} times the channels in every layer."
    default_cfgs[name] = _card()
    register_model(make)


__all__: list[str] = []  # timm's register_model adds each name
for _factor in (2, 4, 5):
    _offer(_factor)
