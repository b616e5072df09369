"""SwAV's loss, prototypes and queue against plain NumPy."""

import numpy as np
import pytest
import torch
from lightly.loss.swav_loss import sinkhorn

from pretraining_samples import BATCH, batch, draw, objective


def plain_codes(scores, epsilon=0.05, iterations=3):
    """Sinkhorn and Knopp, as appendix A of the paper writes it: prototypes are rows."""
    q = np.exp(scores / epsilon).T
    q /= q.sum()
    prototypes, images = q.shape
    for _ in range(iterations):
        q /= q.sum(axis=1, keepdims=True) * prototypes
        q /= q.sum(axis=0, keepdims=True) * images
    return (q * images).T


def plain_loss(large, small, queued, temperature=0.1):
    """The mean over large views of the mean cross entropy of all other views with its codes."""
    views, total = [*large, *small], 0.0
    for place, scores in enumerate(large):
        pool = scores if queued is None else np.concatenate([scores, queued[place]])
        codes = plain_codes(pool)[: len(scores)]
        for other, predicted in enumerate(views):
            if other != place:
                logits = predicted / temperature
                log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
                total -= (codes * log_p).sum(axis=1).mean() / (len(views) - 1)
    return total / len(large)


@pytest.mark.parametrize("small", [0, 1, 3])
@pytest.mark.parametrize("queue_from", [0, 1])
def test_the_loss_is_that_of_a_plain_version(small, queue_from):
    one = objective("swav", **{"small-crops": small, "queue-from": queue_from})
    given = []
    one.loss.register_forward_hook(lambda _, inputs, loss: given.append((inputs, loss)))
    for number in range(3):
        one(batch(number), draw(number), number)
        (large, little, queued), loss = given[-1]
        assert (queued is None) == (queue_from == 1)
        plain = [[view.detach().double().numpy() for view in views] for views in (large, little, queued or [])]
        assert [len(views) for views in plain[:2]] == [2, small]
        assert loss.item() == pytest.approx(plain_loss(plain[0], plain[1], plain[2] or None), rel=1e-4)


def test_codes_use_prototypes_equally_and_sum_to_one():
    scores = np.random.default_rng(0).uniform(-1, 1, (40, 5))
    ours = sinkhorn(torch.from_numpy(scores), 50, 0.05).numpy()
    np.testing.assert_allclose(ours, plain_codes(scores, iterations=50), rtol=1e-8)
    np.testing.assert_allclose(ours.sum(axis=1), 1)
    np.testing.assert_allclose(ours.sum(axis=0), 8, rtol=0.01)


def test_prototypes_have_unit_length_and_no_bias():
    one = objective("swav")
    with torch.no_grad():
        one.prototypes.weight.mul_(3)
    one(batch(), draw(), 0)
    torch.testing.assert_close(one.prototypes.weight.norm(dim=1), torch.ones(8))
    assert one.prototypes.bias is None


def test_prototypes_stay_at_first_and_learn_afterwards():
    one = objective("swav")  # frozen for 0.2 of 10 steps
    assert one.frozen == 2
    for number, held in ((0, True), (1, True), (2, False)):
        one.zero_grad()
        one(batch(), draw(), number).loss.backward()
        one.before_update(number)
        assert (one.prototypes.weight.grad is None) == held


def test_queues_hold_the_projections_of_their_own_large_view():
    one = objective("swav")
    before = [queue.bank.clone() for queue in one.queues]
    projected = []
    one.prototypes.register_forward_pre_hook(lambda _, given: projected.append(given[0].detach()))
    one(batch(), draw(), 0)
    # The scores of the views come first: large, large, small; then those of what the two queues held before.
    for place, queue in enumerate(one.queues):
        torch.testing.assert_close(queue.bank[:BATCH], projected[place])
        torch.testing.assert_close(queue.bank[BATCH:], before[place][BATCH:])
        torch.testing.assert_close(projected[3 + place], before[place])


def test_no_gradient_reaches_the_queues_and_projections_have_unit_length():
    one = objective("swav", **{"queue-from": 0})
    outcome = one(batch(), draw(), 0)
    outcome.loss.backward()
    torch.testing.assert_close(outcome.embeddings.norm(dim=1), torch.ones(BATCH))
    assert all(not queue.bank.requires_grad and queue.bank.grad_fn is None for queue in one.queues)


def test_without_a_queue_there_is_none():
    one = objective("swav", queue=0)
    assert len(one.queues) == 0
    assert one(batch(), draw(), 9).loss.isfinite()


def test_small_views_have_half_the_side_and_show_less():
    one = objective("swav", **{"small-crops": 3})
    shown = []
    one.trunk.register_forward_pre_hook(lambda _, given: shown.append(tuple(given[0].shape)))
    one(batch(), draw(), 0)
    assert shown == [(2 * BATCH, 3, 16, 16), (3 * BATCH, 3, 8, 8)]
    assert one.small.crop.high == one.large.crop.low
