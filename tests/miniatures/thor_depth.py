"""THOR depth: views and their depth as grey JPEGs, beside each other in a folder a room."""

from pathlib import Path

import numpy as np
from PIL import Image

from miniatures import Written, photo

ROOMS = {"train": 12, "test": 4}
VIEWS = 3
SIZE = (24, 20)


def official(root: Path) -> Written:
    folder = root / "thor_depth_prediction"
    for part, rooms in ROOMS.items():
        for room in range(rooms):
            for n in range(VIEWS):
                stem = folder / part / f"FloorPlan{room + 1 + 200 * (part == 'test')}" / f"{n:05d}"
                photo(Path(f"{stem}_rgb.jpg"), room, n + 100 * (part == "test"), SIZE)
                depth = Image.fromarray(grey(room, n))
                depth.convert("RGB" if n == 1 else "L").save(f"{stem}_depth.jpg", quality=100)
    return Written(folder, {part: ROOMS[name] * VIEWS for part, name in (("fit", "train"), ("test", "test"))}, 48)


def grey(room: int, n: int) -> np.ndarray:
    """A floor that comes nearer downwards; nothing is known of its first rows."""
    down = np.arange(SIZE[1])[:, None] / SIZE[1]
    level = np.broadcast_to(30 + (200 - 10 * room % 60) * (1 - down) ** (1 + n / 2), SIZE[::-1]).copy()
    level[:8, :8] = 0
    return np.rint(level).astype(np.uint8)


LAYOUTS = {"official": official}
