"""Describable Textures: lists of several divisions, and other files beside the images."""

from pathlib import Path

from miniatures import Written, photo
from virb.data.dtd import WORDS

EACH = 2
SIZES = {"fit": EACH * len(WORDS), "select": EACH * len(WORDS), "test": EACH * len(WORDS)}


def official(root: Path) -> Written:
    folder = root / "dtd"
    (folder / "labels").mkdir(parents=True)
    for division in (1, 2):
        for place, part in enumerate(("train", "val", "test")):
            numbers = [1 + (place * EACH + n + division - 1) % (3 * EACH) for n in range(EACH)]
            names = [f"{word}/{word}_{number:04d}.jpg\n" for word in WORDS for number in numbers]
            (folder / "labels" / f"{part}{division}.txt").write_text("".join(names))
    (folder / "labels/labels_joint_anno.txt").write_text("banded/banded_0001.jpg banded lined\n")
    for label, word in enumerate(WORDS):
        for number in range(1, 3 * EACH + 1):
            photo(folder / "images" / word / f"{word}_{number:04d}.jpg", label, number)
    (folder / "images/waffled/.directory").write_text("[Dolphin]\n")
    return Written(folder, SIZES, 3 * EACH * len(WORDS))


def of_2021(root: Path) -> Written:
    """Other images than above, since it is not known which division the study had."""
    folder = root / "dtd"
    for label, word in enumerate(WORDS):
        for number in range(101, 101 + 3 * EACH):
            part = "train" if number < 101 + 2 * EACH else "test"
            photo(folder / part / word / f"{word}_{number:04d}.jpg", label, number)
    return Written(folder, SIZES, 3 * EACH * len(WORDS))


LAYOUTS = {"official": official, "2021": of_2021}
