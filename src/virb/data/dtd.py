"""Describable Textures: photographs of surfaces, sorted by the word people have for them."""

from pathlib import Path

from virb.data import Archive, DataCard
from virb.data._card import Share
from virb.data._files import FileSource, Layout
from virb.data._listing import Listing
from virb.data._trees import class_folders, lines

_NAMES = """
banded blotchy braided bubbly bumpy chequered cobwebbed cracked crosshatched crystalline dotted fibrous flecked
freckled frilly gauzy grid grooved honeycombed interlaced knitted lacelike lined marbled matted meshed paisley
perforated pitted pleated polka-dotted porous potholed scaly smeared spiralled sprinkled stained stratified striped
studded swirly veined waffled woven wrinkled zigzagged
"""
WORDS = tuple(_NAMES.split())

_LISTS: dict[str, Share] = {"train1.txt": "fit", "val1.txt": "select", "test1.txt": "test"}


def _official(folder: Path) -> Listing:
    """``images/WORD/*.jpg``, and lists of lines ``WORD/NAME.jpg``: the first of the ten official divisions."""
    listing = Listing()
    for file, split in _LISTS.items():
        for line in lines(folder / "labels" / file):
            listing.add(split, (line, folder / "images" / line), label=WORDS.index(line.partition("/")[0]))
    return listing


def _of_2021(folder: Path) -> Listing:
    """``train/WORD/*.jpg`` and ``test/WORD/*.jpg``, of which division is unknown: half of train is drawn as select."""
    listing = Listing()
    for path, label in class_folders(folder / "train", WORDS):
        listing.add("fit", (f"{WORDS[label]}/{path.name}", path), label=label)
    for path, label in class_folders(folder / "test", WORDS):
        listing.add("test", (f"{WORDS[label]}/{path.name}", path), label=label)
    listing.split_off("label", 0.5, "select")
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="dtd",
        title="Describable Textures",
        about="Photographs from the web of surfaces of 47 kinds, 120 each, named as people describe them.",
        licence="none stated; published for research",
        citation="M. Cimpoi, S. Maji, I. Kokkinos, S. Mohamed and A. Vedaldi. Describing Textures in the Wild. "
        "CVPR 2014.",
        homepage="https://www.robots.ox.ac.uk/~vgg/data/dtd/",
        images=5_640,
        splits={"fit": 1_880, "select": 1_880, "test": 1_880},
        split_rule="The first of the ten official divisions: train1 is fit, val1 is select, test1 is test.",
        columns={"label": WORDS},
        how_to_get="Download dtd-r1.0.1.tar.gz from the homepage; unpack it in DIR.",
        archives=(
            Archive(
                url="https://www.robots.ox.ac.uk/~vgg/data/dtd/download/dtd-r1.0.1.tar.gz",
                md5="fff73e5086ae6bdbea199a49dfb8a4c1",
            ),
        ),
        layout="dtd/images/banded/banded_0002.jpg …\ndtd/labels/train1.txt, val1.txt, test1.txt",
        size=640_000_000,
    ),
    folders=("dtd", "dtd-r1.0.1"),
    layouts=(
        Layout("official", ("images", *(f"labels/{file}" for file in _LISTS)), _official),
        Layout("2021", ("train", "test"), _of_2021),
    ),
)
