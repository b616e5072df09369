"""Raw pixels are area averages, as a plain loop makes them."""

import numpy as np
import pytest
import torch
from torch import nn

from virb.encoders import load_encoder, parse_encoder
from virb.spec import InputPolicy

STRIDES = {"stage1": 4, "stage2": 8, "stage3": 16, "stage4": 32}


def drawn(size: int, count: int = 3) -> torch.Tensor:
    return torch.randint(
        0, 256, (count, 3, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(size)
    )


def test_the_embedding_is_the_image_averaged_to_sixteen_cells_a_side():
    images = drawn(96)
    expected = (images.double() / 255).reshape(3, 3, 16, 6, 16, 6).mean(dim=(3, 5)).flatten(1)
    read = load_encoder("pixels", InputPolicy(size=96)).encode(images)["embedding"]
    torch.testing.assert_close(read.double(), expected, rtol=0, atol=1e-6)


def test_its_name_and_digest_are_those_it_had_before_it_had_maps():
    assert parse_encoder("pixels").declared() == {"source": "pixels", "arch": "pixels16"}
    assert load_encoder("pixels", InputPolicy(size=32)).digest == "e3b0c44298fc1c14"  # SHA-256 of nothing: no weights
    images = drawn(50)
    before = nn.Sequential(nn.AdaptiveAvgPool2d(16), nn.Flatten())(images.float().sub(0).mul(1 / torch.tensor(255.0)))
    assert torch.equal(load_encoder("pixels", InputPolicy(size=50)).encode(images)["embedding"], before)


@pytest.mark.parametrize("size", [32, 64, 96, 224])
def test_a_cell_of_a_stage_is_its_pixels_averaged_to_four_by_four(size):
    images = drawn(size)
    encoder = load_encoder("pixels", InputPolicy(size=size))
    assert encoder.strides == STRIDES
    pixels = images.numpy() / 255
    for layer, stride in STRIDES.items():
        read = encoder.encode(images, (layer,))[layer].numpy()
        assert read.shape == (3, 48, size // stride, size // stride)
        part = stride // 4
        for row, column in np.random.default_rng(0).integers(0, size // stride, (4, 2)):
            cell = pixels[:, :, row * stride : (row + 1) * stride, column * stride : (column + 1) * stride]
            expected = cell.reshape(3, 3, 4, part, 4, part).mean(axis=(3, 5)).reshape(3, 48)
            np.testing.assert_allclose(read[:, :, row, column], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("name", "sides"), [("pixels", (64, 160)), ("histogram", (96, 32))])
def test_a_frame_has_the_cells_of_its_two_squares(name, sides):
    """Cells know nothing of their neighbours: those of a part are those of the whole."""
    height, width = sides
    side = min(sides)
    images = torch.randint(0, 256, (2, 3, height, width), dtype=torch.uint8)
    encoder, square = (
        load_encoder(name, InputPolicy(size=height, width=width)),
        load_encoder(name, InputPolicy(size=side)),
    )
    assert encoder.strides == STRIDES
    read = encoder.encode(images, tuple(STRIDES))
    for layer, stride in STRIDES.items():
        assert read[layer].shape[2:] == (height // stride, width // stride)
        corner = square.encode(images[..., -side:, -side:].contiguous(), (layer,))[layer]
        torch.testing.assert_close(
            read[layer][..., -(side // stride) :, -(side // stride) :], corner, rtol=0, atol=1e-6
        )


@pytest.mark.parametrize("size", [1, 2, 3, 5, 17, 31, 50, 99])
def test_every_size_has_maps(size):
    images = torch.full((2, 3, size, size), 51, dtype=torch.uint8)
    encoder = load_encoder("pixels", InputPolicy(size=size))
    read = encoder.encode(images, tuple(encoder.layers))
    for layer, stride in STRIDES.items():
        assert read[layer].shape[2:] == (max(1, size // stride),) * 2
        torch.testing.assert_close(read[layer], torch.full_like(read[layer], 0.2))
