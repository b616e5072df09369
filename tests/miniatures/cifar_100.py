"""CIFAR-100: pickles as Python 2 wrote them, and the binary form."""

import io
import pickle
from pathlib import Path
from struct import pack
from typing import ClassVar

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
        (folder / part).write_bytes(of_python_2(batch))
    if meta:
        names = {b"fine_label_names": [name.encode() for name in THINGS], b"coarse_label_names": [b"fish"]}
        (folder / "meta").write_bytes(of_python_2(names))
    return Written(folder, *sizes())


class _Python2(pickle._Pickler):
    """Writes bytes as Python 2 wrote its strings, which is how the real files name their keys."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_bytes(self, content):
        short = len(content) < 256
        head = pickle.SHORT_BINSTRING + bytes([len(content)]) if short else pickle.BINSTRING + pack("<i", len(content))
        self.write(head + content)
        self.memoize(content)

    dispatch[bytes] = save_bytes


def of_python_2(value: object) -> bytes:
    """Pickle as Python 2 with NumPy 1 did."""
    buffer = io.BytesIO()
    _Python2(buffer, protocol=2).dump(value)
    return buffer.getvalue().replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")


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
