"""From the corners of a polygon to the pixels in it."""

import numpy as np
from numpy.typing import NDArray


def inside(corners: NDArray[np.float64], height: int, width: int) -> NDArray[np.bool_]:
    """The pixels whose centres lie in a polygon, by the even-odd rule.

    A ray from the centre to the left crosses its sides an odd number of times. A centre on a side belongs to what lies
    right of it or below it, so that polygons that share a side share no pixel. The last corner is joined to the first.

    Args:
        corners: k x 2, right and down in pixels; the centre of the first pixel is (0, 0). Corners may lie outside the
            image, and sides may cross. Fewer than three have nothing in them.
        height: of the image in pixels.
        width: of the image in pixels.

    Returns:
        height x width.

    Raises:
        ValueError: corners that are no finite pairs.
    """
    if corners.ndim != 2 or corners.shape[1] != 2 or not np.isfinite(corners).all():
        raise ValueError(f"corners of {corners.shape}, or not finite")
    crossings = np.zeros((height, width + 1), np.uint8)
    for one, other in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        # From its upper end, whichever polygon it is walked for: neighbours cross it at the same places.
        (x, top), (end, bottom) = (one, other) if one[1] < other[1] else (other, one)
        # Rows with top <= row < bottom: where two sides meet in a row of centres, one of them counts.
        rows = np.arange(max(0, int(np.ceil(top))), min(height, int(np.ceil(bottom))))
        if len(rows):
            across = x + (rows - top) * ((end - x) / (bottom - top))
            crossings[rows, np.clip(np.ceil(across), 0, width).astype(np.intp)] ^= 1
    odd: NDArray[np.bool_] = np.bitwise_xor.accumulate(crossings[:, :width], axis=1).astype(np.bool_)
    return odd
