"""Encoders: frozen networks by name. Each file of this folder is one source, the word before the colon.

Naming an encoder is free of torch; loading it is not. See ``_encoder.py`` for the sealed :class:`Encoder`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from virb.encoders._overrides import split_overrides
from virb.encoders._trust import trusting
from virb.errors import UserError, unknown
from virb.registry import Shelf
from virb.spec import EncoderSpec, InputPolicy, Preprocessing

if TYPE_CHECKING:
    from virb.encoders._encoder import Encoder, Trunk


class Loaded(NamedTuple):
    """What a source hands over to be sealed."""

    trunk: Trunk
    preprocessing: Preprocessing
    notes: tuple[str, ...] = ()
    """What the reader of a score should know about the weights."""
    arch: str | None = None
    """The architecture, where it was found in the weights and is not as the spec names it."""


class Listed(NamedTuple):
    """A line of ``virb encoders list``."""

    name: str
    about: str
    here: bool
    """Whether it loads without fetching anything."""
    licence: str = ""
    size: int | None = None
    """Bytes of its file, where they are known."""
    card: Mapping[str, object] = MappingProxyType({})
    """What else is known of it."""


class EncoderSource(ABC):
    """Something that turns a name into an encoder."""

    form: str
    """How it is asked for: ``timm:NAME``."""
    about: str
    normalises: bool = True
    """Whether its encoders see normalised pixels, so that mean and deviation can be others."""

    @abstractmethod
    def parse(self, name: str, rest: str) -> EncoderSpec:
        """Read what stands after the colon. Imports no torch and opens no weights.

        Raises:
            UserError: it is not a name this source can have.
        """

    @abstractmethod
    def check(self, spec: EncoderSpec, inputs: InputPolicy) -> None:
        """Refuse, before any compute, what cannot be loaded.

        Raises:
            UserError: an unknown architecture, weights that are not there or do not match.
        """

    @abstractmethod
    def load(self, spec: EncoderSpec, inputs: InputPolicy) -> Loaded:
        """Build the network with its weights, whole or not at all.

        Raises:
            UserError: as :meth:`check`.
        """

    def weights_digest(self, spec: EncoderSpec) -> str | None:
        """Digest of the weights file, without loading it; None where the weights are not a file of the user's."""
        return None

    def listed(self) -> list[Listed]:
        """Encoders of this source worth a line in the list."""
        return []


ENCODERS: Shelf[EncoderSource] = Shelf("virb.encoders", "SOURCE", "encoder source", EncoderSource)


def parse_encoder(name: str) -> EncoderSpec:
    """Turn ``timm:resnet50``, ``checkpoint:PATH@ARCH``, ``random:ARCH``, ``pixels``, … into a spec.

    Behind each may stand what is asked for instead of its own card: ``timm:resnet50+mean=0.5+std=0.5``.

    Raises:
        UserError: no source has this name, or the source refuses what follows it.
    """
    name, asked = split_overrides(name)
    prefix, _, rest = name.partition(":")
    if prefix not in ENCODERS.names():
        forms = [source.form for _, source in ENCODERS.items()]
        error = unknown("encoder source", prefix, ENCODERS.names())
        raise UserError(error.problem, f"An encoder is named {', '.join(forms)}.\n{error.remedy}")
    source = ENCODERS.load(prefix)
    spec = source.parse(name, rest)
    if asked is None:
        return spec
    if not source.normalises:
        raise UserError(f"'{name}' reads pixels as they are, without '{asked}'.", f"Write {name}.")
    return spec.model_copy(update={"name": f"{spec.name}{asked}", "overrides": asked})


def check_encoder(spec: EncoderSpec, inputs: InputPolicy, *, trust_pickle: bool = False) -> None:
    """Refuse, before any compute, an encoder that cannot be loaded. See :meth:`EncoderSource.check`."""
    with trusting(trust_pickle):
        ENCODERS.load(spec.source).check(spec, inputs)


def load_encoder(
    encoder: str | EncoderSpec, inputs: InputPolicy | None = None, device: str = "auto", *, trust_pickle: bool = False
) -> Encoder:
    """Load and seal an encoder.

    Args:
        encoder: a name such as ``"timm:resnet50"`` or ``"timm:resnet50+interpolation=bilinear"``, or a spec.
        inputs: the size it will see; 224 px by default.
        device: ``"auto"`` takes CUDA where there is one; otherwise any torch device.
        trust_pickle: whether a checkpoint that is more than tensors may run its code while it is read.

    Raises:
        UserError: the name, the architecture or the weights are not as they must be.
        ExperimentError: the weights hold NaN or infinity.
    """
    from virb.encoders._encoder import Encoder  # torch: imported when something is loaded, not when it is named

    spec = parse_encoder(encoder) if isinstance(encoder, str) else encoder
    inputs = inputs or InputPolicy()
    with trusting(trust_pickle):
        loaded = ENCODERS.load(spec.source).load(spec, inputs)
    if spec.overrides is not None:
        loaded = loaded._replace(preprocessing=spec.overrides.over(loaded.preprocessing))
    return Encoder(spec, loaded, inputs, device)
