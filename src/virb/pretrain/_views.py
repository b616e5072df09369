"""Views: random crops and colours of a whole batch at once, so that making them costs a tenth of learning from them.

The published augmentations work image by image in PIL; at 48 pixels that takes longer than the training step itself.
Crop and flip are one resampling here, and brightness, contrast, saturation, hue and grey one affine map of colours.
Each is torchvision's own formula (tested against it), with two differences: colours are cut off at black and white
once, at the end, and hue turns in the YIQ plane instead of HSV's hexagon.
"""

import math
from dataclasses import dataclass
from typing import final

import torch
from torch import Generator, Tensor
from torch.nn import functional

GREY = (0.299, 0.587, 0.114)
"""ITU-R BT.601 luma, as torchvision's ``rgb_to_grayscale``."""
_YIQ = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))
"""NTSC's YIQ: luma, and a plane of colour in which hue is an angle."""


@final
@dataclass(frozen=True)
class Crop:
    """A random resized crop (Szegedy et al. 2014, 1409.4842), flipped half of the time.

    Attributes:
        size: side in pixels of what comes out.
        low: least share of the image's area.
        high: most.
        ratio: width over height, from and to; its logarithm is uniform.
        flip: how often left and right are swapped.
    """

    size: int
    low: float = 0.2
    high: float = 1.0
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip: float = 0.5

    def __call__(self, images: Tensor, draw: Generator) -> Tensor:
        """Cut a view out of each image.

        Args:
            images: batch x 3 x height x width, 0 to 1.
            draw: randomness, on the CPU.

        Returns:
            batch x 3 x size x size.
        """
        return resample(images, self.boxes(len(images), draw).to(images.device), self.size)

    def boxes(self, count: int, draw: Generator) -> Tensor:
        """Draw where to cut: count x (centre x, centre y, width, height) in shares of the image.

        The width is negative where the view is flipped. A crop longer than the image is cut to its length.
        """
        area = _uniform(count, self.low, self.high, draw)
        ratio = torch.exp(_uniform(count, math.log(self.ratio[0]), math.log(self.ratio[1]), draw))
        width, height = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
        x = width / 2 + (1 - width) * torch.rand(count, generator=draw)
        y = height / 2 + (1 - height) * torch.rand(count, generator=draw)
        flipped = torch.rand(count, generator=draw) < self.flip
        return torch.stack([x, y, torch.where(flipped, -width, width), height], dim=1)


def resample(images: Tensor, boxes: Tensor, size: int) -> Tensor:
    """Cut boxes out of images, bilinearly.

    Args:
        images: batch x 3 x height x width.
        boxes: see :meth:`Crop.boxes`.
        size: side of what comes out.
    """
    x, y, width, height = boxes.unbind(1)
    zero = torch.zeros_like(x)
    theta = torch.stack([width, zero, 2 * x - 1, zero, height, 2 * y - 1], dim=1).view(-1, 2, 3)
    grid = functional.affine_grid(theta, [len(images), 3, size, size], align_corners=False)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


@final
@dataclass(frozen=True)
class Colour:
    """Random colours: jitter, and now and then none at all (Chen et al. 2020, 2002.05709, appendix A).

    Attributes:
        brightness: the image times 1 - b to 1 + b.
        contrast: against its mean grey.
        saturation: against its grey.
        hue: turns of the colour circle, to either side.
        chance: how often colours are jittered.
        grey: how often they are taken away.
    """

    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.4
    hue: float = 0.1
    chance: float = 0.8
    grey: float = 0.2

    def __call__(self, images: Tensor, draw: Generator) -> Tensor:
        """Jitter each image of a batch on its own.

        Args:
            images: batch x 3 x height x width, 0 to 1.
            draw: randomness, on the CPU.
        """
        count = len(images)
        jittered = torch.rand(count, generator=draw) < self.chance
        factors = [
            torch.where(jittered, _uniform(count, low, high, draw), torch.tensor(rest))
            for low, high, rest in (
                (1 - self.brightness, 1 + self.brightness, 1.0),
                (1 - self.contrast, 1 + self.contrast, 1.0),
                (1 - self.saturation, 1 + self.saturation, 1.0),
                (-self.hue, self.hue, 0.0),
            )
        ]
        grey = torch.rand(count, generator=draw) < self.grey
        factors[2] = torch.where(grey, torch.zeros(()), factors[2])
        return jitter(images, *(factor.to(images.device) for factor in factors))


def jitter(images: Tensor, brightness: Tensor, contrast: Tensor, saturation: Tensor, hue: Tensor) -> Tensor:
    """Brightness, then contrast, saturation and hue; cut off at black and white at the end.

    Args:
        images: batch x 3 x height x width, 0 to 1.
        brightness: batch factors: 1 changes nothing.
        contrast: likewise.
        saturation: likewise; 0 is grey.
        hue: batch turns: 0 changes nothing.
    """
    luma = torch.tensor(GREY, device=images.device)
    mean = torch.einsum("c,bchw->b", luma, images) / images[0, 0].numel() * brightness
    colours = torch.eye(3, device=images.device) * saturation.view(-1, 1, 1)
    colours = colours + (1 - saturation).view(-1, 1, 1) * luma.expand(3, 3)
    colours = _turned(hue) @ colours
    matrix = colours * (brightness * contrast).view(-1, 1, 1)
    # Contrast adds a grey, which saturation and hue leave as it is.
    offset = ((1 - contrast) * mean).view(-1, 1, 1).expand(-1, 3, 1)
    flat = torch.baddbmm(offset, matrix, images.flatten(2))
    return flat.clamp_(0, 1).view_as(images)


def _turned(hue: Tensor) -> Tensor:
    """Colour matrices that turn hue: batch x 3 x 3."""
    to_yiq = torch.tensor(_YIQ, device=hue.device)
    angle = 2 * torch.pi * hue
    cos, sin, one, zero = angle.cos(), angle.sin(), torch.ones_like(hue), torch.zeros_like(hue)
    turn = torch.stack([one, zero, zero, zero, cos, -sin, zero, sin, cos], dim=1).view(-1, 3, 3)
    matrix: Tensor = torch.linalg.inv(to_yiq) @ turn @ to_yiq
    return matrix


@final
@dataclass(frozen=True)
class Blur:
    """A Gaussian blur, now and then.

    Published: a standard deviation of 0.1 to 2 pixels of 224, half of the time. It scales with the side of the view;
    below 56 pixels it would be under half a pixel at most, which changes nothing, and is left out.

    Attributes:
        size: side of the views.
        chance: how often.
    """

    size: int
    chance: float = 0.5

    @property
    def strongest(self) -> float:
        """The largest standard deviation in pixels; 0 where there is none."""
        sigma = 2 * self.size / 224
        return sigma if sigma >= 0.5 else 0.0

    def __call__(self, images: Tensor, draw: Generator) -> Tensor:
        """Blur each image on its own.

        Args:
            images: batch x 3 x height x width.
            draw: randomness, on the CPU.
        """
        if not self.strongest:
            return images
        count = len(images)
        sigma = _uniform(count, 0.1 * self.size / 224, self.strongest, draw).to(images.device)
        chosen = (torch.rand(count, generator=draw) < self.chance).to(images.device)
        reach = round(3 * self.strongest)
        along = torch.arange(-reach, reach + 1, device=images.device)
        kernel = torch.exp(-0.5 * (along / sigma.view(-1, 1)) ** 2)
        kernel = (kernel / kernel.sum(dim=1, keepdim=True)).repeat_interleave(3, dim=0)
        height, width = images.shape[-2:]
        x = functional.pad(images.reshape(1, -1, height, width), [reach] * 4, mode="reflect")
        x = functional.conv2d(x, kernel.view(3 * count, 1, 1, -1), groups=3 * count)
        x = functional.conv2d(x, kernel.view(3 * count, 1, -1, 1), groups=3 * count)
        return torch.where(chosen.view(-1, 1, 1, 1), x.view_as(images), images)


@final
@dataclass(frozen=True)
class View:
    """A crop with its colours."""

    crop: Crop
    colour: Colour | None = None
    blur: Blur | None = None

    def __call__(self, images: Tensor, draw: Generator) -> Tensor:
        """Cut and colour a view of each image: batch x 3 x size x size, 0 to 1."""
        view = self.crop(images, draw)
        view = view if self.colour is None else self.colour(view, draw)
        return view if self.blur is None else self.blur(view, draw)


def strong(size: int, low: float, high: float = 1.0) -> View:
    """The augmentation that contrastive methods share since SimCLR: crop, flip, jitter, grey, blur."""
    return View(Crop(size, low, high), Colour(), Blur(size))


def puzzle(canvas: Tensor, shifts: Tensor, order: Tensor, piece: int) -> Tensor:
    """Cut images into pieces and shuffle them: lightly's ``Jigsaw``, a batch at a time (tested against it).

    Each cell of the grid gives one piece, from a random place inside the cell, so that no piece can be told by where
    an edge goes on in the next.

    Args:
        canvas: batch x 3 x side x side.
        shifts: batch x pieces x 2: how far a piece is from its cell's upper left corner, rows and columns of pixels.
        order: batch x pieces: which piece comes first, second, …
        piece: side of a piece in pixels.

    Returns:
        batch x pieces x 3 x piece x piece.
    """
    count, pieces = order.shape
    grid = round(pieces**0.5)
    cell = canvas.shape[-1] // grid
    number = torch.arange(pieces, device=canvas.device)
    corner = torch.stack([number // grid, number % grid], dim=1) * cell + shifts
    corner = corner.gather(1, order.unsqueeze(2).expand(-1, -1, 2))
    along = torch.arange(piece, device=canvas.device)
    rows = (corner[:, :, 0, None] + along)[:, :, :, None]
    columns = (corner[:, :, 1, None] + along)[:, :, None, :]
    image = torch.arange(count, device=canvas.device).view(-1, 1, 1, 1)
    return canvas.permute(0, 2, 3, 1)[image, rows, columns].permute(0, 1, 4, 2, 3)


def orders(count: int, pieces: int, draw: Generator) -> Tensor:
    """A random order of the pieces for each image: count x pieces."""
    return torch.rand(count, pieces, generator=draw).argsort(dim=1)


def _uniform(count: int, low: float, high: float, draw: Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=draw)
