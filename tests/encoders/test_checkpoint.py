"""A checkpoint is loaded whole or not at all."""

import os
import pickle

import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file

from virb.encoders import load_encoder, parse_encoder
from virb.encoders._module import seal_module
from virb.errors import ExperimentError, UserError
from virb.spec import InputPolicy

POLICY = InputPolicy(size=64)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(2)
    return timm.create_model("resnet18")


@pytest.fixture(scope="module")
def expected(network):
    return seal_module(network, POLICY)


def images():
    return torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def prefixed(state, prefix):
    return {prefix + name: values for name, values in state.items()}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: s,
        lambda s: {"state_dict": s},
        lambda s: {"model": s, "optimizer": {"state": {0: torch.zeros(3)}}, "epoch": 7},
        lambda s: {"state_dict": prefixed(s, "module.")},
        lambda s: {"model": prefixed(s, "_orig_mod.module.")},
        lambda s: {"state_dict": {**prefixed(s, "backbone."), "projector.0.weight": torch.zeros(4, 4)}},
        lambda s: {name: values for name, values in s.items() if "num_batches_tracked" not in name},
    ],
)
def test_wrappers_around_the_names_are_found(wrap, network, expected, tmp_path):
    torch.save(wrap(network.state_dict()), tmp_path / "weights.pth")
    encoder = load_encoder(f"checkpoint:{tmp_path / 'weights.pth'}@resnet18", POLICY)
    torch.testing.assert_close(encoder.encode(images()), expected.encode(images()), rtol=0, atol=1e-5)


def test_safetensors_are_read(network, expected, tmp_path):
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    encoder = load_encoder(f"checkpoint:{tmp_path / 'weights.safetensors'}@resnet18", POLICY)
    torch.testing.assert_close(encoder.encode(images()), expected.encode(images()), rtol=0, atol=1e-5)


def test_a_name_both_libraries_have_takes_the_layout_of_either(tmp_path):
    torch.manual_seed(0)
    network = torchvision.models.efficientnet_b0(weights=None)
    torch.save(network.state_dict(), tmp_path / "b0.pth")
    encoder = load_encoder(f"checkpoint:{tmp_path / 'b0.pth'}@efficientnet_b0", POLICY)
    torch.testing.assert_close(encoder.encode(images()), seal_module(network, POLICY).encode(images()))


def test_what_is_left_over_is_told(network, tmp_path):
    torch.save({**network.state_dict(), "queue": torch.zeros(8)}, tmp_path / "weights.pth")
    notes = load_encoder(f"checkpoint:{tmp_path / 'weights.pth'}@resnet18", POLICY).notes
    assert any("fc.weight" in note for note in notes)
    assert any("queue" in note for note in notes)


def timm_without_classifier(network):
    alone = timm.create_model("resnet18", num_classes=0)
    alone.load_state_dict({name: values for name, values in network.state_dict().items() if not name.startswith("fc.")})
    return alone


def refusal(path, arch="resnet18"):
    with pytest.raises(UserError) as caught:
        load_encoder(f"checkpoint:{path}@{arch}", POLICY)
    return str(caught.value)


def test_half_a_state_dict_is_refused_with_its_coverage(network, tmp_path):
    state = {name: values for name, values in network.state_dict().items() if not name.startswith("layer4")}
    torch.save(state, tmp_path / "half.pth")
    text = refusal(tmp_path / "half.pth")
    assert "75 of 100 weights matched" in text
    assert "layer4.0" in text


def test_another_architecture_is_refused_with_the_nearest(network, tmp_path):
    torch.save(network.state_dict(), tmp_path / "r18.pth")
    text = refusal(tmp_path / "r18.pth", "resnet50")
    assert "Nearest: 'resnet18' (fits wholly)" in text
    assert "[64, 64, 3, 3] in the file" in text


def test_a_larger_network_is_not_cut_down_to_a_smaller_one(tmp_path):
    """Every weight of a ResNet-18 is in a ResNet-34, by name and shape: loaded as one it would score as neither."""
    torch.save(timm.create_model("resnet34").state_dict(), tmp_path / "r34.pth")
    text = refusal(tmp_path / "r34.pth", "resnet18")
    assert "larger network" in text
    assert "Nearest: 'resnet34'" in text


def test_two_networks_in_one_file_are_not_chosen_between(network, tmp_path):
    other = timm.create_model("resnet18").state_dict()
    torch.save({"student": network.state_dict(), "teacher": other}, tmp_path / "two.pth")
    text = refusal(tmp_path / "two.pth")
    assert "'student/*'" in text
    assert "'teacher/*'" in text
    assert "#teacher" in text
    encoder = load_encoder(f"checkpoint:{tmp_path / 'two.pth'}@resnet18#student", POLICY)
    assert encoder.digest == seal_module(timm_without_classifier(network), POLICY).digest


def test_two_equal_copies_in_one_file_are_one(network, tmp_path):
    torch.save({"model": network.state_dict(), "best": network.state_dict()}, tmp_path / "copies.pth")
    assert load_encoder(f"checkpoint:{tmp_path / 'copies.pth'}@resnet18", POLICY).layers["embedding"] == 512


class Hostile:
    def __reduce__(self):
        return os.system, ("touch HOSTILE",)


def test_a_hostile_pickle_does_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": Hostile()}, tmp_path / "hostile.pth")
    assert "can run code" in refusal(tmp_path / "hostile.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Hostile()))
    refusal(tmp_path / "plain.pth")
    assert not (tmp_path / "HOSTILE").exists()


def test_a_pickled_module_is_refused(network, tmp_path):
    torch.save(network, tmp_path / "module.pth")
    assert "state_dict()" in refusal(tmp_path / "module.pth")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html>\n<html><body>404 Not Found</body></html>", "web page"),
        (b"  <html>", "web page"),
        (b"hello", "not a file of weights"),
        (b"PK\x03\x04 not really a zip", "not a file of weights"),
    ],
)
@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_what_is_not_a_file_of_weights_is_called_that(content, says, suffix, tmp_path):
    (tmp_path / f"odd.{suffix}").write_bytes(content)
    assert says in refusal(tmp_path / f"odd.{suffix}")


def test_a_truncated_file_is_refused(network, tmp_path):
    torch.save(network.state_dict(), tmp_path / "whole.pth")
    whole = (tmp_path / "whole.pth").read_bytes()
    (tmp_path / "cut.pth").write_bytes(whole[: len(whole) // 2])
    assert "truncated" in refusal(tmp_path / "cut.pth")


def test_a_file_without_tensors_is_refused(tmp_path):
    torch.save({"epoch": 3, "notes": ["a"]}, tmp_path / "none.pth")
    assert "no named tensors" in refusal(tmp_path / "none.pth")


def test_a_folder_and_a_missing_file_are_named(network, tmp_path):
    assert "is a folder" in refusal(tmp_path)
    torch.save(network.state_dict(), tmp_path / "there.pth")
    assert "there.pth" in refusal(tmp_path / "their.pth")


def test_nan_weights_are_refused(network, tmp_path):
    state = {name: values.clone() for name, values in network.state_dict().items()}
    state["layer1.0.conv1.weight"][0] = float("nan")
    torch.save(state, tmp_path / "nan.pth")
    with pytest.raises(ExperimentError, match="NaN"):
        load_encoder(f"checkpoint:{tmp_path / 'nan.pth'}@resnet18", POLICY)


def test_the_architecture_of_a_file_is_found_where_none_is_named(network, expected, tmp_path):
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    encoder = load_encoder(f"checkpoint:{tmp_path / 'weights.pth'}", POLICY)
    assert encoder.arch == "resnet18"
    assert encoder.spec.arch == "auto"
    assert any("found to be resnet18" in note for note in encoder.notes)
    torch.testing.assert_close(encoder.encode(images()), expected.encode(images()), rtol=0, atol=1e-5)


def test_an_encoder_is_named_by_what_was_asked_and_never_by_what_the_file_holds(tmp_path):
    plain, named, copy = (parse_encoder(f"checkpoint:{tmp_path}/a.pth{end}") for end in ("", "@resnet18", "#teacher"))
    assert (plain.arch, named.arch, copy.arch) == ("auto", "resnet18", "auto")
    assert plain.weights == named.weights == copy.weights == str(tmp_path / "a.pth")
    assert len({str(spec.declared()) for spec in (plain, named, copy)}) == 3
    assert parse_encoder(f"checkpoint:{tmp_path}/me@home/a.pth").weights == f"{tmp_path}/me@home/a.pth"
