"""Which architecture a network can be, told from the shapes of its weights.

A family's row proposes candidates; the match of every name and shape decides. What shapes cannot tell apart (two
activations, say) stays several candidates, and is refused rather than guessed.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, final

from virb.encoders._dialects import Translated

Options = tuple[tuple[str, Any], ...]


@final
@dataclass(frozen=True)
class Candidate:
    """An architecture by name, and what the file says beyond the name.

    Attributes:
        arch: a name of timm or torchvision.
        options: arguments that the name leaves open, such as ``img_size``.
        library: ``"timm"`` or ``"torchvision"``.
    """

    arch: str
    options: Options = ()
    library: str = "timm"

    @property
    def title(self) -> str:
        """``vit_tiny_patch16_224 (patch_size=8)``. The size of the images is an input's, not the architecture's."""
        shown = ", ".join(f"{name}={value}" for name, value in self.options if name != "img_size")
        return f"{self.arch} ({shown})" if shown else self.arch

    def having(self, **options: Any) -> "Candidate":
        """The same with more options."""
        return replace(self, options=tuple(sorted({**dict(self.options), **options}.items())))


def candidates(family: str, state: Translated) -> tuple[Candidate, ...]:
    """Architectures that a network may be, likeliest first; empty where nothing is known of its kind."""
    return tuple(FAMILIES[family](state))


def neighbours(family: str, state: Translated) -> tuple[Candidate, ...]:
    """Architectures of the family to compare with what is none of them: half a network, or another width."""
    names: tuple[str, ...] = ()
    if family in ("resnet", "resnet-hf"):
        names = ("resnet50", "resnet101") if "layer1.0.conv3.weight" in state else ("resnet18", "resnet34")
    elif family == "vit":
        width = (state.shape("patch_embed.proj.weight") or (0,))[0]
        names = tuple(f"vit_{size}_patch16_224" for (wide, _), size in _VIT_SIZES.items() if wide == width <= 1024)
    return tuple(Candidate(name) for name in names)


def adapted(candidate: Candidate, state: Translated) -> Candidate:
    """The candidate for the size of image that the file's position embeddings are for.

    Position embeddings are learnt for one grid and resampled to any other, so their number is no part of an
    architecture's name.
    """
    table, patch = state.shape("pos_embed"), state.shape("patch_embed.proj.weight")
    if candidate.library != "timm" or table is None or patch is None or not candidate.arch.startswith(("vit_", "deit")):
        return candidate
    tokens = table[-2] if len(table) > 1 else 0
    for special in (1, 0):  # with a place for the class token, or without
        side = math.isqrt(tokens - special) if tokens > special else 0
        if side and side * side == tokens - special:
            return candidate.having(img_size=side * patch[-1])
    return candidate


def depth_of(state: Translated, pattern: str) -> int:
    """How many blocks there are: one more than the highest number that ``pattern``'s group finds."""
    found = (re.match(pattern, name) for name in state)
    return max((int(match[1]) + 1 for match in found if match), default=0)


# ------------------------------------------------------------------------------------------------ ResNet

_RESNETS: Final[dict[tuple[str, tuple[int, ...]], tuple[str, ...]]] = {
    ("basic", (2, 2, 2, 2)): ("resnet18", "resnet18d", "narrow_resnet18_w{0}"),
    ("basic", (3, 4, 6, 3)): ("resnet34", "resnet34d"),
    ("basic", (1, 1, 1, 1)): ("resnet10t", "narrow_resnet10_w{0}"),
    ("bottleneck", (2, 2, 2, 2)): ("resnet26", "resnet26d"),
    ("bottleneck", (3, 4, 6, 3)): (
        *("resnet50", "wide_resnet50_2", "resnext50_32x4d", "resnet50d"),
        *("resnet50w2", "resnet50w4", "resnet50w5"),
    ),
    ("bottleneck", (3, 4, 23, 3)): (
        *("resnet101", "wide_resnet101_2", "resnext101_32x8d", "resnext101_32x4d", "resnext101_64x4d", "resnet101d"),
    ),
    ("bottleneck", (3, 8, 36, 3)): ("resnet152", "resnet152d"),
    ("bottleneck", (3, 24, 36, 3)): ("resnet200", "resnet200d"),
}
"""Kind of block and blocks a stage, to the names that share them (He et al. 2016, table 1, and what grew from it).

``{0}`` is the width of the first stage, of virb's own narrow networks.
"""


def _resnets(state: Translated) -> Iterator[Candidate]:
    depths = tuple(depth_of(state, rf"layer{stage}\.(\d+)\.") for stage in (1, 2, 3, 4))
    kind = "bottleneck" if "layer1.0.conv3.weight" in state else "basic"
    width = state.shape("layer1.0.conv1.weight") or (0,)
    for name in _RESNETS.get((kind, depths), ()):
        arch = name.format(width[0])
        if "{" not in name or width[0] in (8, 16, 24, 32):
            yield Candidate(arch)


# ------------------------------------------------------------------------------------------------ ViT

_VIT_SIZES = {
    (192, 12): "tiny",
    (384, 12): "small",
    (768, 12): "base",
    (1024, 24): "large",
    (1280, 32): "huge",
    (1408, 40): "giant",
    (1536, 40): "giant",
    (1664, 48): "gigantic",
}
"""Width and depth (Zhai et al. 2021, "Scaling vision transformers", table 2; giant with 1536 is DINOv2's)."""

_PATCH = {"huge": 14, "giant": 14, "gigantic": 14}
"""The patch of the network whose name is taken where a name for the file's own patch is not known; 16 elsewhere."""


def _vits(state: Translated) -> Iterator[Candidate]:
    patch = state.shape("patch_embed.proj.weight") or (0, 3, 0, 0)
    size = _VIT_SIZES.get((patch[0], depth_of(state, r"blocks\.(\d+)\.")))
    if size is None or len(patch) != 4:
        return
    registers = (state.shape("reg_token") or (1, 0))[1]
    if "norm_pre.weight" in state:
        names = [f"vit_{size}_patch{{}}_clip_224", f"vit_{size}_patch{{}}_clip_quickgelu_224"]
    elif "blocks.0.ls1.gamma" in state:
        names = [f"vit_{size}_patch{{}}_reg4_dinov2" if registers else f"vit_{size}_patch{{}}_dinov2"]
    else:
        names = [f"vit_{size}_patch{{}}_224"]
    for name in names:
        candidate = _with_patch(name, patch[-1], 14 if "dinov2" in name else _PATCH.get(size, 16))
        if candidate is None:
            continue
        if registers and registers != 4:
            candidate = candidate.having(reg_tokens=registers)
        if "fc_norm.weight" in state and "norm.weight" not in state:
            candidate = candidate.having(global_pool="avg")  # MAE's fine-tuned networks average the patches
        yield candidate


def _with_patch(name: str, patch: int, usual: int) -> Candidate | None:
    import timm

    if timm.is_model(name.format(patch)):
        return Candidate(name.format(patch))
    if timm.is_model(name.format(usual)):
        return Candidate(name.format(usual)).having(patch_size=patch)
    return None


# ------------------------------------------------------------------------------------------------ the others

_CONVNEXTS: Final[dict[tuple[int, tuple[int, ...]], str]] = {
    (40, (2, 2, 6, 2)): "atto",
    (48, (2, 2, 6, 2)): "femto",
    (64, (2, 2, 6, 2)): "pico",
    (80, (2, 2, 8, 2)): "nano",
    (96, (3, 3, 9, 3)): "tiny",
    (96, (3, 3, 27, 3)): "small",
    (128, (3, 3, 27, 3)): "base",
    (192, (3, 3, 27, 3)): "large",
    (256, (3, 3, 27, 3)): "xlarge",
    (352, (3, 3, 27, 3)): "huge",
}
"""Width of the stem and blocks a stage (Liu et al. 2022, section 3; Woo et al. 2023, appendix)."""


def _convnexts(state: Translated) -> Iterator[Candidate]:
    depths = tuple(depth_of(state, rf"stages\.{stage}\.blocks\.(\d+)\.") for stage in range(4))
    size = _CONVNEXTS.get(((state.shape("stem.0.weight") or (0,))[0], depths))
    if size is None:
        return
    # The second version has response normalisation and no layer scale.
    yield Candidate(f"convnextv2_{size}" if "stages.0.blocks.0.mlp.grn.weight" in state else f"convnext_{size}")


_SWINS = {(96, 6): "tiny", (96, 18): "small", (128, 18): "base", (192, 18): "large"}
"""Width of the patch embedding and blocks of the third stage (Liu et al. 2021, section 3.3)."""


def _swins(state: Translated) -> Iterator[Candidate]:
    width = (state.shape("patch_embed.proj.weight") or (0,))[0]
    size = _SWINS.get((width, depth_of(state, r"layers\.2\.blocks\.(\d+)\.")))
    table = state.shape("layers.0.blocks.0.attn.relative_position_bias_table")
    if size is None or table is None:
        return
    window = (math.isqrt(table[0]) + 1) // 2  # the table has an entry for each of (2 window - 1) squared offsets
    yield Candidate(f"swin_{size}_patch4_window{window}_{32 * window}")


def _named(*names: str, library: str = "timm") -> Callable[[Translated], Iterator[Candidate]]:
    return lambda state: (Candidate(name, library=library) for name in names)


FAMILIES: Final[dict[str, Callable[[Translated], Iterator[Candidate]]]] = {
    "resnet": _resnets,
    "resnet-hf": _resnets,
    "vit": _vits,
    "convnext": _convnexts,
    "swin": _swins,
    "efficientnet": _named(
        *("efficientnet_b0", "mobilenetv2_100", "tf_efficientnet_lite0", "mobilenetv3_large_100"),
        *("mobilenetv3_small_100", "efficientnet_b1", "efficientnet_b2", "efficientnet_b3"),
    ),
    "torchvision-features": _named(
        *("mobilenet_v2", "efficientnet_b0", "efficientnet_b1", "efficientnet_b2", "efficientnet_b3"),
        library="torchvision",
    ),
    "torchvision-convnext": _named(
        "convnext_tiny", "convnext_small", "convnext_base", "convnext_large", library="torchvision"
    ),
    "vgg": _named("vgg16", "vgg19", "vgg11", "vgg13", library="torchvision"),
    "densenet": _named("densenet121", "densenet169", "densenet201", "densenet161", library="torchvision"),
}
"""From a dialect's family to the architectures that a network of it may be."""
