"""EgoHands: polygons as MATLAB writes them, hands that are hidden, cut off or overlap; and masks drawn of them."""

from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

from miniatures import Written, photo
from virb.data.egohands import SELECT, TEST, VIDEOS

FRAMES = (11, 1203)
"""Numbers of the frames of a video: a hundred in the real ones."""
SIZE = (32, 18)
FIELDS = ("myleft", "myright", "yourleft", "yourright")


def official(root: Path) -> Written:
    folder = root / "egohands_data"
    for number, video in enumerate(VIDEOS):
        above = folder / "_LABELLED_SAMPLES" / video
        for n, frame in enumerate(FRAMES):
            photo(above / f"frame_{frame:04d}.jpg", number, n, size=SIZE, quality=95)
        write_polygons(above / "polygons.mat", [polygons(number, n) for n in range(len(FRAMES))])
    (folder / "metadata.mat").write_bytes(b"MATLAB 5.0 MAT-file")
    (folder / "getMetaBy.m").write_text("function videos = getMetaBy(varargin)\n")
    return Written(folder, *sizes())


def of_2021(root: Path) -> Written:
    folder = root / "egohands"
    for number, video in enumerate(VIDEOS):
        for n, frame in enumerate(FRAMES):
            photo(folder / "images" / video / f"frame_{frame:04d}.jpg", number, n, size=SIZE, quality=95)
            path = folder / "labels" / video / f"frame_{frame:04d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(mask(polygons(number, n))).save(path)
    return Written(folder, *sizes())


def sizes() -> tuple[dict[str, int], int]:
    each, fit = len(FRAMES), len(VIDEOS) - len(SELECT) - len(TEST)
    return {"fit": fit * each, "select": len(SELECT) * each, "test": len(TEST) * each}, len(VIDEOS) * each


def write_polygons(path: Path, frames: list[dict[str, np.ndarray]]) -> None:
    """A 1 x frames struct array of four fields, k x 2 doubles or []."""
    struct = np.empty((1, len(frames)), [(name, object) for name in FIELDS])
    for n, frame in enumerate(frames):
        for name in FIELDS:
            struct[0, n][name] = frame[name]
    savemat(path, {"polygons": struct}, do_compression=True)


def polygons(number: int, frame: int) -> dict[str, np.ndarray]:
    """Of hands, by field; corners count from (1, 1), and no centre of a pixel lies on a side."""
    at = 0.25 + number % 5 + 2 * frame
    hands = {
        "myleft": np.array([[at, 19.3], [at + 1.1, 9.2], [at + 6.2, 8.7], [at + 7.4, 19.3]]),  # cut off below
        "myright": np.array([[at + 6.1, 19.3], [at + 5.2, 12.3], [at + 14.6, 12.2], [at + 13.3, 19.3]]),  # over it
        "yourleft": np.array([[20.3, 1.6], [26.4, 1.7], [25.6, 7.3], [21.2, 6.2]]),
        "yourright": np.array([[at, 2.2], [at + 6.7, 2.4], [at + 3.2, 8.4]]),
    }
    if frame == 1:
        hidden = FIELDS[number % 4]
        hands[hidden] = [np.zeros((0, 0)), np.zeros((0, 2)), np.zeros((1, 0))][number % 3]
    return hands


def mask(hands: dict[str, np.ndarray]) -> np.ndarray:
    """Class ids: plain, and what virb is compared with."""
    across, down = np.meshgrid(np.arange(SIZE[0]) + 1, np.arange(SIZE[1]) + 1)
    ids = np.zeros(SIZE[::-1], np.uint8)
    for label, name in enumerate(("yourleft", "yourright", "myleft", "myright"), 1):
        ids[within(hands[name].reshape(-1, 2), across, down)] = label
    return ids


def within(corners: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Whether rays from points to the right cross an odd number of sides."""
    odd = np.zeros(x.shape, bool)
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], *corners[:1]], strict=True):
        if y0 != y1:
            odd ^= ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return odd


LAYOUTS = {"official": official, "2021": of_2021}
