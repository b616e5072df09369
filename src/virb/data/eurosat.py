"""EuroSAT: ten kinds of land use, from a satellite."""

from pathlib import Path

from virb.data import Archive, DataCard
from virb.data._files import FileSource, Layout
from virb.data._listing import Listing
from virb.data._trees import class_folders

LAND = (
    "AnnualCrop",
    "Forest",
    "HerbaceousVegetation",
    "Highway",
    "Industrial",
    "Pasture",
    "PermanentCrop",
    "Residential",
    "River",
    "SeaLake",
)
TEST = 0.2
"""The share that is test: what is usual for the set, and what the study of 2021 had (21,600 to learn from)."""


def _official(folder: Path) -> Listing:
    """``2750/CLASS/CLASS_1.jpg``, without splits: a fifth of each class is drawn."""
    return _drawn(folder / "2750")


def _drawn(folder: Path) -> Listing:
    """``CLASS/CLASS_1.jpg``."""
    listing = Listing()
    for path, label in class_folders(folder, LAND):
        listing.add("fit", (path.name, path), label=label)
    listing.split_off("label", TEST)
    return listing


def _of_2021(folder: Path) -> Listing:
    """``train/CLASS/*.jpg`` and ``test/CLASS/*.jpg``; which images were where was not published."""
    listing = Listing()
    for path, label in class_folders(folder / "train", LAND):
        listing.add("fit", (path.name, path), label=label)
    for path, label in class_folders(folder / "test", LAND):
        listing.add("test", (path.name, path), label=label)
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="eurosat",
        title="EuroSAT",
        about="Tiles of 64 x 64 pixels, 10 m a pixel, of Sentinel-2 views of ten kinds of European land.",
        licence="MIT",
        citation="P. Helber, B. Bischke, A. Dengel and D. Borth. EuroSAT: A Novel Dataset and Deep Learning Benchmark "
        "for Land Use and Land Cover Classification. IEEE JSTARS 12(7), 2019.",
        homepage="https://github.com/phelber/EuroSAT",
        images=27_000,
        splits={"fit": 21_600, "test": 5_400},
        split_rule="None is official. Test is the fifth of each class whose names have the lowest BLAKE2b (of '0:' and "
        "the name, 16 bytes); select is carved from the others. SHA-256 of test's names, sorted, a line each, starts "
        "with cbe43a90ea37. Neighbouring tiles may be in different splits: where a tile lies is not in the RGB set.",
        columns={"label": LAND},
        how_to_get="Download EuroSAT.zip (RGB) by the link on the homepage; unpack it in DIR/eurosat.",
        archives=(
            Archive(
                url="https://huggingface.co/datasets/torchgeo/eurosat/resolve/"
                "c877bcd43f099cd0196738f714544e355477f3fd/EuroSAT.zip",
                size=94_280_567,
                md5="c8fa014336c82ac7804f0398fcb19387",
            ),
        ),
        layout="eurosat/2750/AnnualCrop/AnnualCrop_1.jpg …",
        size=95_000_000,
    ),
    folders=("eurosat", "EuroSAT_RGB"),
    layouts=(
        Layout("official", ("2750",), _official),
        Layout("official, RGB folder", ("AnnualCrop", "SeaLake"), _drawn),
        Layout("2021", ("train", "test"), _of_2021),
    ),
)
