"""Caltech-101: pictures of 101 kinds of things, and of none."""

import json
from pathlib import Path

from virb.data import Archive, DataCard
from virb.data._card import Share
from virb.data._files import FileSource, Layout
from virb.data._listing import Listing
from virb.data._trees import class_folders

_NAMES = """
BACKGROUND_Google Faces Faces_easy Leopards Motorbikes accordion airplanes anchor ant barrel bass beaver binocular
bonsai brain brontosaurus buddha butterfly camera cannon car_side ceiling_fan cellphone chair chandelier cougar_body
cougar_face crab crayfish crocodile crocodile_head cup dalmatian dollar_bill dolphin dragonfly electric_guitar elephant
emu euphonium ewer ferry flamingo flamingo_head garfield gerenuk gramophone grand_piano hawksbill headphone hedgehog
helicopter ibis inline_skate joshua_tree kangaroo ketch lamp laptop llama lobster lotus mandolin mayfly menorah
metronome minaret nautilus octopus okapi pagoda panda pigeon pizza platypus pyramid revolver rhino rooster saxophone
schooner scissors scorpion sea_horse snoopy soccer_ball stapler starfish stegosaurus stop_sign strawberry sunflower
tick trilobite umbrella watch water_lilly wheelchair wild_cat windsor_chair wrench yin_yang
"""
THINGS = tuple(_NAMES.split())
"""Folders in the order of their bytes. The first is clutter, a class as in the study and in most reports of transfer
(Kornblith et al. 2019, VTAB): 30 images of each of 102 classes make the 3,060 that they learn from."""

FIT = 30


def _official(folder: Path) -> Listing:
    """``101_ObjectCategories/CATEGORY/image_0001.jpg``, without splits: 30 of each category are drawn."""
    listing = Listing()
    for path, label in class_folders(folder / "101_ObjectCategories", THINGS):
        listing.add("fit", (f"{THINGS[label]}/{path.name}", path), label=label)
    listing.draw_fit("label", FIT)
    return listing


def _of_2021(folder: Path) -> Listing:
    """``train/CATEGORY/image_0001.jpg`` and ``test/CATEGORY/image_0001.jpg``."""
    listing = Listing()
    parts: dict[str, Share] = {"train": "fit", "test": "test"}
    for part, split in parts.items():
        for path, label in class_folders(folder / part, THINGS):
            listing.add(split, (f"{THINGS[label]}/{path.name}", path), label=label)
    return listing


def _lists_of_2021(folder: Path) -> Listing:
    """``caltech101_{train,test}.json``: lists of ``CATEGORY/image_0001.jpg``, which is where the images lie.

    The study's later code took the name of the file for that of the class; it is read as it was meant.
    """
    listing = Listing()
    parts: dict[str, Share] = {"train": "fit", "test": "test"}
    for part, split in parts.items():
        for name in json.loads((folder / f"caltech101_{part}.json").read_text(encoding="utf-8")):
            listing.add(split, (name, folder / name), label=THINGS.index(name.partition("/")[0]))
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="caltech-101",
        title="Caltech-101",
        about="Pictures found on the web in 2003 of 101 kinds of things, 31 to 800 each, mostly alone, in the middle "
        "and turned the same way; and 467 of anything.",
        licence="CC BY 4.0",
        citation="L. Fei-Fei, R. Fergus and P. Perona. Learning Generative Visual Models from Few Training Examples. "
        "CVPR Workshop on Generative-Model Based Vision, 2004.",
        homepage="https://data.caltech.edu/records/mzrjq-6wc02",
        images=9_144,
        splits={"fit": 3_060, "test": 6_084},
        split_rule="None is official. Fit are the 30 images of each class whose names (CATEGORY/image_0001.jpg) have "
        "the lowest BLAKE2b (of '0:' and the name, 16 bytes), from which select is carved; the others are test.",
        columns={"label": THINGS},
        how_to_get="Download caltech-101.zip from the homepage; unpack it and its 101_ObjectCategories.tar.gz in "
        "DIR/caltech-101.",
        archives=(
            Archive(
                url="https://data.caltech.edu/records/mzrjq-6wc02/files/caltech-101.zip",
                md5="3138e1922a9193bfa496528edbbc45d0",
                inner=("caltech-101/101_ObjectCategories.tar.gz",),
            ),
        ),
        layout="caltech-101/101_ObjectCategories/accordion/image_0001.jpg …",
        size=150_000_000,
    ),
    folders=("caltech-101", "caltech"),
    layouts=(
        Layout("official", ("101_ObjectCategories",), _official),
        Layout("2021", ("train", "test"), _of_2021, {"fit": 3_060, "test": None}),
        Layout(
            "2021, lists",
            ("caltech101_train.json", "caltech101_test.json"),
            _lists_of_2021,
            {"fit": 3_060, "test": None},
        ),
    ),
)
