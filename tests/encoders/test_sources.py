"""Every source of encoders keeps the contract of the sealed encoder."""

import pytest
import timm
import torch

from virb.encoders import ENCODERS, load_encoder, parse_encoder
from virb.encoders._encoder import Encoder
from virb.encoders._module import seal_module
from virb.errors import UserError
from virb.spec import InputPolicy

SIZE = 64
LOADABLE = {
    "checkpoint": "checkpoint:{folder}/resnet18.pth@resnet18",
    "histogram": "histogram",
    "hub": "hub:{folder}:tiny",
    "pixels": "pixels",
    "random": "random:resnet18",
    "zoo": "zoo:efficientnet-lite0",
}
"""An encoder of each source that loads without a network."""
NEED_NETWORK = {"timm": "timm:resnet18.a1_in1k", "torchvision": "torchvision:resnet18.IMAGENET1K_V1"}
MORE = ["random:vit_tiny_patch16_224", "random:convnext_atto", "random:swin_tiny_patch4_window7_224"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(5)
    torch.save(timm.create_model("resnet18").state_dict(), folder / "resnet18.pth")
    conf = "import timm, torch\n\ndef tiny():\n    torch.manual_seed(0)\n    return timm.create_model('test_vit')\n"
    (folder / "hubconf.py").write_text(conf)
    return folder


@pytest.fixture(scope="module")
def images():
    return torch.randint(0, 256, (5, 3, SIZE, SIZE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module", params=[*LOADABLE.values(), *MORE])
def encoder(request, folder) -> Encoder:
    return load_encoder(request.param.format(folder=folder), InputPolicy(size=SIZE))


def test_every_source_is_tested():
    assert set(ENCODERS.names()) == {*LOADABLE, *NEED_NETWORK}


def test_every_layer_has_the_width_and_stride_it_declares(encoder, images):
    read = encoder.encode(images, tuple(encoder.layers))
    assert read["embedding"].shape == (5, encoder.layers["embedding"])
    for layer, stride in encoder.strides.items():
        assert read[layer].shape == (5, encoder.layers[layer], SIZE // stride, SIZE // stride)
    assert all(values.dtype == torch.float32 for values in read.values())


def test_an_image_has_the_same_features_alone_and_in_a_batch(encoder, images):
    together = encoder.encode(images)["embedding"]
    alone = torch.cat([encoder.encode(image[None])["embedding"] for image in images])
    torch.testing.assert_close(alone, together, rtol=1e-4, atol=1e-5)


def test_the_embedding_is_the_same_whatever_else_is_read(encoder, images):
    alone = encoder.encode(images)["embedding"]
    among = encoder.encode(images, tuple(encoder.layers))["embedding"]
    torch.testing.assert_close(alone, among, rtol=1e-4, atol=1e-5)


def test_training_mode_cannot_leak_in(encoder, images):
    before = encoder.encode(images)["embedding"]
    encoder._trunk.module.train()
    after = encoder.encode(images)["embedding"]
    assert torch.equal(before, after)
    assert not after.requires_grad


def test_images_that_are_normalised_already_are_refused(encoder, images):
    with pytest.raises(ValueError, match="uint8"):
        encoder.encode(images.float())


def test_a_second_load_is_the_same_encoder(encoder, images):
    again = load_encoder(encoder.spec, InputPolicy(size=SIZE))
    assert again.digest == encoder.digest
    assert torch.equal(again.encode(images)["embedding"], encoder.encode(images)["embedding"])


def test_an_unknown_layer_is_refused_with_those_there_are(encoder, images):
    with pytest.raises(UserError, match="embedding"):
        encoder.encode(images, ("stage9",))


@pytest.mark.parametrize("name", NEED_NETWORK.values())
def test_weights_that_cannot_be_fetched_are_said_to_be_missing_at_once(name, monkeypatch, tmp_path):
    def no_such_host(*_: object) -> None:
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", no_such_host)
    monkeypatch.setattr("urllib.request.getproxies", dict)
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *_: None)
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path))
    with pytest.raises(UserError, match="cannot be reached"):
        load_encoder(name)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("zoo:efficientnet-lite9", "efficientnet-lite0"),
        ("tim:resnet18", "'timm'"),
        ("timm:", "timm:resnet50"),
        ("timm:resnet19", "'resnet18'"),
        ("timm:resnet18.no_such_tag", "a1_in1k"),
        ("torchvision:", "torchvision:resnet50"),
        ("torchvision:resnet180", "'resnet18"),
        ("torchvision:resnet50.V9", "IMAGENET1K_V2"),
        ("random:", "random:resnet18"),
        ("random:resnet18@one", "random:resnet18@1"),
        ("random:resnet19", "'resnet18'"),
        ("random:vit_tiny_patch16_224", "--size"),
        ("checkpoint:", "checkpoint:FILE@ARCH"),
        ("checkpoint:no/such/file.pth", "no/such"),
        ("checkpoint:no/such/file.pth@resnet18", "no/such"),
        ("pixels:8", "Write pixels"),
        ("histogram:rgb", "Write histogram"),
    ],
)
def test_a_wrong_name_is_refused_with_what_to_write(name, says):
    with pytest.raises(UserError) as caught:
        load_encoder(name, InputPolicy(size=100))
    assert says in str(caught.value)


def test_another_seed_draws_other_weights():
    draws = {load_encoder(f"random:resnet18@{seed}", InputPolicy(size=32)).digest for seed in (0, 1)}
    assert len(draws) == 2
    assert parse_encoder("random:resnet18") == parse_encoder("random:resnet18@0").model_copy(
        update={"name": "random:resnet18"}
    )


def test_drawing_weights_leaves_the_callers_random_state_alone():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    load_encoder("random:resnet18", InputPolicy(size=32))
    assert torch.equal(torch.rand(1), expected)


def test_an_untrained_residual_network_is_more_than_its_stem(images):
    """Timm starts every residual branch at zero: the floor of a comparison was the stem alone, and far too low."""
    encoder = load_encoder("random:resnet18", InputPolicy(size=SIZE))
    gains = [part.weight for part in encoder._trunk.module.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    assert all(gain.any() for gain in gains)
    torch.manual_seed(0)
    timm_own = seal_module(timm.create_model("resnet18", num_classes=0, zero_init_last=False), InputPolicy(size=SIZE))
    torch.testing.assert_close(encoder.encode(images)["embedding"].std(), timm_own.encode(images)["embedding"].std())
