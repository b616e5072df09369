"""Small dense data for the tests of dense probes: blocks of a class, or of a value, and maps that show them."""

import dataclasses

import numpy as np

from virb.probes import Examples, Score
from virb.spec import Classes, Values

CLASSES = Classes(count=4, dense=True, ignore=255)
DEPTH = Values(size=1, dense=True, masked=True, positive=True)
MOTION = Values(size=2, dense=True, masked=True)
SCORES = {
    CLASSES: Score(CLASSES, "pixel-accuracy"),
    DEPTH: Score(DEPTH, "delta-1.25"),
    MOTION: Score(MOTION, "epe"),
}
SIZES = {"stage1": (4, 4), "stage2": (4, 4), "stage3": (2, 2), "stage4": (2, 2)}


def examples(n, seed, target=CLASSES, images=1, distance=2.0, sizes=SIZES, size=(12, 12), informative=None, blocks=2):
    """Images of 2 x 2 blocks, each of one class or value, shown with noise by the first of the maps.

    Centres of the classes are the same for every seed, so that splits agree. With a distance of 0 nothing is shown.
    """
    draw, fixed = np.random.default_rng(seed), np.random.default_rng(1000)
    if isinstance(target, Classes):
        hidden = draw.integers(0, 4, (n, blocks, blocks))
        shown = np.eye(4)[hidden]
        labels = enlarged(hidden, size)
    else:
        shown = draw.normal(size=(n, blocks, blocks, target.size))
        labels = enlarged(np.exp(shown / 2) if target.positive else shown, size).astype(np.float32)
    features = {}
    for layer, cells in sizes.items():
        centres = distance * fixed.normal(size=(shown.shape[-1], 8)) * (informative in (None, layer))
        maps = draw.normal(size=(n, images, 8, *cells))
        maps[:, 0] += np.moveaxis(enlarged(shown @ centres, cells), -1, 1)
        features[layer] = (maps if images > 1 else maps[:, 0]).astype(np.float32)
    return Examples(features, labels)


def enlarged(values, size):
    """The nearest of n x rows x columns (x ...)."""
    rows, columns = (np.arange(long) * short // long for long, short in zip(size, values.shape[1:3], strict=True))
    return values[:, rows][:, :, columns]


def short(probe, steps):
    """The same probe, trained for a moment, where it is trained."""
    trained = "steps" in {field.name for field in dataclasses.fields(probe)}
    return dataclasses.replace(probe, steps=steps) if trained else probe


def with_spec(probe, **changes):
    return dataclasses.replace(probe, spec=probe.spec.model_copy(update=changes))


class OnDisk:
    """Rows that give arrays when they are indexed by a slice or by ids, and nothing else."""

    def __init__(self, values):
        self._values = values
        self.shape = values.shape

    def __len__(self):
        return len(self._values)

    def __getitem__(self, rows):
        assert isinstance(rows, slice) or (isinstance(rows, np.ndarray) and rows.dtype == np.int64), rows
        return np.array(self._values[rows])
