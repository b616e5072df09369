"""What `virb encoders inspect` says of a file."""

import json

import pytest
import timm
import torch
from typer.testing import CliRunner

import checkpoint_writers as writers
import virb.encoders._narrow  # noqa: F401 - registers its networks
from virb.cli import app

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def moco(tmp_path_factory):
    torch.manual_seed(0)
    query, key = (timm.create_model("narrow_resnet10_w8").state_dict() for _ in range(2))
    path = tmp_path_factory.mktemp("moco") / "checkpoint_0199.pth.tar"
    torch.save(writers.moco_v2(query, key), path)
    return path


def test_a_checkpoint_is_told_whole(moco):
    card = json.loads(RUNNER.invoke(app, ["encoders", "inspect", str(moco), "--json"]).stdout)
    assert card["layout"] == "MoCo v1 or v2"
    assert card["architecture"] == "narrow_resnet10_w8"
    assert card["taken"].startswith("state_dict/encoder_q.*, query: the query encoder is trained")
    assert {left["kind"] for left in card["left over"]} == {"projector", "queue", "another copy"}
    assert all(left["why that is fine"] for left in card["left over"])
    assert card["run it"] == f"virb run --encoder checkpoint:{moco} --task TASK --output RESULTS"


def test_people_get_a_line_for_each_kind(moco):
    shown = RUNNER.invoke(app, ["encoders", "inspect", f"checkpoint:{moco}@narrow_resnet10_w8#key"]).stdout
    assert "state_dict/encoder_k.*" in shown
    assert "queue, 2, such as state_dict/queue: negatives of the contrastive loss" in shown


def test_any_other_encoder_shows_its_layers():
    card = json.loads(RUNNER.invoke(app, ["encoders", "inspect", "random:narrow_resnet10_w8", "--json"]).stdout)
    assert card["layers"]["embedding"] == [64]
    assert card["source"] == "random"
