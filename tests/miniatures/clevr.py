"""CLEVR: scene files whose order is not that of the images, and a test folder without scenes."""

import json
from pathlib import Path

import numpy as np

from miniatures import Written, photo

PARTS = {"train": 56, "val": 28}


def solids(count: int, step: int) -> list[dict]:
    """So many solids, the nearest of them as many half units from the origin as ``step`` says, and a little more."""
    nearest = 0.5 * step + 0.36
    places = [[-np.sqrt(nearest**2 - 0.35**2), 0.0, 0.35]]
    places += [[2.99 - 0.01 * n, 2.9, 0.7] for n in range(count - 1)]
    return [{"3d_coords": [float(x) for x in place], "shape": "cube", "size": "small"} for place in places]


def official(root: Path) -> Written:
    folder = root / "CLEVR_v1.0"
    (folder / "scenes").mkdir(parents=True)
    for part, examples in PARTS.items():
        scenes = []
        for n in range(examples):
            name = f"CLEVR_{part}_{n:06d}.png"
            photo(folder / "images" / part / name, n % 8, n)
            objects = solids(3 + n % 8, n % 7)
            scenes.append({"image_index": n, "image_filename": name, "split": part, "objects": objects})
        written = {"info": {"split": part, "version": "1.0"}, "scenes": scenes[::-1]}
        (folder / "scenes" / f"CLEVR_{part}_scenes.json").write_text(json.dumps(written))
    photo(folder / "images/test/CLEVR_test_000000.png", 0, 999)
    return Written(folder, {"fit": PARTS["train"], "test": PARTS["val"]}, sum(PARTS.values()))


LAYOUTS = {"official": official}
