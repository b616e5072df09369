"""How the parts of one network are called: rows that lead from published parameter names to timm's.

A dialect is data: names by which it is known, and rules from its names to those of the library that will hold the
network. Where a file keeps a network, and which of several, is another matter: see ``_layouts.py``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import final

import torch
from torch import Tensor

PARTS = "|"
"""Behind a rule's replacement: which rows of the named tensor these are. Parts are stacked in their order."""


@final
@dataclass(frozen=True)
class Dialect:
    """One way to name the parameters of one family of networks.

    Attributes:
        name: for people.
        family: which architectures it can hold: a row of ``_recognition.FAMILIES``.
        anchors: names that every network of this dialect has. The first finds the prefix, the others confirm it.
        rules: pairs of a pattern for a whole name and what it becomes. The first that matches counts; a name without
            a rule stays.
    """

    name: str
    family: str
    anchors: tuple[str, ...]
    rules: tuple[tuple[str, str], ...] = ()

    def prefixes(self, names: Iterable[str]) -> list[str]:
        """Every prefix under which there is a network of this dialect."""
        known, first = set(names), self.anchors[0]
        ends = sorted(name[: -len(first)] for name in known if name.endswith(first))
        return [
            start
            for start in ends
            if (not start or start.endswith(".")) and all(start + anchor in known for anchor in self.anchors)
        ]

    def translate(self, tensors: Mapping[str, Tensor]) -> "Translated":
        """Rename the tensors of one network, its prefix already off."""
        into: dict[str, dict[int, str]] = {}
        for name in tensors:
            whole, _, part = self._rename(name).partition(PARTS)
            into.setdefault(whole, {})[int(part or 0)] = name
        return Translated(tensors, into)

    def _rename(self, name: str) -> str:
        for pattern, becomes in self._compiled:
            if match := pattern.fullmatch(name):
                return match.expand(becomes)
        return name

    @cached_property
    def _compiled(self) -> list[tuple[re.Pattern[str], str]]:
        return [(re.compile(pattern), becomes) for pattern, becomes in self.rules]


@final
class Translated(Mapping[str, Tensor]):
    """Tensors under the library's names, made when they are read.

    Args:
        tensors: under the file's names.
        into: from the library's name to the file's, by part.
    """

    def __init__(self, tensors: Mapping[str, Tensor], into: Mapping[str, Mapping[int, str]]) -> None:
        self._tensors = tensors
        self._into = into

    def __getitem__(self, name: str) -> Tensor:
        parts = [self._tensors[self._into[name][part]] for part in sorted(self._into[name])]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._into)

    def __len__(self) -> int:
        return len(self._into)

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Shape of a tensor, or None where there is none of this name."""
        if name not in self._into:
            return None
        parts = [tuple(self._tensors[own].shape) for own in self._into[name].values()]
        if len(parts) == 1 or not parts[0]:
            return parts[0]
        return (sum(part[0] for part in parts), *parts[0][1:])

    def sources(self, name: str) -> tuple[str, ...]:
        """The file's names of a tensor."""
        return tuple(self._into[name].values())


def _qkv(pattern: str, becomes: str, names: tuple[str, str, str]) -> tuple[tuple[str, str], ...]:
    """Three layers for query, key and value, which timm keeps as one."""
    return tuple((pattern.format(one), f"{becomes}{PARTS}{part}") for part, one in enumerate(names))


_SWIGLU = (
    # DINOv2 computes silu(first half) * second half, as timm's packed SwiGLU does.
    (r"(blocks\.\d+\.mlp)\.w12\.(.+)", r"\1.fc1.\2"),
    (r"(blocks\.\d+\.mlp)\.w3\.(.+)", r"\1.fc2.\2"),
)

_HF_QKV = _qkv(
    r"encoder\.layer\.(\d+)\.attention\.attention\.{}\.(weight|bias)",
    r"blocks.\1.attn.qkv.\2",
    ("query", "key", "value"),
)
_HF_EMBEDDINGS = (
    (r"embeddings\.cls_token", "cls_token"),
    (r"embeddings\.mask_token", "mask_token"),
    (r"embeddings\.register_tokens", "reg_token"),
    (r"embeddings\.position_embeddings", "pos_embed"),
    (r"embeddings\.patch_embeddings\.projection\.(.+)", r"patch_embed.proj.\1"),
    (r"encoder\.layer\.(\d+)\.attention\.output\.dense\.(.+)", r"blocks.\1.attn.proj.\2"),
    (r"layernorm\.(.+)", r"norm.\1"),
)

DIALECTS: tuple[Dialect, ...] = (
    Dialect("ResNet as torchvision and timm name it", "resnet", ("conv1.weight", "layer1.0.conv1.weight")),
    Dialect("ResNet with a deep stem, as timm names it", "resnet", ("conv1.0.weight", "layer1.0.conv1.weight")),
    Dialect(
        "ResNet as a Sequential of its children",
        "resnet",
        ("0.weight", "1.running_mean", "4.0.conv1.weight", "7.0.conv1.weight"),
        (
            (r"0\.(.+)", r"conv1.\1"),
            (r"1\.(.+)", r"bn1.\1"),
            (r"4\.(.+)", r"layer1.\1"),
            (r"5\.(.+)", r"layer2.\1"),
            (r"6\.(.+)", r"layer3.\1"),
            (r"7\.(.+)", r"layer4.\1"),
        ),
    ),
    Dialect(
        "ResNet of Hugging Face",
        "resnet-hf",
        ("embedder.embedder.convolution.weight", "encoder.stages.0.layers.0.layer.0.convolution.weight"),
        (
            (r"embedder\.embedder\.convolution\.(.+)", r"conv1.\1"),
            (r"embedder\.embedder\.normalization\.(.+)", r"bn1.\1"),
            *(
                rule
                for stage in range(4)
                for rule in (
                    (
                        rf"encoder\.stages\.{stage}\.layers\.(\d+)\.shortcut\.convolution\.(.+)",
                        rf"layer{stage + 1}.\1.downsample.0.\2",
                    ),
                    (
                        rf"encoder\.stages\.{stage}\.layers\.(\d+)\.shortcut\.normalization\.(.+)",
                        rf"layer{stage + 1}.\1.downsample.1.\2",
                    ),
                    *(
                        (
                            rf"encoder\.stages\.{stage}\.layers\.(\d+)\.layer\.{conv}\.{theirs}\.(.+)",
                            rf"layer{stage + 1}.\1.{ours}{conv + 1}.\2",
                        )
                        for conv in range(3)
                        for theirs, ours in (("convolution", "conv"), ("normalization", "bn"))
                    ),
                )
            ),
        ),
    ),
    Dialect(
        "ViT as timm, DINO, iBOT, DINOv2 and MAE name it",
        "vit",
        ("patch_embed.proj.weight", "blocks.0.norm1.weight"),
        ((r"register_tokens", "reg_token"), *_SWIGLU),
    ),
    Dialect(
        "ViT of DINOv2, in chunks of blocks",
        "vit",
        ("patch_embed.proj.weight", "blocks.0.0.norm1.weight"),
        (
            (r"register_tokens", "reg_token"),
            (r"blocks\.\d+\.(\d+)\.mlp\.w12\.(.+)", r"blocks.\1.mlp.fc1.\2"),
            (r"blocks\.\d+\.(\d+)\.mlp\.w3\.(.+)", r"blocks.\1.mlp.fc2.\2"),
            (r"blocks\.\d+\.(\d+)\.(.+)", r"blocks.\1.\2"),
        ),
    ),
    Dialect(
        "ViT of torchvision",
        "vit",
        ("conv_proj.weight", "encoder.layers.encoder_layer_0.ln_1.weight"),
        (
            (r"class_token", "cls_token"),
            (r"encoder\.pos_embedding", "pos_embed"),
            (r"conv_proj\.(.+)", r"patch_embed.proj.\1"),
            (r"encoder\.layers\.encoder_layer_(\d+)\.ln_([12])\.(.+)", r"blocks.\1.norm\2.\3"),
            (r"encoder\.layers\.encoder_layer_(\d+)\.self_attention\.in_proj_(.+)", r"blocks.\1.attn.qkv.\2"),
            (r"encoder\.layers\.encoder_layer_(\d+)\.self_attention\.out_proj\.(.+)", r"blocks.\1.attn.proj.\2"),
            # numbered in torchvision's MLPBlock since 0.13, by name before
            (r"encoder\.layers\.encoder_layer_(\d+)\.mlp\.(?:0|linear_1)\.(.+)", r"blocks.\1.mlp.fc1.\2"),
            (r"encoder\.layers\.encoder_layer_(\d+)\.mlp\.(?:3|linear_2)\.(.+)", r"blocks.\1.mlp.fc2.\2"),
            (r"encoder\.ln\.(.+)", r"norm.\1"),
        ),
    ),
    Dialect(
        "ViT of Hugging Face",
        "vit",
        ("embeddings.patch_embeddings.projection.weight", "encoder.layer.0.layernorm_before.weight"),
        (
            *_HF_QKV,
            *_HF_EMBEDDINGS,
            (r"encoder\.layer\.(\d+)\.layernorm_before\.(.+)", r"blocks.\1.norm1.\2"),
            (r"encoder\.layer\.(\d+)\.layernorm_after\.(.+)", r"blocks.\1.norm2.\2"),
            (r"encoder\.layer\.(\d+)\.intermediate\.dense\.(.+)", r"blocks.\1.mlp.fc1.\2"),
            (r"encoder\.layer\.(\d+)\.output\.dense\.(.+)", r"blocks.\1.mlp.fc2.\2"),
        ),
    ),
    Dialect(
        "DINOv2 of Hugging Face",
        "vit",
        ("embeddings.patch_embeddings.projection.weight", "encoder.layer.0.norm1.weight"),
        (
            *_HF_QKV,
            *_HF_EMBEDDINGS,
            (r"encoder\.layer\.(\d+)\.layer_scale([12])\.lambda1", r"blocks.\1.ls\2.gamma"),
            (r"encoder\.layer\.(\d+)\.mlp\.weights_in\.(.+)", r"blocks.\1.mlp.fc1.\2"),
            (r"encoder\.layer\.(\d+)\.mlp\.weights_out\.(.+)", r"blocks.\1.mlp.fc2.\2"),
            (r"encoder\.layer\.(\d+)\.(norm[12]|mlp\.fc[12])\.(.+)", r"blocks.\1.\2.\3"),
        ),
    ),
    Dialect(
        "ViT of OpenCLIP and CLIP",
        "vit",
        ("class_embedding", "conv1.weight", "transformer.resblocks.0.ln_1.weight"),
        (
            (r"class_embedding", "cls_token"),
            (r"positional_embedding", "pos_embed"),
            (r"conv1\.weight", "patch_embed.proj.weight"),
            (r"ln_pre\.(.+)", r"norm_pre.\1"),
            (r"ln_post\.(.+)", r"norm.\1"),
            (r"transformer\.resblocks\.(\d+)\.ln_([12])\.(.+)", r"blocks.\1.norm\2.\3"),
            (r"transformer\.resblocks\.(\d+)\.attn\.in_proj_(.+)", r"blocks.\1.attn.qkv.\2"),
            (r"transformer\.resblocks\.(\d+)\.attn\.out_proj\.(.+)", r"blocks.\1.attn.proj.\2"),
            (r"transformer\.resblocks\.(\d+)\.mlp\.c_fc\.(.+)", r"blocks.\1.mlp.fc1.\2"),
            (r"transformer\.resblocks\.(\d+)\.mlp\.c_proj\.(.+)", r"blocks.\1.mlp.fc2.\2"),
            (r"transformer\.resblocks\.(\d+)\.ls_([12])\.gamma", r"blocks.\1.ls\2.gamma"),
        ),
    ),
    Dialect(
        "ConvNeXt as timm names it",
        "convnext",
        ("stem.0.weight", "stages.0.blocks.0.conv_dw.weight"),
        ((r"head\.norm\.(.+)", r"head.norm.\1"),),
    ),
    Dialect(
        "ConvNeXt as its authors name it",
        "convnext",
        ("downsample_layers.0.0.weight", "stages.0.0.dwconv.weight"),
        (
            (r"downsample_layers\.0\.(.+)", r"stem.\1"),
            (r"downsample_layers\.([1-3])\.(.+)", r"stages.\1.downsample.\2"),
            (r"stages\.(\d)\.(\d+)\.dwconv\.(.+)", r"stages.\1.blocks.\2.conv_dw.\3"),
            (r"stages\.(\d)\.(\d+)\.pwconv([12])\.(.+)", r"stages.\1.blocks.\2.mlp.fc\3.\4"),
            (r"stages\.(\d)\.(\d+)\.grn\.gamma", r"stages.\1.blocks.\2.mlp.grn.weight"),
            (r"stages\.(\d)\.(\d+)\.grn\.beta", r"stages.\1.blocks.\2.mlp.grn.bias"),
            (r"stages\.(\d)\.(\d+)\.(norm\..+|gamma)", r"stages.\1.blocks.\2.\3"),
            (r"norm\.(.+)", r"head.norm.\1"),
            (r"head\.(weight|bias)", r"head.fc.\1"),
        ),
    ),
    Dialect(
        "Swin as its authors name it",
        "swin",
        ("patch_embed.proj.weight", "layers.0.blocks.0.norm1.weight", "layers.0.downsample.norm.weight"),
        (
            # timm shrinks the map where a stage begins, its authors where the one before ends
            *((rf"layers\.{stage}\.downsample\.(.+)", rf"layers.{stage + 1}.downsample.\1") for stage in range(3)),
            (r"head\.(weight|bias)", r"head.fc.\1"),
        ),
    ),
    Dialect(
        "Swin as timm names it",
        "swin",
        ("patch_embed.proj.weight", "layers.0.blocks.0.norm1.weight", "layers.1.downsample.norm.weight"),
    ),
    *(
        Dialect(f"{family} as its library names it", family, anchors)
        for family, anchors in (
            ("efficientnet", ("conv_stem.weight", "blocks.0.0.conv_dw.weight")),
            ("torchvision-features", ("features.0.0.weight", "classifier.1.weight")),
            ("torchvision-convnext", ("features.0.0.weight", "features.1.0.layer_scale")),
            ("vgg", ("features.0.weight", "features.3.weight")),
            ("densenet", ("features.conv0.weight", "features.denseblock1.denselayer1.conv1.weight")),
        )
    ),
)
