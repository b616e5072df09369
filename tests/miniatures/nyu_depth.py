"""NYU Depth v2: a MATLAB file of version 7.3 as MATLAB writes it, its lists, and the study's PNG and TIFF files."""

from pathlib import Path

import h5py
import numpy as np
from PIL import Image
from scipy.io import savemat

from miniatures import Written, photo, pixels

ROOMS, VIEWS = 12, 3
TEST = 4
"""Rooms, the last ones, that are test."""
SIZE = (19, 14)
OF_2021 = {"train": 20, "test": 8}
_HEAD = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Fri Jun 22 14:04:32 2012 HDF5 schema 1.00 ."


def official(root: Path) -> Written:
    folder = root / "nyu_depth_v2"
    folder.mkdir(parents=True)
    count = ROOMS * VIEWS
    order = np.random.default_rng(0).permutation(count)  # views of a room are not side by side
    with h5py.File(folder / "nyu_depth_v2_labeled.mat", "w", userblock_size=512) as file:
        raw = np.stack([metres(n // VIEWS, n % VIEWS) for n in order])
        images = np.stack([pixels(n // VIEWS, n % VIEWS, SIZE) for n in order])
        put(file, "images", np.moveaxis(images, 0, -1))  # in MATLAB height x width x 3 x count
        put(file, "rawDepths", np.moveaxis(raw, 0, -1))
        put(file, "depths", np.moveaxis(np.where(raw > 0, raw, 9.0).astype(np.float32), 0, -1))
        put(file, "labels", np.zeros((*SIZE[::-1], count), np.uint16))
        names = [f"kitchen_{n // VIEWS:04d}{'ab'[n % 2] if n // VIEWS == 5 else ''}" for n in order]
        cells = [file.create_dataset(f"#refs#/{n}", data=np.array([*map(ord, name)], np.uint16)[:, None])
                 for n, name in enumerate(names)]  # fmt: skip
        file.create_dataset("scenes", data=np.array([[cell.ref for cell in cells]], h5py.ref_dtype))
    with (folder / "nyu_depth_v2_labeled.mat").open("r+b") as file:
        file.write(_HEAD.ljust(116) + b"\0" * 8 + b"\0\2IM")
    test = order // VIEWS >= ROOMS - TEST
    lists = {"trainNdxs": np.flatnonzero(~test)[:, None] + 1.0, "testNdxs": np.flatnonzero(test)[:, None] + 1.0}
    savemat(folder / "splits.mat", lists)
    return Written(folder, {"fit": (ROOMS - TEST) * VIEWS, "test": TEST * VIEWS}, count)


def put(file, name: str, values: np.ndarray) -> None:
    """Save an array as MATLAB does: its axes the other way round, in chunks, compressed."""
    turned = values.transpose()
    file.create_dataset(name, data=turned, chunks=(1, *turned.shape[1:]), compression="gzip")


def metres(room: int, n: int) -> np.ndarray:
    """A floor from near to far, and zeros where the sensor saw nothing."""
    width, height = SIZE
    depth = np.broadcast_to(
        0.7 + (2 + room % 4) * (1 - np.arange(height)[:, None] / height) ** 2, (height, width)
    ).copy()
    depth[:, :2] = 0
    depth[n : n + 2, 5:9] = 0
    return depth.astype(np.float32)


def of_2021(root: Path) -> Written:
    folder = root / "nyu"
    for part, count in OF_2021.items():
        for n in range(count):
            photo(folder / part / "images" / f"{n}.png", n, 1 + (part == "test"), SIZE)
            depth = folder / part / "depths" / f"{n}.tiff"
            depth.parent.mkdir(exist_ok=True)
            Image.fromarray(np.maximum(metres(n, 1), 0.5)).save(depth)
    return Written(folder, {"fit": OF_2021["train"], "test": OF_2021["test"]}, sum(OF_2021.values()))


LAYOUTS = {"official": official, "2021": of_2021}
