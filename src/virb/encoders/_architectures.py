"""Architectures by name, timm's and torchvision's, as trunks without a classifier."""

import warnings
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import timm
import torch
import torchvision
from torch import nn

import virb.encoders._narrow
import virb.encoders._widened  # noqa: F401 - both register their networks with timm
from virb.encoders._encoder import Trunk
from virb.encoders._torchvision_trunk import TorchvisionTrunk, strip_classifier
from virb.encoders._trunks import IMAGENET, TimmLike, TimmTrunk, at_size, timm_model
from virb.encoders._trunks import timm_preprocessing as timm_preprocessing
from virb.errors import unknown
from virb.spec import Preprocessing, Sides


class Architecture(NamedTuple):
    """A network without its classifier, the channel statistics its library publishes for it, and what came off."""

    module: nn.Module
    preprocessing: Preprocessing
    head: tuple[str, ...]
    """Where the classifier's parameters were: ``("fc",)``."""

    def trunk(self, name: str) -> Trunk:
        """How layers are read off it."""
        stripped = not isinstance(self.module, TimmLike)
        return TorchvisionTrunk(self.module) if stripped else TimmTrunk(self.module)


def libraries_of(arch: str) -> tuple[str, ...]:
    """Which of ``"timm"`` and ``"torchvision"`` have an architecture of this name, timm first.

    Raises:
        UserError: neither has.
    """
    found = (("timm", timm.is_model(arch)), ("torchvision", arch in _torchvision_names()))
    if not any(has for _, has in found):
        names = {*timm.list_models(), *_torchvision_names()}
        raise unknown("architecture", arch, names, "Any name of timm or torchvision will do.")
    return tuple(library for library, has in found if has)


def build(
    arch: str, size: int | Sides | None = None, library: str = "", options: Mapping[str, Any] | None = None
) -> Architecture:
    """Build a network with random weights from torch's global generator, without its classifier.

    Args:
        arch: a timm or torchvision name.
        size: side of the square images it must take, or their height and width; None keeps the architecture's own.
        library: whose network; by default timm's where both have the name.
        options: of timm's network, beyond its name.

    Raises:
        UserError: an unknown name, no classifier to take off, or a size the network cannot take.
    """
    library = library or libraries_of(arch)[0]
    if library == "timm":
        module: Any = timm_model(arch, size, arch, options=options)
        head = module.pretrained_cfg.get("classifier") or ()
        return Architecture(
            module, timm_preprocessing(module.pretrained_cfg), (head,) if isinstance(head, str) else head
        )
    with warnings.catch_warnings():
        # torchvision announces for two networks that their initialisation will change: nothing to act on here.
        warnings.simplefilter("ignore", FutureWarning)
        module = torchvision.models.get_model(arch, weights=None)
    if size is not None:
        at_size(module, size, arch)
    return Architecture(module, IMAGENET, (strip_classifier(module, arch),))


def untrained(arch: str, size: int | Sides, seed: int) -> Architecture:
    """Build a network as ``random:ARCH@SEED`` has it: where pre-training runs of this number start, too.

    Args:
        arch: a timm or torchvision name.
        size: side of the square images it must take, or their height and width.
        seed: of the weights. The draw neither depends on torch's global generator nor moves it.

    Raises:
        UserError: see :func:`build`.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        built = build(arch, size)
    _open_branches(built.module)
    return built


def _open_branches(module: nn.Module) -> None:
    """Set norm gains that start at zero to one.

    timm starts the last gain of every residual branch at zero, which helps training and leaves an untrained network
    with its stem alone: a floor too low to be worth beating. On handwritten digits at 64 px a logistic probe on an
    untrained ResNet-18 reaches 83 % with the zeros and 98 % without; torchvision starts at one.
    """
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d | nn.GroupNorm | nn.LayerNorm):
            gain: torch.Tensor | None = part.weight  # None where the norm has no gains
            if gain is not None and not gain.any():
                nn.init.ones_(gain)


@lru_cache(maxsize=64)
def outline(arch: str, library: str = "", options: tuple[tuple[str, Any], ...] = ()) -> Architecture:
    """Build an architecture's names and shapes without allocating any weight. To be looked at, not changed."""
    with torch.device("meta"):
        return build(arch, library=library, options=dict(options))


def _torchvision_names() -> list[str]:
    names: list[str] = torchvision.models.list_models(module=torchvision.models)
    return names
