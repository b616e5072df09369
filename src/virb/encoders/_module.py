"""Any nn.Module from Python as an encoder."""

import copy
from typing import TYPE_CHECKING

from virb.encoders import Loaded
from virb.encoders._encoder import Encoder, state_digest
from virb.encoders._trunks import IMAGENET, trunk_of
from virb.spec import EncoderSpec, InputPolicy, Preprocessing

if TYPE_CHECKING:
    from torch import nn


def seal_module(
    module: "nn.Module",
    inputs: InputPolicy,
    *,
    name: str = "",
    preprocessing: Preprocessing = IMAGENET,
    device: str = "auto",
) -> Encoder:
    """Seal a copy of a module: the caller's own keeps its mode, its device and its weights.

    timm models are read before their classifier and torchvision's without theirs; any other module must return one
    tensor, batch x width or batch x width x rows x columns.

    Args:
        module: takes normalised images, batch x 3 x size x size.
        inputs: the size it will see.
        name: what it is called in results; its class name by default.
        preprocessing: the channel statistics it wants; ImageNet's by default.
        device: see :class:`Encoder`.

    Raises:
        ExperimentError: the weights hold NaN or infinity.
        UserError: it cannot take the images, or returns something else.
    """
    own = copy.deepcopy(module)
    kind = type(module).__name__
    spec = EncoderSpec(name=name or kind, source="module", arch=kind, weights=state_digest(module))
    return Encoder(spec, Loaded(trunk_of(own, spec.name), preprocessing), inputs, device)
