"""The pyramid: what it sums, and what reaches its answer."""

import pytest
import torch
from torch.nn import functional

from virb.heads.pyramid import Pyramid, add_enlarged

SIZES = [(12, 10), (6, 5), (3, 3), (1, 1)]


def maps_of(widths, sizes=SIZES, n=2):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(n, width, *size, generator=generator) for width, size in zip(widths, sizes, strict=True)]


@pytest.mark.parametrize("levels", [1, 2, 4])
def test_the_answer_has_the_resolution_of_the_finest_map(levels):
    widths = [3, 5, 7, 9][:levels]
    assert Pyramid(widths, 6)(maps_of(widths, SIZES[:levels])).shape == (2, 6, 12, 10)


def test_coarser_maps_are_enlarged_and_added():
    widths = [3, 5]
    maps = maps_of(widths, SIZES[:2])
    network = Pyramid(widths, 4)
    fine, coarse = (lateral(level) for lateral, level in zip(network.lateral, maps, strict=True))
    total = fine + functional.interpolate(coarse, size=(12, 10), mode="bilinear", align_corners=False)
    torch.testing.assert_close(network(maps), network.out(network.smooth(total)))
    assert add_enlarged(fine, None) is fine


def test_every_map_and_every_weight_has_a_part_in_the_answer():
    widths = [3, 5, 7, 9]
    maps = [level.requires_grad_() for level in maps_of(widths)]
    network = Pyramid(widths, 6)
    network(maps).square().sum().backward()
    assert all(level.grad.abs().sum() > 0 for level in maps)
    assert all(parameter.grad.abs().sum() > 0 for parameter in network.parameters())


def test_an_image_alone_is_answered_as_among_others():
    maps = maps_of([3, 5, 7, 9], n=4)
    network = Pyramid([3, 5, 7, 9], 2)
    torch.testing.assert_close(network([level[1:2] for level in maps]), network(maps)[1:2], atol=1e-5, rtol=1e-5)
