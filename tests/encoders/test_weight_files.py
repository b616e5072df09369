"""What a file is, its bytes say; and nothing in it runs unless the one who asks trusts it."""

import argparse
import datetime as dt
import io
import json
import os
import pathlib
import pickle
import tarfile
import zipfile

import numpy as np
import pytest
import timm
import torch
from omegaconf import OmegaConf
from pytorch_lightning.utilities.parsing import AttributeDict
from safetensors.torch import save_file

import virb.encoders._narrow  # noqa: F401 - registers its networks
from virb.encoders import load_encoder, parse_encoder
from virb.encoders._checkpoints import read_checkpoint
from virb.encoders._weight_files import read_weights
from virb.errors import UserError
from virb.spec import InputPolicy
from virb.study import Site
from virb.study._workshop import Workshop

ARCH = "narrow_resnet10_w8"
POLICY = InputPolicy(size=32)


@pytest.fixture(scope="module")
def state():
    torch.manual_seed(1)
    return timm.create_model(ARCH).state_dict()


def refusal(path, **options):
    with pytest.raises(UserError) as caught:
        read_checkpoint(path, **options)
    return str(caught.value)


@pytest.mark.parametrize("suffix", ["pth.tar", "torch", "ckpt", "bin", "safetensors", ""])
@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_the_suffix_says_nothing(kind, suffix, state, tmp_path):
    path = tmp_path / f"weights.{suffix}".rstrip(".")
    if kind == "safetensors":
        save_file(dict(state), path)
    else:
        torch.save({"state_dict": state}, path, _use_new_zipfile_serialization=kind == "zip")
    assert read_checkpoint(path).arch == ARCH


def packed(what, path, state):
    buffer = io.BytesIO()
    torch.save(state, buffer)
    if what == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("weights.pth", buffer.getvalue())
    elif what == "tar":
        with tarfile.open(path, "w") as archive:
            info = tarfile.TarInfo("weights.pth")
            info.size = len(buffer.getvalue())
            archive.addfile(info, io.BytesIO(buffer.getvalue()))
    else:
        path.write_text(json.dumps({"layer1": [1, 2]}))


@pytest.mark.parametrize(
    ("what", "says"),
    [("zip", "zip archive that is no checkpoint: it has weights.pth"), ("tar", "a tar archive"), ("json", "JSON")],
)
@pytest.mark.parametrize("suffix", ["pth", "pth.tar", "safetensors"])
def test_what_only_looks_like_weights_is_called_what_it_is(what, says, suffix, state, tmp_path):
    packed(what, tmp_path / f"odd.{suffix}", state)
    text = refusal(tmp_path / f"odd.{suffix}")
    assert says in text
    assert "Wanted: a checkpoint" in text


def test_a_git_lfs_pointer_is_called_that(tmp_path):
    (tmp_path / "a.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n")
    assert "git lfs pull" in refusal(tmp_path / "a.safetensors")


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.99])
def test_a_truncated_file_is_refused_wherever_it_ends(kind, kept, state, tmp_path):
    path = tmp_path / "cut"
    save_file(dict(state), path) if kind == "safetensors" else torch.save(
        state, path, _use_new_zipfile_serialization=kind == "zip"
    )
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    assert "truncated" in refusal(path)


@pytest.mark.filterwarnings("ignore:.*torch.jit")
def test_a_torchscript_program_is_refused_with_how_to_save_its_weights(tmp_path):
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), tmp_path / "jit.pt")
    assert "torch.jit.load(FILE).state_dict()" in refusal(tmp_path / "jit.pt")


def test_a_folder_without_config_is_refused(tmp_path):
    assert "is a folder without config.json" in refusal(tmp_path)


def test_arguments_of_training_scripts_are_read_without_trust(state, tmp_path):
    arguments = argparse.Namespace(
        lr=np.float64(0.1), epochs=np.int64(3), amp=np.bool_(True), name=np.str_("a"), betas=np.array([0.9, 0.95]),
        output_dir=pathlib.PurePosixPath("out"), data=pathlib.Path("data"), hparams=AttributeDict(a=1),
        took=dt.timedelta(seconds=3), started=dt.datetime(2026, 1, 1),  # noqa: DTZ001 - as scripts have it
        device=torch.device("cpu"), tags={"a"}, dtype=torch.float16,
    )  # fmt: skip
    for zipped in (True, False):
        torch.save({"model": state, "args": arguments}, tmp_path / "a.pth", _use_new_zipfile_serialization=zipped)
        assert read_checkpoint(tmp_path / "a.pth").notes == read_checkpoint(tmp_path / "a.pth", trust_pickle=True).notes


def test_settings_of_omegaconf_are_refused_by_name_unless_trusted(state, tmp_path):
    torch.save({"state_dict": state, "hyper_parameters": OmegaConf.create({"lr": 1})}, tmp_path / "a.ckpt")
    text = refusal(tmp_path / "a.ckpt")
    assert "omegaconf" in text
    assert "--trust-pickle" in text
    assert read_checkpoint(tmp_path / "a.ckpt", trust_pickle=True).arch == ARCH


class Hostile:
    def __reduce__(self):
        return os.system, ("touch HOSTILE",)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_hostile_pickle_runs_only_for_those_who_trust_it(zipped, state, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": state, "extra": Hostile()}, "hostile.pth", _use_new_zipfile_serialization=zipped)
    assert "can run code" in refusal(tmp_path / "hostile.pth")
    with pytest.raises(UserError):
        load_encoder(f"checkpoint:{tmp_path}/hostile.pth", POLICY)
    assert not (tmp_path / "HOSTILE").exists()
    encoder = load_encoder(f"checkpoint:{tmp_path}/hostile.pth", POLICY, trust_pickle=True)
    assert (tmp_path / "HOSTILE").exists()
    assert any("--trust-pickle" in note for note in encoder.notes)


def test_trust_ends_with_the_call_and_is_no_part_of_an_encoder(state, tmp_path):
    torch.save({"state_dict": state, "extra": Hostile}, tmp_path / "a.pth")
    trusting = load_encoder(f"checkpoint:{tmp_path}/a.pth", POLICY, trust_pickle=True)
    assert trusting.spec == parse_encoder(f"checkpoint:{tmp_path}/a.pth")
    with pytest.raises(UserError, match="can run code"):
        load_encoder(trusting.spec, POLICY)


def test_a_pickled_module_and_numpy_arrays_are_read_where_they_are_trusted(state, tmp_path):
    network = timm.create_model(ARCH)
    network.load_state_dict(state)
    torch.save(network, tmp_path / "module.pth")
    arrays = {name: values.numpy() for name, values in state.items()}
    (tmp_path / "arrays.pkl").write_bytes(pickle.dumps({"model": arrays}))
    for name in ("module.pth", "arrays.pkl"):
        assert "--trust-pickle" in refusal(tmp_path / name)
        read = read_checkpoint(tmp_path / name, trust_pickle=True)
        assert torch.equal(read.state["conv1.0.weight"], state["conv1.0.weight"])


def test_code_that_is_not_here_is_named(tmp_path, monkeypatch):
    (tmp_path / "theirs.py").write_text("class Model: pass")
    monkeypatch.syspath_prepend(tmp_path)
    import theirs

    torch.save({"model": theirs.Model()}, tmp_path / "a.pth")
    monkeypatch.delitem(__import__("sys").modules, "theirs")
    (tmp_path / "theirs.py").unlink()
    assert "theirs" in refusal(tmp_path / "a.pth", trust_pickle=True)


def test_tables_are_found_as_deep_as_vissl_keeps_them(state, tmp_path):
    torch.save({"classy_state_dict": {"base_model": {"model": {"trunk": dict(state)}}}}, tmp_path / "a.torch")
    assert [*read_weights(tmp_path / "a.torch").tables] == ["classy_state_dict/base_model/model/trunk/"]


def test_trust_travels_to_other_processes_with_the_study_that_was_given_it(tmp_path):
    for trust in (False, True):
        workshop = Workshop(Site(tmp_path, trust_pickle=trust), {}, {})
        assert pickle.loads(pickle.dumps(workshop))._site.trust_pickle is trust
