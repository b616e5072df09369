"""Collapse is measured as its papers say."""

import numpy as np
import pytest
import torch

from virb.pretrain._collapse import Collapse, measure


def plainly(values):
    """Spread and effective rank in NumPy."""
    values = np.asarray(values, np.float64)
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    spread = unit.std(axis=0, ddof=1).mean() * np.sqrt(values.shape[1])
    singular = np.linalg.svd(values - values.mean(axis=0), compute_uv=False)
    share = singular[singular > 1e-12] / singular.sum()
    return spread, np.exp(-(share * np.log(share)).sum())


@pytest.mark.parametrize("shape", [(2, 3), (10, 4), (64, 64), (30, 100)])
def test_both_numbers_are_those_of_a_plain_version(shape):
    values = torch.randn(*shape, generator=torch.Generator().manual_seed(0)) + 0.5
    assert measure(values) == pytest.approx(plainly(values))


def test_equal_embeddings_are_a_point():
    lie = measure(torch.ones(8, 4))
    assert lie == (0, 0)
    assert lie.collapsed


def test_a_line_through_the_middle_has_spread_but_rank_1():
    along = torch.linspace(-1, 1, 10)[:, None] * torch.ones(1, 4)
    lie = measure(along)
    # Unit vectors +-(1/2, 1/2, 1/2, 1/2), five each: a standard deviation of sqrt(10 / 9) / 2, times the root of 4.
    assert lie.spread == pytest.approx((10 / 9) ** 0.5)
    assert lie.rank == pytest.approx(1)
    assert lie.collapsed


@pytest.mark.parametrize("directions", [2, 3, 7])
def test_equal_orthogonal_directions_count_as_many(directions):
    axes = torch.eye(16)[:directions]
    lie = measure(torch.cat([axes, -axes]))
    assert lie.rank == pytest.approx(directions)
    assert not lie.collapsed


def test_the_corners_of_a_square_by_hand():
    lie = measure(torch.tensor([[1.0, 0], [0, 1], [-1, 0], [0, -1]]))
    # Each dimension is 1, 0, -1, 0: variance 2 / 3, times the root of 2 dimensions.
    assert lie.spread == pytest.approx((2 / 3) ** 0.5 * 2**0.5)
    assert lie.rank == pytest.approx(2)


def test_points_all_over_the_sphere_have_spread_1():
    values = torch.randn(20_000, 32, generator=torch.Generator().manual_seed(0))
    lie = measure(values)
    assert lie.spread == pytest.approx(1, abs=0.01)
    assert lie.rank == pytest.approx(32, rel=0.01)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_embeddings_that_are_no_numbers_have_collapsed(value):
    values = torch.randn(8, 4)
    values[3, 2] = value
    assert measure(values).collapsed


def test_zeros_have_collapsed():
    assert measure(torch.zeros(8, 4)) == (0, 0)


@pytest.mark.parametrize(
    ("spread", "rank", "collapsed"),
    [(0.05, 1.5, False), (0.049, 9, True), (0.9, 1.49, True), (float("nan"), 9, True), (0.9, float("nan"), True)],
)
def test_a_point_or_a_line_is_a_collapse(spread, rank, collapsed):
    assert Collapse(spread, rank).collapsed is collapsed
