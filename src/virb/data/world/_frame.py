"""What one rendering gives: an image, and everything true about it."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray


@final
@dataclass(frozen=True)
class Frame:
    """An image of ``size`` x ``size`` pixels and its truths, which hold for the ray through each pixel's centre.

    Attributes:
        colour: size x size x 3, uint8, sRGB: the mean of four samples a pixel.
        depth: size x size, float32: metres along the optical axis; infinity where no shape is hit.
        labels: size x size, uint8: the class of what is seen, 0 for sky and scenery.
        instances: size x size, uint8: the instance of what is seen, 0 for sky and scenery.
        normals: size x size x 3, float32: unit vector of the surface in camera space (x right, y up, z towards the
            camera); 0 where no shape is hit.
        pose: 3 x 4, float64: takes world points (with a 1 below) to camera space.
        flow: size x size x 2, float32: pixels to the right and down by which what is seen moves until the next moment;
            NaN where no shape is hit or what is seen passes behind the camera. None without a next moment.
        visible: size x size, bool: whether what is seen is inside the next image and not hidden there. None without a
            next moment.
    """

    colour: NDArray[np.uint8]
    depth: NDArray[np.float32]
    labels: NDArray[np.uint8]
    instances: NDArray[np.uint8]
    normals: NDArray[np.float32]
    pose: NDArray[np.float64]
    flow: NDArray[np.float32] | None = None
    visible: NDArray[np.bool_] | None = None
