"""Heads for two images against plain loops."""

import torch
from torch.nn import functional

from virb.heads.siamese import SiameseHeads, similarity


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def plain_similarity(first, second, window):
    n, _, rows, columns = first.shape
    out = torch.zeros(n, (2 * window + 1) ** 2, rows, columns)
    for row in range(rows):
        for column in range(columns):
            for place in range((2 * window + 1) ** 2):
                down = row + place // (2 * window + 1) - window
                right = column + place % (2 * window + 1) - window
                if 0 <= down < rows and 0 <= right < columns:
                    ours, theirs = first[:, :, row, column], second[:, :, down, right]
                    out[:, place, row, column] = functional.cosine_similarity(ours, theirs)
    return out


def test_the_volume_is_that_of_a_plain_loop():
    first, second = drawn(2, 5, 4, 3), drawn(2, 5, 4, 3, seed=1)
    for window in (0, 1, 3):
        torch.testing.assert_close(similarity(first, second, window), plain_similarity(first, second, window))


def test_a_map_that_moved_fits_itself_where_it_went():
    first = drawn(3, 8, 6, 6)
    second = torch.roll(first, (1, -2), dims=(2, 3))  # down by one, left by two
    volume = similarity(first, second, 3)
    place = (1 + 3) * 7 + (-2 + 3)
    torch.testing.assert_close(volume[:, place, :5, 2:], torch.ones(3, 5, 4))


def test_scores_are_those_of_projection_volume_convolution_mean_and_layer():
    stack = SiameseHeads(6, 5, 2, 7, 3, 2, torch.Generator().manual_seed(0))
    for number, parameter in enumerate(stack.parameters()):
        parameter.data += 0.2 * drawn(*parameter.shape, seed=number)
    pairs = drawn(4, 2, 6, 4, 3, seed=9)
    for head in range(2):
        projection = stack.projection[head][:, :, None, None]
        first, second = (functional.conv2d(pairs[:, image], projection) for image in (0, 1))
        seen = torch.cat([first, second, plain_similarity(first, second, 2)], dim=1)
        hidden = functional.gelu(functional.conv2d(seen, stack.kernel[head], stack.kernel_bias[head], padding=1))
        theirs = functional.linear(hidden.mean(dim=(2, 3)), stack.weights[head], stack.bias[head])
        torch.testing.assert_close(stack(pairs)[head], theirs, atol=1e-4, rtol=1e-4)


def test_the_order_of_the_images_matters():
    stack = SiameseHeads(6, 5, 1, 7, 3, 1, torch.Generator().manual_seed(0))
    pairs = drawn(4, 2, 6, 4, 3)
    assert not torch.allclose(stack(pairs), stack(pairs.flip(1)), atol=1e-3)
