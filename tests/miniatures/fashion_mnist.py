"""Fashion-MNIST: idx files, gzipped, unpacked, and as torchvision lays them out."""

import gzip
from pathlib import Path

import numpy as np

from miniatures import Written, pixels

PARTS = {"train": 60, "t10k": 30}


def write(folder: Path, packed: bool) -> Written:
    folder.mkdir(parents=True)
    for part, count in PARTS.items():
        labels = (3 * np.arange(count)) % 10
        offset = 0 if part == "train" else 50
        images = np.stack([pixels(label, offset + row, (28, 28))[..., 1] for row, label in enumerate(labels)])
        for name, values in (("images-idx3", images), ("labels-idx1", labels.astype(np.uint8))):
            header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">i4").tobytes()
            raw = header + values.tobytes()
            if packed:
                (folder / f"{part}-{name}-ubyte.gz").write_bytes(gzip.compress(raw))
            else:
                (folder / f"{part}-{name}-ubyte").write_bytes(raw)
    return Written(folder, {"fit": PARTS["train"], "test": PARTS["t10k"]}, sum(PARTS.values()))


LAYOUTS = {
    "official": lambda root: write(root / "fashion-mnist", packed=True),
    "official, unpacked": lambda root: write(root / "fashion-mnist", packed=False),
    "torchvision": lambda root: write(root / "FashionMNIST/raw", packed=False)._replace(folder=root / "FashionMNIST"),
}
