"""Every published layout gives the features of the network that was written into it."""

import copy
import json
import re
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from timm.layers import SwiGLUPacked
from timm.models import build_model_with_cfg, register_model
from timm.models.convnext import ConvNeXt
from timm.models.resnet import BasicBlock, Bottleneck, ResNet
from timm.models.swin_transformer import SwinTransformer
from timm.models.vision_transformer import VisionTransformer
from torch import nn

import checkpoint_writers as writers
from virb.encoders import Loaded, load_encoder, parse_encoder
from virb.encoders._architectures import outline
from virb.encoders._checkpoints import match, read_checkpoint
from virb.encoders._encoder import Encoder
from virb.encoders._layouts import LAYOUTS
from virb.encoders._module import seal_module
from virb.encoders._trunks import at_size
from virb.encoders._weight_files import Contents
from virb.errors import UserError
from virb.spec import InputPolicy

# ------------------------------------------------------------------------------------------------ small networks

default_cfgs = {}
"""Where timm looks for the cards of what is registered below."""


def offer(name, kind, classifier, **shape):
    """Register a small network with timm, so that it can be named behind the @."""

    def make(pretrained=False, **options):
        return build_model_with_cfg(kind, name, pretrained, **(shape | options))

    make.__name__, make.__module__ = name, __name__
    default_cfgs[name] = {
        "input_size": (3, 224, 224),
        "num_classes": 10,
        "interpolation": "bicubic",
        "mean": (0.5, 0.5, 0.5),
        "std": (0.5, 0.5, 0.5),
        "first_conv": "",
        "classifier": classifier,
    }
    register_model(make)


VIT = {"embed_dim": 48, "depth": 6, "num_heads": 3, "num_classes": 10}
DINOV2 = VIT | {"patch_size": 14, "img_size": 56, "init_values": 0.3}
REGISTERS = {"reg_tokens": 4, "no_embed_class": True}
SWIGLU = {"mlp_layer": SwiGLUPacked, "act_layer": nn.SiLU, "mlp_ratio": 4}
offer("resnet_test_basic", ResNet, "fc", block=BasicBlock, layers=(1, 1, 1, 1), channels=(8, 16, 32, 64))
offer("resnet_test_bottleneck", ResNet, "fc", block=Bottleneck, layers=(1, 2, 1, 1), channels=(4, 8, 16, 32))
offer("vit_test_patch16", VisionTransformer, "head", patch_size=16, img_size=64, **VIT)
offer("vit_test_patch16_clip", VisionTransformer, "head", patch_size=16, img_size=64, pre_norm=True, **VIT)
offer("vit_test_patch14_dinov2", VisionTransformer, "head", **DINOV2)
offer("vit_test_patch14_reg4_dinov2", VisionTransformer, "head", **DINOV2, **REGISTERS)
offer("vit_test_patch14_reg4_swiglu_dinov2", VisionTransformer, "head", **DINOV2, **REGISTERS, **SWIGLU)
offer("convnext_test", ConvNeXt, "head.fc", depths=(1, 1, 2, 1), dims=(8, 16, 32, 64))
offer("swin_test", SwinTransformer, "head.fc", embed_dim=16, depths=(1, 1, 2, 1), num_heads=(1, 2, 4, 8))
__all__ = []

RESNET, BOTTLENECK, SMALL_VIT = "resnet_test_basic", "resnet_test_bottleneck", "vit_test_patch16"
FORMS = {
    "moco v1": (writers.moco_v1, RESNET, "moco", "query"),
    "moco v2": (writers.moco_v2, BOTTLENECK, "moco", "query"),
    "moco v3, resnet": (writers.moco_v3_resnet, BOTTLENECK, "moco-v3", "base"),
    "moco v3, vit": (writers.moco_v3_vit, SMALL_VIT, "moco-v3", "base"),
    "swav, flat": (writers.swav_flat, BOTTLENECK, "swav", "encoder"),
    "swav, training": (writers.swav_training, BOTTLENECK, "swav", "encoder"),
    "deepcluster v2": (writers.deepcluster_v2, BOTTLENECK, "swav", "encoder"),
    "vissl, training": (writers.vissl, BOTTLENECK, "vissl", "trunk"),
    "vissl, trunk alone": (writers.vissl_trunk, BOTTLENECK, "vissl", "trunk"),
    "simsiam": (writers.simsiam, BOTTLENECK, "simsiam", "encoder"),
    "byol-pytorch": (writers.byol_pytorch, RESNET, "byol", "online"),
    "pytorch-byol": (writers.byol_networks, RESNET, "byol-networks", "online"),
    "barlow twins": (writers.barlow_twins, BOTTLENECK, "barlow-twins", "backbone"),
    "vicreg": (writers.vicreg, BOTTLENECK, "vicreg", "backbone"),
    "simclr, sthalles": (writers.simclr_sthalles, RESNET, "simclr", "backbone"),
    "simclr, spijkervet": (writers.simclr_spijkervet, RESNET, "simclr", "encoder"),
    "supcon": (writers.supcon, RESNET, "simclr", "encoder"),
    "solo-learn": (writers.solo_learn, RESNET, "solo-learn", "backbone"),
    "solo-learn, before 2022": (writers.solo_learn_before_2022, RESNET, "solo-learn", "encoder"),
    "lightly": (writers.lightly, RESNET, "lightly", "backbone"),
    "lightly, dino": (writers.lightly_dino, RESNET, "lightly-teacher", "teacher"),
    "lightning": (writers.lightning_module, RESNET, "plain", ""),
    "torchvision, training": (writers.torchvision_reference, RESNET, "training", "ema"),
    "timm, training": (writers.timm_training, RESNET, "training", "ema"),
    "2021 study": (writers.virb_2021, BOTTLENECK, "virb-2021", "model"),
    "compiled, distributed": (writers.compiled_and_distributed, RESNET, "plain", ""),
    "state dict": (writers.torch_hub, BOTTLENECK, "plain", ""),
    "hugging face, resnet": (writers.resnet_hf, RESNET, "huggingface", "encoder"),
    "hugging face, resnet with bottlenecks": (writers.resnet_hf, BOTTLENECK, "huggingface", "encoder"),
    "dino": (writers.dino, SMALL_VIT, "dino", "teacher"),
    "dino, backbone": (writers.dino_backbone, SMALL_VIT, "backbone", "encoder"),
    "ibot": (writers.ibot, SMALL_VIT, "ibot", "teacher"),
    "ibot, teacher": (writers.ibot_teacher, SMALL_VIT, "backbone", "encoder"),
    "mae": (writers.mae, SMALL_VIT, "mae", "encoder"),
    "mae, encoder": (writers.mae_encoder, SMALL_VIT, "backbone", "encoder"),
    "torchvision, vit": (writers.vit_torchvision, SMALL_VIT, "torchvision-vit", "encoder"),
    "hugging face, vit": (writers.vit_hf, SMALL_VIT, "huggingface", "encoder"),
    "dinov2": (writers.dinov2, "vit_test_patch14_dinov2", "backbone", "encoder"),
    "dinov2, registers": (writers.dinov2, "vit_test_patch14_reg4_dinov2", "backbone", "encoder"),
    "dinov2, swiglu": (writers.dinov2, "vit_test_patch14_reg4_swiglu_dinov2", "backbone", "encoder"),
    "dinov2, training": (writers.dinov2_training, "vit_test_patch14_dinov2", "dinov2", "teacher"),
    "hugging face, dinov2": (writers.dinov2_hf, "vit_test_patch14_dinov2", "huggingface", "encoder"),
    "hugging face, dinov2, swiglu": (
        writers.dinov2_hf,
        "vit_test_patch14_reg4_swiglu_dinov2",
        "huggingface",
        "encoder",
    ),
    "openclip": (writers.openclip, "vit_test_patch16_clip", "openclip", "visual"),
    "openclip, training": (writers.openclip_training, "vit_test_patch16_clip", "openclip", "visual"),
    "convnext, its authors": (writers.convnext_official, "convnext_test", "plain", ""),
    "swin, its authors": (writers.swin_official, "swin_test", "plain", ""),
}
"""What is written, for which network, and what virb must call it and take of it."""

OF_TWO = [form for form, (_, _, layout, _) in FORMS.items() if layout in {"moco", "moco-v3", "byol", "dino", "ibot"}]
"""Layouts that keep another copy that can be asked for."""


def size_of(arch):
    return 56 if "patch14" in arch else 64


@pytest.fixture(scope="module")
def networks():
    """From a name to two different networks of it, their norms as if they had been trained."""
    made = {}

    def get(arch):
        if arch not in made:
            torch.manual_seed(len(made))
            pair = [timm.create_model(arch) for _ in range(2)]
            for network in pair:
                for name, values in network.state_dict().items():
                    if values.is_floating_point():
                        values.add_(
                            0.1 * torch.randn_like(values).abs() if "var" in name else 0.1 * torch.randn_like(values)
                        )
            made[arch] = tuple(pair)
        return made[arch]

    return get


def written(form, networks, folder):
    """A file in this form, and the networks that went into it, the one to be taken first."""
    write, arch, _, _ = FORMS[form]
    first, second = networks(arch)
    path = folder / "weights.of.something"
    torch.save(write(first.state_dict(), second.state_dict()), path)
    return path, arch, first, second


def same_features(encoder, network, arch):
    """Whether pooled and dense features are the network's own, read off it by timm under the same statistics."""
    images = torch.randint(0, 256, (2, 3, size_of(arch), size_of(arch)), dtype=torch.uint8)
    own = at_size(copy.deepcopy(network), size_of(arch), arch)
    own = seal_module(own, InputPolicy(size=size_of(arch)), preprocessing=encoder.preprocessing)
    ours, theirs = encoder.encode(images, tuple(encoder.layers)), own.encode(images, tuple(own.layers))
    assert ours.keys() == theirs.keys()
    assert len(ours) == 5
    return max(float((ours[layer] - theirs[layer]).abs().max()) for layer in ours) < 1e-5


@pytest.mark.parametrize("form", FORMS)
def test_a_checkpoint_has_the_features_of_the_network_written_into_it_and_all_of_it_is_accounted_for(
    form, networks, tmp_path
):
    path, arch, network, _ = written(form, networks, tmp_path)
    found = read_checkpoint(path, arch)
    assert (found.layout.name, found.copy) == FORMS[form][2:]
    assert not [one for one in found.left if not one.fine], found.left
    built = found.build(size_of(arch), form)
    spec = parse_encoder(f"checkpoint:{path}@{arch}")
    encoder = Encoder(spec, Loaded(built.trunk(form), built.preprocessing), InputPolicy(size=size_of(arch)))
    assert same_features(encoder, network, arch)


def test_every_layout_is_written_by_some_test():
    assert {layout for _, _, layout, _ in FORMS.values()} >= {layout.name for layout in LAYOUTS}


def test_the_page_about_encoders_has_every_layout_with_its_copies():
    page = (Path(__file__).parents[2] / "docs" / "encoders.md").read_text(encoding="utf-8")
    for layout in LAYOUTS:
        copies = ", ".join(f"`{one.name}`" for one in layout.copies)
        assert f"| `{layout.name}` | {layout.title} | {copies} |" in page, layout.name


@pytest.mark.parametrize("form", OF_TWO)
def test_the_other_copy_can_be_asked_for(form, networks, tmp_path):
    path, arch, first, other = written(form, networks, tmp_path)
    name = {"query": "key", "base": "momentum", "online": "target", "teacher": "student"}[FORMS[form][3]]
    encoder = load_encoder(f"checkpoint:{path}@{arch}#{name}", InputPolicy(size=size_of(arch)))
    assert same_features(encoder, other, arch)
    assert not same_features(encoder, first, arch)


def test_a_copy_that_is_not_there_is_refused_with_those_that_are(networks, tmp_path):
    path, arch, _, _ = written("moco v2", networks, tmp_path)
    with pytest.raises(UserError, match=r"'query'|key"):
        load_encoder(f"checkpoint:{path}@{arch}#teacher")


# ------------------------------------------------------------------------------------------------ spoiled files


def broken(content, how):
    """The same content with one thing wrong in each table of tensors."""
    if not isinstance(content, dict):
        return content
    new = {}
    for name, value in content.items():
        if isinstance(value, torch.Tensor) and re.search(how[0], name):
            kept = how[1](name, value)
            new |= dict([kept] if kept else [])
        else:
            new[name] = broken(value, how)
    return type(content)(new)


SPOILED = {
    "half": (
        r"layer[34]\.|blocks?\.[345]\.|encoder_layer_[345]|layer\.[345]\.|stages\.[23]|layers\.[23]",
        lambda *_: None,
    ),
    "another width": (r"", lambda name, values: (name, values[: len(values) // 2].clone() if values.ndim else values)),
    "another name": (r"", lambda name, values: (name.replace("1", "one"), values)),
}


@pytest.mark.parametrize("spoil", SPOILED)
@pytest.mark.parametrize("form", ["moco v2", "swav, flat", "vissl, training", "dino", "hugging face, vit", "openclip"])
def test_what_is_not_the_whole_trunk_is_refused(form, spoil, networks, tmp_path):
    write, arch, _, _ = FORMS[form]
    first, second = networks(arch)
    torch.save(broken(write(first.state_dict(), second.state_dict()), SPOILED[spoil]), tmp_path / "bad.pth")
    with pytest.raises(UserError) as caught:
        read_checkpoint(tmp_path / "bad.pth", arch)
    assert "does not hold the weights" in str(caught.value)
    assert "weights matched" in str(caught.value)


def test_a_vit_with_registers_is_not_loaded_as_one_without(networks):
    """Every weight of the network without registers is there: loaded as one it would compute something else."""
    state = {**networks("vit_test_patch14_dinov2")[0].state_dict(), "register_tokens": torch.zeros(1, 4, 48)}
    with pytest.raises(UserError, match="register_tokens"):
        match(Contents({"": state}), "file", "vit_test_patch14_dinov2")


# ------------------------------------------------------------------------------------------------ architectures


def test_a_network_of_no_known_size_is_refused_with_what_it_looks_like():
    state = writers.openclip(outline("vit_xsmall_patch16_clip_224").module.state_dict(), None)
    with pytest.raises(UserError, match=r"no whole network") as caught:
        match(Contents({"": {name: values.to("meta") for name, values in state.items()}}), "file")
    assert "ViT of OpenCLIP and CLIP at 'visual.*'" in caught.value.remedy


FOUND = [
    *("resnet18", "resnet50", "resnet101", "wide_resnet50_2", "resnext50_32x4d", "resnet50d", "resnet50w2"),
    *("narrow_resnet10_w8", "narrow_resnet18_w16", "vit_tiny_patch16_224", "vit_small_patch8_224"),
    *("vit_base_patch32_224", "vit_large_patch16_224", "vit_small_patch14_dinov2", "vit_base_patch14_reg4_dinov2"),
    *("convnext_tiny", "convnextv2_atto", "swin_tiny_patch4_window7_224", "swin_base_patch4_window12_384"),
    *("efficientnet_b0", "mobilenetv2_100", "resnet152", "vit_huge_patch14_224", "vit_giant_patch14_reg4_dinov2"),
]


@pytest.mark.parametrize("arch", FOUND)
def test_an_architecture_is_told_by_its_shapes(arch):
    state = outline(arch).module.state_dict()
    assert match(Contents({"": state}), "file").candidate.title == arch


@pytest.mark.parametrize(("arch", "size"), [("vit_tiny_patch16_224", 96), ("vit_small_patch14_dinov2", 224)])
def test_a_vit_trained_at_another_size_is_the_same_vit(arch, size):
    state = outline(arch, "timm", (("img_size", size),)).module.state_dict()
    found = match(Contents({"": state}), "file")
    assert (found.arch, dict(found.candidate.options)) == (arch, {"img_size": size})


@pytest.mark.parametrize(
    ("arch", "options", "write"),
    [("resnet18", {}, writers.moco_v1), ("vit_tiny_patch16_224", {"img_size": 64, "patch_size": 8}, writers.dino)],
)
def test_what_is_found_without_being_told_has_the_same_features(arch, options, write, tmp_path):
    torch.manual_seed(0)
    network, other = (timm.create_model(arch, **options) for _ in range(2))
    torch.save(write(network.state_dict(), other.state_dict()), tmp_path / "file")
    encoder = load_encoder(f"checkpoint:{tmp_path / 'file'}", InputPolicy(size=64))
    assert encoder.arch.startswith(arch)
    assert same_features(encoder, network, arch)


@pytest.mark.parametrize(("factor", "millions"), [(2, 94), (4, 375), (5, 586)])
def test_widened_networks_have_the_parameters_that_are_published(factor, millions):
    """Of SwAV's RN50-w2, -w4 and -w5, in millions (Caron et al. 2020, 2006.09882): without the classifier."""
    count = sum(values.numel() for values in outline(f"resnet50w{factor}").module.parameters())
    assert round(count / 1e6) == millions


def test_a_patch_that_no_name_has_is_told():
    state = outline("vit_tiny_patch16_224", "timm", (("patch_size", 8),)).module.state_dict()
    assert match(Contents({"": state}), "file").candidate.title == "vit_tiny_patch16_224 (patch_size=8)"


def test_two_activations_have_the_same_shapes_and_are_not_guessed_between():
    state = outline("vit_base_patch32_clip_224").module.state_dict()
    with pytest.raises(UserError, match=r"vit_base_patch32_clip_224.*quickgelu") as caught:
        match(Contents({"": state}), "file")
    assert "checkpoint:FILE@vit_base_patch32_clip_224" in caught.value.remedy


def test_the_small_vit_of_moco_v3_has_twelve_heads():
    """Its shapes are those of timm's, which has six: loaded as that one, its features were others."""
    state = outline("vit_small_patch16_224").module.state_dict()
    found = match(Contents({"state_dict/": writers.under("module.base_encoder.", state)}), "file")
    assert found.candidate.title == "vit_small_patch16_224 (num_heads=12)"
    assert match(Contents({"": state}), "file").candidate.title == "vit_small_patch16_224"


def test_imagenets_statistics_are_taken_for_encoders_without_a_classifier_and_timms_for_its_own(networks, tmp_path):
    first, second = networks(SMALL_VIT)
    torch.save(writers.dino(first.state_dict(), second.state_dict()), tmp_path / "dino.pth")
    torch.save(first.state_dict(), tmp_path / "timm.pth")
    assert read_checkpoint(tmp_path / "dino.pth", SMALL_VIT).preprocessing.mean == (0.485, 0.456, 0.406)
    own = read_checkpoint(tmp_path / "timm.pth", SMALL_VIT)
    assert own.preprocessing.mean == (0.5, 0.5, 0.5)
    assert any("normalised with mean 0.5" in note for note in own.notes)


def test_torchvisions_vit_under_a_name_of_timm_keeps_the_statistics_it_was_trained_with(networks):
    """Timm's card for vit_base_patch16_224 has 0.5 throughout, torchvision's weights have ImageNet's."""
    state = writers.vit_torchvision(networks(SMALL_VIT)[0].state_dict(), None)
    assert match(Contents({"": state}), "file", SMALL_VIT).preprocessing.mean == (0.485, 0.456, 0.406)


# ------------------------------------------------------------------------------------------------ Hugging Face folders


def folder_of(path: Path, state, config, *, shards=1):
    path.mkdir()
    (path / "config.json").write_text(json.dumps(config))
    names = sorted(state)
    if shards == 1:
        save_file({name: values.contiguous() for name, values in state.items()}, path / "model.safetensors")
        return path
    where = {name: f"model-{number % shards + 1:05}-of-{shards:05}.safetensors" for number, name in enumerate(names)}
    for part in set(where.values()):
        save_file({name: state[name].contiguous() for name in names if where[name] == part}, path / part)
    (path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}))
    return path


@pytest.mark.parametrize("shards", [1, 3])
def test_a_hugging_face_folder_is_an_encoder(shards, networks, tmp_path):
    network, _ = networks(SMALL_VIT)
    state = writers.vit_hf(network.state_dict(), None)
    path = folder_of(tmp_path / "vit", state, {"model_type": "vit", "num_attention_heads": 3}, shards=shards)
    (path / "preprocessor_config.json").write_text('{"image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}')
    encoder = load_encoder(f"checkpoint:{path}@{SMALL_VIT}", InputPolicy(size=64))
    assert same_features(encoder, network, SMALL_VIT)
    assert encoder.preprocessing.mean == (0.1, 0.2, 0.3)


def test_attention_heads_are_those_of_the_config(networks, tmp_path):
    torch.manual_seed(0)
    network = timm.create_model(SMALL_VIT, num_heads=6)
    path = folder_of(
        tmp_path / "vit", writers.vit_hf(network.state_dict(), None, prefix=""), {"num_attention_heads": 6}
    )
    assert same_features(load_encoder(f"checkpoint:{path}@{SMALL_VIT}", InputPolicy(size=64)), network, SMALL_VIT)


@pytest.mark.parametrize(
    ("arch", "write", "config"),
    [
        (RESNET, writers.resnet_hf, {"downsample_in_bottleneck": True}),
        (SMALL_VIT, writers.vit_hf, {"hidden_act": "quick_gelu", "num_attention_heads": 3}),
    ],
)
def test_settings_that_timms_network_does_not_have_are_refused(arch, write, config, networks, tmp_path):
    """No shape tells them: loaded all the same, the features would be those of another network."""
    path = folder_of(tmp_path / "model", write(networks(arch)[0].state_dict(), None), config)
    with pytest.raises(UserError, match=next(iter(config))):
        read_checkpoint(path, arch)


def test_a_folder_that_lacks_something_is_refused_with_what(networks, tmp_path):
    state = writers.vit_hf(networks(SMALL_VIT)[0].state_dict(), None)
    path = folder_of(tmp_path / "vit", state, {}, shards=2)
    (path / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(UserError, match=r"model-00002-of-00002\.safetensors"):
        load_encoder(f"checkpoint:{path}")
    (path / "model.safetensors.index.json").unlink()
    with pytest.raises(UserError, match="no weights"):
        load_encoder(f"checkpoint:{path}")
