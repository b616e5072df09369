"""COCO panoptic: segments coded in colours, void, crowds, annotations in another order than the files."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from miniatures import Written, photo
from virb.data.coco_panoptic import CATEGORIES

PARTS = {"train": 8, "val": 3}
SIZE = (36, 24)
IDS = [*CATEGORIES]


def official(root: Path) -> Written:
    folder = root / "coco"
    for part, images in PARTS.items():
        annotations = []
        for n in range(images):
            number = n + 100 * (part == "val")
            stem = f"{7 * number + 9:012d}"
            photo(folder / f"{part}2017" / f"{stem}.jpg", 0, number, size=SIZE)
            codes = segments(number)
            path = folder / "annotations" / f"panoptic_{part}2017" / f"{stem}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(coded(codes)).save(path)
            annotations.append({"segments_info": told(codes), "file_name": path.name, "image_id": 7 * number + 9})
        categories = [{"supercategory": "any", "isthing": int(i < 92), "id": i, "name": CATEGORIES[i]} for i in IDS]
        written = {"info": {}, "images": [], "annotations": annotations[::-1], "categories": categories}
        (folder / "annotations" / f"panoptic_{part}2017.json").write_text(json.dumps(written))
    return Written(folder, {"fit": PARTS["train"], "test": PARTS["val"]}, sum(PARTS.values()))


def of_2021(root: Path) -> Written:
    folder = root / "coco"
    for part, images in PARTS.items():
        for n in range(images):
            number = n + 100 * (part == "val")
            stem = f"{7 * number + 9:012d}"
            photo(folder / f"{part}2017" / f"{stem}.jpg", 0, number, size=SIZE)
            path = folder / "annotations" / f"panoptic_labels_{part}2017" / f"{stem}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(categories(number).astype(np.uint16)).save(path)
    return Written(folder, {"fit": PARTS["train"], "test": PARTS["val"]}, sum(PARTS.values()))


def categories(number: int) -> np.ndarray:
    """Ids of categories, 0 for void, in blocks of two by two pixels: all of them, more than once."""
    blocks = np.roll([*IDS, *IDS[:79], *[0] * 4], 5 * number).reshape(12, 18)
    return blocks.repeat(2, axis=0).repeat(2, axis=1)


def segments(number: int) -> np.ndarray:
    """Ids of segments, large and small, one or two of a category; 0 for void."""
    ids = categories(number)
    left = np.arange(SIZE[0]) < SIZE[0] // 2
    codes = ids * 65_793 + number + left  # the same in all three colours, and a little more red
    return np.where(ids > 0, codes, 0)


def told(codes: np.ndarray) -> list[dict]:
    """What the annotations say of segments: crowds are told like the others."""
    found = []
    for code in np.unique(codes[codes > 0])[::-1].tolist():
        category = code // 65_793
        row = {"id": code, "category_id": category, "iscrowd": int(category == 1), "bbox": [0, 0, 1, 1], "area": 4}
        found.append(row)
    return found


def coded(codes: np.ndarray) -> np.ndarray:
    return np.dstack([codes % 256, codes // 256 % 256, codes // 65_536]).astype(np.uint8)


LAYOUTS = {"official": official, "2021": of_2021}
