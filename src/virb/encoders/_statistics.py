"""Which channel statistics a checkpoint's images are normalised with: no file of weights says it itself."""

from collections.abc import Mapping
from typing import Any

from virb.encoders._layouts import Layout
from virb.encoders._trunks import IMAGENET
from virb.spec import Preprocessing

CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""Of CLIP's training data, as its authors publish them (https://github.com/openai/CLIP, clip.py)."""

_RESAMPLE = {0: "nearest", 2: "bilinear", 3: "bicubic"}
"""Pillow's numbers, which a Hugging Face processor is written with."""


def statistics(layout: Layout, card: Preprocessing, processor: Mapping[str, Any] | None) -> tuple[Preprocessing, str]:
    """The statistics, and a note on where they come from where that is not the architecture itself.

    Args:
        layout: of the file.
        card: what the architecture's library publishes.
        processor: a Hugging Face folder's ``preprocessor_config.json``.
    """
    if processor is not None and "image_mean" in processor and "image_std" in processor:
        given: dict[str, Any] = {"mean": processor["image_mean"], "std": processor["image_std"]}
        how = _RESAMPLE.get(processor.get("resample", -1), card.interpolation)
        return Preprocessing.model_validate(
            {**given, "interpolation": how}
        ), "normalised as preprocessor_config.json says"
    if layout.statistics == "imagenet":
        chosen = card.model_copy(update={"mean": IMAGENET.mean, "std": IMAGENET.std})
        return chosen, _told(chosen, card, "ImageNet's")
    if layout.statistics == "clip":
        chosen = card.model_copy(update={"mean": CLIP_MEAN, "std": CLIP_STD})
        return chosen, _told(chosen, card, "CLIP's")
    if card.mean == IMAGENET.mean:
        return card, ""
    return card, (
        f"normalised with mean {card.mean[0]:g}, … and std {card.std[0]:g}, …, which timm publishes for the name: the "
        "file does not say what it was trained with"
    )


def _told(chosen: Preprocessing, card: Preprocessing, whose: str) -> str:
    if chosen == card:
        return ""
    return (
        f"normalised with {whose} channel statistics, as such checkpoints are trained, and not with timm's for the name"
    )
