"""Images of Cityscapes' size, 1024 x 2048 with 19 classes, all the way: time and memory of each stage.

    python benchmarks/cityscapes_size.py --size 1024x2048 --images 12 --probe dense-linear

The images are drawn (patches of colours, in files as Cityscapes has them), since what is measured does not depend on
what they show. Memory is the most that a stage had beyond what the process had before (Linux), without files that are
mapped, which the system may take back. It must not grow with the number of images, nor the time by more than that
number. With --cache a budget for features can be given: maps that do not fit are streamed, that is, images are encoded
whenever a probe reads them, and the score must be the same.
"""

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from PIL import Image

from virb.cache import Cache, parse_size, show_size
from virb.data import DataCard, Dataset, PixelTruth
from virb.data._framed import framed
from virb.data._images import decode, decode_ids
from virb.encoders import load_encoder, parse_encoder
from virb.features import extract
from virb.probes import PROBES
from virb.run import Bench, readings_of, run_experiment
from virb.spec import Classes, Experiment, Found, Quadrant, Task, input_policy
from virb.store import Store

HEIGHT, WIDTH, CLASSES, VOID = 1024, 2048, 19, 255
TASK = Task(
    name="street",
    quadrant=Quadrant(level="pixelwise", kind="semantic"),
    data="street",
    column="mask",
    target=Classes(count=CLASSES, dense=True, ignore=VOID),
    metrics=("miou", "pixel-accuracy"),
    primary="miou",
)


def main() -> None:
    """Print seconds and memory of each stage."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--encoder", default="random:resnet18")
    options.add_argument("--size", default="1024x2048")
    options.add_argument(
        "--images", type=int, default=12, help="four or more: half for fit, a quarter each for the others"
    )
    options.add_argument("--probe", action="append", choices=PROBES.names())
    options.add_argument("--steps", type=int, default=8, help="of dense-pyramid, which takes 450 by default")
    options.add_argument("--cache", default="100GB", help="budget for features")
    options.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = options.parse_args()
    torch.set_num_threads(asked.threads)
    inputs = input_policy(asked.size)
    object.__setattr__(PROBES.load("dense-pyramid"), "steps", asked.steps)  # for as long as this script runs
    with tempfile.TemporaryDirectory() as place:
        dataset = draw(Path(place) / "data", asked.images)
        cache = Cache(Path(place) / "cache", parse_size(asked.cache))
        encoder = load_encoder(asked.encoder, inputs)
        print(f"{asked.encoder}, {asked.images} images of {HEIGHT} x {WIDTH} at {inputs}, {asked.threads} threads")
        staged("truth framed", lambda: framed(dataset, TASK, inputs, cache, Told()))
        bench = Bench(Store(Path(place) / "records"), cache, Told())
        for name in asked.probe or ["dense-linear", "dense-knn", "dense-pyramid"]:
            probe = PROBES.load(name).spec
            experiment = Experiment(encoder=parse_encoder(asked.encoder), task=TASK, probe=probe, inputs=inputs)
            staged(f"{name}: maps", partial(extract, encoder, dataset, readings_of(probe), cache, progress=Told()))
            found = Found(weights="drawn", data="drawn")
            record = staged(f"{name}: the rest", partial(run_experiment, experiment, encoder, dataset, found, bench))
            spent = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in record.seconds.items())
            print(f"{'':24}{spent}; miou {record.scores['miou']:.3f}; {'; '.join(record.notes)}")


class Told:
    """Prints what is said."""

    def say(self, text: str) -> None:
        """See :class:`virb.progress.Progress`."""
        print(f"{'':24}{text}")

    def advance(self, what: str, done: int, total: int) -> None:
        """See :class:`virb.progress.Progress`."""


def draw(folder: Path, images: int) -> Dataset:
    """Patches of classes, each with a colour of its own under noise; one in twenty is void."""
    folder.mkdir()
    generator = np.random.default_rng(0)
    colours = generator.integers(40, 216, (CLASSES, 3))
    for number in range(images):
        ids = generator.integers(0, CLASSES, (HEIGHT // 128, WIDTH // 128)).astype(np.uint8)
        shown = colours[ids] + generator.integers(-24, 25, (*ids.shape, 3))
        picture = Image.fromarray(shown.clip(0, 255).astype(np.uint8)).resize((WIDTH, HEIGHT), Image.Resampling.NEAREST)
        picture.save(folder / f"{number}.png", compress_level=1)
        ids[generator.random(ids.shape) < 1 / 20] = VOID
        mask = Image.fromarray(ids).resize((WIDTH, HEIGHT), Image.Resampling.NEAREST)
        mask.save(folder / f"{number}-ids.png", compress_level=1)
    splits = np.array([("fit", "fit", "select", "test")[number % 4] for number in range(images)])
    return Dataset(
        card=DataCard(name="street", title="Patches", about="", licence="", citation="", homepage=""),
        keys=tuple(f"{number}.png" for number in range(images)),
        read=lambda row: decode(folder / f"{row}.png", f"{row}.png"),
        digest="drawn",
        images=np.arange(images)[:, None],
        columns={},
        class_names={},
        official=splits,
        pixels={"mask": PixelTruth(lambda row: decode_ids(folder / f"{row}-ids.png", "ids"), str)},
    )


def staged(name: str, run: Callable[[], Any]) -> Any:
    """Run a stage and print what it took."""
    before, start = resident(), time.perf_counter()
    with Watch() as watch:
        done = run()
    seconds = time.perf_counter() - start
    print(
        f"{name:24}{seconds:8.1f} s   {show_size(max(0, watch.peak - before)):>9} above {show_size(before)}", flush=True
    )
    return done


class Watch:
    """Looks at memory every few milliseconds: :mod:`virb.features` sets the system's own record back."""

    def __enter__(self) -> Self:
        self.peak, self._ended = resident(), threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.003):
            self.peak = max(self.peak, resident())


def resident() -> int:
    """Bytes of memory that this process alone has now, without files that are mapped (man 5 proc, statm)."""
    _, pages, shared, *_ = map(int, Path("/proc/self/statm").read_text(encoding="ascii").split())
    return (pages - shared) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
