"""MoCo's loss, queue and key encoder against plain versions."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch.nn import functional

from pretraining_samples import BATCH, batch, draw, objective


def plain_loss(query, key, queue, temperature):
    """Cross entropy of the positive among the queue, in NumPy."""
    losses = []
    for q, k in zip(query, key, strict=True):
        q, k = q / np.linalg.norm(q), k / np.linalg.norm(k)
        scores = np.array([q @ k, *(q @ entry for entry in queue)]) / temperature
        losses.append(np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[0])
    return np.mean(losses)


def test_the_loss_and_the_queue_are_those_of_a_plain_version_over_several_steps():
    one = objective("moco-v2", queue=20)
    queue, at = one.loss.memory_bank.bank.numpy().copy(), 0
    np.testing.assert_allclose(np.linalg.norm(queue, axis=1), 1, rtol=1e-5)
    generator = draw(3)
    for _ in range(6):
        query = torch.randn(BATCH, 8, generator=generator).requires_grad_()
        key = torch.randn(BATCH, 8, generator=generator)
        expected = plain_loss(query.detach().double().numpy(), key.double().numpy(), queue, 0.2)
        assert one.loss(query, key).item() == pytest.approx(expected, rel=1e-5)
        # Unit-length keys take the place of the oldest; lightly begins anew where a batch would not fit whole.
        unit = functional.normalize(key, dim=1).numpy()
        taken = min(BATCH, len(queue) - at)
        queue[at : at + taken] = unit[:taken]
        at = 0 if at + BATCH >= len(queue) else at + BATCH
        np.testing.assert_allclose(one.loss.memory_bank.bank.numpy(), queue, rtol=1e-5, atol=1e-7)


def test_a_step_compares_against_the_queue_as_it_was_before_the_step():
    one = objective("moco-v2")
    seen = []
    one.loss.register_forward_hook(lambda module, given, loss: seen.append((given, loss)))
    for number in range(3):
        queue = one.loss.memory_bank.bank.double().numpy().copy()
        one(batch(number), draw(number), number)
        (query, key), loss = seen[-1]
        expected = plain_loss(query.detach().double().numpy(), key.double().numpy(), queue, 0.2)
        assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_the_key_encoder_starts_as_the_query_encoder_and_moves_by_the_momentum_rule():
    one = objective("moco-v2", momentum=0.9)
    pairs = [
        *zip(one.trunk.parameters(), one.key_trunk.parameters(), strict=True),
        *zip(one.head.parameters(), one.key_head.parameters(), strict=True),
    ]
    assert all(torch.equal(query, key) for query, key in pairs)
    with torch.no_grad():
        for query, _ in pairs:
            query.add_(torch.randn(query.shape, generator=draw(1)))
    expected = [0.9 * key.detach() + 0.1 * query.detach() for query, key in pairs]
    one(batch(), draw(), 0)
    for (_, key), moved in zip(pairs, expected, strict=True):
        torch.testing.assert_close(key.detach(), moved, rtol=1e-6, atol=1e-7)


def test_no_gradient_reaches_the_keys_or_the_queue():
    one = objective("moco-v2")
    one(batch(), draw(), 0).loss.backward()
    assert not one.loss.memory_bank.bank.requires_grad
    for part in (one.key_trunk, one.key_head):
        assert all(weight.grad is None and not weight.requires_grad for weight in part.parameters())


@pytest.mark.parametrize("group", [2, 4, 5, 8, 32])
def test_keys_encoded_in_groups_come_back_in_their_order(group):
    one = objective("moco-v2", group=group)
    one.key_trunk.eval()  # without batch statistics a key does not depend on its group
    views, order = one.normalise(batch().images), torch.randperm(BATCH, generator=draw(2))
    with torch.no_grad():
        torch.testing.assert_close(one._keys(views, order), one.key_head(one.key_trunk(views)), rtol=1e-4, atol=1e-5)


def test_each_group_of_keys_is_normalised_by_its_own_statistics():
    one = objective("moco-v2", group=4)
    views, order = one.normalise(batch().images), torch.randperm(BATCH, generator=draw(2))
    expected = torch.empty(BATCH, 8)
    alone = deepcopy(one)
    with torch.no_grad():
        for members in order.split(4):
            expected[members] = alone.key_head(alone.key_trunk(views[members]))
        keys = one._keys(views, order)
        whole = deepcopy(one).key_head(deepcopy(one).key_trunk(views))
    torch.testing.assert_close(keys, expected, rtol=1e-4, atol=1e-5)
    assert (keys - whole).abs().max() > 1e-3


def test_query_and_key_are_two_views_of_one_image():
    one = objective("moco-v2")
    shown = []
    one.trunk.register_forward_pre_hook(lambda _, given: shown.append(given[0]))
    one.key_trunk.register_forward_pre_hook(lambda _, given: shown.append(given[0]))
    one(batch(), draw(), 0)
    query, *keys = shown
    assert query.shape == (BATCH, 3, 16, 16)
    assert torch.cat(keys).shape == query.shape
    assert not torch.equal(query.sum((1, 2, 3)).sort().values, torch.cat(keys).sum((1, 2, 3)).sort().values)
