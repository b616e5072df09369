"""A world of one's own: render boxes and balls with their truths, save a picture, and read encoders out on them.

python examples/own_world.py OUTPUT --images 200 --size 64
"""

import argparse
import random
from pathlib import Path

import numpy as np
from PIL import Image

import virb
from virb.data.world import Camera, Light, Scene, Shape, Texture, render


def scene(draw: random.Random, kind: str, push: float = 0.0) -> Scene:
    """A solid of any size and colour on a floor; ``push`` metres to the right for the next moment."""
    colours = tuple((draw.random(), draw.random(), draw.random()) for _ in range(2))
    half, x, z = draw.uniform(0.3, 0.6), draw.uniform(-0.5, 0.5), draw.uniform(-3.5, -2.5)
    solid = Shape(
        kind, (x + push, half, z), (half, half, half), (draw.uniform(0, 90), 0, 0), Texture("noise", colours), 1, 1
    )
    floor = Shape("plane", texture=Texture("planks", ((0.3, 0.2, 0.1), (0.5, 0.4, 0.2)), scale=0.5))
    return Scene((floor, solid), Camera((0, 1.2, 0), (0, -12, 0), fov=55), Light((1, 2, 1)))


def main() -> None:
    """Render, save, evaluate."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("output", type=Path)
    options.add_argument("--images", type=int, default=200)
    options.add_argument("--size", type=int, default=64)
    asked = options.parse_args()
    for number in range(asked.images):
        kind = ("box", "ellipsoid")[number % 2]
        frame = render(scene(random.Random(number), kind), asked.size, scene(random.Random(number), kind, push=0.1))
        file = asked.output / "images" / kind / f"{number:04d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(frame.colour).save(file)
        truths = {"depth": frame.depth, "mask": frame.labels, "normals": frame.normals, "flow": frame.flow}
        np.savez_compressed(asked.output / f"truths-{number:04d}.npz", **truths)
    print(virb.evaluate(
        ["pixels", "random:resnet18"], [f"folder:{asked.output / 'images'}"],
        probes=["logistic"], layers="final", size=asked.size, output=asked.output / "results",
    ))  # fmt: skip


if __name__ == "__main__":
    main()
