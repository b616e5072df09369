"""Optimisers of stacked heads against PyTorch's, each head alone."""

import itertools

import pytest
import torch

from virb.probes._optimisers import ADAMW, DESCENT, StackOptimiser, cosine

RATES, DECAYS = [0.1, 0.01, 0.3], [0.0, 0.5, 0.1]
THEIRS = {
    "descent": (DESCENT, lambda groups: torch.optim.SGD(groups, momentum=0.9)),
    "adamw": (ADAMW, lambda groups: torch.optim.AdamW(groups)),
}


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def gradients_at(weights, bias):
    """Of a function that ties weights together; as autograd does, one of them lies in memory the other way around."""
    return [(2 * weights.cumsum(-1)).transpose(1, 2).contiguous().transpose(1, 2), bias.sign() + bias]


@pytest.mark.parametrize("kind", THEIRS)
def test_each_head_moves_as_it_would_alone(kind):
    ours, theirs = THEIRS[kind]
    weights, bias = drawn(3, 4, 5), drawn(3, 4, seed=1)
    starts = weights.clone(), bias.clone()
    optimiser = StackOptimiser(ours, [weights, bias], RATES, DECAYS)
    shares = list(cosine(7))
    for share in shares:
        optimiser.step(gradients_at(weights, bias), share)
    for head, (rate, decay) in enumerate(zip(RATES, DECAYS, strict=True)):
        alone = [torch.nn.Parameter(start[head].clone()) for start in starts]
        other = theirs(
            [
                {"params": alone[:1], "lr": rate, "weight_decay": decay},
                {"params": alone[1:], "lr": rate, "weight_decay": 0.0},
            ]
        )
        for share in shares:
            for group, part, gradient in zip(
                other.param_groups, alone, gradients_at(alone[0][None], alone[1][None]), strict=True
            ):
                group["lr"], part.grad = rate * share, gradient[0].detach()
            other.step()
        torch.testing.assert_close(weights[head], alone[0].detach())
        torch.testing.assert_close(bias[head], alone[1].detach())


def test_a_gradient_that_is_not_finite_moves_its_own_head_only():
    weights = torch.ones(2, 3, 3)
    gradient = torch.ones(2, 3, 3)
    gradient[0] = torch.nan
    StackOptimiser(ADAMW, [weights], [0.1, 0.1], [0.0, 0.0]).step([gradient], 1.0)
    assert weights[0].isnan().all()
    torch.testing.assert_close(weights[1], torch.full((3, 3), 0.9))


def test_rates_fall_along_half_a_cosine():
    shares = list(cosine(100))
    assert len(shares) == 100
    assert (shares[0], shares[50]) == (1, pytest.approx(0.5))
    assert 0 < shares[-1] < 0.001
    assert all(earlier > later for earlier, later in itertools.pairwise(shares))
