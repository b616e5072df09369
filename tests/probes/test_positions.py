"""Cells as examples: which are there, in which order, with what beside them."""

import numpy as np
import pytest

from dense_samples import CLASSES, OnDisk, examples
from virb.probes import _channels
from virb.probes._cells import cells_of
from virb.probes._channels import Channels
from virb.probes._positions import Positions
from virb.probes._truth import truth_of


def drawn(fit, most, seed=0):
    maps = fit.features["stage1"]
    truth, channels = truth_of(fit.labels, CLASSES), Channels.of(maps, "stage1")
    return Positions.drawn(OnDisk(maps), OnDisk(fit.labels), "stage1", truth, channels, most, seed)


def half_void():
    fit = examples(9, 1)
    fit.labels[:, :, :7] = 255
    fit.labels[4] = 255
    return fit


@pytest.mark.parametrize("numbers", [1, 1500, 2**22])
def test_every_labelled_cell_comes_with_its_features_shares_and_weight(numbers, monkeypatch):
    fit = half_void()
    maps, truth = fit.features["stage1"], truth_of(fit.labels, CLASSES)
    cells, channels = cells_of(truth, fit.labels, (4, 4)), Channels.of(maps, "stage1")
    monkeypatch.setattr(_channels, "NUMBERS", numbers)
    found = drawn(fit, 1000)
    there = [place for place in np.ndindex(9, 4, 4) if cells.weights[place] > 0]
    assert len(there) == 8 * 4 * 2
    assert found.notes == ()
    standardised = channels(maps)
    for row, (image, line, column) in enumerate(there):
        np.testing.assert_allclose(found.features[row], standardised[image, :, line, column], atol=1e-5)
        np.testing.assert_allclose(found.means[row], cells.means[image, :, line, column])
        assert found.weights[row] == cells.weights[image, line, column]
    np.testing.assert_allclose(found.weights.unique(), [2 / 3, 1])


def test_a_draw_is_part_of_all_in_their_order_and_follows_the_seed():
    fit = half_void()
    every, some, same, other = drawn(fit, 1000), drawn(fit, 20), drawn(fit, 20), drawn(fit, 20, seed=1)
    assert some.notes == ("20 of 64 labelled cells of 'stage1' are used",)
    where = [int((every.features == row).all(dim=1).nonzero()) for row in some.features]
    assert where == sorted(set(where))
    assert (every.means[where] == some.means).all()
    assert (every.weights[where] == some.weights).all()
    assert (some.features == same.features).all()
    assert not (some.features == other.features).all()


def test_a_draw_is_that_of_the_plain_rule_whatever_is_read_together(monkeypatch):
    """The rule before cells were told by their rank: the ids of all of them in memory, of which some are drawn."""
    fit = half_void()
    fit.labels[2, 8:] = 255
    weights = cells_of(truth_of(fit.labels, CLASSES), fit.labels, (4, 4)).weights.flatten()
    ids = np.sort(np.random.default_rng(3).choice(weights.nonzero()[:, 0].numpy(), 20, replace=False))
    maps = Channels.of(fit.features["stage1"], "stage1")(fit.features["stage1"]).permute(0, 2, 3, 1).flatten(0, 2)
    for numbers in (1, 100, 2**22):
        monkeypatch.setattr(_channels, "NUMBERS", numbers)
        found = drawn(fit, 20, seed=3)
        np.testing.assert_allclose(found.features, maps[ids], atol=1e-5)
        assert (found.weights == weights[ids]).all()
