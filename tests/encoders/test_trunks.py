"""Layers are what timm and torchvision themselves say they are."""

import pytest
import timm
import torch
import torchvision
from torch import nn

from virb.encoders import Loaded
from virb.encoders._encoder import Encoder
from virb.encoders._module import seal_module
from virb.encoders._trunks import IMAGENET, OutputTrunk
from virb.errors import ExperimentError, UserError
from virb.spec import EncoderSpec, InputPolicy

POLICY = InputPolicy(size=64)


@pytest.fixture
def images():
    return torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def normalised(images):
    mean = torch.tensor(IMAGENET.mean).view(1, 3, 1, 1)
    std = torch.tensor(IMAGENET.std).view(1, 3, 1, 1)
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
        model(normalised(images))
    tokens = list(blocks)
    read = seal_module(model, POLICY).encode(images, ("stage1", "stage2", "stage3", "stage4"))
    for ours, theirs in zip(read.values(), tokens, strict=True):
        grid = theirs[:, 1:].transpose(1, 2).reshape(3, 192, 4, 4)
        torch.testing.assert_close(ours, grid, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("arch", ["resnet18", "vit_tiny_patch16_224", "tf_efficientnet_lite0", "convnext_atto"])
def test_the_embedding_of_a_timm_model_is_what_its_classifier_is_given(arch, images):
    torch.manual_seed(0)
    model = timm.create_model(arch, **({"img_size": 64} if arch.startswith("vit") else {})).eval()
    given: list[torch.Tensor] = []
    model.get_classifier().register_forward_pre_hook(lambda _module, inputs: given.append(inputs[0].detach()))
    with torch.inference_mode():
        model(normalised(images))
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
    assert encoder.layers == {"embedding": width}
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
        return images, images


@pytest.mark.parametrize(
    ("module", "says"),
    [
        (nn.Identity(), None),
        (Pair(), "tuple"),
        (nn.Flatten(0), "shape"),
        (nn.Flatten(2), "shape"),
        (nn.Linear(5, 5), "64 px"),
    ],
)
def test_a_module_that_does_not_return_features_is_refused(module, says):
    if says is None:
        assert seal_module(module, POLICY).layers == {"embedding": 3}
        return
    with pytest.raises(UserError, match=says):
        seal_module(module, POLICY)


def test_nan_weights_are_refused_by_name():
    model = timm.create_model("resnet18")
    model.layer4[1].conv2.weight.data[0, 0] = float("nan")
    with pytest.raises(ExperimentError, match=r"layer4\.1\.conv2\.weight"):
        seal_module(model, POLICY)


def test_a_classifier_without_a_linear_layer_is_refused():
    with pytest.raises(UserError, match="linear classifier"):
        seal_module(torchvision.models.squeezenet1_1(weights=None), POLICY)


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
