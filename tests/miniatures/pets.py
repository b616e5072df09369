"""Oxford-IIIT Pet: lists with a header, files that no list names, a PNG and a grey image that are named .jpg."""

from pathlib import Path

import numpy as np
from PIL import Image

from miniatures import Written, photo, pixels
from virb.data.pets import BREEDS

FIT, TEST = 4, 2
CATS = {
    "Abyssinian", "Bengal", "Birman", "Bombay", "British Shorthair", "Egyptian Mau", "Maine Coon", "Persian", "Ragdoll",
    "Russian Blue", "Siamese", "Sphynx",
}  # fmt: skip


def stem(label: int) -> str:
    """The official spelling: cats in capitals, dogs not."""
    name = BREEDS[label].replace(" ", "_")
    return name if BREEDS[label] in CATS else name.lower()


def official(root: Path) -> Written:
    folder = root / "oxford-iiit-pet"
    lists = {"trainval.txt": [], "test.txt": []}
    for label in range(len(BREEDS)):
        for number in range(1, FIT + TEST + 1 + (label == 0)):  # one is in no list
            name = f"{stem(label)}_{number}"
            image(folder / "images" / f"{name}.jpg", label, number)
            trimap(folder / "annotations/trimaps" / f"{name}.png", number)
            line = f"{name} {label + 1} {1 if BREEDS[label] in CATS else 2} {number}\n"
            if number <= FIT + TEST:
                lists["trainval.txt" if number <= FIT else "test.txt"].append(line)
    for name, written in lists.items():
        (folder / "annotations" / name).write_text("".join(written))
    (folder / "annotations/list.txt").write_text(
        "#Image CLASS-ID SPECIES BREED ID\n" + "".join(lists["trainval.txt"] + lists["test.txt"])
    )
    (folder / "images/Abyssinian_100.mat").write_bytes(b"MATLAB 5.0 MAT-file")
    (folder / "annotations/trimaps/._Abyssinian_1.png").write_bytes(b"\0\5\26\7")
    return Written(folder, *sizes())


def of_2021(root: Path) -> Written:
    folder = root / "pets"
    for label in range(len(BREEDS)):
        for number in range(1, FIT + TEST + 1):
            part = "train" if number <= FIT else "test"
            name = f"{stem(label)}_{number}"
            image(folder / part / stem(label) / f"{name}.jpg", label, number)
            trimap(folder / "annotations/trimaps" / f"{name}.png", number)
    return Written(folder, *sizes())


def image(path: Path, label: int, number: int) -> None:
    if (label, number) == (11, 2):  # Egyptian_Mau_139.jpg and others are PNG or GIF files
        photo(path, label, number, format="PNG")
    elif (label, number) == (32, 1):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels(label, number)).convert("L").save(path)
    else:
        photo(path, label, number, quality=95)


def trimap(path: Path, number: int) -> None:
    """1 pet, 2 background, 3 border."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.full((20, 24), 2, np.uint8)
    mask[4:16, 4 + number : 16 + number] = 3
    mask[5:15, 5 + number : 15 + number] = 1
    Image.fromarray(mask).save(path)


def sizes() -> tuple[dict[str, int], int]:
    count = len(BREEDS)
    return {"fit": FIT * count, "test": TEST * count}, (FIT + TEST) * count


LAYOUTS = {"official": official, "2021": of_2021}
