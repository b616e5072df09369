"""`dense-pyramid` for 100 epochs on cached maps against encoding the images again in every epoch, in one run.

    python benchmarks/dense_pyramid.py --encoder random:resnet50 --size 96 --images 96

Goal: 5 times as fast, extraction included. The code of the 2021 study decodes and encodes every image in every epoch.
Both sides train one network on the same images, in the same batches, from the same first weights; what is read again
is encoded without gradients, decoded beside, and in batches of 32 at once, which is more than the original does.
Its epochs are all alike, so a few are timed and multiplied; those on cached maps are all run. Both round maps to half
precision and end at the same predictions. Times are seconds on the clock and of the processor: on a machine that others
use too only the latter say much, and with --device cuda only the former.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from extraction import write_images
from numpy.typing import NDArray

from virb.cache import Cache
from virb.data import open_data
from virb.encoders import load_encoder
from virb.features import Features, Reading, extract
from virb.heads.pyramid import Pyramid
from virb.probes import Examples
from virb.probes._dense_training import BATCH, TrainedMaps
from virb.probes.dense_pyramid import PROBE
from virb.spec import Classes, input_policy

TARGET = Classes(count=8, dense=True)
RATE = 3e-3


def main() -> None:
    """Print seconds an epoch of both, seconds of the whole, the ratio, and how far the answers agree."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--encoder", default="random:resnet50")
    options.add_argument("--size", default="96")
    options.add_argument("--images", type=int, default=96)
    options.add_argument("--epochs", type=int, default=100)
    options.add_argument("--timed", type=int, default=3, help="epochs that are encoded again")
    options.add_argument("--device", default="cpu")
    options.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = options.parse_args()
    torch.set_num_threads(asked.threads)
    inputs = input_policy(asked.size)
    steps = -(-asked.images // BATCH)
    readings = [Reading(layer, map=True) for layer in PROBE.spec.layers]
    with tempfile.TemporaryDirectory() as place:
        write_images(Path(place) / "images", asked.images)
        dataset = open_data(f"folder:{place}/images")
        encoder = load_encoder(asked.encoder, inputs, asked.device)
        labels = np.random.default_rng(0).integers(0, TARGET.count, (asked.images, *inputs.sides)).astype(np.uint8)
        print(f"{asked.encoder} at {inputs}, {asked.images} JPEGs of 500 x 375, {asked.threads} threads")

        start = now()
        kept = extract(encoder, dataset, readings, Cache(Path(place) / "kept", 10**12), progress=Told())
        extraction = now() - start
        cached = Trained(kept, readings, labels, asked.epochs * steps)

        again = extract(encoder, dataset, readings, Cache(Path(place) / "none", 1), progress=Told())
        once = Trained(again, readings, labels, steps)
        several = Trained(again, readings, labels, (1 + asked.timed) * steps)
        same = Trained(kept, readings, labels, (1 + asked.timed) * steps)

    # What comes before the first epoch, such as the statistics of channels, cancels out: it is no part of the original.
    epoch = (several.seconds - once.seconds) / asked.timed
    whole = extraction + cached.seconds
    print(f"{'seconds':28}   clock processor")
    line("cached: extraction, once", extraction)
    line(f"cached: an epoch, of {asked.epochs}", cached.seconds / asked.epochs)
    line(f"encoded again: an epoch, of {asked.timed}", epoch)
    line(f"cached: all {asked.epochs} epochs", whole)
    line("encoded again: multiplied", asked.epochs * epoch)
    line("ratio", asked.epochs * epoch / whole)
    print(f"predictions differ by {np.abs(same.answer - several.answer).max():.1e} at most (log-probabilities)")


def now() -> NDArray[np.float64]:
    """Seconds on the clock and of the processor."""
    return np.array([time.perf_counter(), time.process_time()])


def line(what: str, seconds: NDArray[np.float64]) -> None:
    """Print both."""
    print(f"{what:28}{seconds[0]:8.2f}{seconds[1]:10.2f}")


class Told:
    """Prints what is said."""

    def say(self, text: str) -> None:
        """See :class:`virb.progress.Progress`."""
        print(text)

    def advance(self, what: str, done: int, total: int) -> None:
        """See :class:`virb.progress.Progress`."""


@final
class Trained:
    """A network after some steps: how long they took, and what it says of the first images."""

    def __init__(self, features: Features, readings: list[Reading], labels: NDArray[Any], steps: int) -> None:
        rows = np.arange(len(labels))
        maps = {reading.layer: features.rows(reading, rows) for reading in readings}
        start = now()
        networks = TrainedMaps(Examples(maps, labels), PROBE.spec.layers, TARGET, Pyramid, [RATE], steps, seed=0)
        self.seconds = now() - start
        self.answer = next(networks.predictions({layer: its[:8] for layer, its in maps.items()}))


if __name__ == "__main__":
    main()
