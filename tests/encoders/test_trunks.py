"""Layers are what timm and torchvision themselves say they are."""

import pytest
import timm
import torch
import torchvision
from torch import nn
from torchvision.models.vision_transformer import VisionTransformer

from virb.encoders import Loaded, load_encoder
from virb.encoders._encoder import Encoder
from virb.encoders._module import seal_module
from virb.encoders._trunks import IMAGENET, OutputTrunk, card_of
from virb.errors import ExperimentError, UserError
from virb.spec import EncoderSpec, InputPolicy, input_policy

POLICY = InputPolicy(size=64)


@pytest.fixture
def images():
    return torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def normalised(images, card=IMAGENET):
    mean = torch.tensor(card.mean).view(1, 3, 1, 1)
    std = torch.tensor(card.std).view(1, 3, 1, 1)
    return (images / 255 - mean) / std


def test_stages_of_a_pyramid_are_timms_own_feature_maps(images):
    torch.manual_seed(0)
    model = timm.create_model("resnet18").eval()
    reference = timm.create_model("resnet18", features_only=True, out_indices=(1, 2, 3, 4)).eval()
    reference.load_state_dict({k: v for k, v in model.state_dict().items() if not k.startswith("fc.")})
    read = seal_module(model, POLICY).encode(images, ("stage1", "stage2", "stage3", "stage4"))
    with torch.inference_mode():
        expected = reference(normalised(images))
    for ours, theirs in zip(read.values(), expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_stages_of_a_transformer_are_its_blocks_laid_out_as_maps(images):
    torch.manual_seed(0)
    model = timm.create_model("vit_tiny_patch16_224", img_size=64).eval()
    blocks: list[torch.Tensor] = []
    for index in (2, 5, 8, 11):
        model.blocks[index].register_forward_hook(lambda _module, _inputs, output: blocks.append(output))
    with torch.inference_mode():
        model(normalised(images, card_of(model)))
    tokens = list(blocks)
    read = seal_module(model, POLICY).encode(images, ("stage1", "stage2", "stage3", "stage4"))
    for ours, theirs in zip(read.values(), tokens, strict=True):
        grid = theirs[:, 1:].transpose(1, 2).reshape(3, 192, 4, 4)
        torch.testing.assert_close(ours, grid, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("arch", "cells"), [("test_vit", 6), ("test_vit2", 6), ("test_vit3", 6)])
def test_a_transformer_at_another_size_is_what_timm_makes_of_it(arch, cells):
    torch.manual_seed(0)
    model = timm.create_model(arch, num_classes=0).eval()
    torch.nn.init.normal_(model.pos_embed)  # so that places matter
    other = timm.create_model(arch, num_classes=0, dynamic_img_size=True).eval()
    other.load_state_dict(model.state_dict())
    encoder = seal_module(model, InputPolicy(size=96))
    larger = torch.randint(0, 256, (2, 3, 96, 96), dtype=torch.uint8)
    with torch.inference_mode():
        expected, maps = other.forward_intermediates(encoder._normalised(larger).contiguous())
        embedding = other.forward_head(expected)
    read = encoder.encode(larger, ("embedding", "stage4"))
    assert read["stage4"].shape[2:] == (cells, cells)
    torch.testing.assert_close(read["embedding"], embedding, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(read["stage4"], maps[-1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("arch", ["test_vit", "test_vit3"])
def test_a_transformer_at_two_sides_is_what_timm_makes_of_it(arch):
    torch.manual_seed(0)
    model = timm.create_model(arch, num_classes=0).eval()
    torch.nn.init.normal_(model.pos_embed)  # so that places matter
    other = timm.create_model(arch, num_classes=0, dynamic_img_size=True).eval()
    other.load_state_dict(model.state_dict())
    encoder = seal_module(model, InputPolicy(size=64, width=96))
    wide = torch.randint(0, 256, (2, 3, 64, 96), dtype=torch.uint8)
    with torch.inference_mode():
        _, maps = other.forward_intermediates(encoder._normalised(wide).contiguous())
    assert encoder.shape("stage4")[1:] == (4, 6)
    assert encoder.strides["stage4"] == 16
    torch.testing.assert_close(encoder.encode(wide, ("stage4",))["stage4"], maps[-1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("size", "says"),
    [
        (100, r"'100' is no multiple.\nTry --size 96 or 112"),
        ("96x100", r"'96x100' is no multiple.\nTry --size 96 or 96x112"),
        ("40x100", r"'40x100' is no multiple.\nTry --size 32x96 or 48x112"),
        ("7x64", r"'7x64' is no multiple.\nTry --size 16x64"),
    ],
)
def test_sides_that_are_no_multiple_of_the_patch_are_refused_with_those_beside_them(size, says):
    with pytest.raises(UserError, match=says):
        load_encoder("random:test_vit", input_policy(size))


class Tokens(nn.Module):
    """Patches of 8 px as tokens, behind some that have no place."""

    def __init__(self, first):
        super().__init__()
        self.patches, self.first = nn.Conv2d(3, 5, 8, stride=8), first

    def forward(self, images):
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        return {"stage4": torch.cat([tokens.new_zeros(len(tokens), self.first, 5), tokens], dim=1)}


@pytest.mark.parametrize("first", [0, 1])
def test_tokens_of_a_frame_are_laid_out_rows_first(first):
    module = Tokens(first)
    wide = torch.randint(0, 256, (2, 3, 32, 48), dtype=torch.uint8)
    encoder = seal_module(module, InputPolicy(size=32, width=48))
    with torch.inference_mode():
        expected = module.patches(encoder._normalised(wide))
    torch.testing.assert_close(encoder.encode(wide, ("stage4",))["stage4"], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("module", "says"),
    [
        (Tokens(2), r"26 tokens are neither a 2 x 3 or a multiple nor a class token before one"),
        (nn.AdaptiveAvgPool2d(8), r"shape \[1, 3, 8, 8\] for images of 32 x 48 px as stage4"),
    ],
)
def test_maps_that_are_out_of_proportion_to_the_images_are_refused(module, says):
    with pytest.raises(UserError, match=says):
        seal_module(module, InputPolicy(size=32, width=48))


def test_torchvisions_transformer_says_that_it_takes_squares():
    model = VisionTransformer(image_size=32, patch_size=8, num_layers=4, num_heads=2, hidden_dim=16, mlp_dim=16)
    with pytest.raises(UserError, match=r"(?s)takes square images, not '32x64'.*timm"):
        seal_module(model, InputPolicy(size=32, width=64))


@pytest.mark.parametrize("arch", ["resnet18", "vit_tiny_patch16_224", "tf_efficientnet_lite0", "convnext_atto"])
def test_the_embedding_of_a_timm_model_is_what_its_classifier_is_given(arch, images):
    torch.manual_seed(0)
    model = timm.create_model(arch, **({"img_size": 64} if arch.startswith("vit") else {})).eval()
    given: list[torch.Tensor] = []
    model.get_classifier().register_forward_pre_hook(lambda _module, inputs: given.append(inputs[0].detach()))
    with torch.inference_mode():
        model(normalised(images, card_of(model)))
    embedding = seal_module(model, POLICY).encode(images)["embedding"]
    torch.testing.assert_close(embedding, given[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("arch", "width"), [("resnet18", 512), ("mobilenet_v3_small", 1024), ("convnext_tiny", 768)])
def test_class_scores_of_a_torchvision_classifier_are_not_taken_for_features(arch, width, images):
    model = torchvision.models.get_model(arch, weights=None).eval()
    linear = [part for part in model.modules() if isinstance(part, nn.Linear)][-1]
    given: list[torch.Tensor] = []
    linear.register_forward_pre_hook(lambda _module, inputs: given.append(inputs[0].detach()))
    with torch.inference_mode():
        model(normalised(images))
    encoder = seal_module(model, POLICY)
    assert encoder.layers["embedding"] == width
    torch.testing.assert_close(encoder.encode(images)["embedding"], given[0], rtol=1e-4, atol=1e-4)


def test_maps_of_any_module_are_averaged_over_space(images):
    conv = nn.Conv2d(3, 7, 3)
    with torch.inference_mode():
        expected = conv(normalised(images)).mean(dim=(2, 3))
    torch.testing.assert_close(seal_module(conv, POLICY).encode(images)["embedding"], expected, rtol=1e-4, atol=1e-5)


def test_the_callers_module_keeps_mode_weights_and_classifier():
    module = torchvision.models.resnet18(weights=None).train()
    before = {name: values.clone() for name, values in module.state_dict().items()}
    seal_module(module, POLICY)
    assert module.training
    assert isinstance(module.fc, nn.Linear)
    assert all(parameter.requires_grad for parameter in module.parameters())
    assert all(torch.equal(values, before[name]) for name, values in module.state_dict().items())


class Pair(nn.Module):
    def forward(self, images):
        return images, images.mean()


@pytest.mark.parametrize(
    ("module", "says"),
    [
        (nn.Identity(), None),
        (Pair(), r"shape \[\] for 1 images as stage4"),
        (nn.Flatten(0), "shape"),
        (nn.Flatten(2), "shape"),
        (nn.Linear(5, 5), "64 px"),
    ],
)
def test_a_module_that_does_not_return_features_is_refused(module, says):
    if says is None:
        assert seal_module(module, POLICY).layers == {"embedding": 3, "stage4": 3}
        return
    with pytest.raises(UserError, match=says):
        seal_module(module, POLICY)


def test_nan_weights_are_refused_by_name():
    model = timm.create_model("resnet18")
    model.layer4[1].conv2.weight.data[0, 0] = float("nan")
    with pytest.raises(ExperimentError, match=r"layer4\.1\.conv2\.weight"):
        seal_module(model, POLICY)


def test_a_torchvision_network_without_a_linear_classifier_is_refused():
    detector = torchvision.models.segmentation.fcn_resnet50(weights=None, weights_backbone=None)
    with pytest.raises(UserError, match="linear classifier"):
        seal_module(detector, POLICY)


class Maps(nn.Module):
    """Returns whatever it is asked to make of three maps, fine to coarse."""

    def __init__(self, form):
        super().__init__()
        self.form = form
        self.body = nn.Sequential(*(nn.Conv2d(before, after, 3, 2, 1) for before, after in ((3, 4), (4, 5), (5, 6))))

    def forward(self, images):
        maps = [images]
        for part in self.body:
            maps.append(part(maps[-1]))
        return self.form(maps[1:])


def test_a_list_of_maps_is_the_last_stages(images):
    encoder = seal_module(Maps(lambda maps: maps), POLICY)
    assert encoder.layers == {"embedding": 6, "stage2": 4, "stage3": 5, "stage4": 6}
    read = encoder.encode(images, ("embedding", "stage4"))
    torch.testing.assert_close(read["embedding"], read["stage4"].mean(dim=(2, 3)))


def test_a_dictionary_of_layers_is_read_by_its_names(images):
    encoder = seal_module(Maps(lambda m: {"stage3": m[0], "stage4": m[1], "embedding": m[2].mean(dim=(2, 3))}), POLICY)
    assert encoder.layers == {"embedding": 6, "stage3": 4, "stage4": 5}


def test_parts_that_are_named_are_its_stages(images):
    torch.manual_seed(0)
    module = Maps(lambda maps: maps[2].mean(dim=(2, 3)))
    encoder = seal_module(module, POLICY, stages={"stage3": "body.0", "stage4": "body.2"})
    read = encoder.encode(images, ("stage3", "stage4"))
    with torch.inference_mode():
        expected = module.body[0](normalised(images))
    torch.testing.assert_close(read["stage3"], expected, rtol=1e-4, atol=1e-5)
    assert read["stage4"].shape == (3, 6, 8, 8)
    assert seal_module(module, POLICY).spec.declared() != encoder.spec.declared()


def test_named_parts_of_a_timm_model_replace_its_stages_and_not_its_embedding(images):
    torch.manual_seed(0)
    model = timm.create_model("test_resnet")
    plain, named = (seal_module(model, POLICY, stages=stages) for stages in (None, {"stage4": "layer2"}))
    torch.testing.assert_close(named.encode(images)["embedding"], plain.encode(images)["embedding"])
    torch.testing.assert_close(named.encode(images, ("stage4",))["stage4"], plain.encode(images, ("stage2",))["stage2"])


def test_a_map_is_what_the_part_returned_and_not_what_was_made_of_it_in_place(images):
    """An activation in place behind a part gave the map of the activation under the name of the part."""
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True))
    encoder = seal_module(module, POLICY, stages={"stage4": "0"})
    assert encoder.encode(images, ("stage4",))["stage4"].min() < 0


class Tokens(nn.Module):
    def __init__(self, prefix):
        super().__init__()
        self.patches, self.prefix = nn.Conv2d(3, 8, 16, 16), prefix

    def forward(self, images):
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        return {"stage4": torch.cat([tokens[:, : self.prefix] * 0, tokens], dim=1)}


def test_tokens_are_laid_out_as_a_map_without_the_class_token(images):
    module = Tokens(1)
    read = seal_module(module, POLICY).encode(images, ("stage4",))["stage4"]
    with torch.inference_mode():
        torch.testing.assert_close(read, module.patches(normalised(images)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("module", "stages", "says"),
    [
        (Tokens(3), None, "19 tokens are neither a square nor a class token before one"),
        (Maps(lambda maps: maps[::-1]), None, "fine to coarse"),
        (Maps(lambda maps: {"layer1": maps[0]}), None, "'layer1'"),
        (Maps(lambda maps: {"embedding": maps[0]}), None, r"returns shape \[1, 4, 32, 32\]"),
        (Maps(lambda maps: [maps[0][:, :, :5]]), None, "for square images"),
        (Maps(lambda maps: maps), {"stage5": "body.0"}, "'stage5'"),
        (Maps(lambda maps: maps), {"stage4": "bodi.0"}, r"'body\.0'"),
        (Maps(lambda maps: maps), {"stage4": "body"}, "does not pass 'body'"),
    ],
)
def test_what_is_no_map_is_refused_with_what_would_be(module, stages, says):
    with pytest.raises(UserError, match=says):
        seal_module(module, POLICY, stages=stages)


def test_normalisation_is_that_of_the_card(images):
    card = IMAGENET.model_copy(update={"mean": (0.1, 0.2, 0.3), "std": (0.5, 0.6, 0.7)})
    spec = EncoderSpec(name="id", source="module", arch="Identity")
    encoder = Encoder(spec, Loaded(OutputTrunk(nn.Identity(), "id"), card), POLICY)
    expected = images / 255
    expected = (expected - torch.tensor(card.mean).view(1, 3, 1, 1)) / torch.tensor(card.std).view(1, 3, 1, 1)
    torch.testing.assert_close(encoder.encode(images)["embedding"], expected.mean(dim=(2, 3)), rtol=1e-4, atol=1e-5)


def test_maps_of_a_network_that_has_none_are_refused_with_what_it_has_and_what_has_them(images):
    flat = seal_module(nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten()), POLICY, name="mine")
    with pytest.raises(UserError, match="'mine' has no layer 'stage4'") as caught:
        flat.encode(images, ("stage4",))
    assert "an embedding alone, and no maps" in caught.value.remedy
