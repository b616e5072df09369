"""Any nn.Module from Python as an encoder."""

import copy
import hashlib
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

from virb.encoders import Loaded
from virb.encoders._encoder import Encoder, state_digest
from virb.encoders._trunks import IMAGENET, at_size, card_of, trunk_of
from virb.spec import EncoderSpec, InputPolicy, Preprocessing, digest_of

if TYPE_CHECKING:
    from torch import nn

LIBRARIES = frozenset({"torch", "torchvision", "timm"})
"""Packages whose code is known by its version, which the feature cache keeps, and need not be looked at."""


def seal_module(
    module: "nn.Module",
    inputs: InputPolicy,
    *,
    name: str = "",
    preprocessing: Preprocessing | None = None,
    stages: Mapping[str, str] | None = None,
    device: str = "auto",
) -> Encoder:
    """Seal a copy of a module: the caller's own keeps its mode, its device and its weights.

    timm models are read before their classifier and torchvision's without theirs, both with their stages, and with
    their position embeddings resampled to the size. What any other module may return says :class:`OutputTrunk`.

    Args:
        module: takes normalised images, batch x 3 x height x width.
        inputs: the size it will see.
        name: what it is called in results; its class name by default.
        preprocessing: the channel statistics it wants; by default those of a timm model's card, else ImageNet's.
        stages: from ``stage1`` … ``stage4`` to paths of parts of the module whose outputs are those maps.
        device: see :class:`Encoder`.

    Raises:
        ExperimentError: the weights hold NaN or infinity.
        UserError: it cannot take the images, returns something else, or a stage names no part of it.
    """
    own = copy.deepcopy(module)
    preprocessing = preprocessing or card_of(own)
    kind = type(module).__name__
    spec = EncoderSpec(
        name=name or kind,
        source="module",
        arch=f"{kind}#{code_digest(module)}",
        weights=state_digest(module),
        layout=_layout(preprocessing, stages or {}),
    )
    trunk = trunk_of(at_size(own, inputs.sides, spec.name), spec.name, stages)
    return Encoder(spec, Loaded(trunk, preprocessing), inputs, device)


def _layout(preprocessing: Preprocessing, stages: Mapping[str, str]) -> str | None:
    """What else makes a module's features what they are; None for the usual."""
    card = [] if preprocessing == IMAGENET else [preprocessing.declared()]
    form = [*card, dict(stages)] if stages else card[0] if card else None
    return digest_of(form) if form else None


def code_digest(module: "nn.Module") -> str:
    """Eight hexadecimal digits over how a module computes: its parts, their plain attributes and their methods.

    With the weights alone, a module whose ``forward`` was edited would be given the scores of the one before. What a
    method reaches by other ways (a global, a function it calls, a file) is not seen.
    """
    digest = hashlib.sha256()
    for path, part in module.named_modules():
        digest.update(f"{path} {type(part).__qualname__}\n".encode())
        for line in (*_settings(part), *_methods(type(part))):
            digest.update(f"{line}\n".encode())
    return digest.hexdigest()[:8]


def _settings(part: "nn.Module") -> Iterator[str]:
    """Attributes that are neither weights nor parts: a stride, a power, a flag."""
    for name, value in sorted(vars(part).items()):
        if not name.startswith("_") and name != "training" and _plain(value):
            yield f"{name} = {value!r}"


def _plain(value: object) -> bool:
    if isinstance(value, tuple | list):
        return all(_plain(item) for item in value)
    return value is None or isinstance(value, bool | int | float | str)


def _methods(kind: type) -> Iterator[str]:
    """Bytecode of the methods a class has or inherits, but for those of the libraries."""
    for owner in kind.__mro__:
        if owner is object or owner.__module__.split(".")[0] in LIBRARIES:
            continue
        for name, value in sorted(vars(owner).items()):
            if isinstance(value, FunctionType):
                yield f"{name} {_code(value.__code__)} {value.__defaults__!r}"


def _code(code: CodeType) -> list[object]:
    """What code does, without where it stands: moving a file or a line changes nothing."""
    constants = [_code(item) if isinstance(item, CodeType) else repr(item) for item in code.co_consts]
    return [code.co_code.hex(), code.co_names, constants]
