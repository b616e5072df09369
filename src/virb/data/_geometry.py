"""Where an image lies inside the frame of the input policy, and how its pixelwise truth gets there.

Truth must go where the image goes, to the fraction of a pixel. Ids are taken from the nearest pixel, since between two
classes lies no third. Numbers are averaged with the filter that images are resized with, over the pixels that have one;
vectors of flow are counted in pixels, so they shrink and grow with the image.
"""

from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from virb.errors import UserError
from virb.spec import Classes, Family, InputPolicy, Target, Task

KNOWN = 0.5
"""Share of what a pixel is averaged from that must be known; where less is, the average is not known either."""


@final
class Window(NamedTuple):
    """The part of the frame that shows the image, in pixels; all of it but for ``pad``."""

    left: int
    top: int
    width: int
    height: int


def window(width: int, height: int, inputs: InputPolicy) -> Window:
    """Where an image lies inside the frame.

    Args:
        width: of the image in pixels.
        height: of the image in pixels.
        inputs: ``squash`` or ``pad``.

    Raises:
        ValueError: ``crop``, which shows a part of the image only.
    """
    rows, columns = inputs.sides
    if inputs.fit == "squash":
        return Window(0, 0, columns, rows)
    if inputs.fit != "pad":
        raise ValueError(f"{inputs.fit} does not show the whole image")
    if width * rows >= height * columns:
        across, down = columns, max(1, round(height / width * columns))
    else:
        across, down = max(1, round(width / height * rows)), rows
    return Window(round((columns - across) / 2), round((rows - down) / 2), across, down)


def refuse_crop(task: Task, inputs: InputPolicy) -> None:
    """Refuse to answer for pixels that the encoder is not shown.

    Raises:
        UserError: the policy is ``crop``.
    """
    if inputs.fit == "crop":
        raise UserError(
            f"'{task.name}' has an answer for each pixel, and '{inputs.fit}' cuts the image's borders off.",
            "Use --fit squash.",
        )


def frame_truth(truth: NDArray[Any], target: Target, family: Family, inputs: InputPolicy) -> NDArray[Any]:
    """Bring truth from its own resolution into the frame, as the image is brought there.

    Args:
        truth: height x width ids; or height x width x size numbers, NaN where missing.
        target: a dense one.
        family: of its metrics: of ``flow`` the numbers are pixels right and down.
        inputs: the size and how to get there.

    Returns:
        Of the policy's height and width: ids of the same type, the target's ``ignore`` beside the image; or numbers,
        float32, NaN there.

    Raises:
        UserError: the image does not fill the frame, and the target has no id for what lies beside it.
    """
    height, width = truth.shape[:2]
    place = window(width, height, inputs)
    rows, columns = slice(place.top, place.top + place.height), slice(place.left, place.left + place.width)
    if isinstance(target, Classes):
        inside = _nearest(truth, place)
        if inside.shape == inputs.sides:
            return inside
        if target.ignore is None:
            raise UserError(
                f"'{inputs.fit}' gives images a border, and the classes have no id for pixels without a label.",
                "Use --fit squash.",
            )
        framed = np.full(inputs.sides, target.ignore, truth.dtype)
        framed[rows, columns] = inside
        return framed
    values = _averaged(truth, place)
    if family == "flow":
        values *= np.array([place.width / width, place.height / height], np.float32)
    framed = np.full((*inputs.sides, truth.shape[2]), np.nan, np.float32)
    framed[rows, columns] = values
    return framed


def _nearest(ids: NDArray[Any], place: Window) -> NDArray[Any]:
    """The pixel of the source that the centre of each pixel of the window falls into."""
    height, width = ids.shape
    rows = ((2 * np.arange(place.height) + 1) * height) // (2 * place.height)
    columns = ((2 * np.arange(place.width) + 1) * width) // (2 * place.width)
    nearest: NDArray[Any] = ids[rows[:, None], columns]
    return nearest


def _averaged(values: NDArray[Any], place: Window) -> NDArray[np.float32]:
    """Bilinear, antialiased as Pillow resizes images, over known pixels."""
    if values.shape[:2] == (place.height, place.width):
        return values.astype(np.float32)
    known: NDArray[np.bool_] = np.isfinite(values).all(axis=-1)
    weight = _resized(known.astype(np.float32), place)
    enough = weight >= KNOWN
    out = np.full((place.height, place.width, values.shape[2]), np.nan, np.float32)
    for number in range(values.shape[2]):
        total = _resized(np.where(known, values[..., number], 0).astype(np.float32), place)
        out[enough, number] = total[enough] / weight[enough]
    return out


def _resized(plane: NDArray[np.float32], place: Window) -> NDArray[np.float32]:
    image = Image.fromarray(plane)
    return np.asarray(image.resize((place.width, place.height), Image.Resampling.BILINEAR), np.float32)
