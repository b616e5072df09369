"""What is particular to attentive pooling: what a mean loses; see also test_descent.py."""

import dataclasses

import numpy as np

from virb.metrics.classification import accuracy
from virb.probes import PROBES, Examples, Score
from virb.probes.attentive import PROBE
from virb.spec import Classes

FOUR = Classes(count=4)
QUICK = dataclasses.replace(PROBE, steps=150, batch=128)


def hidden(n, seed, images=1):
    """Noise, but for one cell somewhere, in the last image, that a common mark betrays and that holds the class."""
    centres = 2 * np.random.default_rng(99).normal(size=(4, 16))
    draw = np.random.default_rng(seed)
    labels = np.arange(n) % 4
    maps = draw.normal(size=(n, images, 17, 36))
    maps[:, :, 16] = 0.1 * draw.normal(size=(n, images, 36))
    cells = draw.integers(0, 36, n)
    maps[np.arange(n), -1, :16, cells] += centres[labels]
    maps[np.arange(n), -1, 16, cells] += 4
    maps = maps.reshape(n, images, 17, 6, 6).astype(np.float32)
    return Examples({"stage4": maps[:, 0] if images == 1 else maps}, labels)


def reached(probe, splits, layer):
    fit, select, test = (Examples({layer: features}, labels) for features, labels in splits)
    answer = probe.fit(fit, select, FOUR, Score(FOUR, "accuracy"), 0)
    return accuracy(answer.predict(test.features), test.labels)


def test_one_cell_among_many_is_found_which_the_mean_loses():
    splits = [hidden(n, seed) for n, seed in ((400, 1), (150, 2), (400, 3))]
    maps = [(split.features["stage4"], split.labels) for split in splits]
    means = [(features.mean(axis=(2, 3)), labels) for features, labels in maps]
    assert reached(QUICK, maps, "stage4") > 0.9
    assert reached(PROBES.load("logistic"), means, "embedding") < 0.7


def test_the_images_of_an_example_are_channels_of_one_map():
    splits = [hidden(n, seed, images=2) for n, seed in ((400, 1), (150, 2), (400, 3))]
    maps = [(split.features["stage4"], split.labels) for split in splits]
    assert reached(QUICK, maps, "stage4") > 0.8


def test_it_reads_maps_of_the_last_stage():
    assert PROBE.spec.maps
    assert PROBE.spec.layers == ("stage4",)
    assert all(PROBE.rejects(FOUR, images) is None for images in (1, 2, 6))
