"""Supervised learning is cross entropy."""

import numpy as np
import pytest
import torch

from pretraining_samples import BATCH, batch, draw, objective


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_cross_entropy_in_plain_numpy(smoothing):
    one = objective("supervised", smoothing=smoothing)
    logits = []
    one.head.register_forward_hook(lambda _module, _given, out: logits.append(out.detach().double().numpy()))
    outcome = one(batch(), draw(), 0)
    log_p = logits[0] - np.log(np.exp(logits[0]).sum(axis=1, keepdims=True))
    targets = np.full((BATCH, 3), smoothing / 3)
    targets[np.arange(BATCH), batch().labels] += 1 - smoothing
    assert outcome.loss.item() == pytest.approx(-(targets * log_p).sum(axis=1).mean(), rel=1e-5)


def test_its_embeddings_are_the_trunks_and_its_head_is_linear():
    one = objective("supervised")
    made = []
    one.trunk.register_forward_hook(lambda _module, _given, out: made.append(out.detach()))
    torch.testing.assert_close(one(batch(), draw(), 0).embeddings, made[0])
    assert one.head.out_features == 3
