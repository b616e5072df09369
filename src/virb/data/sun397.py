"""SUN397: photographs of 397 kinds of places."""

from functools import partial
from pathlib import Path

from virb.data import Archive, DataCard
from virb.data._card import Share
from virb.data._files import FileSource, Layout
from virb.data._listing import Listing
from virb.data._trees import class_folders, lines, shipped_list

PATHS = shipped_list("sun397.txt")
"""Folders of the scenes, such as ``/a/apse/indoor``, in the order of ``ClassName.txt``."""
SCENES = tuple(path[3:] for path in PATHS)

_LISTS: dict[str, Share] = {"Training_01.txt": "fit", "Testing_01.txt": "test"}


def _partition(below: str, folder: Path) -> Listing:
    """Lists of lines ``/a/apse/indoor/NAME.jpg``: the first official partition. Other images are left out."""
    listing, ids = Listing(), {path: label for label, path in enumerate(PATHS)}
    for file, split in _LISTS.items():
        for line in lines(folder / below / file):
            scene, _, _name = line.rpartition("/")
            if scene not in ids:
                raise ValueError(f"'{file}' has the line '{line}', which is of no scene")
            listing.add(split, (line[1:], f"{folder}{line}"), label=ids[scene])
    return listing


def flattened() -> dict[str, str]:
    """Names that a folder of one level may have, by any who flatten the tree, and the scene each stands for."""
    names: dict[str, str] = {}
    for path, scene in zip(PATHS, SCENES, strict=True):
        parts = path.split("/")[1:]
        names |= {"_".join(parts): scene, "_".join(parts[1:]): scene, "_".join(parts[:0:-1]): scene}
    return names


def _of_2021(folder: Path) -> Listing:
    """``train/SCENE/*.jpg`` and ``test/SCENE/*.jpg``, one level deep; which images were where was not published."""
    listing, aliases = Listing(), flattened()
    parts: dict[str, Share] = {"train": "fit", "test": "test"}
    for part, split in parts.items():
        for path, label in class_folders(folder / part, SCENES, aliases):
            listing.add(split, (f"{PATHS[label][1:]}/{path.name}", path), label=label)
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="sun397",
        title="SUN397",
        about="Photographs from the web of 397 kinds of places, indoors and out, 100 to 2,361 each.",
        licence="none stated; images belong to their photographers, research only",
        citation="J. Xiao, J. Hays, K. A. Ehinger, A. Oliva and A. Torralba. SUN Database: Large-scale Scene "
        "Recognition from Abbey to Zoo. CVPR 2010.",
        homepage="https://vision.princeton.edu/projects/2010/SUN/",
        images=39_700,
        splits={"fit": 19_850, "test": 19_850},
        split_rule="The first of the ten official partitions, 50 images of each class to learn from and 50 to test on: "
        "Training_01 is fit, from which select is carved; Testing_01 is test.",
        columns={"label": SCENES},
        how_to_get="Download SUN397.tar.gz and Partitions.zip from the homepage; unpack the first in DIR and the "
        "second in DIR/SUN397.",
        archives=(
            Archive(
                url="https://vision.princeton.edu/projects/2010/SUN/SUN397.tar.gz",
                size=39_077_296_924,
                md5="8ca2778205c41d23104230ba66911c7a",
                sha256="f404130965a7ad77bed5ececc71e720ab50f3cc1e1bb257257610d38f3b928ec",
            ),
            Archive(
                url="https://vision.princeton.edu/projects/2010/SUN/download/Partitions.zip",
                size=18_293_705,
                sha256="e3311ea5f812d4cc6faef194688343d1111f6cd6f70f2c62f393c2b8d6ba1ec9",
                folder="SUN397",
            ),
        ),
        layout="SUN397/a/abbey/sun_aaalbzqrimafwbiv.jpg …, a/apse/indoor/…\n"
        "SUN397/ClassName.txt, Training_01.txt, Testing_01.txt",
        size=39_200_000_000,
    ),
    folders=("sun397", "SUN-397"),
    layouts=(
        Layout("official", ("ClassName.txt", *_LISTS), partial(_partition, "")),
        Layout(
            "official, Partitions folder",
            ("ClassName.txt", *(f"Partitions/{file}" for file in _LISTS)),
            partial(_partition, "Partitions"),
        ),
        Layout("2021", ("train", "test"), _of_2021, {"fit": 87_003, "test": None}),
    ),
)
