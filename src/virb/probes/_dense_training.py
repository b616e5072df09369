"""Networks that read maps: one for each learning rate, trained side by side on the same batches."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, final

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import AdamW

from virb.errors import ExperimentError
from virb.probes import Examples, Floats, Head, Ints, Rows, Score, Settings, Sweep
from virb.probes._channels import Channels, chosen, read
from virb.probes._choice import edge_notes
from virb.probes._descent import orders
from virb.probes._heats import Heats
from virb.probes._optimisers import cosine
from virb.probes._truth import truth_of
from virb.spec import ProbeSpec, Target

BATCH = 32
"""Examples in a step."""
NUMBERS = 100_000_000
"""Numbers of maps and answers of the examples that go through a network together, 400 MB of float32, of which training
takes a few times as much. Where a step has more, its gradient is the sum of those of its parts."""
DECAY = 0.01
"""AdamW's weight decay, its default."""
LARGEST = 1.0
"""Gradients longer than this are cut to it."""

Build = Callable[[Sequence[int], int], nn.Module]
"""From the widths of the maps and the number of output channels to a network from maps to one map."""


def sweep(
    spec: ProbeSpec,
    build: Build,
    steps: int,
    fit: Examples,
    select: Examples,
    target: Target,
    score: Score,
    seed: int,
    stride: int = 1,
) -> Sweep:
    """Train a network for each learning rate of the grid, and choose. See :meth:`virb.probes.Probe.sweep`.

    Of equals the smaller learning rate is chosen.
    """
    rates = sorted(spec.grid["lr"])
    trained = TrainedMaps(fit, spec.layers, target, build, rates, steps, seed, stride)
    heats = Heats(select, target, score)
    trials: list[Settings] = [{"lr": rate} for rate in rates]
    heats.enter(trials, [-rate for rate in rates], spec.layers, trained.predictions)
    choice = heats.choice
    return Sweep(choice, heats.trials, None, (*heats.notes, *edge_notes(choice, spec.grid)))


def refit(
    spec: ProbeSpec,
    build: Build,
    steps: int,
    examples: Examples,
    target: Target,
    choice: Settings,
    seed: int,
    stride: int = 1,
) -> Head:
    """Train one network. See :meth:`virb.probes.Probe.refit`."""
    trained = TrainedMaps(examples, spec.layers, target, build, [float(choice["lr"])], steps, seed, stride)
    if trained.diverged:
        raise ExperimentError(f"The head fitted again on fit and select diverged, at lr = {choice['lr']:g}.")

    def predict(features: Mapping[str, Any]) -> Floats:
        return next(trained.predictions(features))

    share = steps * BATCH / len(examples)
    note = f"{steps:,} steps of {BATCH} examples saw {share:.0%} of the {len(examples):,}, and none twice"
    return Head(predict, (note,) if share < 1 else ())


@final
class TrainedMaps:
    """Fitted networks, one for each learning rate. All start at the same draw and see the same batches.

    Args:
        examples: to fit on.
        layers: read together, from fine to coarse.
        target: dense.
        build: makes a network.
        rates: learning rates.
        steps: of AdamW.
        seed: of the first weights and of the order of the examples.
        stride: pixels of the labels that a cell spans at least. Cells of finer maps are averaged, so that a network
            whose first map is very fine does not cost many times what others do.

    Raises:
        ExperimentError: features that are constant or not finite, or no labelled pixel.
    """

    def __init__(
        self,
        examples: Examples,
        layers: Sequence[str],
        target: Target,
        build: Build,
        rates: Sequence[float],
        steps: int,
        seed: int,
        stride: int = 1,
    ) -> None:
        self._finest = max(1, examples.labels.shape[1] // stride)
        self._truth = truth_of(examples.labels, target)
        self._layers = layers
        rows = {layer: chosen(examples.features[layer], self._truth.rows) for layer in layers}
        labels = chosen(examples.labels, self._truth.rows)
        self._channels = {layer: Channels.of(rows[layer], layer) for layer in layers}
        self._networks = [self._built(build, [rows[layer].shape[-3] for layer in layers], seed) for _ in rates]
        descents = [_Descent(network, rate) for network, rate in zip(self._networks, rates, strict=True)]
        together = max(1, NUMBERS // self._numbers(rows))
        order = orders(len(labels), BATCH, steps, torch.Generator("cpu").manual_seed(seed))
        for ids, share in zip(order, cosine(steps), strict=True):
            # Ascending, as is kind to disks: the order inside a batch changes nothing.
            ids.sort()
            for part, weight in self._parts(ids, labels, together):
                maps = self._standardised({layer: read(rows[layer], part, layer) for layer in layers})
                truth = labels[part]
                for network in self._networks:
                    (self._loss(network, maps, truth) * weight).backward()
            for descent in descents:
                descent.step(share)

    def predictions(self, features: Mapping[str, Any]) -> Iterator[Floats]:
        """Yield the predictions of each network, from a batch of features."""
        with torch.inference_mode():
            maps = self._standardised(features)
            for network in self._networks:
                yield self._truth.answer(self._truth.scaled(network(maps)))

    @property
    def diverged(self) -> bool:
        """Whether some network has weights that are not finite."""
        return not all(weights.isfinite().all() for network in self._networks for weights in network.parameters())

    def _numbers(self, rows: Mapping[str, Rows]) -> int:
        """Of one example: see :data:`NUMBERS`."""
        height, width = self._truth.size
        return sum(math.prod(maps.shape[1:]) for maps in rows.values()) + self._truth.channels * height * width

    def _parts(self, ids: Ints, labels: Rows, together: int) -> Iterator[tuple[Ints, float]]:
        """A step's examples, so many at a time, each time with their share of its labelled pixels.

        A head treats each example by itself, and the loss is a mean over pixels: so the step is the same in parts.
        """
        if len(ids) <= together:
            yield ids, 1.0
            return
        parts = [ids[first : first + together] for first in range(0, len(ids), together)]
        known = [int(self._truth.known(labels[part]).sum()) for part in parts]
        for part, count in zip(parts, known, strict=True):
            yield part, count / sum(known)

    def _loss(self, network: nn.Module, maps: list[Tensor], labels: NDArray[Any]) -> Tensor:
        return self._truth.loss(self._truth.scaled(network(maps)), labels)

    def _standardised(self, features: Mapping[str, Any]) -> list[Tensor]:
        return [self._coarse(self._channels[layer](features[layer])) for layer in self._layers]

    def _coarse(self, maps: Tensor) -> Tensor:
        """Average cells of maps, n x … x rows x columns, that are finer than the stride."""
        factor = -(-maps.shape[-2] // self._finest)
        if factor == 1:
            return maps
        pooled: Tensor = functional.avg_pool2d(maps.flatten(0, -4), factor, ceil_mode=True)
        return pooled.view(*maps.shape[:-2], *pooled.shape[-2:])

    def _built(self, build: Build, widths: Sequence[int], seed: int) -> nn.Module:
        # The draws of a caller go on as if there had been none here.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return build(widths, self._truth.channels).to(memory_format=torch.channels_last)


@final
class _Descent:
    """AdamW on one network. One that diverged is left alone."""

    def __init__(self, network: nn.Module, rate: float) -> None:
        self._parameters = list(network.parameters())
        self._rate = rate
        self._optimiser = AdamW(self._parameters, lr=rate, weight_decay=DECAY, fused=True)

    def step(self, share: float) -> None:
        """Descend one step along the gradient that was summed up, at a share of the learning rate."""
        nn.utils.clip_grad_norm_(self._parameters, LARGEST)
        self._optimiser.param_groups[0]["lr"] = self._rate * share
        self._optimiser.step()
        self._optimiser.zero_grad()
