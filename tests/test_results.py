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
    results = virb.evaluate(encoders, [f"folder:{photos}"], size=32, probes=["knn"], layers="final", output=tmp_path)
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
    results = virb.evaluate(
        "pixels", f"folder:{photos}", size=16, seeds=[0, 1, 2], probes=["knn"], layers="final", output=tmp_path
    )
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


class Power(nn.Module):
    def __init__(self, power):
        super().__init__()
        self.power = power

    def forward(self, images):
        return images.mean(dim=(2, 3)) ** self.power


def edited(body):
    """A class as a notebook redefines it: the same name, no weights, another ``forward``."""
    names = {"nn": nn, "torch": torch}
    exec(f"class Mine(nn.Module):\n    def forward(self, images):\n        return {body}\n", names)
    return names["Mine"]()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (edited("images.mean(dim=(2, 3))"), edited("images.amax(dim=(2, 3))")),
        (edited("images.mean(dim=(2, 3)) * 2"), edited("images.mean(dim=(2, 3)) ** 3")),
        (edited("images.mean(dim=(2, 3)) + 1"), edited("images.mean(dim=(2, 3)) + 2")),
        (Power(1), Power(3)),
        (nn.Conv2d(3, 4, 3, stride=1), nn.Conv2d(3, 4, 3, stride=2)),
    ],
    ids=["method", "operator", "constant", "attribute", "setting of a library's layer"],
)
def test_a_module_whose_code_was_edited_is_not_given_the_old_score(one, other, photos, tmp_path):
    """Class name and weights stayed the same, and so did the id: the records of the old code were returned."""
    other.load_state_dict(one.state_dict())
    first, again, changed = (
        virb.evaluate(module, f"folder:{photos}", size=16, probes=["knn"], output=tmp_path)
        for module in (one, one, other)
    )
    assert (first.ran.computed, again.ran.computed, changed.ran.computed) == (1, 0, 1)
    assert changed.records[0].seconds["extract"] > 0  # nor its features


def test_the_channel_statistics_of_a_module_are_part_of_what_it_is():
    """Two normalisations of one module had one id."""
    from virb.encoders._module import seal_module
    from virb.encoders._trunks import IMAGENET
    from virb.spec import InputPolicy

    other = IMAGENET.model_copy(update={"mean": (0.5, 0.5, 0.5)})
    specs = [seal_module(Colours(), InputPolicy(size=8), preprocessing=card).spec for card in (IMAGENET, other)]
    assert specs[0].declared() != specs[1].declared()


def test_where_a_module_is_defined_and_its_mode_change_nothing():
    from virb.encoders._module import code_digest

    assert code_digest(edited("images")) == code_digest(edited("\\\n images"))
    assert code_digest(Colours().train()) == code_digest(Colours().eval())


def test_a_record_tells_the_architecture_that_was_found(photos, tmp_path):
    torch.save(timm.create_model("resnet18").state_dict(), tmp_path / "weights.pth")
    encoders = [f"checkpoint:{tmp_path / 'weights.pth'}{arch}" for arch in ("", "@resnet18")]
    found = [
        record.resolved.arch
        for encoder in encoders
        for record in virb.evaluate(encoder, f"folder:{photos}", probes=["logistic"], layers="final", size=32).records
    ]
    assert found == ["resnet18", None]  # what was declared is not said again
