"""Heads that are trained in steps: all trials in one pass over the features, each as it would become alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from virb.errors import ExperimentError
from virb.heads._stack import Stack
from virb.probes import Examples, Floats, Head, Ints, Score, Settings, Sweep
from virb.probes._choice import Contest, edge_notes, layer_of, settings_of
from virb.probes._inputs import Batches, Inputs
from virb.probes._optimisers import Method, StackOptimiser, cosine
from virb.probes._path import ABSENT
from virb.spec import Classes, ProbeSpec, Target

Build = Callable[[tuple[int, ...], int, int, Generator], Stack]
"""From the shape of one example's inputs, a number of classes and of heads, to heads with their first weights."""


@final
@dataclass(frozen=True)
class Recipe:
    """How heads of one kind are trained.

    Attributes:
        inputs: learns from examples, at a layer, what heads read.
        build: makes the heads.
        method: the optimiser; learning rates fall along half a cosine.
        steps: how many, the same for the trials and for the refit, whatever the number of examples.
        batch: examples a step at most.
        base: the batch that learning rates are given for: in proportion, as Goyal et al. 2017 scale them (*Accurate,
            Large Minibatch SGD*). None leaves them as they are.
    """

    inputs: Callable[[Examples, str], Inputs]
    build: Build
    method: Method
    steps: int
    batch: int
    base: int | None = None


def sweep(
    spec: ProbeSpec, recipe: Recipe, fit: Examples, select: Examples, target: Target, score: Score, seed: int
) -> Sweep:
    """Train every trial of the grid on every layer, and choose. See :meth:`virb.probes.Probe.sweep`.

    Of equals the larger weight decay is chosen, then the smaller learning rate.
    """
    assert isinstance(target, Classes)
    contest, tried = Contest(score, select.labels), trials(spec)
    for layer in spec.layers:
        trained = Trained(recipe, fit, layer, target.count, tried, seed)
        batches = trained.inputs.open(select.features[layer])
        for place, settings in enumerate(tried):
            outputs = trained.log_probabilities(batches, len(select), place)
            contest.enter(settings_of(settings, layer, spec.layers), -place, outputs)
    choice, outputs = contest.winner
    # Of two weight decays either is an edge, which tells nobody anything.
    long = {name: values for name, values in spec.grid.items() if len(values) > 2}
    edges = edge_notes(choice, long, natural={"weight_decay": 0})
    return Sweep(choice, contest.trials, outputs, (*contest.notes, *edges))


def refit(spec: ProbeSpec, recipe: Recipe, examples: Examples, target: Target, choice: Settings, seed: int) -> Head:
    """Train one head. See :meth:`virb.probes.Probe.refit`."""
    assert isinstance(target, Classes)
    layer = layer_of(choice, spec)
    trained = Trained(recipe, examples, layer, target.count, [{name: float(choice[name]) for name in spec.grid}], seed)
    if not all(parameter.isfinite().all() for parameter in trained.stack.parameters()):
        shown = ", ".join(f"{name} = {choice[name]:g}" for name in spec.grid)
        raise ExperimentError(f"The head fitted again on fit and select diverged, at {shown}.")

    def predict(features: Mapping[str, Any]) -> Floats:
        rows = features[layer]
        return trained.log_probabilities(trained.inputs.open(rows), len(rows), 0)

    share = recipe.steps * recipe.batch / len(examples)
    note = f"{recipe.steps:,} steps of {recipe.batch} examples saw {share:.0%} of the {len(examples):,}, and none twice"
    return Head(predict, (note,) if share < 1 else ())


def trials(spec: ProbeSpec) -> list[dict[str, float]]:
    """Every combination of ``lr`` and ``weight_decay``, the strongest regularisation first."""
    decays, rates = sorted(spec.grid["weight_decay"], reverse=True), sorted(spec.grid["lr"])
    return [{"lr": rate, "weight_decay": decay} for decay in decays for rate in rates]


@final
class Trained:
    """Heads of one layer, one for each of some settings.

    The mean cross entropy of each is minimised from the same first weights over the same batches; whatever one of them
    does, even if it ends in numbers that are not finite, the others do not notice.

    Args:
        recipe: how.
        examples: to learn from; not every class need occur.
        layer: which.
        classes: how many.
        tried: settings, with ``lr`` and ``weight_decay``.
        seed: of the first weights and of the batches.

    Attributes:
        inputs: what the heads read.
        stack: the heads.

    Raises:
        ExperimentError: features are not finite, or the same for every example.
    """

    def __init__(
        self,
        recipe: Recipe,
        examples: Examples,
        layer: str,
        classes: int,
        tried: Sequence[Mapping[str, float]],
        seed: int,
    ) -> None:
        generator = Generator().manual_seed(seed)
        self._classes, self._batch = classes, recipe.batch
        self._present, ids = np.unique(examples.labels, return_inverse=True)
        self.inputs = recipe.inputs(examples, layer)
        self.stack = recipe.build(self.inputs.shape, len(self._present), len(tried), generator)
        scale = 1.0 if recipe.base is None else recipe.batch / recipe.base
        parameters = list(self.stack.parameters())
        rates, decays = ([settings[name] for settings in tried] for name in ("lr", "weight_decay"))
        optimiser = StackOptimiser(recipe.method, parameters, [scale * rate for rate in rates], decays)
        batches = self.inputs.open(examples.features[layer])
        for rows, share in zip(
            orders(len(ids), recipe.batch, recipe.steps, generator), cosine(recipe.steps), strict=True
        ):
            loss = self._loss(batches(rows), torch.from_numpy(ids[rows]))
            optimiser.step(torch.autograd.grad(loss, parameters), share)

    def log_probabilities(self, batches: Batches, count: int, head: int) -> Floats:
        """What one head says of ``count`` examples: count x classes."""
        outputs = np.full((count, self._classes), ABSENT, np.float32)
        for first in range(0, count, self._batch):
            rows = np.arange(first, min(first + self._batch, count))
            with torch.no_grad():
                scores = self.stack.one(head, batches(rows)).log_softmax(dim=1)
            outputs[rows[:, None], self._present] = scores.cpu().numpy()
        return outputs

    def _loss(self, inputs: Tensor, labels: Tensor) -> Tensor:
        scores: Tensor = self.stack(inputs)
        heads, _, classes = scores.shape
        truth = labels.to(scores.device).repeat(heads)
        # A sum over heads of their means: none of its parts depends on how many others there are.
        return cross_entropy(scores.reshape(-1, classes), truth, reduction="sum") / len(labels)


def orders(n: int, batch: int, steps: int, generator: Generator) -> Iterator[Ints]:
    """Ids of ``batch`` examples a step, or of all: each example comes once before any comes again."""
    queue = np.empty(0, np.int64)
    for _ in range(steps):
        if len(queue) < min(batch, n):
            queue = np.concatenate([queue, torch.randperm(n, generator=generator, device="cpu").numpy()])
        yield queue[: min(batch, n)]
        queue = queue[min(batch, n) :]
