"""Caltech-101: folders of categories, clutter among them, a file without a name, grey images."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from miniatures import Written, drawn, photo, pixels
from virb.data.caltech_101 import THINGS

EACH = 3


def write(folder: Path, place=lambda key: key) -> Written:
    for label, thing in enumerate(THINGS):
        for number in range(1, EACH + 1):
            path = folder / place(f"{thing}/image_{number:04d}.jpg")
            if number == 2 and label % 10 == 0:
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels(label, number)[..., 0]).save(path)
            else:
                photo(path, label, number)
    return Written(folder, {"fit": (EACH - 1) * len(THINGS), "test": len(THINGS)}, EACH * len(THINGS))


def official(root: Path) -> Written:
    folder = root / "caltech101"
    written = write(folder / "101_ObjectCategories")
    (folder / "101_ObjectCategories/BACKGROUND_Google/tmp").write_bytes(np.arange(9).tobytes())
    return written._replace(folder=folder)


def of_2021(root: Path) -> Written:
    splits = drawn("caltech-101")
    return write(root / "caltech-101", lambda key: f"{'test' if splits[key] == 'test' else 'train'}/{key}")


def lists(root: Path) -> Written:
    written = write(root / "caltech-101")
    for part, wanted in (("train", "fit"), ("test", "test")):
        names = [key for key, split in drawn("caltech-101").items() if split == wanted]
        (written.folder / f"caltech101_{part}.json").write_text(json.dumps(names[::-1]))
    return written


LAYOUTS = {"official": official, "2021": of_2021, "2021, lists": lists}
