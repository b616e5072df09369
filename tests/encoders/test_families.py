"""Networks of every family give the same numbers in any batch and layout, and maps whose cells are in their places."""

import pytest
import torch

from tiny_networks import NETWORKS, PLAIN, SIZE
from virb.encoders._module import seal_module
from virb.spec import LAYERS, InputPolicy

TOLERANCE = 1e-5
"""Of the largest number of a layer."""


@pytest.fixture(scope="module", params=NETWORKS)
def family(request):
    return request.param


@pytest.fixture(scope="module")
def encoder(family):
    torch.manual_seed(0)
    return seal_module(NETWORKS[family](), InputPolicy(size=SIZE), name=family)


@pytest.fixture(scope="module")
def images():
    return torch.randint(0, 256, (3, 3, SIZE, SIZE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def assert_same(ours, theirs):
    for layer in LAYERS:
        assert (ours[layer] - theirs[layer]).abs().max() <= TOLERANCE * theirs[layer].abs().max(), layer


def test_a_network_of_any_family_has_an_embedding_and_four_stages_from_fine_to_coarse(family, encoder):
    assert tuple(encoder.layers) == LAYERS
    expected = [PLAIN[family]] * 4 if family in PLAIN else [4, 8, 16, 32]
    assert [encoder.strides[layer] for layer in LAYERS[1:]] == expected


def test_an_image_has_the_same_features_in_any_batch(encoder, images):
    together = encoder.encode(images, LAYERS)
    alone = [encoder.encode(image[None], LAYERS) for image in images]
    assert_same({layer: torch.cat([one[layer] for one in alone]) for layer in LAYERS}, together)


def test_the_layout_of_the_tensors_changes_nothing(family, encoder, images):
    torch.manual_seed(0)
    other = seal_module(NETWORKS[family](), InputPolicy(size=SIZE))
    assert other.digest == encoder.digest
    channels_last = other._layout == torch.channels_last
    other._layout = torch.contiguous_format if channels_last else torch.channels_last
    other._trunk.module.to(memory_format=other._layout)
    assert_same(other.encode(images, LAYERS), encoder.encode(images, LAYERS))


@pytest.mark.parametrize(("row", "column"), [(1, 2), (3, 0)])
def test_what_changes_in_one_place_of_an_image_changes_that_cell_of_its_map(encoder, row, column):
    """Rows and columns the wrong way round, or a class token or register taken for a place, would move it."""
    grey = torch.full((1, 3, SIZE, SIZE), 127, dtype=torch.uint8)
    bright = grey.clone()
    bright[:, :, row * 16 + 2 : row * 16 + 14, column * 16 + 2 : column * 16 + 14] = 255
    change = (encoder.encode(bright, LAYERS)["stage1"] - encoder.encode(grey, LAYERS)["stage1"]).square().sum(dim=1)[0]
    found = divmod(int(change.argmax()), change.shape[1])
    cells = change.shape[0] // 4
    assert (found[0] // cells, found[1] // cells) == (row, column)
