"""Numbers in image files, as they are stored: Pillow's own conversions would round those of more than eight bits."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from virb.data import BadImage
from virb.data._images import opened


def decode_numbers(path: Path, key: str) -> NDArray[np.generic]:
    """Decode a file whose pixels are numbers: grey of 8, 16 or 32 bits, whole or floating.

    Args:
        path: the file.
        key: its name in messages.

    Returns:
        height x width, as they stand in the file.

    Raises:
        BadImage: as :func:`virb.data._images.decode_image`; or the file has colours, which are no numbers.
    """
    return opened(path, key, lambda image: _numbers(image, key))


def decode_grey16(path: Path, key: str) -> NDArray[np.uint16]:
    """Decode a file of one channel of 16 bits.

    Args:
        path: the file.
        key: its name in messages.

    Returns:
        height x width.

    Raises:
        BadImage: as :func:`virb.data._images.decode_image`; or the file has eight bits a pixel, or colours.
    """
    return opened(path, key, lambda image: _grey16(image, key))


def decode_rgb16(path: Path, key: str) -> NDArray[np.uint16]:
    """Decode a PNG file of three channels of 16 bits.

    Returns:
        height x width x 3.

    Raises:
        BadImage: see :func:`decode_grey16`.
    """
    # Pillow has no image of 3 x 16 bits: it keeps one byte of each number, and which one can be said. So, both.
    high = opened(path, key, lambda image: _bytes(image, "RGB;16B", key))
    low = opened(path, key, lambda image: _bytes(image, "RGB;16L", key))
    return high * np.uint16(256) + low


def decode_floats(path: Path, key: str) -> NDArray[np.float32]:
    """Decode a TIFF file of one channel of floating point numbers.

    Returns:
        height x width.

    Raises:
        BadImage: as :func:`virb.data._images.decode_image`; or the file holds whole numbers, or colours.
    """
    return opened(path, key, lambda image: _floats(image, key))


def decode_grey8(path: Path, key: str) -> NDArray[np.uint8]:
    """Decode a file of one channel of eight bits, or of three that are the same.

    Returns:
        height x width.

    Raises:
        BadImage: as :func:`virb.data._images.decode_image`; or the file has colours, or more bits.
    """
    return opened(path, key, lambda image: _grey8(image, key))


def _numbers(image: Image.Image, key: str) -> NDArray[np.generic]:
    if image.mode not in ("L", "F") and not image.mode.startswith("I"):
        raise BadImage(key, f"numbers are grey, and this is {image.mode}")
    return np.array(image)


def _grey16(image: Image.Image, key: str) -> NDArray[np.uint16]:
    if not image.mode.startswith("I"):
        raise BadImage(key, f"16 bits of grey are wanted, and this is {_told(image)}")
    values = np.asarray(image)  # some versions of Pillow open these as 32 bits
    if values.min(initial=0) < 0 or values.max(initial=0) > 65535:
        raise BadImage(key, f"16 bits of grey are wanted, and this has {values.min()} to {values.max()}")
    return values.astype(np.uint16)


def _bytes(image: Image.Image, kept: str, key: str) -> NDArray[np.uint16]:
    """One byte of each number, the high ones by ``RGB;16B``, the low ones by ``RGB;16L``."""
    file: Any = image  # as it was opened: still with its tiles, which say how bytes become pixels
    forms = {raw for *_, raw in file.tile}
    if forms != {"RGB;16B"}:
        raise BadImage(key, f"a PNG of 16 bits a colour is wanted, and this is {_told(image)}")
    file.tile = [(codec, extents, offset, kept) for codec, extents, offset, _ in file.tile]
    return np.asarray(image).astype(np.uint16)


def _floats(image: Image.Image, key: str) -> NDArray[np.float32]:
    if image.mode != "F":
        raise BadImage(key, f"floating point numbers are wanted, and this is {_told(image)}")
    return np.array(image)


def _grey8(image: Image.Image, key: str) -> NDArray[np.uint8]:
    pixels = np.array(image)
    if image.mode == "RGB" and (pixels == pixels[..., :1]).all():
        return pixels[..., 0]
    if image.mode != "L":
        raise BadImage(key, f"eight bits of grey are wanted, and this is {_told(image)}")
    return pixels


def _told(image: Image.Image) -> str:
    """What a file holds, in the words of whoever made it."""
    modes = {"1": "black and white", "L": "8 bits of grey", "P": "a palette", "RGB": "8 bits a colour"}
    modes |= {"F": "floating point", "LA": "grey with transparency", "RGBA": "colours with transparency"}
    return modes.get(image.mode, "whole numbers of grey" if image.mode.startswith("I") else image.mode)
