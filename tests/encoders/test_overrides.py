"""Another normalisation than the card's is said in the name, and is another encoder."""

import pytest
import timm
import torch
from torch import nn

import virb
from virb.encoders import load_encoder, parse_encoder
from virb.encoders._module import seal_module
from virb.errors import UserError
from virb.spec import InputPolicy, Overrides

POLICY = InputPolicy(size=32)


def test_a_name_may_say_mean_std_and_interpolation():
    spec = parse_encoder("random:test_resnet@3+mean=0.5+std=0.2,0.3,0.4+interpolation=nearest")
    assert spec.overrides == Overrides(mean=(0.5, 0.5, 0.5), std=(0.2, 0.3, 0.4), interpolation="nearest")
    assert spec.arch == "test_resnet"
    assert spec.pretraining.seed == 3
    assert spec.name.startswith("random:test_resnet@3+mean=")


def test_what_a_name_does_not_say_is_left_to_the_card():
    card = load_encoder("random:test_resnet", POLICY).preprocessing
    other = load_encoder("random:test_resnet+interpolation=nearest", POLICY).preprocessing
    assert other == card.model_copy(update={"interpolation": "nearest"})
    assert card.interpolation != "nearest"


def test_normalisation_is_as_the_name_says():
    images = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)
    encoder = load_encoder("random:test_resnet+mean=0.1,0.2,0.3+std=0.5", POLICY)
    expected = (images / 255 - torch.tensor([0.1, 0.2, 0.3]).view(1, 3, 1, 1)) / 0.5
    torch.testing.assert_close(encoder._normalised(images).contiguous(), expected, rtol=1e-5, atol=1e-5)


def test_two_preprocessings_are_two_encoders_in_every_record(photos, tmp_path):
    names = ["random:test_resnet", "random:test_resnet+mean=0.2", "random:test_resnet+interpolation=nearest"]
    results = virb.evaluate(names, f"folder:{photos}", size=32, probes=["knn"], layers="final", output=tmp_path)
    assert len({record.id for record in results.records}) == 3
    assert [row.name for row in results.matrix.rows] == sorted([names[0], f"{names[1]},0.2,0.2", names[2]])
    found = {record.experiment.encoder.name: record.resolved.preprocessing for record in results.records}
    assert found[f"{names[1]},0.2,0.2"].mean == (0.2, 0.2, 0.2)
    assert found[names[2]].interpolation == "nearest"


def test_a_name_without_them_is_the_experiment_it_always_was():
    assert "overrides" not in parse_encoder("timm:resnet18").declared()


def test_the_card_of_a_timm_module_is_its_own():
    model = timm.create_model("test_vit")
    assert seal_module(model, POLICY).preprocessing.mean == model.pretrained_cfg["mean"] == (0.5, 0.5, 0.5)


class Mean(nn.Module):
    def forward(self, images):
        return images.mean(dim=(2, 3))


def test_a_module_is_told_in_python(photos, tmp_path):
    asked = {"size": 16, "probes": ["knn"], "output": tmp_path}
    plain = virb.evaluate(Mean(), f"folder:{photos}", **asked).records[0]
    other = virb.evaluate(Mean(), f"folder:{photos}", mean=0, std=1, interpolation="nearest", **asked).records[0]
    assert plain.id != other.id
    assert other.resolved.preprocessing.mean == (0, 0, 0)
    assert other.resolved.preprocessing.interpolation == "nearest"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("random:test_resnet+mean=0.5,0.5", "three for red, green and blue"),
        ("random:test_resnet+mean=124", "Divide by 255"),
        ("random:test_resnet+std=0", "Divide by 255"),
        ("random:test_resnet+std=nan", "'nan' is no std"),
        ("random:test_resnet+interpolation=lanczos", "bicubic"),
        ("random:test_resnet+mean=0.1+mean=0.2", "twice"),
        ("pixels+mean=0.5", "reads pixels as they are"),
        ("histogram+interpolation=nearest", "reads pixels as they are"),
    ],
)
def test_a_wrong_value_is_refused_with_what_to_write(name, says):
    with pytest.raises(UserError) as caught:
        parse_encoder(name)
    assert says in str(caught.value)


@pytest.mark.parametrize("asked", [{"mean": 0.5}, {"stages": {"stage4": "layer4"}}])
def test_python_arguments_for_modules_are_refused_where_there_is_none(asked, tmp_path):
    with pytest.raises(UserError, match=r"is for an nn\.Module"):
        virb.evaluate("random:test_resnet", "digits", output=tmp_path, **asked)
