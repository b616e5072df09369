"""The tasks of the world against the bare forward pass of their distinct images, in one run, on rendered frames.

    python benchmarks/demo_full.py --share 0.1 --tasks world-count world-depth world-walkable

One encoder, a cold feature cache. Goal: all of it takes at most 1.5 times the bare forward pass of the distinct images,
and what the probes take. "bare" is the same network on the same images at their size in memory, in the same batches on
the same threads, before and after; "extraction" and "probes" are what the records say; "rest" is opening and checking.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from virb.cache import Cache, show_size
from virb.cli._full_demo import SIZE, choose, images_of, needed, shared
from virb.data import open_data
from virb.data._images import fit_image
from virb.encoders import load_encoder
from virb.encoders._encoder import Encoder
from virb.features import BATCH
from virb.progress import Quiet
from virb.spec import InputPolicy
from virb.study import Site, Study


def main() -> None:
    """Print seconds of each part, the ratio, and what was shared."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--encoder", default="random:resnet18")
    options.add_argument("--tasks", nargs="*", default=[])
    options.add_argument("--share", type=float, default=1.0)
    options.add_argument("--size", type=int, default=SIZE)
    options.add_argument("--layers", default="best", choices=["final", "best", "both"])
    options.add_argument("--probes", nargs="*", default=None)
    options.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = options.parse_args()
    torch.set_num_threads(asked.threads)
    tasks, left_out = choose(asked.tasks, asked.share)
    encoder = load_encoder(asked.encoder, InputPolicy(size=asked.size))
    need = needed(tasks, [encoder])
    sources = images_of(tasks)
    print("\n".join(left_out))
    print(f"{asked.encoder} at {asked.size} px on {need.tasks} tasks, {asked.threads} threads")
    print(f"{need.distinct:,} distinct images; worlds {show_size(need.rendered)}, features {show_size(need.kept)}")
    for source in sources:
        open_data(source, progress=Quiet())  # rendered before anything is measured
    bare = forward(encoder, sources)
    with tempfile.TemporaryDirectory() as place:
        study = Study([encoder], tasks, asked.probes, asked.layers, inputs=encoder.inputs)
        start = time.perf_counter()
        ran = study.run(Site(Path(place) / "out", Cache(Path(place) / "cache", 10**12)))
        total = time.perf_counter() - start
    bare = (bare + forward(encoder, sources)) / 2
    for failed in ran.failures:
        print(f"failed: {failed.experiment.task.name}, {failed.experiment.probe.name}: {failed.reason}")
    found = shared(ran.records, need)
    probes = found["fit"] + found["test"]
    print(f"bare forward pass  {bare:8.1f} s   {need.distinct / bare:8.0f} images/s")
    print(f"extraction         {found['extract']:8.1f} s   {found['extract'] / bare:8.2f} x bare")
    print(f"probes             {probes:8.1f} s")
    print(f"rest               {total - probes - found['extract']:8.1f} s")
    print(f"all                {total:8.1f} s   {(total - probes) / bare:8.2f} x bare without probes (goal 1.5)")
    print(f"{found['encoded']:,} images encoded; apart {found['apart']:,}")
    for record in sorted(ran.records, key=lambda record: -record.seconds["fit"])[:6]:
        spent = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in record.seconds.items())
        print(f"  {record.experiment.task.name}, {record.experiment.probe.label}: {spent}")


def forward(encoder: Encoder, sources: Sequence[str]) -> float:
    """Seconds that the network alone takes for every image of some sources, resized before the clock runs."""
    seconds = 0.0
    for source in sources:
        dataset = open_data(source, progress=Quiet())
        for start in range(0, len(dataset.keys), BATCH):
            rows = range(start, min(start + BATCH, len(dataset.keys)))
            resized = [fit_image(dataset.read(r), encoder.inputs, encoder.preprocessing.interpolation) for r in rows]
            batch = torch.from_numpy(np.stack(resized)).permute(0, 3, 1, 2)
            begun = time.perf_counter()
            encoder.encode(batch)
            seconds += time.perf_counter() - begun
    return seconds


if __name__ == "__main__":
    main()
