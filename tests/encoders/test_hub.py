"""A folder with a hubconf.py is an encoder; its code runs when it is loaded and not before."""

import sys
from textwrap import dedent

import pytest
import torch

from virb.encoders import check_encoder, load_encoder, parse_encoder
from virb.errors import UserError
from virb.spec import InputPolicy

POLICY = InputPolicy(size=32)


def repository(folder, body="nn.Conv2d(3, width, 3)", more=""):
    """A repository in torch.hub's form: hubconf.py, a module beside it, a file of weights."""
    folder.mkdir(parents=True)
    (folder / "networks.py").write_text(f"from torch import nn\n\ndef small(width):\n    return {body}\n")
    conf = """\
        dependencies = ["torch"]
        import pathlib
        import torch
        from networks import small as _small

        pathlib.Path(__file__).with_name("ran").write_text("yes")

        def tiny(pretrained=True):
            network = _small(4)
            network.load_state_dict(torch.load(pathlib.Path(__file__).with_name("tiny.pth"), weights_only=True))
            return network

        def not_a_network():
            return 5

        def broken():
            raise KeyError("weights")
        """
    (folder / "hubconf.py").write_text(dedent(conf) + more)
    torch.manual_seed(1)
    torch.save(torch.nn.Conv2d(3, 4, 3).state_dict(), folder / "tiny.pth")
    return folder


@pytest.fixture
def hub(tmp_path):
    return repository(tmp_path / "a repo")


def test_an_entry_of_a_local_hubconf_is_an_encoder(hub):
    encoder = load_encoder(f"hub:{hub}:tiny", POLICY)
    images = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)
    network = torch.nn.Conv2d(3, 4, 3)
    network.load_state_dict(torch.load(hub / "tiny.pth"))
    with torch.inference_mode():
        expected = network(encoder._normalised(images))
    read = encoder.encode(images, ("embedding", "stage4"))
    torch.testing.assert_close(read["stage4"], expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(read["embedding"], expected.mean(dim=(2, 3)), rtol=1e-4, atol=1e-5)


def test_naming_and_checking_run_no_code(hub):
    check_encoder(parse_encoder(f"hub:{hub}:tiny"), POLICY)
    assert not (hub / "ran").exists()
    load_encoder(f"hub:{hub}:tiny", POLICY)
    assert (hub / "ran").exists()


def test_edited_code_and_other_weights_are_noticed(hub):
    from virb.encoders import ENCODERS

    before = parse_encoder(f"hub:{hub}:tiny")
    weights = ENCODERS.load("hub").weights_digest(before)
    (hub / "networks.py").write_text((hub / "networks.py").read_text() + "# edited\n")
    assert parse_encoder(f"hub:{hub}:tiny").declared() != before.declared()
    torch.save(torch.nn.Conv2d(3, 4, 3).state_dict(), hub / "tiny.pth")
    assert ENCODERS.load("hub").weights_digest(before) != weights


def test_two_repositories_with_modules_of_one_name_do_not_mix(hub, tmp_path):
    """Python keeps a module once imported: the second repository was given the first one's networks."""
    other = repository(tmp_path / "other", "nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU())")
    state = {f"0.{name}": value for name, value in torch.load(other / "tiny.pth").items()}
    torch.save(state, other / "tiny.pth")
    load_encoder(f"hub:{hub}:tiny", POLICY)
    assert "networks" not in sys.modules
    assert len(load_encoder(f"hub:{other}:tiny", POLICY)._trunk.module) == 2


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ("", "hub:PATH:ENTRY"),
        ("{hub}", "hub:PATH:ENTRY"),
        ("{hub}/nowhere:tiny", "There is no such folder"),
        ("{hub}/..:tiny", "It has no hubconf.py"),
        ("{hub}:tinny", "'tiny'"),
        ("{hub}:not_a_network", "gives no network, but 'int'"),
        ("{hub}:broken", "fails with KeyError: 'weights'"),
    ],
)
def test_what_is_no_entry_is_refused(hub, rest, says):
    with pytest.raises(UserError) as caught:
        load_encoder(f"hub:{rest.format(hub=hub)}", POLICY)
    assert says in str(caught.value)
