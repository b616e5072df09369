"""Pre-training of a few steps, in a file that other processes can import."""

import os
import signal
import sys
from pathlib import Path

import torch

from virb.encoders._architectures import untrained
from virb.pretrain import METHODS, pretrain
from virb.pretrain.objectives import Batch
from virb.spec import Recipe

ARCH = "narrow_resnet10_w8"
SIZE, BATCH, IMAGES = 16, 8, 32
SMALL = {
    "moco-v2": {"queue": 16.0, "momentum": 0.99, "temperature": 0.2, "projection": 8.0, "group": 4.0},
    "swav": {
        "temperature": 0.1,
        "epsilon": 0.05,
        "iterations": 3.0,
        "projection": 8.0,
        "prototypes": 8.0,
        "small-crops": 1.0,
        "queue": 16.0,
        "queue-from": 0.15,
        "frozen": 0.2,
    },
    "pirl": {"negatives": 12.0, "temperature": 0.07, "share": 0.5, "memory": 0.5, "projection": 8.0, "grid": 2.0},
    "supervised": {},
}
"""Settings of each method that suit a few dozen images, whatever its defaults are. Queues go round in two steps."""


def recipe(folder, method="moco-v2", settings=None, **more):
    """Ten steps with a checkpoint every two."""
    given = {"images_seen": 10 * BATCH, "size": SIZE, "batch": BATCH, **more}
    chosen = {"lr": 3e-3, "legs": 5.0, **SMALL[method], **(settings or {})}
    return Recipe(method=method, arch=ARCH, data=f"folder:{folder}", settings=chosen, **given)


def objective(method, seed=0, images=IMAGES, classes=3, **settings):
    """A method's objective around a small network, without a run; the seed is that of trunk and heads."""
    asked = recipe("nowhere", method, settings)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        trunk = untrained(ARCH, SIZE, seed).module.train()
        width = trunk.num_features
        return METHODS.load(method).build(trunk, width, asked, images, classes).train()


def batch(seed=0, count=BATCH, images=IMAGES, classes=3, side=21):
    """Random images with the rows and labels of some source."""
    draw = torch.Generator().manual_seed(seed)
    return Batch(
        torch.rand(count, 3, side, side, generator=draw),
        torch.randperm(images, generator=draw)[:count],
        torch.randint(0, classes, (count,), generator=draw),
    )


def draw(seed=0):
    return torch.Generator().manual_seed(seed)


class Stopping:
    """Progress that ends the run once so many images were seen, with an error or a signal."""

    def __init__(self, after, how):
        self.after, self.how = after, how
        self.said = []

    def say(self, text):
        self.said.append(text)

    def advance(self, what, done, total):
        if what != "images" and done >= self.after:
            if isinstance(self.how, signal.Signals):
                os.kill(os.getpid(), self.how)
            raise self.how


if __name__ == "__main__":  # train what a file says, and be killed behind step 5, one step past a checkpoint
    import virb.pretrain._training as training

    training.EVERY = 5
    asked = Recipe.model_validate_json(Path(sys.argv[1]).read_text())
    pretrain(asked, Path(sys.argv[2]), threads=1, progress=Stopping(5 * BATCH, signal.SIGKILL))
