"""Heads side by side: what they share, what they do not, and that each is what PyTorch would make of it alone."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from virb.heads._stack import copies, each, shared, uniform
from virb.heads.attentive import AttentiveHeads
from virb.heads.linear import LinearHeads
from virb.heads.mlp import HiddenLayerHeads
from virb.heads.siamese import SiameseHeads


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=seeded(seed))


KINDS = {
    "linear": (lambda heads, seed=0: LinearHeads(6, 4, heads, seeded(seed)), (6,)),
    "mlp": (lambda heads, seed=0: HiddenLayerHeads(6, 7, 4, heads, seeded(seed)), (6,)),
    "attentive": (lambda heads, seed=0: AttentiveHeads(6, 4, 4, heads, seeded(seed)), (6, 3, 2)),
    "siamese": (lambda heads, seed=0: SiameseHeads(6, 5, 1, 7, 4, heads, seeded(seed)), (2, 6, 3, 2)),
}


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


def scattered(build, heads):
    """A stack whose heads differ."""
    stack = build(heads)
    for number, parameter in enumerate(stack.parameters()):
        parameter.data += 0.3 * drawn(*parameter.shape, seed=number)
    return stack


def test_scores_are_heads_by_examples_by_classes(kind):
    build, shape = kind
    assert build(3)(drawn(5, *shape)).shape == (3, 5, 4)


def test_all_heads_start_at_one_draw_that_does_not_depend_on_their_number(kind):
    build, shape = kind
    inputs = drawn(5, *shape)
    several, alone = build(3)(inputs), build(1)(inputs)
    for scores in several:
        torch.testing.assert_close(scores, alone[0])
    assert not torch.allclose(build(1, seed=1)(inputs), alone)


def test_one_head_says_alone_what_it_says_among_others(kind):
    build, shape = kind
    stack, inputs = scattered(build, 3), drawn(5, *shape)
    together = stack(inputs)
    for head in range(3):
        torch.testing.assert_close(stack.one(head, inputs), together[head])
    assert not torch.allclose(together[0], together[1])


def test_the_gradient_of_a_head_does_not_know_the_others_even_if_they_are_not_finite(kind):
    build, shape = kind
    stack, inputs = scattered(build, 3), drawn(5, *shape)
    for parameter in stack.parameters():
        parameter.data[1] = math.nan
    gradients = torch.autograd.grad(stack(inputs).square().sum(), list(stack.parameters()))
    alone = build(1)
    for parameter, whole in zip(alone.parameters(), stack.parameters(), strict=True):
        parameter.data = whole.data[2:3].clone()
    expected = torch.autograd.grad(alone(inputs).square().sum(), list(alone.parameters()))
    for ours, theirs in zip(gradients, expected, strict=True):
        torch.testing.assert_close(ours[2:3], theirs)


def test_an_example_does_not_know_the_others_of_its_batch(kind):
    build, shape = kind
    stack, inputs = scattered(build, 2), drawn(5, *shape)
    torch.testing.assert_close(stack(inputs[3:4]), stack(inputs)[:, 3:4])


def test_layers_of_all_heads_are_those_of_each():
    inputs, weights, bias = drawn(5, 6), drawn(3, 4, 6, seed=1), drawn(3, 4, seed=2)
    for head in range(3):
        torch.testing.assert_close(shared(inputs, weights)[:, head], inputs @ weights[head].T)
        theirs = functional.linear(inputs + head, weights[head], bias[head])
        apart = torch.stack([inputs + number for number in range(3)])
        torch.testing.assert_close(each(apart, weights, bias)[head], theirs)


def test_first_weights_are_spread_as_those_of_pytorch():
    ours = uniform(seeded(), 300, 100, inputs=100)
    theirs = nn.Linear(100, 300).weight.detach()
    assert ours.abs().max() <= 0.1
    np.testing.assert_allclose(ours.std(), theirs.std(), rtol=0.05)


def test_copies_do_not_share_memory():
    stacked = copies(torch.ones(2), 3)
    stacked.data[0] = 5
    assert stacked.tolist() == [[5, 5], [1, 1], [1, 1]]
