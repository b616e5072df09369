"""One network of each family, small enough to be built and run in no time: the classes are the libraries' own."""

from functools import partial

import timm
from timm.models.deit import VisionTransformerDistilled
from timm.models.eva import Eva
from timm.models.swin_transformer import SwinTransformer
from timm.models.vision_transformer import VisionTransformer
from torch import nn
from torchvision.models import convnext, densenet, efficientnet, mobilenetv3, resnet, shufflenetv2, swin_transformer
from torchvision.models import vision_transformer as tv_vit

SIZE = 64


def _timm(kind, **options):
    return kind(img_size=SIZE, num_classes=5, embed_dim=48, depth=4, num_heads=2, **options)


def _timm_swin():
    shape = {"embed_dim": 16, "depths": (1, 1, 1, 1), "num_heads": (1, 1, 1, 1)}
    return SwinTransformer(img_size=SIZE, patch_size=4, window_size=4, num_classes=5, **shape)


def _torchvision_swin():
    shape = {"embed_dim": 16, "depths": [1, 1, 1, 1], "num_heads": [1, 1, 1, 1]}
    return swin_transformer.SwinTransformer(patch_size=[4, 4], window_size=[4, 4], num_classes=5, **shape)


def _torchvision_vit():
    shape = {"num_layers": 4, "num_heads": 2, "hidden_dim": 48, "mlp_dim": 96}
    network = tv_vit.VisionTransformer(image_size=SIZE, patch_size=8, num_classes=5, **shape)
    nn.init.normal_(network.conv_proj.weight, std=0.1)
    return network


def _torchvision_convnext():
    widths = (16, 24, 32, 40)
    blocks = [convnext.CNBlockConfig(w, after, 1) for w, after in zip(widths, (*widths[1:], None), strict=True)]
    return convnext.ConvNeXt(blocks, num_classes=5)


def _torchvision_efficientnet():
    blocks = [
        efficientnet.MBConvConfig(2, 3, stride, before, after, 1)
        for stride, before, after in ((1, 8, 8), (2, 8, 16), (2, 16, 24), (2, 24, 32), (2, 32, 40))
    ]
    return efficientnet.EfficientNet(blocks, dropout=0.1, num_classes=5)


def _torchvision_mobilenet():
    row = partial(mobilenetv3.InvertedResidualConfig, width_mult=1.0)
    blocks = [row(8, 3, 16, 8, False, "RE", 2, 1), row(8, 3, 16, 16, True, "HS", 2, 1)]
    blocks += [row(16, 3, 32, 24, True, "HS", 2, 1), row(24, 3, 32, 32, True, "HS", 2, 1)]
    return mobilenetv3.MobileNetV3(blocks, last_channel=48, num_classes=5)


NETWORKS = {
    "timm ResNet": partial(timm.create_model, "test_resnet"),
    "timm ConvNeXt": partial(timm.create_model, "test_convnext"),
    "timm EfficientNet": partial(timm.create_model, "test_efficientnet"),
    "timm CoAtNet, a hybrid": partial(timm.create_model, "test_coatnet", img_size=SIZE),
    "timm MaxViT, a hybrid": partial(timm.create_model, "test_maxvit", img_size=SIZE),
    "timm ViT": partial(_timm, VisionTransformer, patch_size=16),
    "timm ViT, patches of 8": partial(_timm, VisionTransformer, patch_size=8),
    "timm ViT, 4 registers": partial(_timm, VisionTransformer, patch_size=16, reg_tokens=4, no_embed_class=True),
    "timm ViT, 9 prefix tokens": partial(_timm, VisionTransformer, patch_size=16, reg_tokens=8),
    "timm ViT, no class token": partial(_timm, VisionTransformer, patch_size=16, class_token=False, global_pool="avg"),
    "timm DeiT, distilled": partial(_timm, VisionTransformerDistilled, patch_size=16),
    "timm EVA, rotary": partial(_timm, Eva, patch_size=16, use_rot_pos_emb=True),
    "timm Swin": _timm_swin,
    "torchvision ResNet": partial(resnet.ResNet, resnet.BasicBlock, [1, 1, 1, 1], num_classes=5),
    "torchvision DenseNet": partial(densenet.DenseNet, 4, (1, 1, 1, 1), 8, num_classes=5),
    "torchvision ShuffleNet": partial(shufflenetv2.ShuffleNetV2, [1, 1, 1], [8, 16, 24, 32, 40], num_classes=5),
    "torchvision ConvNeXt": _torchvision_convnext,
    "torchvision EfficientNet": _torchvision_efficientnet,
    "torchvision MobileNetV3": _torchvision_mobilenet,
    "torchvision Swin": _torchvision_swin,
    "torchvision ViT": _torchvision_vit,
}
PLAIN = {
    "timm ViT": 16,
    "timm ViT, patches of 8": 8,
    "timm ViT, 4 registers": 16,
    "timm ViT, 9 prefix tokens": 16,
    "timm ViT, no class token": 16,
    "timm DeiT, distilled": 16,
    "timm EVA, rotary": 16,
    "torchvision ViT": 8,
}
"""Plain transformers, and the side of their patches in pixels."""
