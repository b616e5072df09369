"""Fashion-MNIST: grey product photographs of ten kinds of clothing."""

import gzip
import zlib
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from virb.data import Archive, DataCard
from virb.data._files import FileSource, Layout
from virb.data._listing import Listing

CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
_FILES = tuple(f"{part}-{what}-ubyte" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1"))
_BUCKET = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"


def _read(below: str, ending: str, folder: Path) -> Listing:
    """``train-*`` and ``t10k-*``: an idx file of images and one of labels each."""
    listing = Listing()
    for part, split in (("train", "fit"), ("t10k", "test")):
        images = _idx(folder / below / f"{part}-images-idx3-ubyte{ending}", 3)
        labels = _idx(folder / below / f"{part}-labels-idx1-ubyte{ending}", 1)
        for row, (image, label) in enumerate(zip(images, labels, strict=True)):
            key = f"{part}-{row:05d}"
            listing.add("fit" if split == "fit" else "test", (key, image), label=int(label))
    return listing


def _idx(file: Path, axes: int) -> NDArray[np.uint8]:
    """Read an idx file of bytes: two zeros, the type 8, the number of axes, their lengths (big-endian), the bytes.

    Raises:
        ValueError: it is not one, or is cut short.
    """
    try:
        raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"'{file.name}' is corrupt: {error}") from error
    if raw[:4] != bytes([0, 0, 8, axes]):
        raise ValueError(f"'{file.name}' is no idx file of bytes with {axes} axes")
    shape = np.frombuffer(raw, ">i4", axes, 4)
    values = np.frombuffer(raw, np.uint8, offset=4 + 4 * axes)
    if values.size != np.prod(shape):
        raise ValueError(f"'{file.name}' holds {values.size:,} values, not {' x '.join(map(str, shape))}")
    return values.reshape(shape)


SOURCE = FileSource(
    card=DataCard(
        name="fashion-mnist",
        title="Fashion-MNIST",
        about="Grey photographs of 28 x 28 pixels of ten kinds of clothing from a shop's catalogue.",
        licence="MIT",
        citation="H. Xiao, K. Rasul and R. Vollgraf. Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine "
        "Learning Algorithms. arXiv:1708.07747, 2017.",
        homepage="https://github.com/zalandoresearch/fashion-mnist",
        images=70_000,
        splits={"fit": 60_000, "test": 10_000},
        split_rule="The official files: train is fit, from which select is carved; t10k is test.",
        columns={"label": CLOTHES},
        how_to_get="Download its four files from the homepage into DIR/fashion-mnist; on Debian and Ubuntu, "
        "apt-get install dataset-fashion-mnist, and the data root is /usr/share/datasets.",
        archives=(
            Archive(url=f"{_BUCKET}/{_FILES[0]}.gz", md5="8d4fb7e6c68d591d4c3dfef9ec88bf0d", unpack=False),
            Archive(url=f"{_BUCKET}/{_FILES[1]}.gz", md5="25c81989df183df01b3e8a0aad5dffbe", unpack=False),
            Archive(url=f"{_BUCKET}/{_FILES[2]}.gz", md5="bef4ecab320f06d8554ea6380940ec79", unpack=False),
            Archive(url=f"{_BUCKET}/{_FILES[3]}.gz", md5="bb300cfdad3c16e7a12a480ee83cd310", unpack=False),
        ),
        layout="fashion-mnist/train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, "
        "t10k-labels-idx1-ubyte.gz",
        size=30_900_000,
    ),
    folders=("fashion-mnist",),
    layouts=(
        Layout("official", tuple(f"{file}.gz" for file in _FILES), partial(_read, "", ".gz")),
        Layout("official, unpacked", _FILES, partial(_read, "", "")),
        Layout("torchvision", tuple(f"raw/{file}" for file in _FILES), partial(_read, "raw", "")),
    ),
)
