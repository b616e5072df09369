"""Cityscapes: cities of train and val, a test split without labels, coarse labels, instances and polygons beside."""

from pathlib import Path

import numpy as np
from PIL import Image

from miniatures import Written, photo
from virb.data.cityscapes import LABELS

TRAIN = {"aachen": 2, "bremen": 3, "hamburg": 2, "ulm": 2, "zurich": 1}
VAL = {"frankfurt": 3, "lindau": 2, "munster": 2}
SIZE = (40, 20)
SHOWN = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]
"""Label ids of the nineteen classes."""


def official(root: Path) -> Written:
    folder = root / "cityscapes"
    number = 0
    for part, cities in (("train", TRAIN), ("val", VAL)):
        for city, images in cities.items():
            for n in range(images):
                number += 1
                name = f"{city}_{n:06d}_000019"
                photo(folder / "leftImg8bit" / part / city / f"{name}_leftImg8bit.png", 0, number, size=SIZE)
                write_labels(folder / "gtFine" / part / city, name, labels(number))
    photo(folder / "leftImg8bit/test/berlin/berlin_000000_000019_leftImg8bit.png", 0, 0, size=SIZE)
    write_labels(folder / "gtFine/test/berlin", "berlin_000000_000019", np.full(SIZE[::-1], 3, np.uint8))
    photo(folder / "leftImg8bit/train_extra/bayreuth/bayreuth_000000_000000_leftImg8bit.png", 0, 0, size=SIZE)
    (folder / "gtFine/train/aachen/._aachen_000000_000019_gtFine_labelIds.png").write_bytes(b"\0\5\26\7")
    train, val = sum(TRAIN.values()), sum(VAL.values())
    return Written(folder, {"fit": train, "test": val}, train + val)


def labels(number: int) -> np.ndarray:
    """Blocks of five by four pixels: the nineteen classes, and one of the fifteen labels that are none."""
    others = [label for label in range(len(LABELS)) if label not in SHOWN]
    ids = np.roll([*SHOWN, *SHOWN, others[number % 15], others[(number + 7) % 15]], number)
    return ids.reshape(5, 8).repeat(4, axis=0).repeat(5, axis=1).astype(np.uint8)


def write_labels(folder: Path, name: str, ids: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(ids).save(folder / f"{name}_gtFine_labelIds.png")
    Image.fromarray(ids.astype(np.uint16) * 1000).save(folder / f"{name}_gtFine_instanceIds.png")
    Image.fromarray(np.dstack([ids * 7, ids, ids, np.full_like(ids, 255)])).save(folder / f"{name}_gtFine_color.png")
    (folder / f"{name}_gtFine_polygons.json").write_text("{}")


LAYOUTS = {"official": official}
