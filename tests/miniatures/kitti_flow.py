"""KITTI flow 2015: pairs of odd sizes, sparse flow in 16 bits, and a kit that knows most drives."""

from pathlib import Path

import numpy as np

import deep_png
from miniatures import Written, photo

PAIRS, DRIVES = 30, 10
SIZES = ((41, 13), (40, 14))


def official(root: Path) -> Written:
    folder = root / "KITTI"
    training, lines = folder / "training", []
    for n in range(PAIRS):
        width, height = SIZES[n % 2]
        for frame in (10, 11):
            photo(training / "image_2" / f"{n:06d}_{frame}.png", n // 3, 2 * n + (frame == 11), (width, height))
        deep_png.write(training / "flow_occ" / f"{n:06d}_10.png", encoded(*flow(n, width, height)))
        drive = n * DRIVES // PAIRS
        lines.append("" if drive in (3, 7) else f"2011_09_26 2011_09_26_drive_{drive:04d}_sync {7 * n:010d}")
    photo(folder / "testing/image_2/000199_10.png", 0, 999)
    mapping = folder / "devkit/mapping/train_mapping.txt"
    mapping.parent.mkdir(parents=True)
    mapping.write_text("\n".join(lines) + "\n")
    return Written(folder, {"all": PAIRS}, 2 * PAIRS)


def flow(n: int, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Steps of a 64th of a pixel: things move away from the middle, faster or slower; and where that was measured."""
    across, down = np.meshgrid(np.arange(width) - width / 2, np.arange(height) - height / 2)
    speed = 1 + n % 5
    steps = np.rint(np.stack([across, down], axis=-1) * 20 * speed + [64 * (n % 3), -5]).astype(np.int64)
    known = np.random.default_rng(n).random((height, width)) < 0.4
    known[: height // 3] = False  # the sky
    return steps, known


def encoded(steps: np.ndarray, known: np.ndarray) -> np.ndarray:
    stored = np.concatenate([steps + 2**15, known[..., None]], axis=-1)
    return np.where(known[..., None], stored, 0).astype(np.uint16)


LAYOUTS = {"official": official}
