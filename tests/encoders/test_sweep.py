"""One small member of every family of timm's gives an embedding and stages, or is refused with a sentence.

Slow, and so left out unless it is asked for: ``make test-sweep``. Families that are refused are skipped, with the
reason.
"""

import warnings

import pytest
import timm
import torch

from virb.encoders import load_encoder
from virb.errors import UserError
from virb.spec import LAYERS, InputPolicy

pytestmark = pytest.mark.sweep

SMALL = ("test_", "zepto", "atto", "femto", "pico", "nano", "xxs", "xx_small", "_xs", "x_small", "tiny", "_t", "mini")
SMALL += ("_s0", "_b0", "0", "050", "small", "_s", "26", "18")
"""What small members are called, smallest first."""
LOOKED_AT = 3
LARGEST = 120e6
"""Parameters: what is larger takes minutes, and is skipped."""


def smallest(family):
    """The smallest of a few members whose names promise it, and its card; nothing is allocated."""
    names = timm.list_models(module=family)
    order = sorted(names, key=lambda name: (next((i for i, s in enumerate(SMALL) if s in name), len(SMALL)), len(name)))
    sizes = {}
    for name in order[:LOOKED_AT]:
        with torch.device("meta"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                module = timm.create_model(name, num_classes=0)
            except (NotImplementedError, RuntimeError):  # computes with tensors while it is built
                sizes[name] = (float("inf"), None)
                continue
        parameters = sum(values.numel() for values in module.parameters())
        sizes[name] = parameters, [info["reduction"] for info in module.feature_info]
    name = min(sizes, key=lambda name: sizes[name][0])
    return name, *sizes[name], timm.get_pretrained_cfg(name).input_size[-1]


@pytest.fixture(scope="module", params=timm.list_modules())
def member(request):
    name, parameters, reductions, size = smallest(request.param)
    if LARGEST < parameters < float("inf"):
        pytest.skip(f"{request.param}: {name} has {parameters / 1e6:.0f} M parameters")
    return name, reductions, size


@pytest.mark.filterwarnings("ignore")  # the families' own
@pytest.mark.parametrize("other", [False, True], ids=["at its own size", "at another size"])
def test_a_family_gives_layers_or_a_reason(member, other):
    name, reductions, size = member
    if other:
        strides = reductions or [32]
        size = 128 if all(128 % stride == 0 for stride in strides) else 8 * max(strides)
    try:
        encoder = load_encoder(f"random:{name}", InputPolicy(size=size))
    except UserError as error:
        pytest.skip(f"{name} at {size} px: {error}")
    assert "embedding" in encoder.layers
    assert set(encoder.layers) <= set(LAYERS)
    if len(encoder.layers) < len(LAYERS):
        warnings.warn(f"{name}: {', '.join(encoder.layers)} alone", stacklevel=1)
    rows = [encoder.shape(layer)[1] for layer in encoder.layers if layer != "embedding"]
    assert rows == sorted(rows, reverse=True)
    if reductions and len(set(reductions)) > 1:
        for layer, stride in zip(reversed(LAYERS[1:]), reversed(reductions), strict=False):
            assert encoder.shape(layer)[1] == pytest.approx(size / stride, abs=5), layer  # some lose a border
    images = torch.randint(0, 256, (2, 3, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    images[1] //= 8  # dark
    read = encoder.encode(images, tuple(encoder.layers))
    alone = encoder.encode(images)["embedding"]
    assert all(torch.isfinite(values).all() for values in read.values())
    torch.testing.assert_close(alone, read["embedding"], rtol=1e-3, atol=1e-4 * float(alone.abs().max()))
    for layer, values in read.items():
        assert not torch.equal(values[0], values[1]), layer  # it sees the image
