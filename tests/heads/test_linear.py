"""Linear heads against PyTorch's layer."""

import torch
from torch.nn import functional

from virb.heads.linear import LinearHeads


def test_scores_are_those_of_a_linear_layer():
    stack = LinearHeads(6, 4, 2, torch.Generator().manual_seed(0))
    stack.weights.data[1] *= 2
    stack.bias.data[1] += torch.arange(4.0)
    inputs = torch.randn(5, 6, generator=torch.Generator().manual_seed(1))
    for head in range(2):
        theirs = functional.linear(inputs, stack.weights[head], stack.bias[head])
        torch.testing.assert_close(stack(inputs)[head], theirs)


def test_first_scores_are_small_so_that_all_classes_are_about_as_likely():
    stack = LinearHeads(100, 4, 1, torch.Generator().manual_seed(0))
    inputs = torch.randn(50, 100, generator=torch.Generator().manual_seed(1))
    assert stack(inputs).std() < 0.2
    assert (stack.bias == 0).all()
