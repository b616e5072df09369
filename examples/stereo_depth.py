"""Real depth without a download: a photograph with true disparity becomes metres, tiles, and a task of one's own.

python examples/stereo_depth.py OUTPUT
virb run --encoder pixels --encoder random:resnet18 --task folder:OUTPUT --probe dense-linear --output results

The photograph is the motorcycle of the Middlebury stereo benchmark of 2014 (D. Scharstein et al., High-Resolution
Stereo Datasets with Subpixel-Accurate Ground Truth, GCPR 2014), a quarter of its size, as scikit-image ships it. One
photograph shows how depth is written and read. It measures no encoder.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FOCAL, BASELINE, OFFSET = 994.978, 0.193001, 31.086
"""Pixels, metres, and pixels between the principal points: the benchmark's calib.txt, a quarter of its pixels."""
BANDS = {"train": (0, 400), "val": (420, 540), "test": (560, 741)}
"""Columns of each split: no pixel is in two, and pixels between them are in none."""
SIDE = 100
FORM = "depth: {scale: 0.001, unit: m, missing: 0}  # files count millimetres\n"


def metres(disparity: NDArray[np.floating]) -> NDArray[np.float32]:
    """Depth along the optical axis, ``focal length x baseline / (disparity + offset)``; NaN where that is not known.

    The formula stands beside calib.txt: https://vision.middlebury.edu/stereo/data/scenes2014/.
    """
    known = np.isfinite(disparity)
    depth = FOCAL * BASELINE / (np.where(known, disparity, 0) + OFFSET)
    return np.where(known, depth, np.nan).astype(np.float32)


def write(output: Path, step: int = 20) -> dict[str, int]:
    """Write tiles of the left image, one each few pixels, and their depth in 16 bits. Returns how many a split has."""
    from skimage.data import stereo_motorcycle

    left, _, disparity = stereo_motorcycle()
    millimetres = np.rint(np.nan_to_num(1000 * metres(disparity), nan=0)).astype(np.uint16)
    counts = {}
    for split, (start, end) in BANDS.items():
        corners = [(x, y) for y in range(0, 401, step) for x in range(start, end - SIDE + 1, step)]
        for x, y in corners:
            for kind, pixels in (("images", left), ("depth", millimetres)):
                file = output / kind / split / f"{y:03d}-{x:03d}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels[y : y + SIDE, x : x + SIDE]).save(file)
        counts[split] = len(corners)
    (output / "virb.yaml").write_text(FORM, encoding="utf-8")
    return counts


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("output", type=Path)
    print(write(options.parse_args().output))
