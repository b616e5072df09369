"""Heads with a hidden layer against a plain sequence of PyTorch's layers."""

import torch
from torch import nn

from virb.heads.mlp import HiddenLayerHeads


def test_scores_are_those_of_two_linear_layers_with_gelu_between():
    stack = HiddenLayerHeads(6, 7, 4, 2, torch.Generator().manual_seed(0))
    stack.weights.data[1] *= 3
    stack.out_bias.data[1] += torch.arange(4.0)
    inputs = torch.randn(5, 6, generator=torch.Generator().manual_seed(1))
    plain = nn.Sequential(nn.Linear(6, 7), nn.GELU(), nn.Linear(7, 4))
    for head in range(2):
        plain[0].weight.data, plain[0].bias.data = stack.weights.data[head], stack.bias.data[head]
        plain[2].weight.data, plain[2].bias.data = stack.out_weights.data[head], stack.out_bias.data[head]
        torch.testing.assert_close(stack(inputs)[head], plain(inputs))
