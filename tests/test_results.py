"""``virb.evaluate``: any module, names, own images; and what comes back."""

import pandas as pd
import pytest
import timm
import torch
import torchvision
from torch import nn

import virb
from virb.errors import UserError


class Colours(nn.Module):
    def forward(self, images):
        return torch.cat([images.mean(dim=(2, 3)), images.std(dim=(2, 3))], dim=1)


@pytest.fixture
def results(photos, tmp_path):
    return virb.evaluate(Colours(), f"folder:{photos}", size=16, output=tmp_path / "out")


def test_any_module_is_evaluated(results):
    assert [record.experiment.probe.name for record in results.records] == ["logistic", "knn"]
    assert all(record.experiment.encoder.name == "Colours" for record in results.records)
    assert all(record.score == 1 for record in results.records)
    assert not results.failures


def test_results_print_as_a_matrix_with_intervals_and_chance(results):
    text = str(results)
    assert "logistic probe" in text
    assert "Colours" in text
    assert "100.0" in text
    assert "chance" in text


def test_results_are_a_table(results):
    frame = results.table()
    assert isinstance(frame, pd.DataFrame)
    assert frame["score"].tolist() == [1, 1]
    assert (frame["low"] < 1).all()


def test_results_are_a_report(results, tmp_path):
    page = results.report()
    assert page == tmp_path / "out" / "report.html"
    text = page.read_text(encoding="utf-8")
    for record in results.records:
        assert f'id="{record.id}' in text or record.id in text
    assert results.report(tmp_path / "elsewhere.html").exists()


def test_a_module_and_names_stand_side_by_side(photos, tmp_path):
    encoders = [Colours(), "pixels", timm.create_model("resnet18"), torchvision.models.resnet18(weights=None)]
    results = virb.evaluate(encoders, [f"folder:{photos}"], size=32, probes=["knn"], output=tmp_path)
    widths = {r.experiment.encoder.name: r.resolved.layers["embedding"] for r in results.records}
    assert len(results.records) == 4
    assert widths["Colours"] == 6
    assert widths["ResNet"] == 512  # and not the 1,000 class scores of either library


def test_the_same_weights_are_the_same_encoder_and_others_are_not(photos, tmp_path):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
    first = virb.evaluate(module, f"folder:{photos}", size=16, probes=["knn"], output=tmp_path)
    again = virb.evaluate(module, f"folder:{photos}", size=16, probes=["knn"], output=tmp_path)
    assert (first.ran.computed, again.ran.computed) == (1, 0)
    with torch.no_grad():
        module[0].weight.add_(1)
    changed = virb.evaluate(module, f"folder:{photos}", size=16, probes=["knn"], output=tmp_path)
    assert changed.ran.computed == 1


def test_seeds_are_averaged_in_one_cell(photos, tmp_path):
    results = virb.evaluate("pixels", f"folder:{photos}", size=16, seeds=[0, 1, 2], probes=["knn"], output=tmp_path)
    assert len(results.records) == 3
    assert len(results.table()) == 1


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"size": 0}, "'0'"),
        ({"fit": "stretch"}, "squash"),
        ({"on_bad_image": "ignore"}, "skip"),
        ({"probes": ["svm"]}, "knn"),
    ],
)
def test_a_wrong_request_is_refused_before_any_compute(more, says, photos, tmp_path):
    with pytest.raises(UserError, match=says):
        virb.evaluate("pixels", f"folder:{photos}", output=tmp_path / "out", **more)
    assert not (tmp_path / "out").exists()


def test_the_public_names_are_there_and_importing_virb_is_light():
    import subprocess
    import sys

    assert all(getattr(virb, name) is not None for name in virb.__all__)
    with pytest.raises(AttributeError, match="no attribute 'evaluete'"):
        _ = virb.evaluete
    script = "import virb, sys; assert not {'torch', 'numpy', 'pydantic'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
