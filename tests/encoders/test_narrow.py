"""Narrow ResNets are timm's own, with maps for small images."""

import pytest
import timm
import torch
from timm.models.resnet import ResNet

from virb.encoders import _narrow, load_encoder, parse_encoder
from virb.spec import InputPolicy

NAMES = [f"narrow_resnet{depth}_w{width}" for depth in (10, 18) for width in (8, 16, 24, 32)]


def test_every_name_is_registered_with_timm():
    assert set(NAMES) == set(_narrow.default_cfgs)
    assert set(NAMES) <= set(timm.list_models("narrow_*"))


@pytest.mark.parametrize("name", NAMES)
def test_depth_and_width_are_what_the_name_says(name):
    depth, width = (int(part) for part in name.removeprefix("narrow_resnet").split("_w"))
    network = timm.create_model(name, num_classes=0)
    assert isinstance(network, ResNet)
    blocks = [len(getattr(network, f"layer{stage}")) for stage in (1, 2, 3, 4)]
    # A ResNet-18 is 16 convolutions in blocks of two, the stem and the classifier.
    assert 2 + 2 * sum(blocks) == depth
    assert network.num_features == 8 * width
    assert network(torch.zeros(2, 3, 48, 48)).shape == (2, 8 * width)


@pytest.mark.parametrize(("size", "cells"), [(48, (24, 12, 6, 3)), (64, (32, 16, 8, 4)), (96, (48, 24, 12, 6))])
def test_stages_are_maps_of_these_many_cells(size, cells):
    encoder = load_encoder("random:narrow_resnet10_w8", InputPolicy(size=size))
    shapes = [encoder.shape(f"stage{stage}") for stage in (1, 2, 3, 4)]
    assert shapes == [(8 * 2**stage, side, side) for stage, side in enumerate(cells)]
    assert [encoder.strides[f"stage{stage}"] for stage in (1, 2, 3, 4)] == [2, 4, 8, 16]


def test_what_timm_says_of_the_stages_is_what_they_are():
    network = timm.create_model("narrow_resnet18_w8", features_only=True, out_indices=(1, 2, 3, 4))
    maps = network(torch.zeros(1, 3, 64, 64))
    assert [64 // level.shape[-1] for level in maps] == network.feature_info.reduction() == [2, 4, 8, 16]
    assert [level.shape[1] for level in maps] == network.feature_info.channels()


def test_a_classifier_can_be_had_and_is_taken_off():
    whole = timm.create_model("narrow_resnet10_w8", num_classes=7)
    assert whole(torch.zeros(1, 3, 48, 48)).shape == (1, 7)
    assert not any(
        name.startswith("fc") for name in timm.create_model("narrow_resnet10_w8", num_classes=0).state_dict()
    )


def test_naming_one_imports_no_torch_and_loading_one_is_seeded():
    assert parse_encoder("random:narrow_resnet10_w16@2").arch == "narrow_resnet10_w16"
    digests = [load_encoder(f"random:narrow_resnet10_w8@{seed}", InputPolicy(size=48)).digest for seed in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]
