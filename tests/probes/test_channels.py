"""Standardising channels in batches against NumPy on the whole, and what cannot be standardised."""

import numpy as np
import pytest
import torch

from virb.errors import ExperimentError
from virb.probes import _channels as module
from virb.probes._channels import Channels, chosen, parts, read


def drawn(*shape, seed=0, shift=0.0):
    return (shift + np.random.default_rng(seed).normal(size=shape)).astype(np.float32)


@pytest.mark.parametrize("shape", [(20, 3, 4, 5), (20, 2, 3, 4, 5), (7, 3, 1, 1), (1, 3, 4, 5)], ids=str)
@pytest.mark.parametrize("numbers", [1, 150, 2**22])
def test_every_channel_has_mean_0_and_deviation_1_in_any_batches(shape, numbers, monkeypatch):
    monkeypatch.setattr(module, "NUMBERS", numbers)
    maps = drawn(*shape, shift=3.0)
    columns = np.moveaxis(maps.astype(np.float64), -3, 0).reshape(3, -1)
    new = drawn(*shape, seed=1)
    expected = (new - columns.mean(axis=1)[:, None, None]) / columns.std(axis=1)[:, None, None]
    np.testing.assert_allclose(Channels.of(maps, "stage1")(new), expected, atol=1e-5)


def test_a_large_mean_costs_no_precision():
    maps = (1e4 + 0.1 * np.random.default_rng(0).normal(size=(500, 2, 3, 3))).astype(np.float32)
    scaled = Channels.of(maps, "stage1")(maps).double()
    np.testing.assert_allclose(scaled.mean(dim=(0, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(scaled.std(dim=(0, 2, 3), unbiased=False), 1, atol=1e-4)


@pytest.mark.parametrize("constant", [0.0, 0.1, -1e30, 1e-30])
def test_a_channel_that_does_not_vary_becomes_zero_everywhere(constant):
    maps = drawn(9, 2, 3, 3)
    maps[:, 1] = constant
    channels = Channels.of(maps, "stage1")
    assert (channels(maps)[:, 1] == 0).all()
    assert (channels(drawn(4, 2, 3, 3))[:, 1] == 0).all()


def test_half_precision_is_read():
    half = drawn(9, 2, 3, 3).astype(np.float16)
    scaled = Channels.of(half, "stage1")(half)
    assert scaled.dtype == torch.float32
    np.testing.assert_allclose(scaled.std(dim=(0, 2, 3), unbiased=False), 1, atol=1e-5)


def test_arrays_that_are_read_only_or_turned_round_are_read():
    maps = drawn(9, 2, 3, 3)
    channels = Channels.of(maps, "stage1")
    expected = channels(maps[::-1].copy())
    torch.testing.assert_close(channels(maps[::-1]), expected)
    maps.flags.writeable = False
    torch.testing.assert_close(Channels.of(maps, "stage1")(maps).flip(0), expected)


def test_batches_cover_all_rows_in_order_whatever_their_size(monkeypatch):
    monkeypatch.setattr(module, "NUMBERS", 24)
    rows = drawn(10, 2, 3)
    assert [(part.start, part.stop) for part in parts(rows)] == [(0, 4), (4, 8), (8, 10)]
    assert [(part.start, part.stop) for part in parts(rows, 12)] == [(n, n + 2) for n in range(0, 10, 2)]
    assert len(list(parts(rows, 1000))) == 10


def test_some_rows_are_rows():
    rows = drawn(10, 2)
    some = chosen(rows, np.array([1, 4, 9]))
    assert (len(some), some.shape) == (3, (3, 2))
    np.testing.assert_array_equal(some[1:], rows[[4, 9]])
    np.testing.assert_array_equal(some[np.array([2, 0])], rows[[9, 1]])
    assert chosen(rows, np.arange(10)) is rows


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_examples_that_are_not_finite_are_counted_over_all_batches(value, monkeypatch):
    monkeypatch.setattr(module, "NUMBERS", 30)
    maps = drawn(10, 2, 3, 3)
    maps[[2, 2, 9], 1, [0, 1, 0]] = value
    with pytest.raises(ExperimentError, match="'stage2' are not finite in 2 of 10 examples"):
        Channels.of(maps, "stage2")
    with pytest.raises(ExperimentError, match="'stage2' are not finite in 2 of 10 examples"):
        read(maps, slice(9, 10), "stage2")
    assert read(maps, slice(3, 6), "stage2").shape == (3, 2, 3, 3)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e8])
def test_maps_that_are_all_the_same_are_refused(value):
    with pytest.raises(ExperimentError, match="'stage1' are the same for every example of fit"):
        Channels.of(np.full((5, 2, 3, 3), value, np.float32), "stage1")
    with pytest.raises(ExperimentError, match="'stage1' are the same for every example of fit"):
        Channels.of(np.repeat(drawn(1, 2, 3, 3), 5, axis=0), "stage1")
