"""The sealed encoder: uint8 images in, named layers out, and no way to forget eval mode or normalisation."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import final

import torch
from torch import Tensor, nn

from virb.encoders import Loaded
from virb.encoders._counting import count_multiply_adds
from virb.errors import ExperimentError, UserError
from virb.spec import LAYERS, EncoderSpec, InputPolicy, Sides, show_sides

BORDERS = 0.15
"""Share of a map's longer side by which it may be out of proportion."""


class Trunk(ABC):
    """What a source supplies: a module, and how to read layers off it."""

    module: nn.Module
    layers: tuple[str, ...]
    """The named layers it has, among ``virb.spec.LAYERS``."""

    def settle(self, image: Tensor) -> None:  # noqa: B027 - most trunks know their layers from the start
        """Learn what layers there are from one normalised image, 1 x 3 x height x width, if only the output says it.

        Called once, in evaluation mode, before anything is read.

        Raises:
            UserError: the output is nothing that layers can be read off.
        """

    @abstractmethod
    def read(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Read layers off a forward pass.

        Args:
            images: normalised, batch x 3 x height x width, float32.
            layers: some of ``self.layers``.

        Returns:
            ``embedding``: batch x width; stages: batch x width x rows x columns.
        """


@final
class Encoder:
    """A frozen network. :meth:`encode` is the only way in: eval mode, inference mode and normalisation are inside.

    Args:
        spec: what it is.
        loaded: the network and the card it came with.
        inputs: the size of the images it will see.
        device: ``"auto"`` takes CUDA where there is one; otherwise any torch device.

    Attributes:
        digest: changes with any name, shape or byte of the weights.
        arch: the architecture; of a checkpoint, as it was found in the file.

    Raises:
        ExperimentError: the weights hold NaN or infinity.
        UserError: the network cannot take an image of this size.
    """

    def __init__(self, spec: EncoderSpec, loaded: Loaded, inputs: InputPolicy, device: str = "auto") -> None:
        self.spec = spec
        self.arch = loaded.arch or spec.arch
        self.inputs = inputs
        self.preprocessing = loaded.preprocessing
        self.notes = loaded.notes
        self.device = find_device(device)
        self._trunk = loaded.trunk
        module = loaded.trunk.module
        _refuse_broken_weights(spec.name, module)
        self.digest = state_digest(module)
        # One layout for the whole network: oneDNN and cuDNN convolve channels-last tensors 1.3 to 1.7 times faster;
        # token models, whose one convolution is the patch embedding, gain nothing and lose a copy.
        convolutions = sum(isinstance(part, nn.Conv2d) for part in module.modules())
        self._layout = torch.channels_last if convolutions > 1 else torch.contiguous_format
        module.to(device=self.device, memory_format=self._layout).requires_grad_(requires_grad=False)  # type: ignore[call-overload]
        card = loaded.preprocessing
        self._mean = torch.tensor(card.mean, device=self.device).view(1, 3, 1, 1) * 255
        self._scale = 1 / (torch.tensor(card.std, device=self.device).view(1, 3, 1, 1) * 255)
        self._shapes = self._measure()

    @property
    def layers(self) -> dict[str, int]:
        """Width of every named layer."""
        return {layer: shape[0] for layer, shape in self._shapes.items()}

    @property
    def strides(self) -> dict[str, int]:
        """Input pixels a cell of each stage spans, along the side along which it spans more."""
        height, width = self.inputs.sides
        maps = {layer: shape for layer, shape in self._shapes.items() if len(shape) == 3}
        return {layer: max(height // rows, width // columns) for layer, (_, rows, columns) in maps.items()}

    def shape(self, layer: str) -> tuple[int, ...]:
        """Shape of one image's features: (width,) of the embedding, (width, rows, columns) of a stage.

        Raises:
            UserError: the encoder does not have such a layer.
        """
        self._require(layer)
        return self._shapes[layer]

    @property
    def parameters(self) -> int:
        """How many numbers were learnt, without the classifier."""
        return sum(values.numel() for values in self._trunk.module.parameters())

    @cached_property
    def multiply_adds(self) -> int | None:
        """Of one image of the input size: see :func:`count_multiply_adds`."""
        return count_multiply_adds(lambda: self.encode(self._grey(), self._trunk.layers))

    @property
    def engine(self) -> str:
        """What computes the forward pass: part of the feature cache's key."""
        return "torch-channels-last" if self._layout == torch.channels_last else "torch"

    @torch.inference_mode()
    def encode(self, images: Tensor, layers: Sequence[str] = ("embedding",)) -> dict[str, Tensor]:
        """Encode a batch.

        Args:
            images: RGB, batch x 3 x height x width, uint8, at the size of the input policy.
            layers: which named layers.

        Returns:
            ``embedding``: batch x width; stages: batch x width x rows x columns. Float32, on the encoder's device.

        Raises:
            ValueError: the images are not uint8 of that shape.
            UserError: the encoder does not have such a layer.
        """
        x = self._normalised(images)
        for layer in layers:
            if layer not in self._trunk.layers:
                raise _no_such_layer(self.spec.name, layer, self._trunk.layers)
        read = self._trunk.read(x, layers)
        return {layer: read[layer].float() for layer in layers}

    def _normalised(self, images: Tensor) -> Tensor:
        """Images as the network wants them; and the network as it must be to see them."""
        if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(f"images must be uint8, batch x 3 x height x width; got {images.dtype} {[*images.shape]}")
        self._trunk.module.eval()  # on every call: whoever owns the module may have switched it to training meanwhile
        x = images.to(self.device, torch.float32, memory_format=self._layout)
        return x.sub_(self._mean).mul_(self._scale)

    def _require(self, layer: str) -> None:
        if layer not in self._trunk.layers:
            raise UserError(f"'{self.spec.name}' has no layer '{layer}'.", f"It has {', '.join(self._trunk.layers)}.")

    @torch.inference_mode()
    def _measure(self) -> dict[str, tuple[int, ...]]:
        """Run one grey image through to learn each layer's shape, and whether the network takes the size at all."""
        size = show_sides(self.inputs.sides)
        try:
            self._trunk.settle(self._normalised(self._grey()))
            read = self.encode(self._grey(), self._trunk.layers)
        except (RuntimeError, AssertionError, ValueError, IndexError, TypeError) as error:
            raise UserError(
                f"'{self.spec.name}' cannot take images of {size} px: {_first_line(error)}",
                "Choose a size it can take with --size.",
            ) from error
        shapes = {layer: tuple(values.shape[1:]) for layer, values in read.items()}
        for layer, shape in shapes.items():
            if len(shape) == 3 and not proportionate(shape[1:], self.inputs.sides):
                raise UserError(
                    f"'{self.spec.name}' gives maps of {shape[1]} x {shape[2]} cells as {layer} of {size} px.",
                    "It is made for square images: choose one with --size.",
                )
        return shapes

    def _grey(self) -> Tensor:
        return torch.full((1, 3, *self.inputs.sides), 127, dtype=torch.uint8)


def proportionate(cells: Sequence[int], sides: Sides) -> bool:
    """Whether a map of rows x columns may be one of an image of that height and width.

    Of a square image it is square. Of others rows and columns are as the sides, but for a cell that rounding adds and
    for what convolutions without padding leave out at the borders (:data:`BORDERS`).
    """
    (rows, columns), (height, width) = cells, sides
    if height == width:
        return rows == columns
    return abs(rows * width - columns * height) <= (1 + BORDERS * max(rows, columns)) * max(height, width)


def find_device(name: str) -> torch.device:
    """The device of this name; ``"auto"`` is CUDA where there is one.

    Raises:
        UserError: there is no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError, NotImplementedError) as error:  # what torch raises differs by kind of device
        raise UserError(f"There is no device '{name}' here.", "Write auto, cpu, cuda, cuda:1 or mps.") from error


def state_digest(module: nn.Module) -> str:
    """Sixteen hexadecimal digits over the name, type, shape and bytes of every parameter and buffer."""
    digest = hashlib.sha256()
    for name, values in sorted(module.state_dict().items()):
        if not isinstance(values, Tensor):
            continue
        digest.update(f"{name} {values.dtype} {tuple(values.shape)}\n".encode())
        flat = values.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().data)
    return digest.hexdigest()[:16]


def _no_such_layer(name: str, layer: str, layers: Sequence[str]) -> UserError:
    remedy = f"It has {', '.join(layers)}."
    if layer in LAYERS and [*layers] == ["embedding"]:
        remedy = (
            "It has an embedding alone, and no maps, which tasks with an answer for each pixel read. "
            "Most timm models have maps, and so have pixels and histogram."
        )
    return UserError(f"'{name}' has no layer '{layer}'.", remedy)


def _first_line(error: Exception) -> str:
    """What a library says; some only say that something is not as it must be."""
    lines = str(error).splitlines()
    return lines[0] if lines else f"its parts do not fit together ({type(error).__name__})"


def _refuse_broken_weights(name: str, module: nn.Module) -> None:
    broken = [
        key
        for key, values in module.state_dict().items()
        if isinstance(values, Tensor) and values.is_floating_point() and not bool(torch.isfinite(values).all())
    ]
    if broken:
        more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
        raise ExperimentError(f"the weights of '{name}' hold NaN or infinity in '{broken[0]}'{more}")
