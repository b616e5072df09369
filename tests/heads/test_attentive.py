"""Attentive pooling against PyTorch's attention, and against the plain rule."""

import pytest
import torch
from torch.nn import functional

from virb.heads.attentive import AttentiveHeads


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def stack_of(width, queries, heads=2):
    stack = AttentiveHeads(width, queries, 3, heads, torch.Generator().manual_seed(0))
    for number, parameter in enumerate(stack.parameters()):
        parameter.data += drawn(*parameter.shape, seed=number)
    return stack


@pytest.mark.parametrize(("width", "queries"), [(8, 4), (7, 3), (5, 1), (3, 8)])
def test_scores_are_those_of_attention_with_a_slice_of_the_values_a_query(width, queries):
    stack, maps = stack_of(width, queries), drawn(5, width, 3, 2, seed=9)
    cells = maps.flatten(2).transpose(1, 2)
    for head in range(2):
        slices = [
            functional.scaled_dot_product_attention(
                stack.queries[head, query].expand(5, 1, width), cells, cells @ stack.values[head, query].T
            )[:, 0]
            for query in range(queries)
        ]
        theirs = functional.linear(torch.cat(slices, dim=1), stack.weights[head], stack.bias[head])
        torch.testing.assert_close(stack(maps)[head], theirs, atol=1e-4, rtol=1e-4)


def test_where_cells_lie_does_not_matter():
    stack, maps = stack_of(8, 4), drawn(5, 8, 3, 2, seed=9)
    torch.testing.assert_close(stack(maps), stack(maps.flip(2).transpose(2, 3)))


def test_the_first_queries_pool_as_the_mean_does():
    stack = AttentiveHeads(64, 4, 3, 1, torch.Generator().manual_seed(0))
    maps = drawn(5, 64, 3, 3)
    mean = maps.mean(dim=(2, 3), keepdim=True)
    torch.testing.assert_close(stack(maps), stack(mean), atol=0.05, rtol=0)


def test_a_cell_that_fits_a_query_well_is_read_alone():
    stack, maps = stack_of(8, 1, heads=1), 0.1 * drawn(2, 8, 3, 3)
    maps[:, :, 1, 2] = 50 * stack.queries.data[0, 0]
    torch.testing.assert_close(stack(maps), stack(maps[:, :, 1:2, 2:3]))
