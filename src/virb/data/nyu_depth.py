"""NYU Depth v2: rooms, and how far away everything in them is."""

import re
import zlib
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from virb.data import Archive, DataCard, Pixels
from virb.data._deep import decode_floats
from virb.data._distances import distances
from virb.data._files import FileSource, Layout
from virb.data._listing import Explained, Listing, Made
from virb.data._matlab import row, shapes, texts
from virb.data._trees import paired

LABELLED, SPLITS = "nyu_depth_v2_labeled.mat", "splits.mat"
DEPTHS = "rawDepths"
"""What the sensor measured, brought to the view of the camera. ``depths`` fills its holes by what colours suggest."""


def _image(file: Path, place: int, key: str) -> Pixels:
    """In the file 3 x width x height."""
    return np.ascontiguousarray(row(file, "images", place, _named(key, place)).transpose(2, 1, 0))


def _depth(path: Path, key: str, by: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
    """Metres, NaN where there are none: of an image of the labelled set, width x height there; or of a file."""
    if by is None:
        return distances(decode_floats(path, key), key)
    place = int(by[0])
    key = _named(key, place)
    return distances(row(path, DEPTHS, place, key).T, key)


def _named(file: str, place: int) -> str:
    """An image of the labelled set, counted from one, as its publishers do."""
    return f"{file}#{place + 1:04d}"


def _official(folder: Path) -> Listing:
    """The labelled set and the lists of its official splits, which count from one."""
    file = folder / LABELLED
    images, depths = shapes(file, "images", DEPTHS)
    scenes = texts(file, "scenes")
    count, colours, *size = images
    if (colours, len(size)) != (3, 2) or depths != (count, *size) or len(scenes) != count:
        raise ValueError(f"{images} images, {depths} depths and {len(scenes)} scenes do not fit together")
    listing, left = Listing(), set(range(count))
    for split, its in _splits(folder / SPLITS).items():
        for place in its:
            left.remove(place)
            listing.add(
                "fit" if split == "fit" else "test",
                (_named(LABELLED, place), Made(str(file), partial(_image, file, place))),
                group=re.sub(r"[a-z]$", "", scenes[place]),  # kitchen_0028a and kitchen_0028b are one room
                depth=Explained(file, np.array([place])),
            )
    if left:
        raise ValueError(f"image {min(left) + 1} is in no split")
    return listing


def _splits(file: Path) -> dict[str, list[int]]:
    """Places of the images of each split, from zero.

    Raises:
        ValueError: it is another file, or not whole.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        content = loadmat(file, squeeze_me=True)
        lists = {"fit": content["trainNdxs"], "test": content["testNdxs"]}
        return {split: [int(number) - 1 for number in np.atleast_1d(its)] for split, its in lists.items()}
    except (MatReadError, zlib.error, LookupError, TypeError, NotImplementedError, OSError) as error:
        raise ValueError(f"'{file.name}' is not that of the data set: {error}") from error


def _of_2021(folder: Path) -> Listing:
    """``{train,test}/images/*.png`` and ``{train,test}/depths/*.tiff``: whose scenes are not told."""
    listing = Listing()
    for part in ("train", "test"):
        for image, depth in paired(folder / part / "images", folder / part / "depths"):
            listing.add("fit" if part == "train" else "test", (f"{part}/{image.name}", image), depth=depth)
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="nyu-depth",
        title="NYU Depth v2",
        about="Rooms of homes, shops and offices, seen by the colour and depth cameras of a Kinect: the labelled set. "
        "Depth is what was measured (rawDepths), not what colours suggest where nothing was (depths); half a metre to "
        "ten.",
        licence="none stated; published for research",
        citation="N. Silberman, D. Hoiem, P. Kohli and R. Fergus. Indoor Segmentation and Support Inference from RGBD "
        "Images. ECCV 2012.",
        homepage="https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html",
        images=1449,
        splits={"fit": 795, "test": 654},
        split_rule="The official lists: train is fit, from which select is carved by room; test is test. The study "
        "drew 1,159 images of all to learn from.",
        how_to_get=f"Download {LABELLED} (homepage, 3 GB) and {SPLITS} (indoor_seg_sup) into DIR/nyu-depth.",
        archives=(
            Archive(
                url=f"http://horatio.cs.nyu.edu/mit/silberman/nyu_depth_v2/{LABELLED}",
                size=2_972_037_809,
                md5="520609c519fba3ba5ac58c8fefcc3530",
                unpack=False,
            ),
            Archive(
                url=f"http://horatio.cs.nyu.edu/mit/silberman/indoor_seg_sup/{SPLITS}",
                md5="08e3c3aea27130ac7c01ffd739a4535f",
                unpack=False,
            ),
        ),
        layout=f"nyu-depth/{LABELLED}, {SPLITS}",
        size=3_000_000_000,
    ),
    folders=("nyu-depth", "nyu-depth-v2", "nyu", "nyuv2"),
    layouts=(
        Layout("official", (LABELLED, SPLITS), _official),
        Layout(
            "2021",
            ("train/images", "train/depths", "test/images", "test/depths"),
            _of_2021,
            {"fit": 1159, "test": None},
        ),
    ),
    truths={"depth": _depth},
)
