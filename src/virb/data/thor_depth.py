"""THOR depth: views of rendered rooms, and how far away everything in them is."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from virb.data import Archive, DataCard
from virb.data._deep import decode_grey8
from virb.data._distances import distances
from virb.data._files import FileSource, Layout
from virb.data._listing import Listing
from virb.data._trees import files_below

IMAGE, DEPTH = "rgb.jpg", "depth.jpg"
FOLDERS = 10
"""Folders of train from which on they are taken for rooms, which select is carved by."""


def _depth(path: Path, key: str) -> NDArray[np.float32]:
    """Shares of the range of the depth camera, of which black, nothing at all, is missing."""
    return distances(decode_grey8(path, key) / np.float32(255), key)


def _views(folder: Path) -> Listing:
    """``{train,test}/FOLDER/*rgb.jpg`` and ``*depth.jpg``."""
    listing = Listing()
    # Views of one folder are related; where all of train lies in one or two, nothing is known of that.
    related = sum(path.is_dir() for path in (folder / "train").iterdir()) >= FOLDERS
    for part in ("train", "test"):
        for path in files_below(folder / part, lambda path: path.name.endswith(IMAGE)):
            listing.add(
                "fit" if part == "train" else "test",
                (path.relative_to(folder).as_posix(), path),
                group=path.parent.relative_to(folder).as_posix() if related else None,
                depth=path.with_name(path.name.removesuffix(IMAGE) + DEPTH),
            )
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="thor-depth",
        title="THOR depth",
        about="Views of the rooms of AI2-THOR, and depth as grey of eight bits in JPEG files: a share of the range of "
        "the depth camera, which is not told.",
        licence="none stated; AI2-THOR is Apache-2.0",
        citation="K. Kotar, G. Ilharco, L. Schmidt, K. Ehsani and R. Mottaghi. Contrasting Contrastive Self-Supervised "
        "Representation Learning Pipelines. ICCV 2021. Rooms: E. Kolve et al. AI2-THOR. arXiv:1712.05474.",
        homepage="https://github.com/allenai/virb",
        splits={"fit": 60_000},
        split_rule="The study's: train is fit, from which select is carved, by folder where there are ten or more; "
        "test is test.",
        how_to_get="Download thor_depth.zip by the link on the homepage; unpack it in DIR/thor-depth.",
        by_hand="The study's link is some years old and gives no checksum.",
        archives=(
            Archive(url="https://prior-datasets.s3.us-east-2.amazonaws.com/ViRB/thor_depth.zip", size=250_000_000),
        ),
        layout="thor-depth/train/FOLDER/ID_rgb.jpg, ID_depth.jpg …, test/…",
        size=250_000_000,
    ),
    folders=("thor-depth", "thor_depth_prediction"),
    layouts=(Layout("official", ("train", "test"), _views, {"fit": 60_000, "test": None}),),
    truths={"depth": _depth},
)
