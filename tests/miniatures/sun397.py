"""SUN397: scenes two and three folders deep, images that no list names, flattened names in several spellings."""

from pathlib import Path

from miniatures import Written, tiny
from virb.data.sun397 import PATHS

FIT, TEST = 2, 1
SIZES = {"fit": FIT * len(PATHS), "test": TEST * len(PATHS)}
IMAGES = (FIT + TEST) * len(PATHS)


def name(label: int, number: int) -> str:
    return f"sun_{label:03d}abc{number}.jpg"


def official(root: Path, below: str = "") -> Written:
    folder = root / "SUN397"
    written = {"Training_01.txt": [], "Testing_01.txt": [], "Training_02.txt": [], "Testing_02.txt": []}
    for label, path in enumerate(PATHS):
        for number in range(FIT + TEST + (label % 100 == 0)):
            tiny(folder / path[1:] / name(label, number), label, number)
        for number in range(FIT + TEST):
            part = "Training" if number < FIT else "Testing"
            written[f"{part}_01.txt"].append(f"{path}/{name(label, number)}\n")
            written[f"{part}_02.txt"].append(f"{path}/{name(label, (number + 1) % 3)}\n")
    (folder / below).mkdir(exist_ok=True)
    for file, names in written.items():
        (folder / below / file).write_text("".join(names))
    (folder / "ClassName.txt").write_text("\n".join(PATHS))
    return Written(folder, SIZES, IMAGES)


def of_2021(root: Path) -> Written:
    folder = root / "SUN397"
    for label, path in enumerate(PATHS):
        parts = path[3:].split("/")
        scene = ["_".join(parts), "_".join(parts[::-1]), "_".join(path.split("/")[1:])][label % 3]
        for number in range(FIT + TEST):
            part = "train" if number < FIT else "test"
            tiny(folder / part / scene / name(label, number), label, number)
    return Written(folder, SIZES, IMAGES)


LAYOUTS = {
    "official": official,
    "official, Partitions folder": lambda root: official(root, "Partitions"),
    "2021": of_2021,
}
