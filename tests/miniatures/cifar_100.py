"""CIFAR-100: pickles as Python 2 wrote them, and the binary form."""

import pickle
from pathlib import Path

import numpy as np

from miniatures import Written, pixels
from virb.data.cifar_100 import THINGS

PARTS = {"train": 4, "test": 2}


def rows(part: str) -> tuple[np.ndarray, list[int], list[int]]:
    """Rows of planes, fine labels in a mixed order, coarse labels."""
    count = len(THINGS) * PARTS[part]
    fine = [(7 * row) % len(THINGS) for row in range(count)]
    offset = 0 if part == "train" else 50
    images = [pixels(label, offset + row // len(THINGS), (32, 32)) for row, label in enumerate(fine)]
    return np.stack(images).transpose(0, 3, 1, 2).reshape(count, -1), fine, [label // 5 for label in fine]


def pickles(root: Path, name: str, meta: bool) -> Written:
    folder = root / name
    folder.mkdir(parents=True)
    for part in PARTS:
        data, fine, coarse = rows(part)
        batch = {
            b"filenames": [b"%s_s_%06d.png" % (THINGS[label].encode(), row) for row, label in enumerate(fine)],
            b"batch_label": b"training batch 1 of 1" if part == "train" else b"testing batch 1 of 1",
            b"fine_labels": fine,
            b"coarse_labels": coarse,
            b"data": data,
        }
        (folder / part).write_bytes(pickle.dumps(batch, protocol=2))
    if meta:
        names = {b"fine_label_names": [name.encode() for name in THINGS], b"coarse_label_names": [b"fish"]}
        (folder / "meta").write_bytes(pickle.dumps(names, protocol=2))
    return Written(folder, *sizes())


def binary(root: Path) -> Written:
    folder = root / "cifar-100-binary"
    folder.mkdir(parents=True)
    for part in PARTS:
        data, fine, coarse = rows(part)
        np.column_stack([coarse, fine, data]).astype(np.uint8).tofile(folder / f"{part}.bin")
    (folder / "fine_label_names.txt").write_text("\n".join(THINGS) + "\n")
    return Written(folder, *sizes())


def sizes() -> tuple[dict[str, int], int]:
    count = len(THINGS)
    return {"fit": PARTS["train"] * count, "test": PARTS["test"] * count}, sum(PARTS.values()) * count


LAYOUTS = {
    "official": lambda root: pickles(root, "cifar-100-python", meta=True),
    "2021": lambda root: pickles(root, "cifar-100", meta=False),
    "official, binary": binary,
}
