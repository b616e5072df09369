"""Pre-training against the bare passes of its network, and MoCo v2 against lightly's own example, in one run.

    python benchmarks/pretraining.py --rounds 5

Goal: a step costs little more than the passes through the network that it is made of. "bare" makes those passes,
forward and backward, on fixed random tensors, and steps the optimiser: no images, views, heads, losses or checkpoints.
Which passes they are is recorded from a step of the method itself.

lightly's example is the one of its documentation, https://docs.lightly.ai/self-supervised-learning/examples/moco.html
(MoCo v2 in plain PyTorch): its transform, data loader, loss, momentum schedule and SGD, with virb's network, images,
batch and queue in place of its ResNet-18 and CIFAR-10. Images are in memory on both sides. Its data loader has no
workers at first, and then as many as there are cores.

Rates are of the steps behind the warm-up; virb's are read from the run's own curves.
"""

import argparse
import csv
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from pathlib import Path

import torch
from lightly.loss import NTXentLoss
from lightly.models.modules import MoCoProjectionHead
from lightly.models.utils import deactivate_requires_grad, update_momentum
from lightly.transforms import MoCoV2Transform
from lightly.utils.scheduler import cosine_schedule
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from virb.data import open_pretraining_data
from virb.encoders._architectures import untrained
from virb.pretrain import METHODS, pretrain
from virb.pretrain.objectives import Batch
from virb.progress import Quiet
from virb.spec import Recipe

SIZE, BATCH, ARCH, DATA = 48, 64, "narrow_resnet10_w16", "world:objects"
WARM_UP = 10
"""Steps that are not timed; virb writes a row of its curves every ten steps."""
Passes = list[tuple[tuple[int, ...], bool]]


def main() -> None:
    """Print images a second of each, alternating, and the ratios."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--steps", type=int, default=30, help="timed steps, a multiple of ten")
    options.add_argument("--images", type=int, default=2560)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--methods", default=",".join(METHODS.names()))
    asked = options.parse_args()
    torch.set_num_threads(asked.threads)
    recipes = {name: recipe(name, asked.steps, asked.images) for name in asked.methods.split(",")}
    runners: dict[str, Callable[[], float]] = {}
    for name, one in recipes.items():
        runners[f"{name}, virb"] = partial(virb_rate, one, asked.threads)
        runners[f"{name}, bare"] = partial(bare_rate, passes_of(one, asked.images), asked.steps)
    if "moco-v2" in recipes:
        pictures = read_pictures(asked.images)
        for workers in (0, os.cpu_count() or 1):
            runners[lightly_row(workers)] = partial(lightly_rate, pictures, workers, asked.steps)
    rates: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(asked.rounds):
        for name, run in runners.items():
            rates[name].append(run())
    print(f"{ARCH} at {SIZE} px, batches of {BATCH}, {asked.threads} threads, median of {asked.rounds} rounds")
    for name, values in rates.items():
        print(f"{name:<34} {statistics.median(values):8.1f} images/s")
    for name in recipes:
        show_ratio(f"{name}: virb to bare", rates[f"{name}, virb"], rates[f"{name}, bare"])
    for name in [name for name in rates if name.startswith("lightly")]:
        show_ratio(f"moco-v2: virb to {name}", rates["moco-v2, virb"], rates[name])


def lightly_row(workers: int) -> str:
    """What the row of lightly's example is called."""
    return f"lightly's example, {workers} workers"


def show_ratio(title: str, ours: list[float], theirs: list[float]) -> None:
    """Print the median of the rounds' ratios, and the range."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    print(f"{title:<46} {statistics.median(ratios):6.3f}  [{min(ratios):.3f}, {max(ratios):.3f}]")


# ------------------------------------------------------------------------------------------------ virb


def recipe(method: str, steps: int, images: int) -> Recipe:
    """A run of the warm-up and the timed steps, with one checkpoint, behind them."""
    seen = (WARM_UP + steps) * BATCH
    return Recipe(
        method=method,
        arch=ARCH,
        data=DATA,
        images=images,
        images_seen=seen,
        size=SIZE,
        batch=BATCH,
        settings={"legs": 1},
    )


def virb_rate(one: Recipe, threads: int) -> float:
    """Images a second between the rows of the curves at the end of the warm-up and at the end."""
    with tempfile.TemporaryDirectory() as place:
        pretrain(one, Path(place) / "run", threads=threads)
        with (Path(place) / "run" / "curves.csv").open() as file:
            rows = list(csv.DictReader(file))
    first = next(row for row in rows if int(row["step"]) == WARM_UP)
    seen = int(rows[-1]["images_seen"]) - int(first["images_seen"])
    return seen / (float(rows[-1]["seconds"]) - float(first["seconds"]))


# ------------------------------------------------------------------------------------------------ bare passes


def passes_of(one: Recipe, images: int) -> Passes:
    """The shapes that a step of a method sends through its trunks, and whether a gradient comes back."""
    trunk = untrained(ARCH, SIZE, 0).module.train()
    objective = METHODS.load(one.method).build(trunk, trunk.num_features, one, images, classes=10).train()
    passes: Passes = []

    def note(_module: nn.Module, given: tuple[Tensor, ...]) -> None:
        passes.append((tuple(given[0].shape), torch.is_grad_enabled()))

    for name, part in objective.named_children():
        if name.endswith("trunk"):
            part.register_forward_pre_hook(note)
    batch = Batch(torch.rand(BATCH, 3, 64, 64), torch.arange(BATCH), torch.zeros(BATCH, dtype=torch.long))
    objective(batch, torch.Generator().manual_seed(0), 0)
    return passes


def bare_rate(passes: Passes, steps: int) -> float:
    """Images a second of the passes alone, under the same optimiser."""
    trunk = untrained(ARCH, SIZE, 0).module.train().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(trunk.parameters(), lr=1e-3)
    views = [(torch.randn(shape).contiguous(memory_format=torch.channels_last), grad) for shape, grad in passes]

    def step() -> None:
        optimiser.zero_grad()
        embeddings = []
        for view, grad in views:
            with torch.set_grad_enabled(grad):
                embeddings.append(trunk(view))
        torch.stack([one.square().mean() for one in embeddings]).sum().backward()
        optimiser.step()

    return timed_steps(step, steps)


def timed_steps(step: Callable[[], None], steps: int) -> float:
    """Images a second of a step, behind the warm-up."""
    for _ in range(WARM_UP):
        step()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return steps * BATCH / (time.perf_counter() - start)


# ------------------------------------------------------------------------------------------------ lightly's example


class Pictures(Dataset[tuple[list[Tensor], int]]):
    """Images in memory, seen through lightly's transform."""

    def __init__(self, pictures: list[Image.Image]) -> None:
        self.pictures = pictures
        self.transform = MoCoV2Transform(input_size=SIZE)

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, row: int) -> tuple[list[Tensor], int]:
        return self.transform(self.pictures[row]), 0


class MoCo(nn.Module):
    """The trunk and head of the queries, and those of the keys."""

    def __init__(self, trunk: nn.Module, width: int) -> None:
        super().__init__()
        self.query = nn.Sequential(trunk, MoCoProjectionHead(width, width, 128))
        self.key = deepcopy(self.query)
        deactivate_requires_grad(self.key)


def read_pictures(images: int) -> list[Image.Image]:
    """The images that virb learns from, as the example's transform takes them."""
    dataset = open_pretraining_data(DATA, images, progress=Quiet())
    return [Image.fromarray(dataset.read(int(row))) for row in dataset.images[:, 0]]


def lightly_rate(pictures: list[Image.Image], workers: int, steps: int) -> float:
    """Images a second of the example's loop, its data loader included."""
    trunk = untrained(ARCH, SIZE, 0).module.train()
    model = MoCo(trunk, trunk.num_features)
    loader = DataLoader(Pictures(pictures), batch_size=BATCH, shuffle=True, drop_last=True, num_workers=workers)
    criterion = NTXentLoss(memory_bank_size=(2048, 128))
    optimiser = torch.optim.SGD(model.parameters(), lr=0.06)
    batches = endless(loader)

    def step() -> None:
        queries, keys = next(batches)
        update_momentum(model.query, model.key, m=cosine_schedule(0, 10, 0.996, 1))
        loss = criterion(model.query(queries), model.key(keys).detach())
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()

    return timed_steps(step, steps)


def endless(loader: DataLoader[tuple[list[Tensor], int]]) -> Iterator[list[Tensor]]:
    """The views of batch after batch."""
    while True:
        for views, _ in loader:
            yield views


if __name__ == "__main__":
    main()
