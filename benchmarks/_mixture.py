"""Features for benchmarks of probes: like those of a network, and not easy."""

import numpy as np
from numpy.typing import NDArray


def mixture(n: int, width: int, classes: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Rectified features of three clouds a class in 64 dimensions, over noise whose spectrum falls like a power law.

    Args:
        n: examples.
        width: columns.
        classes: how many.
        seed: of everything drawn.
    """
    draw = np.random.default_rng(seed)
    inner = min(64, width)
    basis = np.linalg.qr(draw.normal(size=(width, inner)))[0] * np.sqrt(width / inner)
    centres = 0.5 * draw.normal(size=(classes, 3, inner))
    labels = draw.integers(0, classes, n)
    signal = (centres[labels, draw.integers(0, 3, n)] + draw.normal(size=(n, inner))) @ basis.T
    rank = min(256, width)
    noise = (draw.normal(size=(n, rank)) * np.arange(1, rank + 1) ** -0.7) @ draw.normal(size=(rank, width))
    features = np.maximum(signal + noise + 0.3 * draw.normal(size=(n, width)), 0)
    return features.astype(np.float32), labels
