"""Published files are fetched, checked, and loaded as what they are."""

import hashlib
import json
import socket

import pytest
import timm
import torch
from typer.testing import CliRunner

from loopback import loopback
from virb import cli
from virb.cache import show_size
from virb.encoders import load_encoder, parse_encoder
from virb.encoders._architectures import build
from virb.encoders._zoo_table import Row, rows
from virb.encoders.zoo import SOURCE
from virb.errors import UserError
from virb.progress import Quiet
from virb.spec import InputPolicy

SIZE = InputPolicy(size=32)
ARCH = "narrow_resnet10_w16"


@pytest.fixture
def weights(tmp_path, monkeypatch):
    monkeypatch.setenv("VIRB_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr("virb.fetching._download.WAITS", (0.0,))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with loopback() as site:
        yield site


@pytest.fixture
def network():
    torch.manual_seed(3)
    return build(ARCH).module


@pytest.fixture
def row(site, network, monkeypatch, tmp_path):
    """A miniature of SwAV's files: a small ResNet behind ``module.`` beside its projector and prototypes."""
    state = {f"module.{name}": values for name, values in network.state_dict().items()}
    state |= {"module.projection_head.0.weight": torch.zeros(8, 128), "module.prototypes.weight": torch.zeros(4, 8)}
    torch.save(state, tmp_path / "swav.pth.tar")
    return put(monkeypatch, url=site.put("/deepcluster/swav.pth.tar", (tmp_path / "swav.pth.tar").read_bytes()))


def put(monkeypatch, **facts):
    usual = {"name": "swav-mini-100", "aliases": ("SWAV_mini",), "method": "swav", "data": "imagenet-1k"}
    usual |= {"images": 1000, "epochs": 100, "arch": ARCH, "layout": "swav", "note": "a miniature"}
    made = Row(**{**usual, "licence": "CC-BY-NC-4.0", "page": "https://example.org", **facts})
    monkeypatch.setitem(rows(), made.name, made)
    return made


def no_such_host(*_, **__):
    raise socket.gaierror(-2, "Name or service not known")


def virb(*words):
    return CliRunner().invoke(cli.app, ["encoders", *words], env={"COLUMNS": "200"})


def test_a_published_file_is_fetched_and_computes_what_was_published(row, weights, network):
    told = virb("fetch", "zoo:SWAV_mini", "--yes")
    assert told.exit_code == 0, told.output
    assert (weights / "swav-mini-100.pth.tar").exists()
    encoder = load_encoder("zoo:SWAV_mini", SIZE)
    computes(encoder, network)
    assert encoder.preprocessing.mean == (0.485, 0.456, 0.406)
    assert "a miniature" in encoder.notes
    assert encoder.spec.pretraining.images_seen == 100_000


def computes(encoder, network):
    images = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    card = encoder.preprocessing
    x = (images.float() / 255 - torch.tensor(card.mean)[:, None, None]) / torch.tensor(card.std)[:, None, None]
    with torch.inference_mode():
        torch.testing.assert_close(encoder.encode(images)["embedding"], network.eval()(x), rtol=1e-4, atol=1e-4)


def test_of_two_networks_in_a_file_the_row_says_which(site, network, weights, monkeypatch, tmp_path):
    """Lightly's MoCo reads out the moving average, which it calls backbone, beside the query_backbone it trains."""
    other = build(ARCH).module
    both = {"backbone": network, "query_backbone": other}
    state = {f"{place}.{name}": values for place, net in both.items() for name, values in net.state_dict().items()}
    state |= {"projection_head.layers.0.weight": torch.zeros(8, 128)}
    torch.save({"epoch": 99, "state_dict": state, "pytorch-lightning_version": "2"}, tmp_path / "mini.ckpt")
    url = site.put("/epoch%3D99.ckpt", (tmp_path / "mini.ckpt").read_bytes())
    put(monkeypatch, name="moco-mini-100", aliases=(), layout="lightly", which="backbone", url=url)
    SOURCE.fetch(parse_encoder("zoo:moco-mini-100"), Quiet())
    assert (weights / "moco-mini-100.ckpt").exists()
    computes(load_encoder("zoo:moco-mini-100", SIZE), network)


def test_the_small_vit_of_moco_v3_has_the_heads_it_was_trained_with(site, weights, monkeypatch, tmp_path):
    """Twelve, where timm's network of the same shapes has six: wrong numbers without an error."""
    network = timm.create_model("vit_small_patch16_224", depth=12, num_heads=12, img_size=32, num_classes=0)
    state = {f"module.base_encoder.{name}": values for name, values in network.state_dict().items()}
    state |= {"module.predictor.0.weight": torch.zeros(8, 384)}
    torch.save({"epoch": 300, "state_dict": state}, tmp_path / "vit.pth.tar")
    facts = {name: getattr(rows()["moco-v3-vit-small-16-imagenet-300"], name) for name in ("arch", "layout", "which")}
    put(monkeypatch, url=site.put("/vit.pth.tar", (tmp_path / "vit.pth.tar").read_bytes()), **facts)
    SOURCE.fetch(parse_encoder("zoo:swav-mini-100"), Quiet())
    computes(load_encoder("zoo:swav-mini-100", SIZE), network)


def test_size_and_licence_are_said_before_anything_is_fetched(row, site, weights):
    told = virb("fetch", "zoo:swav-mini-100")
    assert isinstance(told.exception, UserError)
    assert "--yes" in str(told.exception)
    assert show_size(len(site.served["/deepcluster/swav.pth.tar"].content)) in told.output
    assert "CC-BY-NC-4.0" in told.output
    assert "commercial" in told.output
    assert row.url in told.output
    assert not weights.exists()


def test_the_digest_of_the_first_sight_is_written_down_and_a_changed_file_refused_by_name(row, weights):
    spec = parse_encoder("zoo:swav-mini-100")
    SOURCE.fetch(spec, Quiet())
    file = weights / "swav-mini-100.pth.tar"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert json.loads((weights / "digests.json").read_text())[file.name]["sha256"] == digest
    assert SOURCE.weights_digest(spec) == digest[:16]
    file.write_bytes(b"other")
    for refused in (
        lambda: load_encoder(spec, SIZE),
        lambda: SOURCE.check(spec, SIZE),
        lambda: SOURCE.weights_digest(spec),
    ):
        with pytest.raises(UserError, match=rf"{file.name}' was changed since it was first seen"):
            refused()


def test_a_file_published_anew_is_not_taken_for_the_old_one(row, site, weights):
    spec = parse_encoder("zoo:swav-mini-100")
    SOURCE.fetch(spec, Quiet())
    (weights / "swav-mini-100.pth.tar").unlink()
    site.put("/deepcluster/swav.pth.tar", b"another network")
    with pytest.raises(UserError, match="is not the file it should be"):
        SOURCE.fetch(spec, Quiet())
    assert not (weights / "swav-mini-100.pth.tar").exists()


def test_a_file_put_there_by_hand_is_as_good_as_a_fetched_one(row, site, weights):
    weights.mkdir()
    (weights / "swav-mini-100.pth.tar").write_bytes(site.served["/deepcluster/swav.pth.tar"].content)
    load_encoder("zoo:swav-mini-100", SIZE)
    assert site.asked == []
    assert "by hand" in json.loads((weights / "digests.json").read_text())["swav-mini-100.pth.tar"]["source"]


@pytest.mark.parametrize("digest", ["sha256", "md5"])
def test_a_published_digest_is_kept_to_however_the_file_came(site, row, weights, monkeypatch, digest):
    put(monkeypatch, url=row.url, **{digest: "0123abcd"})
    spec = parse_encoder("zoo:swav-mini-100")
    with pytest.raises(UserError, match=f"its {digest} is"):
        SOURCE.fetch(spec, Quiet())
    weights.mkdir(exist_ok=True)
    (weights / "swav-mini-100.pth.tar").write_bytes(site.served["/deepcluster/swav.pth.tar"].content)
    with pytest.raises(UserError, match="not the file that was published for 'zoo:swav-mini-100'"):
        SOURCE.check(spec, SIZE)


def test_weights_that_are_not_here_are_said_to_be_with_the_command_and_the_way_by_hand(weights):
    with pytest.raises(UserError) as caught:
        load_encoder("zoo:MoCov2_800", SIZE)
    message = str(caught.value)
    assert "'zoo:MoCov2_800' are not on this machine" in message
    assert "virb encoders fetch zoo:moco-v2-imagenet-800" in message
    assert "CC-BY-NC-4.0" in message
    assert "https://dl.fbaipublicfiles.com/moco" in message
    assert f"into '{weights}' as moco-v2-imagenet-800.pth.tar" in message


def test_an_offline_fetch_says_the_way_by_hand(monkeypatch, weights):
    monkeypatch.setattr("socket.getaddrinfo", no_such_host)
    monkeypatch.setattr("urllib.request.getproxies", dict)
    told = virb("fetch", "zoo:PIRL", "--yes")
    assert "not said" in told.output
    assert "cannot be reached" in str(told.exception)
    assert f"put it into '{weights}' as pirl-imagenet-800.torch" in str(told.exception)


def test_what_another_source_publishes_is_loaded_by_that_source():
    encoder = load_encoder("zoo:Random", SIZE)
    assert encoder.digest == load_encoder("random:resnet50", SIZE).digest
    assert encoder.spec.pretraining.method == "random"


def test_what_timm_publishes_is_asked_of_timm_under_the_zoo_s_name(monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", no_such_host)
    monkeypatch.setattr("urllib.request.getproxies", dict)
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *_: None)
    spec = parse_encoder("zoo:dino-vit-small-16-imagenet")
    assert not SOURCE.offer(spec).here
    for use in (load_encoder, SOURCE.check, lambda spec, _: SOURCE.fetch(spec, Quiet())):
        with pytest.raises(UserError, match="'zoo:dino-vit-small-16-imagenet' are not on this machine"):
            use(spec, InputPolicy())
    asked = []
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda repo, file: asked.append(repo) or f"/{file}")
    assert SOURCE.offer(spec).here
    assert asked[0] == "timm/vit_small_patch16_224.dino"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "--study"),
        (["timm:resnet18"], "not an encoder of the zoo"),
        (["zoo:moco-v2-imagenet-80"], "moco-v2-imagenet-800"),
        (["--study", "2021"], "paper-2021"),
    ],
)
def test_a_wrong_request_to_fetch_is_refused_with_what_to_write(words, says):
    assert says in str(virb("fetch", *words).exception)


def test_the_list_can_be_cut_to_a_method_or_a_study():
    told = json.loads(virb("list", "--study", "paper-2021", "--method", "pirl", "--json").output)
    assert [line["encoder"] for line in told] == ["zoo:pirl-imagenet-800"]
    assert told[0]["licence"] == "MIT"
    assert told[0]["here"] is False
    assert "Did you mean" in str(virb("list", "--method", "moco").exception)


def test_the_card_of_an_encoder_has_its_licence_and_where_it_is_published():
    card = json.loads(virb("show", "zoo:MoCov2_800", "--json").output)
    assert card["licence"] == "CC-BY-NC-4.0"
    assert card["url"].startswith("https://")
