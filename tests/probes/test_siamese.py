"""What is particular to comparing two images: motion; see also test_descent.py."""

import dataclasses

import numpy as np

from virb.metrics.classification import accuracy
from virb.probes import PROBES, Examples, Score
from virb.probes.siamese import PROBE
from virb.spec import Classes, Values

MOVES = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
FIVE = Classes(count=5)
QUICK = dataclasses.replace(PROBE, steps=60, batch=48)


def moving(n, seed):
    """A view that moves by a cell over noise: the class is where to. Its mean hardly changes."""
    draw = np.random.default_rng(seed)
    labels = np.arange(n) % 5
    world = draw.normal(size=(n, 16, 7, 7))
    pairs = np.empty((n, 2, 16, 5, 5), np.float32)
    for row, label in enumerate(labels):
        down, right = MOVES[label]
        pairs[row, 0] = world[row, :, 1:6, 1:6]
        pairs[row, 1] = world[row, :, 1 + down : 6 + down, 1 + right : 6 + right]
    pairs += 0.5 * draw.normal(size=pairs.shape)
    return Examples({"stage3": pairs}, labels)


def test_motion_is_learnt_which_pooled_vectors_hide():
    splits = [moving(n, seed) for n, seed in ((240, 1), (60, 2), (200, 3))]
    fit, select, test = splits
    answer = QUICK.fit(fit, select, FIVE, Score(FIVE, "accuracy"), 0)
    assert accuracy(answer.predict(test.features), test.labels) > 0.9

    pooled = [Examples({"embedding": e.features["stage3"].mean(axis=(3, 4))}, e.labels) for e in splits]
    mlp = dataclasses.replace(PROBES.load("mlp"), steps=50)
    blind = mlp.fit(pooled[0], pooled[1], FIVE, Score(FIVE, "accuracy"), 0)
    assert accuracy(blind.predict(pooled[2].features), test.labels) < 0.5


def test_anything_but_two_images_is_rejected_with_their_number():
    assert PROBE.rejects(FIVE, 2) is None
    assert "6" in PROBE.rejects(FIVE, 6)
    assert "1" in PROBE.rejects(FIVE)
    assert "values" in PROBE.rejects(Values(size=2), 2)
    assert "pixel" in PROBE.rejects(Classes(count=2, dense=True), 2)
