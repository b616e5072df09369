"""From a file to RGB bytes, and from RGB bytes to the size of the input policy."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar, final

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from virb.data import BadImage, Dataset, Pixels
from virb.data._geometry import window
from virb.spec import InputPolicy

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""What is decoded, whatever a file's name ends in. Others are refused: Pillow hands EPS, for one, to Ghostscript."""

PIXEL_LIMIT = 89_478_485
"""More pixels than this are taken for a decompression bomb: Pillow's own default, a quarter of a gigabyte as RGB."""

_RESAMPLING = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}

_STEPS = {"L;2": 85, "L;4": 17}
"""Pillow spreads grey of two and four bits over 0 to 255; ids are what stands in the file."""

# ------------------------------------------------------------------------------------------------ decoding


def decode(path: Path, key: str) -> Pixels:
    """Decode the first frame of an image file to RGB bytes: see :func:`decode_image`.

    Returns:
        height x width x 3, writeable.

    Raises:
        BadImage: see :func:`decode_image`.
    """
    return np.array(decode_image(path, key))


def decode_image(path: Path, key: str) -> Image.Image:
    """Decode the first frame of an image file.

    As the loaders of the common benchmarks do (``torchvision.datasets.folder.pil_loader``): transparency is dropped,
    not blended, and the EXIF orientation is not applied, since published scores were made from pixels as they are
    stored. Unlike them, deep grey is scaled instead of clipped: see :func:`_scaled`.

    Args:
        path: the file.
        key: its name in messages.

    Returns:
        The image in mode RGB, in memory.

    Raises:
        BadImage: the file is missing, cannot be decoded whole, or has more than ``PIXEL_LIMIT`` pixels.
    """
    return opened(path, key, lambda image: _to_rgb(image, key))


def decode_ids(path: Path, key: str) -> NDArray[np.int32]:
    """Decode a file whose pixels are ids: grey of 8 or 16 bits, or a palette, of which the places count.

    Args:
        path: the file.
        key: its name in messages.

    Returns:
        height x width.

    Raises:
        BadImage: as :func:`decode_image`; or the file has colours, which are no ids.
    """
    return opened(path, key, lambda image: _ids(image, key))


@final
class Head(NamedTuple):
    """What an image file says of itself before its pixels.

    Attributes:
        width: in pixels.
        height: in pixels.
        mode: Pillow's: ``L`` is grey of 8 bits, ``I;16`` of 16, ``P`` a palette.
        format: one of :data:`FORMATS`.
        turned: whether its EXIF orientation asks for it to be turned or mirrored, which is never done here.
    """

    width: int
    height: int
    mode: str
    format: str
    turned: bool


def head_of_image(path: Path, key: str) -> Head:
    """Read the head of an image file.

    Raises:
        BadImage: as :func:`decode_image`, but for what comes after the head.
    """
    return opened(path, key, lambda image: Head(*image.size, image.mode, image.format or "", _turned(image)))


def _turned(image: Image.Image) -> bool:
    # Of a PNG, whose EXIF may come last, Pillow would decode the whole; cameras write none.
    exif = image.format in ("JPEG", "MPO", "TIFF", "WEBP")
    return exif and image.getexif().get(ExifTags.Base.Orientation, 1) != 1


T = TypeVar("T")


def opened(path: Path, key: str, convert: Callable[[Image.Image], T]) -> T:
    """What is made of an image file before it is closed again.

    Raises:
        BadImage: as :func:`decode_image`.
    """
    # Some libraries turn this on for the whole process, and half a picture then passes, silently, with a grey rest.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with path.open("rb") as file, Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > PIXEL_LIMIT:
                raise BadImage(key, f"{image.width} x {image.height} pixels are more than {PIXEL_LIMIT:,}")
            return convert(image)
    except (BadImage, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadImage(key, f"more than {PIXEL_LIMIT:,} pixels") from error
    except UnidentifiedImageError as error:
        raise BadImage(key, _what_it_is_instead(path)) from error
    except OSError as error:
        raise BadImage(key, error.strerror or str(error)) from error
    except Exception as error:  # Pillow's readers meet corrupt bytes with whatever they trip over: SyntaxError, ...
        raise BadImage(key, f"corrupt: {error or type(error).__name__}") from error


def decode_coded(path: Path, key: str) -> NDArray[np.int32]:
    """Decode a file whose colours are ids of 24 bits: R + 256 G + 65,536 B.

    Args:
        path: the file.
        key: its name in messages.

    Returns:
        height x width.

    Raises:
        BadImage: as :func:`decode_image`; or the file has no colours of 8 bits each.
    """
    return opened(path, key, lambda image: _coded(image, key))


def _coded(image: Image.Image, key: str) -> NDArray[np.int32]:
    if image.mode not in ("RGB", "RGBA"):
        raise BadImage(key, f"ids are coded in red, green and blue, and this is {image.mode}")
    red, green, blue = np.moveaxis(np.asarray(image)[..., :3].astype(np.int32), -1, 0)
    codes: NDArray[np.int32] = red + 256 * green + 65536 * blue
    return codes


def _ids(image: Image.Image, key: str) -> NDArray[np.int32]:
    if image.mode not in ("1", "L", "P") and not image.mode.startswith("I"):
        raise BadImage(key, f"ids are grey or a palette, and this is {image.mode}")
    stored = image.tile[0][3] if isinstance(image, ImageFile.ImageFile) and image.tile else ""
    step = _STEPS.get(str(stored), 1)
    return np.asarray(image).astype(np.int32) // step


def _to_rgb(image: Image.Image, key: str) -> Image.Image:
    if image.mode == "F" or image.mode.startswith("I"):
        return Image.fromarray(_scaled(np.asarray(image), key)).convert("RGB")
    if "transparency" in image.info or image.mode in ("PA", "La", "RGBa"):
        # By way of RGBA the colours stay what they are; straight to RGB, Pillow warns or cannot.
        image = image.convert("RGBA")
    if image.mode == "RGB":
        image.load()
        return image
    return image.convert("RGB")


def _scaled(grey: NDArray[np.generic], key: str) -> NDArray[np.uint8]:
    """Bring deep grey to 0..255 by the range of its type. Pillow's own conversion clips at 255: nearly all is white.

    Integers are 0..65535 whatever Pillow calls them: it has opened 16-bit PNG files as 32-bit integers, and scales
    PGM files to that range. Floats are 0..1. What lies outside has no agreed white and is refused.
    """
    top = 1.0 if np.issubdtype(grey.dtype, np.floating) else 65535
    low, high = grey.min(), grey.max()
    if not (low >= 0 and high <= top):  # a NaN fails too
        raise BadImage(key, f"grey values from {low} to {high} have no agreed white; only 0 to {top} are read")
    return np.rint(grey.astype(np.float64) * (255 / top)).astype(np.uint8)


def _what_it_is_instead(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(512).lstrip().lower()
    if not start:
        return "the file is empty"
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page saved under the name of an image"
    if start.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer instead of the image; `git lfs pull` gets it"
    return f"not one of {', '.join(FORMATS)}"


# ------------------------------------------------------------------------------------------------ resizing


def fit_image(pixels: Pixels, inputs: InputPolicy, interpolation: str) -> Pixels:
    """Bring an image to the size of the input policy in one resampling, antialiased as Pillow does it.

    ``crop`` keeps what torchvision's ``Resize`` (to the least size that covers the frame) and ``CenterCrop`` keep, to
    the fraction of a pixel, without making the rest. Pillow may then take rows and columns in another order, so that a
    value is rounded, or cut off at black and white between the two, differently.
    ``pad`` gives the pixels of ``PIL.ImageOps.pad``.

    Args:
        pixels: height x width x 3.
        inputs: the size and how to get there.
        interpolation: ``"nearest"``, ``"bilinear"`` or ``"bicubic"``.

    Returns:
        height x width x 3.
    """
    return _fitted(Image.fromarray(pixels), inputs, interpolation)


def read_fitted(dataset: Dataset, row: int, inputs: InputPolicy, interpolation: str) -> Pixels:
    """Image ``row`` of a data set at the size of the input policy: ``fit_image`` of ``read``, with fewer copies.

    Raises:
        BadImage: it cannot be decoded.
    """
    if dataset.read_image is None:
        return fit_image(dataset.read(row), inputs, interpolation)
    return _fitted(dataset.read_image(row), inputs, interpolation)


def _fitted(image: Image.Image, inputs: InputPolicy, interpolation: str) -> Pixels:
    (rows, columns), resampling = inputs.sides, _RESAMPLING[interpolation]
    if inputs.fit == "squash":
        return np.array(image.resize((columns, rows), resampling))
    if inputs.fit == "crop":
        box = _central_box(image.width, image.height, rows, columns)
        return np.array(image.resize((columns, rows), resampling, box=box))
    left, top, width, height = window(image.width, image.height, inputs)
    canvas = np.zeros((rows, columns, 3), np.uint8)
    canvas[top : top + height, left : left + width] = np.asarray(image.resize((width, height), resampling))
    return canvas


def _central_box(width: int, height: int, rows: int, columns: int) -> tuple[float, float, float, float]:
    """The part of the source that torchvision's resize and centre crop would keep, in source pixels."""
    if width * rows <= height * columns:
        across, down = columns, int(columns * height / width)
    else:
        across, down = int(rows * width / height), rows
    start_x, stop_x = _central_span(width, across, columns)
    start_y, stop_y = _central_span(height, down, rows)
    return start_x, start_y, stop_x, stop_y


def _central_span(side: int, resized: int, size: int) -> tuple[float, float]:
    scale = side / resized
    start = round((resized - size) / 2)
    return start * scale, min(side, (start + size) * scale)
