"""Multiply-adds are those that can be counted by hand."""

import torch
from torch import nn
from torchvision.ops import MLP

from virb.encoders._counting import count_multiply_adds
from virb.encoders._module import seal_module
from virb.spec import InputPolicy


def counted(module, images):
    with torch.inference_mode():
        return count_multiply_adds(lambda: module.eval()(images))


def test_a_convolution_has_one_for_each_weight_and_cell():
    assert counted(nn.Conv2d(3, 8, 5, stride=2, padding=2), torch.zeros(1, 3, 16, 16)) == 3 * 5 * 5 * 8 * 8 * 8


def test_groups_of_a_convolution_are_counted_by_themselves():
    assert counted(nn.Conv2d(8, 8, 3, padding=1, groups=8), torch.zeros(1, 8, 16, 16)) == 3 * 3 * 8 * 16 * 16


def test_linear_layers_have_one_for_each_weight():
    assert counted(MLP(12, [20, 5]), torch.zeros(1, 12)) == 12 * 20 + 20 * 5


def test_attention_has_both_of_its_products():
    """The counter does not know the fused kernel of CPUs: attention was counted as nothing."""
    attention = lambda tokens: nn.functional.scaled_dot_product_attention(tokens, tokens, tokens)  # noqa: E731
    tokens = torch.randn(1, 2, 17, 24)
    with torch.inference_mode():
        assert count_multiply_adds(lambda: attention(tokens)) == 2 * (2 * 17 * 17 * 24)


def test_a_small_transformer_is_the_sum_of_its_parts():
    from tiny_networks import NETWORKS

    encoder = seal_module(NETWORKS["timm ViT"](), InputPolicy(size=64))
    width, tokens, patches = 48, 17, 16
    block = tokens * width * (3 * width + width + 4 * width + 4 * width) + 2 * tokens * tokens * width
    assert encoder.multiply_adds == patches * 16 * 16 * 3 * width + 4 * block


def test_what_the_counter_cannot_follow_has_no_count():
    def broken():
        raise RuntimeError("scripted")

    assert count_multiply_adds(broken) is None


def test_parameters_are_those_without_the_classifier():
    import timm

    model = timm.create_model("test_resnet", num_classes=7)
    without = sum(values.numel() for values in model.parameters()) - sum(v.numel() for v in model.fc.parameters())
    assert seal_module(timm.create_model("test_resnet", num_classes=0), InputPolicy(size=32)).parameters == without
