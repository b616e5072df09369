"""Data of one's own in every form: draw discs and rings, write tables, masks and depth, and read encoders out on them.

python examples/own_data.py OUTPUT --images 200 --size 64

What lies in OUTPUT afterwards is there to be copied: three CSV files, and two folders of images beside masks with their
virb.yaml. `virb tasks show table:OUTPUT/labels.csv` says what virb makes of one; with `--image sheet.png` on a picture.
"""

import argparse
import csv
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

import virb

COLOURS = {"disc": (200, 60, 40), "ring": (40, 90, 200)}
FORMS = {
    "regions": "classes: [ground, disc, ring]  # of ids 0, 1, 2\nignore: 255\n",
    "distances": "depth: {scale: 0.001, unit: m, missing: 0}  # files count millimetres\n",
}


class Drawn(NamedTuple):
    """An image, what it shows, and the truth of each pixel."""

    image: np.ndarray
    kind: str
    x: float
    y: float
    radius: float
    mask: np.ndarray
    depth: np.ndarray


def draw(number: int, size: int) -> Drawn:
    """A disc or a ring on noise; the larger it is, the nearer."""
    noise = np.random.default_rng(number)
    radius, (x, y) = noise.uniform(0.15, 0.3) * size, noise.uniform(0.3, 0.7, 2) * size
    down, across = np.mgrid[:size, :size]
    distance = np.hypot(across - x, down - y)
    kind = number % 2
    inside = (distance < radius) & ((kind == 0) | (distance > radius / 2))
    image = noise.integers(60, 140, (size, size, 3))
    image[inside] = np.array([*COLOURS.values()])[kind] + noise.integers(-40, 40, (inside.sum(), 3))
    mask = np.where(inside, 1 + kind, 0).astype(np.uint8)
    mask[0] = 255  # nobody has labelled the upper border
    depth = np.where(inside, 1000 * size / radius, 8000).astype(np.uint16)
    depth[:, 0] = 0  # and the sensor saw nothing on the left
    return Drawn(image.clip(0, 255).astype(np.uint8), [*COLOURS][kind], x, y, radius, mask, depth)


def write(output: Path, images: int, size: int) -> list[str]:
    """Write everything. Returns the names of the tasks."""
    all_drawn = [draw(number, size) for number in range(images)]
    for folder, truth in (("regions", "masks"), ("distances", "depth")):
        for below in ("images", truth):
            (output / folder / below).mkdir(parents=True, exist_ok=True)
        (output / folder / "virb.yaml").write_text(FORMS[folder], encoding="utf-8")
        for number, drawn in enumerate(all_drawn):
            Image.fromarray(drawn.image).save(output / folder / "images" / f"{number:04d}.png")
            pixels = drawn.mask if truth == "masks" else drawn.depth
            Image.fromarray(pixels).save(output / folder / truth / f"{number:04d}.png")
    files = [f"regions/images/{number:04d}.png" for number in range(images)]
    both = list(zip(files, all_drawn, strict=True))
    # Four images of a day are related: they are never parted.
    labels = [{"image": file, "label": d.kind, "group": f"day {n // 4}"} for n, (file, d) in enumerate(both)]
    split = ("train", "train", "train", "val", "test")
    places = [
        {"image": file, "value_x": f"{d.x:.2f}", "value_y": f"{d.y:.2f}", "split": split[number % 5]}
        for number, (file, d) in enumerate(both)
    ]
    larger = [
        {"image1": one, "image2": other, "label": "first" if d.radius > e.radius else "second"}
        for (one, d), (other, e) in zip(both[::2], both[1::2], strict=False)
    ]
    for name, rows in {"labels": labels, "places": places, "larger": larger}.items():
        write_table(output / f"{name}.csv", rows)
    tables = [f"table:{output / name}.csv" for name in ("labels", "places", "larger")]
    return [*tables, *(f"folder:{output / folder}" for folder in FORMS)]


def write_table(file: Path, rows: list[dict[str, Any]]) -> None:
    """Write a CSV file: a line of column names, then a line for each row."""
    with file.open("w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Write, evaluate."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("output", type=Path)
    options.add_argument("--images", type=int, default=200)
    options.add_argument("--size", type=int, default=64)
    asked = options.parse_args()
    tasks = write(asked.output, asked.images, asked.size)
    print(virb.evaluate(
        ["pixels", "random:resnet18"], tasks, probes=["logistic", "ridge", "mlp", "dense-linear"],
        layers="final", size=asked.size, output=asked.output / "results",
    ))  # fmt: skip


if __name__ == "__main__":
    main()
