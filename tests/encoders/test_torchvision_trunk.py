"""torchvision's classifiers have stages, though torchvision names none."""

import pytest
import torch
import torchvision
from torchvision.models import vision_transformer
from torchvision.models.feature_extraction import create_feature_extractor

from tiny_networks import NETWORKS, SIZE
from virb.encoders._module import seal_module
from virb.encoders._taps import outline_shapes
from virb.encoders._torchvision_trunk import TorchvisionTrunk, resize_positions, strip_classifier
from virb.errors import UserError
from virb.spec import LAYERS, InputPolicy

PLACES = {
    "alexnet": ("features.1", "features.4", "features.11", "features.12"),
    "convnext_tiny": ("features.1", "features.3", "features.5", "features.7"),
    "densenet121": ("features.denseblock1", "features.denseblock2", "features.denseblock3", "features.norm5"),
    "efficientnet_b0": ("features.2", "features.3", "features.5", "features.8"),
    "googlenet": ("conv3", "inception3b", "inception4e", "inception5b"),
    "inception_v3": ("Conv2d_4a_3x3", "Mixed_5d", "Mixed_6e", "Mixed_7c"),
    "maxvit_t": ("blocks.0", "blocks.1", "blocks.2", "blocks.3"),
    "mnasnet0_5": ("layers.8", "layers.9", "layers.11", "layers.16"),
    "mobilenet_v2": ("features.3", "features.6", "features.13", "features.18"),
    "mobilenet_v3_small": ("features.1", "features.3", "features.8", "features.12"),
    "regnet_y_400mf": tuple(f"trunk_output.block{block}" for block in (1, 2, 3, 4)),
    "resnet18": ("layer1", "layer2", "layer3", "layer4"),
    "shufflenet_v2_x0_5": ("maxpool", "stage2", "stage3", "conv5"),
    "squeezenet1_1": ("features.1", "features.4", "features.7", "features.12"),
    "swin_t": ("features.1", "features.3", "features.5", "features.7"),
    "vgg16": ("features.15", "features.22", "features.29", "features.30"),
    "vit_b_16": tuple(f"encoder.layers.encoder_layer_{block}" for block in (2, 5, 8, 11)),
}
"""One member of every file of torchvision's, and where its stages are read."""


def test_every_file_of_torchvisions_classifiers_is_tested():
    names = torchvision.models.list_models(module=torchvision.models)
    files = {torchvision.models.get_model_builder(name).__module__ for name in names}
    assert {torchvision.models.get_model_builder(name).__module__ for name in PLACES} == files


@pytest.mark.parametrize("arch", PLACES)
def test_stages_are_the_last_maps_at_the_four_coarsest_resolutions(arch):
    with torch.device("meta") if not arch.startswith("regnet") else torch.device("cpu"):
        quick = {"init_weights": False} if arch in ("googlenet", "inception_v3") else {}
        module = torchvision.models.get_model(arch, weights=None, **quick)
    trunk = TorchvisionTrunk(module)
    assert tuple(trunk._parts.values()) == PLACES[arch]
    assert trunk.layers == LAYERS
    if not arch.startswith("vit"):
        shapes = outline_shapes(module, trunk._parts, 224).values()
        rows = [shape[1 if arch == "swin_t" else 2] for shape in shapes]
        assert rows == sorted(set(rows), reverse=True)


@pytest.mark.parametrize(
    "family", ["torchvision ResNet", "torchvision DenseNet", "torchvision ViT", "torchvision Swin"]
)
def test_stages_are_what_torchvisions_own_extractor_gives(family):
    torch.manual_seed(0)
    module = NETWORKS[family]().eval()
    encoder = seal_module(module, InputPolicy(size=SIZE))
    images = torch.randint(0, 256, (2, 3, SIZE, SIZE), dtype=torch.uint8)
    theirs = create_feature_extractor(module, {path: stage for stage, path in encoder._trunk._parts.items()})
    with torch.inference_mode():
        expected = theirs(encoder._normalised(images).contiguous())
    ours = encoder.encode(images, LAYERS)
    for stage, values in expected.items():
        if family == "torchvision ViT":
            grid = values[:, 1:].reshape(2, 8, 8, -1)
            values = grid.permute(0, 3, 1, 2)
        elif family == "torchvision Swin":
            values = values.permute(0, 3, 1, 2)
        torch.testing.assert_close(ours[stage], values, rtol=1e-4, atol=1e-5)


def test_a_vision_transformer_at_another_size_is_what_torchvision_makes_of_it():
    torch.manual_seed(0)
    module = NETWORKS["torchvision ViT"]().eval()
    shape = {"num_layers": 4, "num_heads": 2, "hidden_dim": 48, "mlp_dim": 96, "num_classes": 5}
    other = vision_transformer.VisionTransformer(image_size=96, patch_size=8, **shape).eval()
    other.load_state_dict(vision_transformer.interpolate_embeddings(96, 8, module.state_dict()))
    strip_classifier(other, "other")
    encoder = seal_module(module, InputPolicy(size=96))
    assert encoder.shape("stage1") == (48, 12, 12)
    images = torch.randint(0, 256, (2, 3, 96, 96), dtype=torch.uint8)
    with torch.inference_mode():
        expected = other(encoder._normalised(images).contiguous())
    torch.testing.assert_close(encoder.encode(images)["embedding"], expected, rtol=1e-4, atol=1e-5)
    assert module.image_size == SIZE  # the caller's own


def test_a_size_that_is_no_multiple_of_the_patch_is_refused_with_those_beside_it():
    with pytest.raises(UserError, match=r"patches of 8 px, and '100'.*\n?.*96 or 104"):
        resize_positions(NETWORKS["torchvision ViT"](), 100, "mine")


def test_a_squeezenet_is_read_before_its_classifier_which_is_a_convolution():
    module = torchvision.models.squeezenet1_1(weights=None).eval()
    encoder = seal_module(module, InputPolicy(size=SIZE))
    images = torch.randint(0, 256, (2, 3, SIZE, SIZE), dtype=torch.uint8)
    with torch.inference_mode():
        expected = module.features(encoder._normalised(images).contiguous()).mean(dim=(2, 3))
    torch.testing.assert_close(encoder.encode(images)["embedding"], expected, rtol=1e-4, atol=1e-5)
