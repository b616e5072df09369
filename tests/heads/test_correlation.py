"""The local correlation volume against a plain loop."""

import numpy as np
import pytest
import torch

from virb.heads.correlation import correlation


def plain(first, second, window):
    n, _, rows, columns = first.shape
    side = 2 * window + 1
    out = np.zeros((n, side, side, rows, columns))
    for i, down, right, row, column in np.ndindex(n, side, side, rows, columns):
        y, x = row + down - window, column + right - window
        if 0 <= y < rows and 0 <= x < columns:
            out[i, down, right, row, column] = (first[i, :, row, column] * second[i, :, y, x]).mean()
    return out.reshape(n, side * side, rows, columns)


@pytest.mark.parametrize("window", [0, 1, 4])
@pytest.mark.parametrize("size", [(5, 7), (7, 5), (1, 1), (1, 6), (3, 3)], ids=str)
def test_each_cell_is_compared_with_the_cells_around_it(size, window):
    first, second = torch.randn(2, 2, 3, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = plain(first.numpy(), second.numpy(), window)
    np.testing.assert_allclose(correlation(first, second, window), expected, atol=1e-12)


def test_what_moved_is_found_where_it_went():
    first = torch.nn.functional.normalize(torch.randn(1, 64, 9, 9, generator=torch.Generator().manual_seed(0)), dim=1)
    second = first.roll((2, -1), dims=(2, 3))
    best = correlation(first, second, 3)[0, :, 2:6, 2:6].argmax(dim=0)
    assert (best == (2 + 3) * 7 + (-1 + 3)).all()


def test_the_gradient_is_the_derivative():
    maps = torch.randn(2, 1, 2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert torch.autograd.gradcheck(lambda both: correlation(*both, 2), maps)
