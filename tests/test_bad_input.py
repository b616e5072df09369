"""What bad input gets, end to end: each of these went through silently, or crashed, in the nearest rival."""

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from torch import nn

import virb
from virb.encoders import parse_encoder
from virb.errors import UserError


def evaluate(folder, tmp_path, encoder="pixels", **more):
    return virb.evaluate(encoder, f"folder:{folder}", size=16, layers="final", output=tmp_path / "out", **more)


def test_a_class_that_is_only_in_validation_is_refused_by_name(write_folder, tmp_path):
    photos = write_folder(tmp_path / "p", {"train/cat": 9, "train/dog": 9, "val/cat": 5, "val/dog": 5, "val/emu": 5})
    with pytest.raises(UserError, match="'emu'"):
        evaluate(photos, tmp_path)
    assert not (tmp_path / "out").exists()


def test_an_empty_class_folder_is_refused_by_name(photos, tmp_path):
    (photos / "emu").mkdir()
    with pytest.raises(UserError, match="emu"):
        evaluate(photos, tmp_path)
    assert not (tmp_path / "out").exists()


def test_nan_weights_fail_with_that_reason_and_never_a_score(photos, tmp_path):
    state = timm.create_model("resnet18").state_dict()
    state["layer4.1.bn2.running_var"][:] = float("nan")
    torch.save(state, tmp_path / "nan.pth")
    results = evaluate(photos, tmp_path, encoder=f"checkpoint:{tmp_path / 'nan.pth'}@resnet18")
    assert not results.records
    assert all("NaN" in failed.reason for failed in results.failures)
    assert "failed" in str(results)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", None], ids=["empty", "web page", "truncated"])
def test_one_corrupt_jpeg_fails_by_name_or_is_skipped_and_listed(content, photos, tmp_path):
    corrupt = photos / "dog" / "corrupt.jpg"
    draw = np.random.default_rng(0)
    Image.fromarray(draw.integers(0, 256, (64, 64, 3), np.uint8)).save(corrupt)
    corrupt.write_bytes(corrupt.read_bytes()[:-400] if content is None else content)
    stopped = evaluate(photos, tmp_path)
    assert not stopped.records
    assert "dog/corrupt.jpg" in stopped.failures[0].reason
    skipped = evaluate(photos, tmp_path, on_bad_image="skip")
    assert len(skipped.records) == 2
    assert "dog/corrupt.jpg" in skipped.records[0].bad_images[0]
    assert "corrupt.jpg" in skipped.report().read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("classes", "says"),
    [
        ({"cat": 20}, "one class"),
        ({"cat": 2, "dog": 20}, "'cat'"),
        ({"train/cat": 5, "train/dog": 5, "test/cat": 5, "test/emu": 5}, "'emu'"),
        ({}, "class folders|no images|empty"),
    ],
    ids=["one class", "too few to carve", "only in test", "nothing"],
)
def test_folders_that_cannot_be_scored_are_refused_before_any_compute(classes, says, write_folder, tmp_path):
    (tmp_path / "p").mkdir()
    write_folder(tmp_path / "p", classes) if classes else None
    with pytest.raises(UserError, match=says):
        evaluate(tmp_path / "p", tmp_path)
    assert not (tmp_path / "out").exists()


def test_markup_in_a_class_name_is_text_in_the_report(write_folder, tmp_path):
    photos = write_folder(tmp_path / "<b>folder", {"<script>alert(1)<": 12, "dog": 12})
    page = evaluate(photos, tmp_path).report().read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "<b>folder" not in page


def test_constant_features_fail_with_that_reason(photos, tmp_path):
    class Constant(torch.nn.Module):
        def forward(self, images):
            return torch.ones(len(images), 4)

    results = evaluate(photos, tmp_path, encoder=Constant())
    assert not results.records
    assert all("same for every example" in failed.reason for failed in results.failures)


def test_a_folder_without_a_path_is_refused_and_not_taken_for_this_one():
    from virb.data import open_data

    with pytest.raises(UserError, match="names no folder"):
        open_data("folder:")


class Collapsed(nn.Module):
    """An encoder that has collapsed: noise far below what half precision keeps, on the same answer for every image."""

    def forward(self, images):
        torch.manual_seed(int(images.sum()))
        return 3 + 1e-5 * torch.randn(len(images), 8)


def test_a_collapsed_encoder_fails_with_that_reason_and_its_rounding_noise_is_no_score(photos, tmp_path):
    results = evaluate(photos, tmp_path, encoder=Collapsed())
    assert not results.records
    assert all("same for every example" in failed.reason for failed in results.failures)
    assert results.failures


def test_a_pickle_is_trusted_only_in_the_call_that_says_so(photos, tmp_path):
    state = timm.create_model("resnet18").state_dict()
    torch.save({"state_dict": state, "extra": Collapsed}, tmp_path / "odd.pth")
    encoder = f"checkpoint:{tmp_path / 'odd.pth'}"
    with pytest.raises(UserError, match="--trust-pickle"):
        evaluate(photos, tmp_path, encoder=encoder)
    results = evaluate(photos, tmp_path, encoder=encoder, trust_pickle=True, probes=["knn"])
    (record,) = results.records
    assert any("--trust-pickle" in note for note in record.notes)
    assert record.experiment.encoder == parse_encoder(encoder)
