"""Taskonomy: buildings of the tiny split, depth of 16 bits with holes, and edges; the study's folders beside them."""

from pathlib import Path

import numpy as np
from PIL import Image

from miniatures import Written, photo
from virb.data._taskonomy import TINY

BUILDINGS = {split: names.split()[:count] for (split, names), count in zip(TINY.items(), (6, 2, 2), strict=True)}
VIEWS = 3
SIZE = 21
OF_2021 = {"train": 10, "test": 3}


def official(root: Path, truths: bool = True, name: str = "taskonomy") -> Written:
    folder = root / name
    for split, buildings in BUILDINGS.items():
        for building in buildings:
            views(folder, f"taskonomy/{building}", sum(map(ord, building)), truths, edges="edge_texture")
        assert buildings, split
    sizes = {split: len(buildings) * VIEWS for split, buildings in BUILDINGS.items()}
    return Written(folder, sizes, sum(sizes.values()))


def of_2021(root: Path, truths: bool = True, name: str = "taskonomy") -> Written:
    folder = root / name
    for part, buildings in OF_2021.items():
        for n in range(buildings):
            views(folder / part, f"{part}{n}", n + 50 * (part == "test"), truths, edges="edges")
    sizes = {"fit": (OF_2021["train"] - 1) * VIEWS, "select": VIEWS, "test": OF_2021["test"] * VIEWS}
    return Written(folder, sizes, sum(sizes.values()))


def views(above: Path, inside: str, building: int, truths: bool, edges: str) -> None:
    for n in range(VIEWS):
        stem = f"point_{n * 7}_view_{n}_domain"
        photo(above / "rgb" / inside / f"{stem}_rgb.png", building, n, (SIZE, SIZE))
        if truths:
            grey16(above / "depth_zbuffer" / inside / f"{stem}_depth_zbuffer.png", depth(building, n))
            grey16(above / edges / inside / f"{stem}_edge_texture.png", edge(building, n))


def grey16(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values.astype(np.uint16)).save(path)


def depth(building: int, n: int) -> np.ndarray:
    """Steps of 1/512 m: a wall that runs away to the right, and a hole."""
    across = np.arange(SIZE) / SIZE
    steps = np.broadcast_to(np.rint(512 * (1 + building % 3) * (1 + 5 * across**2)), (SIZE, SIZE)).copy()
    steps[n : n + 4, 3:9] = 65535
    return steps


def edge(building: int, n: int) -> np.ndarray:
    """A line across a surface of little texture."""
    values = np.random.default_rng([building, n]).integers(100, 900, (SIZE, SIZE))
    values[:, 5 + n] = 9000
    return values


LAYOUTS = {"official": official, "2021": of_2021}
