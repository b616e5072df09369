"""Where published checkpoints keep a network, which of several copies counts, and what else lies in the file.

Rows of data. A layout is recognised by what its names are, never by the name of the file. Names are read as
``table/…/prefix.name``, with the wrappers ``module.`` (of data-parallel training and of running averages) and
``_orig_mod.`` (of torch.compile) taken off.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, final

from virb.errors import unknown


@final
@dataclass(frozen=True)
class Copy:
    """One of the networks in a file.

    Attributes:
        name: what it is asked for by: ``checkpoint:FILE#teacher``.
        place: pattern of where it is, table and prefix.
        why: why it is the one that is taken, where it comes first.
    """

    name: str
    place: str
    why: str = ""

    def at(self, place: str) -> bool:
        """Whether this copy is what lies there."""
        return re.fullmatch(f"(?:.*/)?{self.place}", place) is not None


@final
@dataclass(frozen=True)
class Layout:
    """How one family of training code writes its checkpoints.

    Attributes:
        name: short, for programs.
        title: for people.
        marks: patterns; each must be found in some name of the file.
        copies: the networks it may hold; the first that is there is taken, by the publishers' own convention.
        without: a pattern that no name of the file has.
        statistics: the channel statistics that its networks were trained with: ImageNet's, those of CLIP, or those
            that the architecture's library publishes.
        heads: attention heads by width, where the training code has others than timm's network of the same shapes.
        source: where the convention is published.
    """

    name: str
    title: str
    marks: tuple[str, ...]
    copies: tuple[Copy, ...]
    without: str = ""
    statistics: Literal["imagenet", "clip", "architecture"] = "imagenet"
    heads: tuple[tuple[int, int], ...] = ()
    source: str = ""

    def marked(self, text: str) -> bool:
        """Whether names, one a line, bear every mark."""
        if self.without and re.search(f"(?m)^(?:.*/)?(?:{self.without})", text):
            return False
        return all(re.search(f"(?m)^(?:.*/)?(?:{mark})", text) for mark in self.marks)


_ONLINE = "the encoder that is trained, which the method's readouts use; the other is its moving average"

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "moco-v3",
        "MoCo v3",
        (r"base_encoder\.",),
        (Copy("base", r"base_encoder\.", _ONLINE), Copy("momentum", r"momentum_encoder\.")),
        heads=((384, 12),),
        source="https://github.com/facebookresearch/moco-v3 (main_lincls.py; vits.py: 12 heads in the small ViT)",
    ),
    Layout(
        "moco",
        "MoCo v1 or v2",
        (r"encoder_q\.",),
        (
            Copy("query", r"encoder_q\.", "the query encoder is trained, and MoCo's own readout uses it"),
            Copy("key", r"encoder_k\."),
        ),
        source="https://github.com/facebookresearch/moco (main_lincls.py)",
    ),
    Layout(
        "ibot",
        "iBOT",
        (r"teacher/backbone\.", r"student/backbone\.masked_embed|ibot_loss/"),
        (
            Copy("teacher", r"teacher/backbone\.", "iBOT is read out by its teacher, the average of the student"),
            Copy("student", r"student/backbone\."),
        ),
        source="https://github.com/bytedance/ibot (evaluation: --checkpoint_key teacher)",
    ),
    Layout(
        "dinov2",
        "DINOv2, training checkpoint",
        (
            r"teacher(?:/|\.)backbone\.",
            r"teacher(?:/|\.)(?:dino_head|ibot_head)\.|teacher(?:/|\.)backbone\.blocks\.\d+\.\d+\.",
        ),
        (
            Copy("teacher", r"(?:model/)?teacher(?:/|\.)backbone\.", "DINOv2 is read out by its teacher"),
            Copy("student", r"(?:model/)?student(?:/|\.)backbone\."),
        ),
        source="https://github.com/facebookresearch/dinov2 (dinov2/eval/utils.py: checkpoint_key teacher)",
    ),
    Layout(
        "dino",
        "DINO",
        (r"teacher/backbone\.",),
        (
            Copy("teacher", r"teacher/backbone\.", "DINO is read out by its teacher, the average of the student"),
            Copy("student", r"student/backbone\."),
        ),
        source="https://github.com/facebookresearch/dino (eval_linear.py: --checkpoint_key teacher)",
    ),
    Layout(
        "vissl",
        "VISSL (PIRL, NPID, SimCLR, SwAV, jigsaw, …)",
        (r"(?:trunk/)?_feature_blocks\.|trunk/",),
        (
            Copy(
                "trunk",
                r"(?:base_model/)?model/trunk/(?:_feature_blocks\.|base_model\.)?",
                "the trunk without its heads",
            ),
            Copy("features", r"_feature_blocks\.", "the trunk without its heads"),
        ),
        source="https://github.com/facebookresearch/vissl (vissl/utils/checkpoint.py)",
    ),
    Layout(
        "swav",
        "SwAV or DeepCluster v2",
        (r"projection_head\.", r"prototypes\."),
        (Copy("encoder", r"", "the only one"),),
        source="https://github.com/facebookresearch/swav (src/resnet50.py)",
    ),
    Layout(
        "simsiam",
        "SimSiam",
        (r"encoder\.", r"predictor\.0\."),
        (Copy("encoder", r"encoder\.", "both views go through one encoder"),),
        source="https://github.com/facebookresearch/simsiam (main_lincls.py)",
    ),
    Layout(
        "byol",
        "BYOL (byol-pytorch)",
        (r"online_encoder\.", r"target_encoder\."),
        (
            Copy(
                "online",
                r"online_encoder\.(?:net|encoder|0)\.",
                "BYOL keeps its online encoder (Grill et al. 2020, section 3)",
            ),
            Copy("target", r"target_encoder\.(?:net|encoder|0)\."),
            Copy("net", r"net\."),
        ),
        source="https://github.com/lucidrains/byol-pytorch",
    ),
    Layout(
        "byol-networks",
        "BYOL (PyTorch-BYOL)",
        (r"online_network_state_dict/",),
        (
            Copy(
                "online",
                r"online_network_state_dict/(?:encoder|net|backbone)\.",
                "BYOL keeps its online encoder (Grill et al. 2020, section 3)",
            ),
            Copy("target", r"target_network_state_dict/(?:encoder|net|backbone)\."),
        ),
        source="https://github.com/sthalles/PyTorch-BYOL",
    ),
    Layout(
        "barlow-twins",
        "Barlow Twins",
        (r"backbone\.", r"projector\.0\.", r"bn\.running_mean"),
        (Copy("backbone", r"backbone\.", "both views go through one encoder"),),
        source="https://github.com/facebookresearch/barlowtwins (main.py)",
    ),
    Layout(
        "vicreg",
        "VICReg",
        (r"model/backbone\.", r"model/projector\.0\."),
        (Copy("backbone", r"backbone\.", "both views go through one encoder"),),
        source="https://github.com/facebookresearch/vicreg (main_vicreg.py)",
    ),
    Layout(
        "openclip",
        "OpenCLIP or CLIP",
        (r"visual\.", r"(?:text\.)?token_embedding\.|logit_scale"),
        (Copy("visual", r"visual\.(?:trunk\.)?", "the image tower"),),
        statistics="clip",
        source="https://github.com/mlfoundations/open_clip (src/open_clip/model.py)",
    ),
    Layout(
        "mae",
        "MAE",
        (r"decoder_blocks\.0\.|decoder_embed\.",),
        (Copy("encoder", r"", "the encoder; the decoder serves pre-training alone"),),
        source="https://github.com/facebookresearch/mae (models_mae.py)",
    ),
    Layout(
        "lightly-teacher",
        "lightly, student and teacher",
        (r"teacher_backbone\.|student_backbone\.",),
        (
            Copy("teacher", r"teacher_backbone\.(?:vit\.)?", "DINO and its kin are read out by their teacher"),
            Copy("backbone", r"backbone\.(?:vit\.)?", "the teacher, under the name that lightly's benchmarks give it"),
            Copy("student", r"student_backbone\.(?:vit\.)?"),
        ),
        source="https://docs.lightly.ai/self-supervised-learning/examples/dino.html",
    ),
    Layout(
        "lightly",
        "lightly",
        (
            r"backbone\.",
            r"projection_head\.|prediction_head\.|backbone_momentum\.|prototypes\.prototypes|decoder\.decoder",
        ),
        (
            Copy("backbone", r"backbone\.(?:vit\.)?", _ONLINE),
            Copy("momentum", r"backbone_momentum\.(?:vit\.)?"),
        ),
        source="https://docs.lightly.ai/self-supervised-learning/examples/models.html",
    ),
    Layout(
        "solo-learn",
        "solo-learn",
        (r"(?:backbone|encoder)\.", r"momentum_(?:backbone|encoder|projector)\.|classifier\.weight"),
        (
            Copy("backbone", r"backbone\.", _ONLINE),
            Copy("momentum", r"momentum_backbone\."),
            Copy("encoder", r"encoder\.", _ONLINE),
            Copy("momentum-encoder", r"momentum_encoder\."),
        ),
        source="https://github.com/vturrisi/solo-learn (main_linear.py)",
    ),
    Layout(
        "simclr",
        "SimCLR or SupCon (PyTorch ports)",
        (r"backbone\.fc\.0\.|encoder\.fc\.0\.|head\.0\.|g\.0\.|projection_head\.|projector\.",),
        (
            Copy("backbone", r"backbone\.", "both views go through one encoder"),
            Copy("encoder", r"encoder\.", "both views go through one encoder"),
            Copy("f", r"f\.", "both views go through one encoder"),
        ),
        source="https://github.com/sthalles/SimCLR, https://github.com/HobbitLong/SupContrast",
    ),
    Layout(
        "huggingface",
        "Hugging Face",
        (r"(?:\w+\.)?embed(?:der|dings)\.",),
        (Copy("encoder", r"(?:\w+\.)?", "the only one"),),
        statistics="imagenet",
        source="https://huggingface.co/docs/transformers (ResNet, ViT, DINOv2)",
    ),
    Layout(
        "virb-2021",
        "files of the 2021 study",
        # Flat: nothing stands before the prefix. Lightning's tables of a module with a `model` are another layout.
        (r"(?<!/)model\.conv1\.weight", r"(?<!/)model\.layer4\."),
        (Copy("model", r"model\.", "the only one"),),
        source="https://github.com/allenai/virb",
    ),
    Layout(
        "torchvision-vit",
        "torchvision's ViT",
        (r"(?:\w+\.)*encoder\.layers\.encoder_layer_0\.",),
        (Copy("encoder", r"(?:\w+\.)*", "the only one"),),
        source="https://github.com/pytorch/vision (torchvision/models/vision_transformer.py)",
    ),
    Layout(
        "training",
        "training checkpoint of timm, torchvision or ConvNeXt",
        (r"(?:state_dict_ema|model_ema)/",),
        (
            Copy(
                "ema",
                r"(?:state_dict_ema|model_ema)/",
                "the moving average of the weights, which timm's and torchvision's own evaluation takes",
            ),
            Copy("model", r"(?:state_dict|model)/"),
        ),
        statistics="architecture",
        source="https://github.com/huggingface/pytorch-image-models (timm/models/_helpers.py)",
    ),
    Layout(
        "backbone",
        "encoder alone, without classifier",
        (r"(?:cls_token|norm\.weight)$",),
        (Copy("encoder", r"", "the only one"),),
        without=r"(?:head|heads|fc|classifier|head_dist)\.|.*(?:^|/)(?:fc_norm)\.",
        source="DINO, iBOT, DINOv2 and MAE publish their encoders like this",
    ),
)
"""The layouts that are known. The first whose marks and places are there counts, so the narrower stand before the
wider."""

PLAIN = Layout("plain", "state dict", (), (), statistics="architecture")
"""Where no layout is known: any network under any prefix, if there is only one."""


def layout_named(name: str) -> Layout:
    """The layout of this short name.

    Raises:
        UserError: there is none.
    """
    for layout in (*LAYOUTS, PLAIN):
        if layout.name == name:
            return layout
    raise unknown("checkpoint layout", name, [layout.name for layout in (*LAYOUTS, PLAIN)])


def recognise(names: Iterable[str], places: Iterable[str]) -> Layout:
    """Which layout a file has.

    Args:
        names: of every tensor, with its table.
        places: where in it there are networks.
    """
    text, places = "\n".join(names), list(places)
    for layout in LAYOUTS:
        if layout.marked(text) and any(copy.at(place) for copy in layout.copies for place in places):
            return layout
    return PLAIN
