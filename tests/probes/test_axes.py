"""An orthonormal change of columns, for every shape."""

import numpy as np
import pytest
import torch

from virb.probes import _axes as module
from virb.probes._axes import Axes


def centred(n, width, seed=0):
    features = torch.from_numpy(np.random.default_rng(seed).normal(size=(n, width)).astype(np.float32))
    return features - features.mean(dim=0)


@pytest.mark.parametrize(("n", "width"), [(50, 8), (8, 50), (30, 30), (2, 5), (40, 1)])
@pytest.mark.parametrize("widest", [4096, 3])
def test_distances_between_examples_stay_the_same(n, width, widest, monkeypatch):
    monkeypatch.setattr(module, "WIDEST", widest)
    features = centred(n, width)
    turned = Axes.of(features).turn(features)
    assert (turned[:, -1] == 1).all()
    before, after = (torch.nn.functional.pdist(rows) for rows in (features, turned[:, :-1]))
    torch.testing.assert_close(after, before)


@pytest.mark.parametrize(("n", "width"), [(50, 8), (8, 50)])
def test_columns_along_the_axes_are_uncorrelated(n, width):
    features = centred(n, width)
    turned = Axes.of(features).turn(features)[:, :-1]
    products = turned.T @ turned
    torch.testing.assert_close(products, products.diag().diag(), atol=1e-3, rtol=0)


def test_axes_are_orthonormal_so_that_a_penalty_is_the_same():
    for block in Axes.of(centred(20, 300)).blocks:
        torch.testing.assert_close(block.T @ block, torch.eye(block.shape[1]), atol=1e-5, rtol=0)


def test_fewer_examples_than_columns_need_fewer_axes():
    assert Axes.of(centred(20, 300)).blocks[0].shape == (300, 19)
    twice = centred(10, 300).repeat(2, 1)
    assert Axes.of(twice).blocks[0].shape == (300, 9)


def test_wide_features_are_turned_in_blocks(monkeypatch):
    monkeypatch.setattr(module, "WIDEST", 4)
    assert [tuple(block.shape) for block in Axes.of(centred(20, 10)).blocks] == [(4, 4), (4, 4), (2, 2)]
