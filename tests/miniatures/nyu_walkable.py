"""NYU walkable: images and masks of the study's archive, and depth beside them."""

from pathlib import Path

import numpy as np
from PIL import Image

from miniatures import Written, photo

PARTS = {"train": 10, "test": 4}


def official(root: Path) -> Written:
    folder = root / "nyu"
    for part, images in PARTS.items():
        for n in range(images):
            photo(folder / part / "images" / f"{n:04d}.png", n, n + 100 * (part == "test"))
            path = folder / part / "walkable" / f"{n:04d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(floor(n).astype(np.uint8) * 255).save(path)
            depth = folder / part / "depths" / f"{n:04d}.tiff"
            depth.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((20, 24), 1.5, np.float32)).save(depth)
    return Written(folder, {"fit": PARTS["train"], "test": PARTS["test"]}, sum(PARTS.values()))


def floor(number: int) -> np.ndarray:
    """What can be walked on: the lower part of the image, but for what stands on it."""
    walkable = np.zeros((20, 24), bool)
    walkable[10 + number % 4 :] = True
    walkable[14:18, number : number + 6] = False
    return walkable


LAYOUTS = {"official": official}
