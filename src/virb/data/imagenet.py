"""ImageNet: the thousand classes of the challenge of 2012."""

import csv
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from virb.data import DataCard
from virb.data._files import FileSource, Layout
from virb.data._layout import SUFFIXES
from virb.data._listing import Listing
from virb.data._trees import lines, shipped_list

_LINES = [line.partition(" ") for line in shipped_list("imagenet.txt")]
SYNSETS = tuple(synset for synset, _, _ in _LINES)
"""WordNet ids, sorted: a class is its place among them, as in every published model."""
NAMES = tuple(name for _, _, name in _LINES)

_KAGGLE = "ILSVRC/Data/CLS-LOC"
_DEVKIT = "ILSVRC2012_devkit_t12/data"


def _folders(folder: Path) -> Listing:
    """``train/SYNSET/*.JPEG`` and ``val/SYNSET/*.JPEG``: how it lies nearly everywhere."""
    listing = Listing()
    _add_train(listing, folder / "train")
    for label, name, file in _by_synset(folder / "val"):
        listing.add("test", (name, file), label=label)
    return listing


def _flat(folder: Path) -> Listing:
    """``train/SYNSET/*.JPEG``, ``val/ILSVRC2012_val_00000001.JPEG`` and the development kit, with its own class ids."""
    listing = Listing()
    _add_train(listing, folder / "train")
    synsets = _kit_synsets(folder / _DEVKIT / "meta.mat")
    truth = [synsets[int(line)] for line in lines(folder / _DEVKIT / "ILSVRC2012_validation_ground_truth.txt")]
    _add_val(listing, folder / "val", {f"ILSVRC2012_val_{row:08d}": synset for row, synset in enumerate(truth, 1)})
    return listing


def _kaggle(folder: Path) -> Listing:
    """``ILSVRC/Data/CLS-LOC/{train/SYNSET,val}/*.JPEG``; the solution has lines ``IMAGE,SYNSET left top …``."""
    listing = Listing()
    _add_train(listing, folder / _KAGGLE / "train")
    with (folder / "LOC_val_solution.csv").open(newline="", encoding="utf-8") as file:
        truth = {row["ImageId"]: (row["PredictionString"] or "").split()[0] for row in csv.DictReader(file)}
    _add_val(listing, folder / _KAGGLE / "val", truth)
    return listing


def _add_train(listing: Listing, folder: Path) -> None:
    for label, name, file in _by_synset(folder):
        listing.add("fit", (name, file), label=label)


def _add_val(listing: Listing, folder: Path, truth: Mapping[str, str]) -> None:
    ids = {synset: label for label, synset in enumerate(SYNSETS)}
    for name, file in _images(os.fspath(folder)):
        synset = truth.get(name.partition(".")[0])
        if synset not in ids:
            raise ValueError(f"the class of '{name}' is not known")
        listing.add("test", (name, file), label=ids[synset])


def _by_synset(folder: Path) -> Iterator[tuple[int, str, str]]:
    """Class, name and path of every image. A folder of no synset is refused; one that is missing cannot be read."""
    with os.scandir(folder) as entries:
        strange = sorted({entry.name for entry in entries if entry.name[0] not in "._" and entry.is_dir()} - {*SYNSETS})
    if strange:
        raise ValueError(f"'{folder.name}/{strange[0]}' is a folder of none of the 1,000 classes")
    for label, synset in enumerate(SYNSETS):
        for name, file in _images(os.path.join(folder, synset)):  # noqa: PTH118 - a million Paths take long to make
            yield label, name, file


def _images(folder: str) -> Iterator[tuple[str, str]]:
    """Name and path of every image of a folder."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if os.path.splitext(entry.name)[1].lower() in SUFFIXES and not entry.name.startswith("."):  # noqa: PTH122
                yield entry.name, entry.path


def _kit_synsets(file: Path) -> dict[int, str]:
    """Synsets by the ids of the development kit, which has those of inner nodes too.

    Raises:
        ValueError: it is not what it should be.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        synsets = loadmat(file, squeeze_me=True)["synsets"]
        return {int(row["ILSVRC2012_ID"]): str(row["WNID"]) for row in synsets if not int(row["num_children"])}
    except (MatReadError, zlib.error, LookupError, TypeError, OSError) as error:
        raise ValueError(f"'{file.name}' is not that of the development kit: {error}") from error


SOURCE = FileSource(
    card=DataCard(
        name="imagenet",
        title="ImageNet",
        about="Photographs of the thousand classes of the challenge of 2012: animals, plants, things and places.",
        licence="for non-commercial research and education only, by agreement; images belong to their photographers",
        citation="O. Russakovsky et al. ImageNet Large Scale Visual Recognition Challenge. IJCV 115(3), 2015.",
        homepage="https://www.image-net.org/challenges/LSVRC/2012/",
        images=1_331_167,
        splits={"fit": 1_281_167, "test": 50_000},
        split_rule="The official ones: train is fit, from which select is carved; val is test, since the labels of the "
        "official test split are not published.",
        columns={"label": NAMES},
        how_to_get="Register on the homepage and download ILSVRC2012_img_train.tar (md5 "
        "1d675b47d978889d74fa0da5fadfb00e) and ILSVRC2012_img_val.tar (29b22e2961454d5413ddabcf34fc5622); unpack each "
        "class of train into DIR/imagenet/train/SYNSET, and val into DIR/imagenet/val beside "
        "ILSVRC2012_devkit_t12.tar.gz (fa75699e90414af021442c21a62c3abf). Or take the layout of Kaggle's copy.",
        by_hand="ImageNet asks for an account and consent to its terms of access.",
        layout="imagenet/train/n01440764/n01440764_10026.JPEG …\n"
        "imagenet/val/n01440764/ILSVRC2012_val_00000293.JPEG …, or all of val in one folder and "
        "imagenet/ILSVRC2012_devkit_t12/data/meta.mat, ILSVRC2012_validation_ground_truth.txt",
        size=155_000_000_000,
    ),
    folders=(
        "imagenet",
        "imagenet-1k",
        "ILSVRC2012",
        "imagenet-object-localization-challenge",
        "CLS-LOC",
    ),
    # The code of the 2021 study expected the class folders below data/imagenet.
    layouts=(
        Layout("official", ("train/n01440764", "val/n01440764"), _folders),
        Layout(
            "official, flat val",
            (
                "train/n01440764",
                "val/ILSVRC2012_val_00000001.JPEG",
                f"{_DEVKIT}/meta.mat",
                f"{_DEVKIT}/ILSVRC2012_validation_ground_truth.txt",
            ),
            _flat,
        ),
        Layout("Kaggle", (f"{_KAGGLE}/train", f"{_KAGGLE}/val", "LOC_val_solution.csv"), _kaggle),
    ),
    by_size=True,
)
