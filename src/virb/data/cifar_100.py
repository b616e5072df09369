"""CIFAR-100: tiny photographs of a hundred things."""

import codecs
import pickle
from pathlib import Path
from typing import Any, BinaryIO, final

import numpy as np
from numpy.typing import NDArray

from virb.data import Archive, DataCard
from virb.data._files import FileSource, Layout
from virb.data._listing import Listing

_NAMES = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant
flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree
motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate
poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider
squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle
wardrobe whale willow_tree wolf woman worm
"""
THINGS = tuple(_NAMES.split())
"""The fine labels, in the order of ``fine_label_names`` in ``meta``."""

SIDE = 32
_ROW = 3 * SIDE * SIDE


_ARRAYS = {"_reconstruct": np.zeros(0).__reduce__()[0], "ndarray": np.ndarray, "dtype": np.dtype}
"""What a pickled array is made of."""


@final
class _Arrays(pickle.Unpickler):
    """Reads pickles of dictionaries, lists, numbers, bytes and plain arrays; any other object in one is refused."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, encoding="bytes")  # they were written by Python 2

    def find_class(self, module: str, name: str) -> Any:
        """Let what arrays are made of through.

        Raises:
            UnpicklingError: it is anything else.
        """
        if module.split(".")[0] == "numpy" and name in _ARRAYS:
            return _ARRAYS[name]
        if (module, name) == ("_codecs", "encode"):  # how Python 3 writes bytes for Python 2
            return codecs.encode
        raise pickle.UnpicklingError(f"it holds '{module}.{name}', which is no array")


def _pickles(folder: Path) -> Listing:
    """``train`` and ``test``: pickled dictionaries with ``data`` (rows of planes) and ``fine_labels``."""
    listing = Listing()
    for name in ("train", "test"):
        with (folder / name).open("rb") as file:
            batch = _Arrays(file).load()
        _add(listing, name, np.asarray(batch[b"data"], np.uint8), batch[b"fine_labels"])
    return listing


def _binary(folder: Path) -> Listing:
    """``train.bin`` and ``test.bin``: rows of coarse label, fine label and three planes."""
    listing = Listing()
    for name in ("train", "test"):
        rows = np.fromfile(folder / f"{name}.bin", np.uint8).reshape(-1, 2 + _ROW)
        _add(listing, name, rows[:, 2:], rows[:, 1])
    return listing


def _add(listing: Listing, name: str, rows: NDArray[np.uint8], labels: Any) -> None:
    pixels = rows.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    for row, (image, label) in enumerate(zip(pixels, labels, strict=True)):
        listing.add("fit" if name == "train" else "test", (f"{name}-{row:05d}", image), label=int(label))


SOURCE = FileSource(
    card=DataCard(
        name="cifar-100",
        title="CIFAR-100",
        about="Photographs of 32 x 32 pixels of a hundred things, 600 each.",
        licence="none stated; the homepage asks to cite the report",
        citation="A. Krizhevsky. Learning Multiple Layers of Features from Tiny Images. Technical report, University "
        "of Toronto, 2009.",
        homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
        images=60_000,
        splits={"fit": 50_000, "test": 10_000},
        split_rule="The official files: train is fit, from which select is carved; test is test.",
        columns={"label": THINGS},
        how_to_get="Download cifar-100-python.tar.gz from the homepage; unpack it in DIR.",
        archives=(
            Archive(
                url="https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
                size=169_001_437,
                md5="eb9058c3a382ffc7106e4002c42a8d85",
            ),
        ),
        layout="cifar-100-python/train, test, meta",
        size=186_000_000,
    ),
    folders=("cifar-100", "cifar-100-python", "cifar-100-binary"),
    layouts=(
        Layout("official", ("train", "test", "meta"), _pickles),
        Layout("2021", ("train", "test"), _pickles),
        Layout("official, binary", ("train.bin", "test.bin"), _binary),
    ),
)
