"""The matching head: which images reach its answer, and by what way."""

import pytest
import torch

from virb.heads.matching import Matching

WIDTHS, SIZES = [3, 5, 7], [(12, 10), (6, 5), (3, 3)]


def maps_of(n=2, levels=3):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(n, 2, w, *s, generator=generator) for w, s in zip(WIDTHS[:levels], SIZES, strict=False)]


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_the_answer_has_the_resolution_of_the_finest_map(levels):
    assert Matching(WIDTHS[:levels], 2)(maps_of(levels=levels)).shape == (2, 2, 12, 10)


def test_both_images_are_compared_at_the_finer_maps_and_the_first_shows_the_context():
    maps = [level.requires_grad_() for level in maps_of()]
    network = Matching(WIDTHS, 2)
    network(maps).square().sum().backward()
    reached = [[level.grad[:, image].abs().sum().item() > 0 for image in (0, 1)] for level in maps]
    assert reached == [[True, True], [True, True], [True, False]]
    assert all(parameter.grad.abs().sum() > 0 for parameter in network.parameters())


def test_a_pair_alone_is_answered_as_among_others():
    maps, network = maps_of(4), Matching(WIDTHS, 2)
    torch.testing.assert_close(network([level[1:2] for level in maps]), network(maps)[1:2], atol=1e-5, rtol=1e-5)


def test_maps_of_one_cell_are_answered():
    maps = [torch.randn(2, 2, width, 1, 1, generator=torch.Generator().manual_seed(0)) for width in WIDTHS]
    assert Matching(WIDTHS, 2)(maps).isfinite().all()
