"""Photographs for textures, at several sizes in one flat table, made once a process."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from virb.data._tiles import packaged_image
from virb.data.world._tone import linear

# PNG files only, whose bytes are the same everywhere, and none that asks for more than naming it.
PHOTOS = (
    "astronaut", "brick", "camera", "cell", "chelsea", "coffee",
    "coins", "grass", "gravel", "ihc", "moon", "text",
)  # fmt: skip

SIDE = 128
"""Pixels of a photograph's largest size; each smaller one has half of it, down to 4."""

LEVELS = 6
TEXELS = sum((SIDE >> level) ** 2 for level in range(LEVELS))


@cache
def atlas() -> NDArray[np.float32]:
    """All photographs: one x TEXELS x 4, linear red, green, blue, and grey stretched from 0 to 1; levels in a row.

    Raises:
        UserError: scikit-image is not installed.
    """
    return np.stack([_levels(name) for name in PHOTOS])


def _levels(name: str) -> NDArray[np.float32]:
    pixels = linear(_square(packaged_image("world", "skimage", f"data/{name}.png")))
    image = _shrunk(pixels, SIDE)
    grey = image[..., 1:2]
    low, high = np.sort(grey.ravel())[[grey.size // 100, -1 - grey.size // 100]]
    image = np.concatenate([image, np.clip((grey - low) / (high - low), 0, 1)], axis=-1)
    levels = []
    for _ in range(LEVELS):
        levels.append(image.reshape(-1, 4))
        image = (image[::2, ::2] + image[1::2, ::2] + image[::2, 1::2] + image[1::2, 1::2]) / 4
    return np.concatenate(levels).astype(np.float32)


def _square(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of a picture, as wide as high."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]


def _shrunk(image: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Resized by areas: each new pixel is the mean of what it covers, of which whole rows are added in order."""
    for _ in range(2):
        image = _shrunk_rows(image, side).swapaxes(0, 1)
    return image


def _shrunk_rows(image: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    rows = len(image)
    summed = np.concatenate([np.zeros((1, *image.shape[1:])), np.cumsum(image, axis=0)])
    edges = np.arange(side + 1) * rows / side
    whole = np.minimum(edges.astype(np.int64), rows - 1)
    part = (edges - whole)[:, None, None]
    at_edges = summed[whole] * (1 - part) + summed[whole + 1] * part
    return np.asarray(np.diff(at_edges, axis=0) * (side / rows))
