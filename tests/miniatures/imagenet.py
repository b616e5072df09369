"""ImageNet: every class, two tiny images to learn from and one to test on; ids of the kit that are others."""

from pathlib import Path

import numpy as np
from scipy.io import savemat

from miniatures import Written, tiny
from virb.data.imagenet import NAMES, SYNSETS

FIT = 2
COUNT = len(SYNSETS)
SIZES = {"fit": FIT * COUNT, "test": COUNT}
TRUTH = {row: (7 * row) % COUNT for row in range(1, COUNT + 1)}
"""The class of each image of val, by its number."""
KIT = {(373 * label) % COUNT + 1: label for label in range(COUNT)}
"""Classes by the ids of the development kit."""


def train(folder: Path) -> None:
    for label, synset in enumerate(SYNSETS):
        for number in range(FIT):
            tiny(folder / synset / f"{synset}_{10 + number}.JPEG", label, number)


def val(folder: Path, place=lambda label: "") -> None:
    for row, label in TRUTH.items():
        tiny(folder / place(label) / f"ILSVRC2012_val_{row:08d}.JPEG", label, FIT)


def official(root: Path) -> Written:
    folder = root / "imagenet"
    train(folder / "train")
    val(folder / "val", lambda label: SYNSETS[label])
    return Written(folder, SIZES, 3 * COUNT)


def flat(root: Path) -> Written:
    folder = root / "ILSVRC2012"
    train(folder / "train")
    val(folder / "val")
    kit = folder / "ILSVRC2012_devkit_t12/data"
    kit.mkdir(parents=True)
    ids = {label: number for number, label in KIT.items()}
    truth = "".join(f"{ids[TRUTH[row]]}\n" for row in sorted(TRUTH))
    (kit / "ILSVRC2012_validation_ground_truth.txt").write_text(truth)
    savemat(kit / "meta.mat", {"synsets": synsets()}, do_compression=True)
    return Written(folder, SIZES, 3 * COUNT)


def synsets() -> np.ndarray:
    """As in the kit: leaves by their ids, and then inner nodes."""
    fields = ["ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children", "wordnet_height"]
    rows = [
        (float(number), SYNSETS[KIT[number]], f"{NAMES[KIT[number]]}, thing", "a thing", 0.0, np.zeros(0), 0.0)
        for number in sorted(KIT)
    ]
    rows += [(float(1000 + n), f"n{n:08d}", "entity", "all there is", 2.0, np.array([1.0, 2.0]), 1.0) for n in (1, 2)]
    return np.array(rows, [(field, object) for field in fields]).reshape(-1, 1)


def kaggle(root: Path) -> Written:
    folder = root / "imagenet-object-localization-challenge"
    train(folder / "ILSVRC/Data/CLS-LOC/train")
    val(folder / "ILSVRC/Data/CLS-LOC/val")
    boxes = [f"ILSVRC2012_val_{row:08d},{SYNSETS[label]} 1 2 3 4 " for row, label in TRUTH.items()]
    (folder / "LOC_val_solution.csv").write_text("\n".join(["ImageId,PredictionString", *boxes[::-1]]) + "\n")
    return Written(folder, SIZES, 3 * COUNT)


LAYOUTS = {"official": official, "official, flat val": flat, "Kaggle": kaggle}
