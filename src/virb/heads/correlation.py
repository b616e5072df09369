"""How well each cell of one map fits the cells around it in another: the local correlation volume of optical flow.

Dosovitskiy et al. (2015), *FlowNet: Learning Optical Flow with Convolutional Networks*.
"""

import torch
from torch import Tensor
from torch.nn import functional


def correlation(first: Tensor, second: Tensor, window: int) -> Tensor:
    """Mean over channels of the product of each cell with those up to ``window`` rows and columns away; 0 outside.

    A row of one map meets a row of the other in one matrix product, of which the diagonals that are near are kept: the
    cost grows with the number of rows, not of pairs of cells.

    Args:
        first: n x channels x rows x columns.
        second: the same.
        window: how far.

    Returns:
        n x (2 window + 1)^2 x rows x columns: down by -window to window rows, then right by -window to window columns.
    """
    n, channels, rows, columns = first.shape
    ours = first.permute(0, 2, 3, 1) / channels
    theirs = functional.pad(second, (window, window, window, window)).permute(0, 2, 1, 3)
    near = [_diagonals(ours @ theirs[:, down : down + rows], 2 * window + 1) for down in range(2 * window + 1)]
    return torch.stack(near, dim=1).permute(0, 1, 4, 2, 3).reshape(n, -1, rows, columns)


def _diagonals(products: Tensor, count: int) -> Tensor:
    """The first diagonals of matrices, each to the right of the last: ... x m x (m + count - 1) to ... x m x count."""
    m, wide = products.shape[-2:]
    # One more number a row shears the matrix: what was a diagonal becomes a column.
    sheared: Tensor = functional.pad(products.flatten(-2), (0, m)).unflatten(-1, (m, wide + 1))
    return sheared[..., :count]
