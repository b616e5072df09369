"""Reading images: virb's path against the usual one, on the same files, in one run.

    python benchmarks/reading.py --images 1000 --workers 2

virb decodes with Pillow, resamples the central box straight to the input size, and hands bytes over, in threads: the
normalisation is the encoder's. The usual path is a DataLoader with worker processes over Pillow and torchvision's
first transforms: Resize(256), CenterCrop(224), ToTensor, Normalize. Both start cold and end with whole batches in the
parent process. Goal: at least twice as many images a second. The pixels differ, since one resampling replaces a
resampling and a crop at whole pixels; by how much is printed.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader
from torchvision import transforms

from virb.data import Pixels
from virb.data._images import decode, fit_image
from virb.spec import InputPolicy

SIZE, RESIZED, BATCH = 224, 256, 64
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
USUAL = [transforms.Resize(RESIZED), transforms.CenterCrop(SIZE)]


class Usual(torch.utils.data.Dataset[Tensor]):
    """Files as torchvision's first transforms give them."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files
        self.steps = transforms.Compose([*USUAL, transforms.ToTensor(), transforms.Normalize(MEAN, DEVIATION)])

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, row: int) -> Tensor:
        with Image.open(self.files[row]) as image:
            tensor: Tensor = self.steps(image.convert("RGB"))
        return tensor


def main() -> None:
    """Print images a second of both, alternating, and the ratio."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--images", type=int, default=1000)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--width", type=int, default=500, help="Of the JPEGs in pixels; the height is 3 / 4 of it.")
    asked = options.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as place:
        files = written(Path(place), asked.images, asked.width)
        loader = DataLoader(Usual(files), batch_size=BATCH, num_workers=asked.workers)
        usual, ours = [], []
        for _ in range(asked.rounds):
            usual.append(seconds(lambda: sum(len(batch) for batch in loader)))
            ours.append(seconds(lambda: read(files, asked.workers)))
        difference = np.concatenate([apart(file) for file in files[:32]])
    speed = [asked.images / statistics.median(times) for times in (ours, usual)]
    print(f"{asked.images} JPEGs of {asked.width} x {asked.width * 3 // 4}, {asked.workers} workers, {SIZE} x {SIZE}")
    print(f"virb, threads, bytes        {speed[0]:7.0f} images/s")
    print(f"DataLoader, Pillow, floats  {speed[1]:7.0f} images/s")
    print(f"ratio                       {speed[0] / speed[1]:7.2f}   goal: at least 2")
    print(
        f"pixels differ by {difference.mean():.2f} of 255 in the mean, {np.quantile(difference, 0.99):.0f} at the 99th ",
        end="",
    )
    print(f"percentile, {difference.max()} at most")


def written(folder: Path, count: int, width: int) -> list[Path]:
    """JPEGs with the detail of photographs: smooth colours, edges, and some grain."""
    draw = np.random.default_rng(0)
    files = []
    for number in range(count):
        coarse = Image.fromarray(draw.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize((width, width * 3 // 4), Image.Resampling.BICUBIC)).astype(np.int64)
        grain = draw.integers(-12, 13, smooth.shape[:2])[..., None]
        edges = 40 * ((np.indices(smooth.shape[:2]).sum(0) // 37) % 2)[..., None]
        file = folder / f"{number:05d}.jpg"
        Image.fromarray((smooth + grain + edges).clip(0, 255).astype(np.uint8)).save(file, quality=90)
        files.append(file)
    return files


def read(files: list[Path], workers: int) -> int:
    """Read files as features are extracted: a batch after the other, decoded ahead by threads."""
    inputs, count = InputPolicy(size=SIZE, fit="crop"), 0
    with ThreadPoolExecutor(workers) as pool:
        decoded = pool.map(lambda file: fit_image(decode(file, file.name), inputs, "bilinear"), files)
        batch: list[Pixels] = []
        for pixels in decoded:
            batch.append(pixels)
            if len(batch) == BATCH:
                count += len(np.stack(batch))
                batch = []
    return count + len(batch)


def apart(file: Path) -> NDArray[Any]:
    """How far the pixels of both paths are apart: virb's box is that of Resize(224), so the usual crop is made alike."""
    with Image.open(file) as image:
        reference = transforms.Compose([transforms.Resize(SIZE), transforms.CenterCrop(SIZE)])(image.convert("RGB"))
    ours = fit_image(decode(file, file.name), InputPolicy(size=SIZE, fit="crop"), "bilinear")
    return np.abs(np.asarray(reference).astype(int) - ours)


def seconds(run: Callable[[], Any]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
