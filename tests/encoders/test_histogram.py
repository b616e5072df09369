"""Colour shares are those of NumPy's histogram."""

import numpy as np
import pytest
import torch

from virb.encoders import load_encoder, parse_encoder
from virb.spec import InputPolicy

STRIDES = {"stage1": 4, "stage2": 8, "stage3": 16, "stage4": 32}


def drawn(size: int, count: int = 3) -> torch.Tensor:
    return torch.randint(
        0, 256, (count, 3, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(size)
    )


def shares(pixels: np.ndarray) -> np.ndarray:
    """Of pixels 3 x rows x columns."""
    counts, _ = np.histogramdd(pixels.reshape(3, -1).T.astype(float), bins=(4, 4, 4), range=((0, 256),) * 3)
    return (counts.astype(np.float32) / np.float32(pixels[0].size)).reshape(-1)


@pytest.mark.parametrize("size", [1, 7, 64, 99])
def test_the_embedding_is_the_histogram_of_the_image(size):
    images = drawn(size)
    read = load_encoder("histogram", InputPolicy(size=size)).encode(images)["embedding"].numpy()
    np.testing.assert_array_equal(read, [shares(image) for image in images.numpy()])


def test_every_level_is_in_the_bin_numpy_puts_it():
    """Levels reach the encoder divided by 255: 64, 128 and 192 must not fall below their bin's edge on the way."""
    levels = torch.arange(256, dtype=torch.uint8).view(256, 1, 1, 1)
    for channel in range(3):
        images = torch.zeros(256, 3, 1, 1, dtype=torch.uint8)
        images[:, channel : channel + 1] = levels
        read = load_encoder("histogram", InputPolicy(size=1)).encode(images)["embedding"]
        assert torch.equal(read.argmax(dim=1), torch.arange(256) // 64 * 4 ** (2 - channel))
        assert torch.equal(read.amax(dim=1), torch.ones(256))


@pytest.mark.parametrize("size", [32, 96, 50, 99, 31, 3, 1])
def test_a_cell_of_a_stage_is_the_histogram_of_its_pixels(size):
    images = drawn(size)
    encoder = load_encoder("histogram", InputPolicy(size=size))
    read = encoder.encode(images, tuple(encoder.layers))
    for layer, stride in STRIDES.items():
        cells = max(1, size // stride)
        assert read[layer].shape == (3, 64, cells, cells)
        cell_of = np.arange(size) * cells // size
        for row, column in {(0, 0), (cells // 2, cells // 3), (cells - 1, cells - 1)}:
            inside = images.numpy()[1][:, cell_of == row][:, :, cell_of == column]
            np.testing.assert_array_equal(read[layer][1, :, row, column].numpy(), shares(inside))


def test_where_the_cells_are_even_their_mean_is_the_embedding():
    encoder = load_encoder("histogram", InputPolicy(size=64))
    read = encoder.encode(drawn(64), tuple(encoder.layers))
    for layer in STRIDES:
        torch.testing.assert_close(read[layer].mean(dim=(2, 3)), read["embedding"], rtol=0, atol=1e-6)


def test_one_colour_is_one_share():
    images = torch.tensor([255, 0, 130], dtype=torch.uint8).view(1, 3, 1, 1).expand(1, 3, 40, 40)
    read = load_encoder("histogram", InputPolicy(size=40)).encode(images.contiguous())["embedding"]
    assert read[0].nonzero().tolist() == [[(3 * 4 + 0) * 4 + 2]]


def test_it_is_another_encoder_than_pixels():
    assert parse_encoder("histogram").declared() == {"source": "histogram", "arch": "rgb4x4x4"}
