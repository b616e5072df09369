"""Checkpoints as published training code writes them, from a network that is known.

Written by hand from the publishers' code, the other way round than virb reads: nothing here is derived from virb's
tables. Every writer takes the network's parameters under timm's names, and those of another network of the same kind
where the layout keeps two, and returns what ``torch.save`` is given.
"""

import argparse
import re
from collections import OrderedDict

import numpy as np
import torch


def under(prefix, state):
    return OrderedDict((prefix + name, values) for name, values in state.items())


def without(state, *starts):
    return {name: values for name, values in state.items() if not name.startswith(starts)}


def noise(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def head(prefix):
    """Two layers with a norm between them: how projectors and predictors of contrastive methods are made."""
    return {
        f"{prefix}0.weight": noise(8, 8),
        f"{prefix}1.weight": noise(8),
        f"{prefix}1.bias": noise(8),
        f"{prefix}1.running_mean": noise(8),
        f"{prefix}1.running_var": noise(8).abs(),
        f"{prefix}1.num_batches_tracked": torch.tensor(3),
        f"{prefix}3.weight": noise(8, 8),
        f"{prefix}3.bias": noise(8),
    }


SGD = {"state": {0: {"momentum_buffer": noise(8, 8)}}, "param_groups": [{"lr": 0.03, "params": [0]}]}
ARGUMENTS = argparse.Namespace(arch="small", lr=np.float64(0.1), epochs=300, output_dir="out")


# ------------------------------------------------------------------------------------------------ of ResNets


def moco_v1(state, other):
    own = {**without(state, "fc."), "fc.weight": noise(128, 8), "fc.bias": noise(128)}
    keys = {**without(other, "fc."), "fc.weight": noise(128, 8), "fc.bias": noise(128)}
    model = {
        **under("module.encoder_q.", own),
        **under("module.encoder_k.", keys),
        "module.queue": noise(8, 16),
        "module.queue_ptr": torch.zeros(1, dtype=torch.long),
    }
    return {"epoch": 200, "arch": "resnet", "state_dict": model, "optimizer": SGD}


def moco_v2(state, other):
    content = moco_v1(state, other)
    model = without(content["state_dict"], "module.encoder_q.fc", "module.encoder_k.fc")
    for encoder in ("q", "k"):
        model |= {
            f"module.encoder_{encoder}.fc.{layer}.{leaf}": noise(8) for layer in (0, 2) for leaf in ("weight", "bias")
        }
    return {**content, "state_dict": model}


def moco_v3_resnet(state, other):
    model = {
        **under("module.base_encoder.", {**without(state, "fc."), **head("fc.")}),
        **under("module.momentum_encoder.", {**without(other, "fc."), **head("fc.")}),
        **head("module.predictor."),
    }
    return {"epoch": 1000, "arch": "resnet50", "state_dict": model, "optimizer": SGD, "scaler": {"scale": 65536.0}}


def swav_flat(state, other):
    return {
        **under("module.", without(state, "fc.")),
        **head("module.projection_head."),
        "module.prototypes.weight": noise(30, 8),
    }


def swav_training(state, other):
    return {
        "epoch": 400,
        "state_dict": swav_flat(state, other),
        "optimizer": SGD,
        "amp": {"loss_scaler0": {"loss_scale": 2.0}},
    }


def deepcluster_v2(state, other):
    model = without(swav_flat(state, other), "module.prototypes")
    return {**model, **{f"module.prototypes.prototypes{n}.weight": noise(30, 8) for n in range(3)}}


def vissl(state, other):
    trunk = under("_feature_blocks.", without(state, "fc."))
    heads = {"0.clf.0.weight": noise(8, 8), "0.clf.0.bias": noise(8)}
    model = {"model": {"trunk": trunk, "heads": heads}, "meters": {}, "optimizer": SGD}
    loss = {"moco_encoder.queue": noise(8, 8), "memory": noise(8, 8)}
    return {
        "phase_idx": 12,
        "iteration_num": 9,
        "loss": loss,
        "classy_state_dict": {"train": True, "base_model": model, "loss": loss},
    }


def vissl_trunk(state, other):
    model = {"model": {"trunk": under("_feature_blocks.", without(state, "fc.")), "heads": {}}}
    return {"classy_state_dict": {"base_model": model}}


def simsiam(state, other):
    fc = {f"fc.{layer}.weight": noise(8, 8) for layer in (0, 3, 6)}
    return {
        "epoch": 100,
        "arch": "resnet50",
        "state_dict": {**under("module.encoder.", {**without(state, "fc."), **fc}), **head("module.predictor.")},
        "optimizer": SGD,
    }


def byol_pytorch(state, other):
    return {
        **under("online_encoder.net.", state),
        **head("online_encoder.projector."),
        **under("target_encoder.net.", other),
        **head("target_encoder.projector."),
        **head("online_predictor."),
    }


def children(state):
    """What ``nn.Sequential(*list(resnet.children())[:-1])`` calls the parts of a torchvision ResNet."""
    numbers = {"conv1": "0", "bn1": "1", "layer1": "4", "layer2": "5", "layer3": "6", "layer4": "7"}
    parts = [(name.partition("."), values) for name, values in without(state, "fc.").items()]
    return {f"{numbers[part[0]]}.{part[2]}": values for part, values in parts}


def byol_networks(state, other):
    return {
        "online_network_state_dict": {**under("encoder.", children(state)), **head("projetion.net.")},  # their spelling
        "target_network_state_dict": {**under("encoder.", children(other)), **head("projetion.net.")},
        "optimizer_state_dict": SGD,
    }


def barlow_twins(state, other):
    model = {**under("module.backbone.", without(state, "fc.")), **head("module.projector.")}
    model |= {"module.bn.running_mean": noise(8), "module.bn.running_var": noise(8).abs()}
    model |= {"module.bn.num_batches_tracked": torch.tensor(3)}
    return {"epoch": 1000, "model": model, "optimizer": SGD}


def vicreg(state, other):
    return {
        "epoch": 1000,
        "model": {**under("module.backbone.", without(state, "fc.")), **head("module.projector.")},
        "optimizer": SGD,
    }


def simclr_sthalles(state, other):
    model = {**without(state, "fc."), "fc.0.weight": noise(8, 8), "fc.0.bias": noise(8), "fc.2.weight": noise(8, 8)}
    return {"epoch": 100, "arch": "resnet18", "state_dict": under("backbone.", model), "optimizer": SGD}


def simclr_spijkervet(state, other):
    return {
        **under("encoder.", without(state, "fc.")),
        "projector.0.weight": noise(8, 8),
        "projector.2.weight": noise(8, 8),
    }


def supcon(state, other):
    model = {
        **under("encoder.module.", without(state, "fc.")),
        "head.0.weight": noise(8, 8),
        "head.2.weight": noise(8, 8),
    }
    return {"opt": ARGUMENTS, "model": model, "optimizer": SGD, "epoch": 1000}


def solo_learn(state, other):
    model = {
        **under("backbone.", without(state, "fc.")),
        **under("momentum_backbone.", without(other, "fc.")),
        **head("projector."),
        **head("momentum_projector."),
        **head("predictor."),
        "classifier.weight": noise(10, 8),
        "classifier.bias": noise(10),
    }
    return lightning(model)


def solo_learn_before_2022(state, other):
    model = {
        **under("encoder.", without(state, "fc.")),
        **under("momentum_encoder.", without(other, "fc.")),
        **head("momentum_projector."),
        "classifier.weight": noise(10, 8),
    }
    return lightning(model)


def lightning(model):
    """A ``.ckpt`` of Lightning around a module."""
    return {
        "epoch": 3,
        "global_step": 99,
        "pytorch-lightning_version": "2.4.0",
        "state_dict": model,
        "loops": {"fit_loop": {"state_dict": {}}},
        "callbacks": {},
        "optimizer_states": [SGD],
        "lr_schedulers": [],
        "hparams_name": "kwargs",
        "hyper_parameters": {"lr": 0.1, "backbone": "resnet"},
    }


def lightly(state, other):
    model = {
        **under("backbone.", children(state)),
        "projection_head.layers.0.weight": noise(8, 8),
        **under("backbone_momentum.", children(other)),
        "projection_head_momentum.layers.0.weight": noise(8, 8),
        "prediction_head.layers.0.weight": noise(8, 8),
    }
    return lightning(model)


def lightly_dino(state, other):
    model = {
        **under("student_backbone.", children(other)),
        "student_head.layers.0.weight": noise(8, 8),
        **under("teacher_backbone.", children(state)),
        "teacher_head.layers.0.weight": noise(8, 8),
    }
    return lightning(model)


def lightning_module(state, other):
    return lightning(under("model.", state))


def torchvision_reference(state, other):
    average = {**under("module.", state), "n_averaged": torch.tensor(9)}
    return {
        "model": other,
        "model_ema": average,
        "optimizer": SGD,
        "lr_scheduler": {"last_epoch": 1},
        "epoch": 9,
        "args": ARGUMENTS,
    }


def timm_training(state, other):
    return {
        "epoch": 3,
        "arch": "net",
        "state_dict": other,
        "state_dict_ema": state,
        "optimizer": SGD,
        "version": 2,
        "args": ARGUMENTS,
    }


def virb_2021(state, other):
    return under("model.", state)


def compiled_and_distributed(state, other):
    return {"model": under("_orig_mod.module.", state), "epoch": 3}


def torch_hub(state, other):
    return OrderedDict(state)


def resnet_hf(state, other):
    """``ResNetForImageClassification`` of Hugging Face's transformers."""
    new = {"classifier.1.weight": noise(10, 8), "classifier.1.bias": noise(10)}
    for name, values in without(state, "fc.").items():
        first, _, leaf = name.partition(".")
        if first in ("conv1", "bn1"):
            what = "convolution" if first == "conv1" else "normalization"
            new[f"resnet.embedder.embedder.{what}.{leaf}"] = values
            continue
        block, part, leaf = leaf.split(".", 2)
        layer = f"resnet.encoder.stages.{int(first[5]) - 1}.layers.{block}"
        if part == "downsample":
            number, leaf = leaf.split(".", 1)
            new[f"{layer}.shortcut.{'convolution' if number == '0' else 'normalization'}.{leaf}"] = values
        else:
            what = "convolution" if part.startswith("conv") else "normalization"
            new[f"{layer}.layer.{int(part[-1]) - 1}.{what}.{leaf}"] = values
    return new


# ------------------------------------------------------------------------------------------------ of transformers


def dino(state, other):
    top = {
        "head.mlp.0.weight": noise(8, 8),
        "head.last_layer.weight_g": noise(8, 1),
        "head.last_layer.weight_v": noise(8, 8),
    }
    return {
        "student": under("module.", {**under("backbone.", without(other, "head.")), **top}),
        "teacher": {**under("backbone.", without(state, "head.")), **top},
        "optimizer": SGD,
        "epoch": 100,
        "args": ARGUMENTS,
        "dino_loss": {"center": noise(1, 8)},
    }


def dino_backbone(state, other):
    return OrderedDict(without(state, "head."))


def ibot(state, other):
    content = dino(state, other)
    width = state["cls_token"].shape[-1]
    content["student"]["module.backbone.masked_embed"] = noise(1, width)
    content["ibot_loss"] = {"center": noise(1, 8), "center2": noise(1, 1, 8)}
    del content["dino_loss"]
    return content


def ibot_teacher(state, other):
    return {"state_dict": without(state, "head.")}


def mae(state, other):
    width = state["cls_token"].shape[-1]
    decoder = {
        "mask_token": noise(1, 1, 8),
        "decoder_pos_embed": noise(1, 5, 8),
        "decoder_embed.weight": noise(8, width),
        "decoder_blocks.0.norm1.weight": noise(8),
        "decoder_blocks.0.attn.qkv.weight": noise(24, 8),
        "decoder_norm.weight": noise(8),
        "decoder_pred.weight": noise(768, 8),
    }
    return {
        "model": {**without(state, "head."), **decoder},
        "optimizer": SGD,
        "epoch": 800,
        "scaler": {"scale": 1.0},
        "args": ARGUMENTS,
    }


def mae_encoder(state, other):
    return {"model": without(state, "head.")}


def moco_v3_vit(state, other):
    top = {"head.0.weight": noise(8, 8), "head.1.running_mean": noise(8), "head.3.weight": noise(8, 8)}
    model = {
        **under("module.base_encoder.", {**without(state, "head."), **top}),
        **under("module.momentum_encoder.", {**without(other, "head."), **top}),
        **head("module.predictor."),
    }
    return {"epoch": 300, "arch": "vit_small", "state_dict": model, "optimizer": SGD, "scaler": {"scale": 1.0}}


def vit_torchvision(state, other):
    new = {}
    for name, values in without(state, "head.").items():
        name = name.replace("patch_embed.proj", "conv_proj")
        name = {"cls_token": "class_token", "pos_embed": "encoder.pos_embedding"}.get(name, name)
        name = re.sub(r"^blocks\.(\d+)", r"encoder.layers.encoder_layer_\1", name)
        name = name.replace(".norm1.", ".ln_1.").replace(".norm2.", ".ln_2.")
        name = name.replace("attn.qkv.", "self_attention.in_proj_").replace("attn.proj.", "self_attention.out_proj.")
        name = name.replace("mlp.fc1.", "mlp.0.").replace("mlp.fc2.", "mlp.3.")
        new["encoder.ln." + name[5:] if name.startswith("norm.") else name] = values
    return {**new, "heads.head.weight": noise(10, 8), "heads.head.bias": noise(10)}


def vit_hf(state, other, prefix="vit."):
    """``ViTForImageClassification`` of Hugging Face's transformers."""
    new = {"classifier.weight": noise(10, 8), "classifier.bias": noise(10)}
    plain = {"cls_token": "embeddings.cls_token", "pos_embed": "embeddings.position_embeddings"}
    renames = {
        "norm1": "layernorm_before",
        "norm2": "layernorm_after",
        "attn.proj": "attention.output.dense",
        "mlp.fc1": "intermediate.dense",
        "mlp.fc2": "output.dense",
    }
    for name, values in without(state, "head.").items():
        if name in plain:
            new[prefix + plain[name]] = values
        elif name.startswith("patch_embed.proj."):
            new[f"{prefix}embeddings.patch_embeddings.projection.{name.rsplit('.')[-1]}"] = values
        elif name.startswith("norm."):
            new[f"{prefix}layernorm.{name[5:]}"] = values
        else:
            _, block, part = name.split(".", 2)
            part, leaf = part.rsplit(".", 1)
            layer = f"{prefix}encoder.layer.{block}"
            if part == "attn.qkv":
                for which, piece in zip(("query", "key", "value"), values.chunk(3), strict=True):
                    new[f"{layer}.attention.attention.{which}.{leaf}"] = piece.clone()
            else:
                new[f"{layer}.{renames[part]}.{leaf}"] = values
    return new


def dinov2(state, other):
    """The published encoder: mask token, positions for the class token too, SwiGLU under its own names."""
    new = {"mask_token": noise(1, state["cls_token"].shape[-1])}
    for name, values in without(state, "head.").items():
        new["register_tokens" if name == "reg_token" else name] = values
    if "reg_token" in state:
        first = noise(1, 1, state["cls_token"].shape[-1])
        new["cls_token"] = state["cls_token"] - first
        new["pos_embed"] = torch.cat([first, state["pos_embed"]], dim=1)
    if state["blocks.0.mlp.fc1.weight"].shape[0] != state["blocks.0.mlp.fc2.weight"].shape[1]:
        new = {name.replace("mlp.fc1", "mlp.w12").replace("mlp.fc2", "mlp.w3"): values for name, values in new.items()}
    return new


def dinov2_training(state, other):
    """The teacher as training writes it, its blocks in chunks that are numbered through."""
    chunked = {}
    for name, values in dinov2(state, other).items():
        match = re.match(r"blocks\.(\d+)\.(.+)", name)
        chunked[f"blocks.{int(match[1]) // 3}.{match[1]}.{match[2]}" if match else name] = values
    return {
        "teacher": {
            **under("backbone.", chunked),
            "dino_head.mlp.0.weight": noise(8, 8),
            "ibot_head.last_layer.weight_v": noise(8, 8),
        }
    }


def dinov2_hf(state, other):
    new = {}
    for name, values in dinov2(state, other).items():
        match = re.match(r"blocks\.(\d+)\.(.+)", name)
        if match:
            layer, part = f"encoder.layer.{match[1]}", match[2]
            if part.startswith("attn.qkv."):
                for which, piece in zip(("query", "key", "value"), values.chunk(3), strict=True):
                    new[f"{layer}.attention.attention.{which}.{part[9:]}"] = piece.clone()
                continue
            part = part.replace("attn.proj", "attention.output.dense")
            part = re.sub(r"ls([12])\.gamma", r"layer_scale\1.lambda1", part)
            part = part.replace("mlp.w12", "mlp.weights_in").replace("mlp.w3", "mlp.weights_out")
            new[f"{layer}.{part}"] = values
        elif name.startswith("patch_embed.proj."):
            new[f"embeddings.patch_embeddings.projection.{name.rsplit('.')[-1]}"] = values
        elif name.startswith("norm."):
            new[f"layernorm.{name[5:]}"] = values
        else:
            new["embeddings." + {"pos_embed": "position_embeddings"}.get(name, name)] = values
    return new


def openclip(state, other, prefix=""):
    width = state["cls_token"].shape[-1]
    new = {
        "positional_embedding": noise(77, 8),
        "text_projection": noise(8, 8),
        "logit_scale": torch.tensor(4.6),
        "token_embedding.weight": noise(100, 8),
        "ln_final.weight": noise(8),
        "transformer.resblocks.0.ln_1.weight": noise(8),
        "transformer.resblocks.0.attn.in_proj_weight": noise(24, 8),
        "visual.proj": noise(width, 8),
    }
    for name, values in without(state, "head.").items():
        name = {"patch_embed.proj.weight": "conv1.weight"}.get(name, name)
        if name in ("cls_token", "pos_embed"):
            name, values = {"cls_token": "class_embedding", "pos_embed": "positional_embedding"}[name], values.squeeze()
        name = re.sub(r"^norm_pre\.", "ln_pre.", name)
        name = re.sub(r"^norm\.", "ln_post.", name)
        name = re.sub(r"^blocks\.", "transformer.resblocks.", name)
        name = name.replace(".norm1.", ".ln_1.").replace(".norm2.", ".ln_2.")
        name = name.replace("attn.qkv.", "attn.in_proj_").replace("attn.proj.", "attn.out_proj.")
        new["visual." + name.replace("mlp.fc1", "mlp.c_fc").replace("mlp.fc2", "mlp.c_proj")] = values
    return {prefix + name: values for name, values in new.items()}


def openclip_training(state, other):
    return {"epoch": 32, "name": "run", "state_dict": openclip(state, other, "module."), "optimizer": SGD}


def swin_official(state, other):
    new = {"head.weight": noise(10, 8), "head.bias": noise(10)}
    for name, values in without(state, "head.").items():
        match = re.match(r"layers\.(\d)\.downsample\.(.+)", name)
        new[f"layers.{int(match[1]) - 1}.downsample.{match[2]}" if match else name] = values
    new["layers.0.blocks.0.attn.relative_position_index"] = torch.zeros(49, 49, dtype=torch.long)
    return {"model": new}


def convnext_official(state, other):
    new = {"head.weight": noise(10, 8), "head.bias": noise(10)}
    for name, values in without(state, "head.fc").items():
        if name.startswith("stem."):
            name = "downsample_layers.0." + name[5:]
        elif name.startswith("head.norm."):
            name = "norm." + name[10:]
        elif ".downsample." in name:
            name = "downsample_layers." + name[7:].replace("downsample.", "")
        else:
            name = name.replace("blocks.", "").replace("conv_dw", "dwconv").replace("mlp.fc", "pwconv")
        new[name] = values.squeeze() if ".pwconv" in name else values
    return {"model": new}
