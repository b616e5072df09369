"""Extraction against the bare forward pass of the same network on the same images, in one run.

    python benchmarks/extraction.py --encoder random:resnet18 --size 224 --images 512

Goal: not more than 5 % slower. The forward pass gets decoded, resized images in memory, in the same layout and batches;
extraction decodes JPEGs from disk, resizes, encodes, checks and writes shards. Where the network runs on the very cores
that decode, no order of work hides the decoding: "possible" is the ratio if both only added up.
"""

import argparse
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from virb.cache import Cache
from virb.data import open_data
from virb.data._images import fit_image
from virb.encoders import load_encoder
from virb.features import BATCH, extract
from virb.spec import InputPolicy


def main() -> None:
    """Print images a second of both, alternating, and the ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--encoder", default="random:resnet18")
    options.add_argument("--size", type=int, default=224)
    options.add_argument("--images", type=int, default=512)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = options.parse_args()
    torch.set_num_threads(asked.threads)
    with tempfile.TemporaryDirectory() as place:
        write_images(Path(place) / "images", asked.images)
        dataset = open_data(f"folder:{place}/images")
        encoder = load_encoder(asked.encoder, InputPolicy(size=asked.size))
        images = torch.randint(0, 256, (asked.images, asked.size, asked.size, 3), dtype=torch.uint8)
        batches = images.permute(0, 3, 1, 2).split(BATCH)
        encoder.encode(batches[0])
        bare, whole, decoding = [], [], []
        for number in range(asked.rounds):
            start = time.perf_counter()
            for batch in batches:
                encoder.encode(batch)
            bare.append(time.perf_counter() - start)
            start = time.perf_counter()
            extract(encoder, dataset, ["embedding"], Cache(Path(place) / f"cache{number}", 10**10))
            whole.append(time.perf_counter() - start)
            start = time.perf_counter()
            with ThreadPoolExecutor(asked.threads) as pool:
                list(
                    pool.map(lambda row: fit_image(dataset.read(row), encoder.inputs, "bilinear"), range(asked.images))
                )
            decoding.append(time.perf_counter() - start)
    ratios = [b / w for b, w in zip(bare, whole, strict=True)]
    print(f"{asked.encoder} at {asked.size} px, {asked.images} JPEGs of 500 x 375, {asked.threads} threads")
    print(f"bare forward pass  {asked.images / statistics.median(bare):8.1f} images/s (median of {asked.rounds})")
    print(f"extraction         {asked.images / statistics.median(whole):8.1f} images/s")
    print(f"decoding alone     {asked.images / statistics.median(decoding):8.1f} images/s")
    possible = statistics.median(b / (b + d) for b, d in zip(bare, decoding, strict=True))
    print(f"ratio              {statistics.median(ratios):8.3f}  [{min(ratios):.3f}, {max(ratios):.3f}]")
    print(f"possible           {possible:8.3f}  on a CPU; 1 where another device computes")


def write_images(folder: Path, count: int) -> None:
    """Smooth noise, saved as JPEGs of the usual size, in two class folders."""
    draw = np.random.default_rng(0)
    for number in range(count):
        coarse = draw.integers(0, 256, (12, 16, 3)).astype(np.uint8)
        path = folder / "ab"[number % 2] / f"{number:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(coarse).resize((500, 375), Image.Resampling.BICUBIC).save(path, quality=90)


if __name__ == "__main__":
    main()
