"""Predictions at the resolution of the truth: what a head says about the frame, said about the image."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from virb.data._geometry import window
from virb.spec import Classes, Family, InputPolicy, Target


def at_truth(
    outputs: NDArray[np.float32], height: int, width: int, target: Target, family: Family, inputs: InputPolicy
) -> NDArray[np.float32]:
    """Bring predictions of one example from the frame to the resolution of its truth, as benchmarks score them.

    Bilinear between the centres of pixels (``align_corners=False``), antialiased where the truth is coarser than the
    frame; log-probabilities sum to one again afterwards, and vectors of flow are counted in the pixels of the truth.

    Args:
        outputs: height x width x classes log-probabilities, or x numbers, of the frame.
        height: of the truth in pixels.
        width: of the truth in pixels.
        target: a dense one.
        family: of its metrics.
        inputs: how the image was framed.

    Returns:
        height x width x classes, or x numbers.
    """
    left, top, across, down = window(width, height, inputs)
    shown = torch.from_numpy(np.ascontiguousarray(outputs[top : top + down, left : left + across]))
    maps = shown.permute(2, 0, 1)[None]
    if (down, across) != (height, width):
        maps = functional.interpolate(maps, size=(height, width), mode="bilinear", align_corners=False, antialias=True)
    if isinstance(target, Classes):
        maps = maps.log_softmax(dim=1)
    elif family == "flow":
        maps = maps * torch.tensor([width / across, height / down]).view(1, 2, 1, 1)
    found: NDArray[np.float32] = maps[0].permute(1, 2, 0).numpy()
    return found
