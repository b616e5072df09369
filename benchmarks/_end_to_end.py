"""Small convolutional networks trained on one task from scratch: what the images say to whoever may learn all of it.

Image-level tasks get five halving stages and a linear layer, dense tasks a U-Net; the images of an example are stacked
as channels. Every task has the same recipe: AdamW on a one-cycle schedule, mirrored images where the target says what
becomes of it, small changes of colour, and for image-level tasks small shifts. Nothing is chosen, so that nothing needs
to be held back: training sees fit and select.
"""

import math
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from virb.spec import Classes, Target, Values

WIDTHS = (32, 64, 128, 256, 256)
DENSE_WIDTHS = (24, 48, 96, 160, 160)
SHIFT = 1 / 16
"""Share of its side that an image-level example may move to any side."""
NO_LABEL = -100
"""What torch's cross entropy leaves out."""


@dataclass(frozen=True)
class Recipe:
    """How a network is trained."""

    epochs: int
    batch: int
    rate: float
    decay: float = 0.05


IMAGE_LEVEL = Recipe(epochs=40, batch=32, rate=1e-3)
DENSE = Recipe(epochs=24, batch=16, rate=2e-3)


@dataclass(frozen=True)
class Part:
    """Examples.

    Attributes:
        images: n x images x height x width x 3, uint8.
        truth: n ids; dense: n x height x width ids, or n x height x width x size numbers, NaN where missing.
    """

    images: NDArray[np.uint8]
    truth: NDArray[Any]

    def __len__(self) -> int:
        return len(self.images)


def train_and_predict(
    known: Part, images: NDArray[np.uint8], target: Target, seed: int, effort: float = 1.0
) -> NDArray[np.float32]:
    """Train a network on ``known`` and let it answer for ``images``.

    Args:
        known: what it is trained on.
        images: as those of ``known``.
        target: of the task.
        seed: of weights, batches and augmentation.
        effort: share of the recipe's epochs.

    Returns:
        Predictions as ``virb.metrics.Meter`` takes them.
    """
    recipe = DENSE if target.dense else IMAGE_LEVEL
    recipe = replace(recipe, epochs=max(1, round(effort * recipe.epochs)))
    torch.manual_seed(seed)
    frames = known.images.shape[1]
    aim = _aim(target, known.truth)
    network = (UNet if target.dense else Classifier)(3 * frames, aim.outputs).to(memory_format=torch.channels_last)
    _train(network, known, aim, recipe, seed, target.dense)
    network.eval()
    with torch.inference_mode():
        outputs = [aim.answer(network(_floats(images[rows]))) for rows in _batches(len(images), 64)]
    return np.concatenate([part.numpy() for part in outputs])


def _train(network: nn.Module, known: Part, aim: "Aim", recipe: Recipe, seed: int, dense: bool) -> None:
    draw = torch.Generator().manual_seed(seed)
    steps = recipe.epochs * (len(known) // recipe.batch or 1)
    decayed = [p for p in network.parameters() if p.ndim > 1]
    plain = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": recipe.decay}, {"params": plain, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=recipe.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=steps, pct_start=0.2)
    network.train()
    start = time.perf_counter()
    for epoch in range(recipe.epochs):
        total, count = 0.0, 0
        order = torch.randperm(len(known), generator=draw).numpy()
        for rows in _batches(len(known), recipe.batch):
            if count and len(rows) < recipe.batch:
                break  # a last batch of a few would shake the batch norms
            images, truth = _floats(known.images[order[rows]]), aim.truth(known.truth[order[rows]])
            images, truth = _augment(images, truth, aim, dense, draw)
            loss = aim.loss(network(images.contiguous(memory_format=torch.channels_last)), truth)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total, count = total + loss.item(), count + 1
        if (epoch + 1) % max(1, recipe.epochs // 4) == 0:
            print(
                f"    epoch {epoch + 1:3d}  loss {total / count:.3f}  {time.perf_counter() - start:4.0f} s", flush=True
            )


def _batches(count: int, size: int) -> Iterator[NDArray[np.int64]]:
    for start in range(0, count, size):
        yield np.arange(start, min(start + size, count))


def _floats(images: NDArray[np.uint8]) -> Tensor:
    """N x images x height x width x 3 to n x (3 images) x height x width, around zero."""
    count, frames, height, width, _ = images.shape
    stacked = torch.from_numpy(images).permute(0, 1, 4, 2, 3).reshape(count, 3 * frames, height, width)
    return stacked.float().sub_(127.5).div_(64).contiguous(memory_format=torch.channels_last)


def _augment(images: Tensor, truth: Tensor, aim: "Aim", dense: bool, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    count, channels = images.shape[:2]
    if aim.mirror is not None:
        turned = torch.rand(count, generator=draw) < 0.5
        images, truth = images.clone(), truth.clone()
        images[turned] = images[turned].flip(-1)
        truth[turned] = aim.mirror(truth[turned])
    # One gain and offset for all images of an example: what happened between them must stay what it was.
    gain = 1 + 0.2 * (2 * torch.rand(count, 1, 1, 1, generator=draw) - 1)
    tint = 1 + 0.1 * (2 * torch.rand(count, 3, 1, 1, generator=draw) - 1)
    offset = 0.2 * torch.randn(count, 1, 1, 1, generator=draw)
    images = images * (gain * tint).repeat(1, channels // 3, 1, 1) + offset
    if not dense:
        height, width = images.shape[2:]
        most = round(SHIFT * height)
        down, across = torch.randint(0, 2 * most + 1, (2,), generator=draw).tolist()
        padded = functional.pad(images, (most,) * 4, mode="replicate")
        images = padded[:, :, down : down + height, across : across + width]
    return images, truth


@dataclass(frozen=True)
class Aim:
    """What a network's outputs mean.

    Attributes:
        outputs: how many there are, for the image or each pixel.
        truth: from an array of truth to the tensor that the loss takes.
        loss: of outputs and truth.
        answer: from outputs to predictions.
        mirror: what becomes of the truth when images are mirrored; None where that is not known.
    """

    outputs: int
    truth: Callable[[NDArray[Any]], Tensor]
    loss: Callable[[Tensor, Tensor], Tensor]
    answer: Callable[[Tensor], Tensor]
    mirror: Callable[[Tensor], Tensor] | None


def _aim(target: Target, truth: NDArray[Any]) -> Aim:
    if isinstance(target, Classes):
        return _classes(target)
    assert target.dense, "no world task asks for numbers of a whole image"
    return _depth(truth) if target.positive else _flow(target, truth)


def _classes(target: Classes) -> Aim:
    swap = mirrored_classes(target.names)

    def ids(truth: NDArray[Any]) -> Tensor:
        known = torch.from_numpy(truth.astype(np.int64))
        return known if target.ignore is None else known.masked_fill_(known == target.ignore, NO_LABEL)

    def mirror(truth: Tensor) -> Tensor:
        assert swap is not None
        swapped = torch.where(truth == NO_LABEL, truth, torch.tensor(swap)[truth.clamp(min=0)])
        return swapped.flip(-1) if target.dense else swapped

    def answer(outputs: Tensor) -> Tensor:
        log = outputs.log_softmax(dim=1)
        return log.permute(0, 2, 3, 1) if target.dense else log

    def loss(outputs: Tensor, truth: Tensor) -> Tensor:
        return functional.cross_entropy(outputs, truth, ignore_index=NO_LABEL)

    return Aim(target.count, ids, loss, answer, None if swap is None else mirror)


def mirrored_classes(names: tuple[str, ...]) -> list[int] | None:
    """For each class the id of what it is in a mirror: left is right. None where a name's mirror image has no name."""
    if not names:
        return None
    mirror = {"left": "right", "right": "left"}
    mirrored = [re.sub(r"\b(left|right)\b", lambda found: mirror[found[0]], name) for name in names]
    return [names.index(name) for name in mirrored] if set(mirrored) == set(names) else None


def _depth(truth: NDArray[Any]) -> Aim:
    """The logarithm is what is predicted, and its L1 loss what is minimised: a factor is a factor, near and far."""
    centre = float(np.nanmedian(np.log(truth[:: max(1, len(truth) // 200)])))
    return Aim(
        outputs=1,
        truth=lambda known: torch.from_numpy(known.astype(np.float32)).log().permute(0, 3, 1, 2),
        loss=lambda outputs, known: _mean_known((outputs + centre - known).abs(), known),
        answer=lambda outputs: (outputs + centre).exp().permute(0, 2, 3, 1),
        mirror=lambda known: known.flip(-1),
    )


def _flow(target: Values, truth: NDArray[Any]) -> Aim:
    """Mean length of the error; mirrored, what moved to the right moves to the left."""
    sample = truth[:: max(1, len(truth) // 200)]
    scale, middle = float(np.nanstd(sample)), np.nanmedian(sample, axis=(0, 1, 2)).astype(np.float32)
    centre = torch.from_numpy(middle).view(-1, 1, 1)
    sign = torch.tensor([-1.0, 1.0]).view(2, 1, 1)

    def loss(outputs: Tensor, known: Tensor) -> Tensor:
        length = (outputs * scale + centre - known.nan_to_num()).square().sum(dim=1).add(1e-6).sqrt()
        return _mean_known(length, known[:, 0])

    return Aim(
        outputs=target.size,
        truth=lambda known: torch.from_numpy(known.astype(np.float32)).permute(0, 3, 1, 2),
        loss=loss,
        answer=lambda outputs: (outputs * scale + centre).permute(0, 2, 3, 1),
        mirror=lambda known: known.flip(-1) * sign,
    )


def _mean_known(losses: Tensor, known: Tensor) -> Tensor:
    there = ~known.isnan()
    return torch.where(there, losses, 0).sum() / there.sum().clamp(min=1)


class Stage(nn.Module):
    """Two 3 x 3 convolutions with batch norm, the second around a short cut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(*_convolution(inputs, outputs, stride), nn.ReLU(inplace=True))
        self.second = nn.Sequential(*_convolution(outputs, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Batch x inputs x rows x columns to batch x outputs x rows / stride x columns / stride."""
        x = self.first(x)
        return functional.relu(x + self.second(x))


def _convolution(inputs: int, outputs: int, stride: int) -> tuple[nn.Module, nn.Module]:
    return nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False), nn.BatchNorm2d(outputs)


class Classifier(nn.Module):
    """Five halving stages, mean and maximum over space, dropout, a linear layer."""

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()
        inputs = (channels, *WIDTHS[:-1])
        self.stages = nn.Sequential(*(Stage(i, o, 2) for i, o in zip(inputs, WIDTHS, strict=True)))
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(2 * WIDTHS[-1], outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Batch x channels x rows x columns to batch x outputs."""
        maps = self.stages(x)
        logits: Tensor = self.head(torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1))
        return logits


class UNet(nn.Module):
    """Down to a thirty-second and up again to half the resolution, then one thin layer at the full one."""

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()
        inputs = (channels, *DENSE_WIDTHS[:-1])
        self.down = nn.ModuleList(Stage(i, o, 2) for i, o in zip(inputs, DENSE_WIDTHS, strict=True))
        below, beside = DENSE_WIDTHS[:0:-1], DENSE_WIDTHS[-2::-1]
        self.up = nn.ModuleList(Stage(b + s, s, 1) for b, s in zip(below, beside, strict=True))
        self.last = nn.Sequential(*_convolution(DENSE_WIDTHS[0] + channels, 16, 1), nn.ReLU(inplace=True))
        self.head = nn.Conv2d(16, outputs, 1)
        nn.init.normal_(self.head.weight, std=0.1 / math.sqrt(16))

    def forward(self, x: Tensor) -> Tensor:
        """Batch x channels x rows x columns to batch x outputs x rows x columns."""
        maps, left = x, [x]
        for stage in self.down:
            maps = stage(maps)
            left.append(maps)
        left.pop()
        for stage in (*self.up, self.last):
            beside = left.pop()
            maps = stage(torch.cat([functional.interpolate(maps, beside.shape[2:], mode="nearest"), beside], dim=1))
        outputs: Tensor = self.head(maps)
        return outputs
