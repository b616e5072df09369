"""CLEVR: rendered still lifes of three to ten solids, with everything about them in scene files."""

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

from virb.data import Archive, DataCard
from virb.data._files import FileSource, Layout
from virb.data._listing import Listing

FEWEST, MOST = 3, 10
"""Solids in a scene, by the rules of the generator (Johnson et al. 2017, section 3)."""
FARTHEST = 6
"""The last class of ``distance``, open at its far end. Centres lie within 3 units of the origin along either axis, so
that the nearest of three or more is hardly ever farther."""


def _scenes(folder: Path) -> Listing:
    """``images/{train,val}/*.png`` and ``scenes/CLEVR_{train,val}_scenes.json``; images are found by name."""
    listing = Listing()
    for part in ("train", "val"):
        scenes = json.loads((folder / "scenes" / f"CLEVR_{part}_scenes.json").read_text(encoding="utf-8"))["scenes"]
        for scene in scenes:
            image, objects = scene["image_filename"], scene["objects"]
            listing.add(
                "fit" if part == "train" else "test",
                (image, folder / "images" / part / image),
                count=len(objects) - FEWEST,
                distance=_distance(objects),
            )
    return listing


def _distance(objects: list[dict[str, Any]]) -> int:
    """Half units from the origin of the world, the middle of the floor, to the centre of the nearest solid."""
    nearest = min(math.dist(solid["3d_coords"], (0, 0, 0)) for solid in objects)
    return min(int(2 * nearest), FARTHEST)


_FROM = tuple(f"{step / 2:g}" for step in range(FARTHEST + 1))

SOURCE = FileSource(
    card=DataCard(
        name="clevr",
        title="CLEVR",
        about="Rendered still lifes of three to ten cubes, spheres and cylinders on a grey floor.",
        licence="CC BY 4.0",
        citation="J. Johnson, B. Hariharan, L. van der Maaten, L. Fei-Fei, C. L. Zitnick and R. Girshick. CLEVR: A "
        "Diagnostic Dataset for Compositional Language and Elementary Visual Reasoning. CVPR 2017.",
        homepage="https://cs.stanford.edu/people/jcjohns/clevr/",
        images=85_000,
        splits={"fit": 70_000, "test": 15_000},
        split_rule="The official ones: train is fit, from which select is carved; val is test, since the scenes of the "
        "official test split are not published.",
        columns={
            "count": tuple(str(count) for count in range(FEWEST, MOST + 1)),
            "distance": (*(f"{near} to {far}" for near, far in pairwise(_FROM)), f"{_FROM[-1]} or more"),
        },
        how_to_get="Download CLEVR_v1.0.zip from the homepage; unpack it in DIR.",
        archives=(
            Archive(url="https://dl.fbaipublicfiles.com/clevr/CLEVR_v1.0.zip", md5="b11922020e72d0cd9154779b2d3d07d2"),
        ),
        layout="CLEVR_v1.0/images/train/CLEVR_train_000000.png …, images/val/…\n"
        "CLEVR_v1.0/scenes/CLEVR_train_scenes.json, CLEVR_val_scenes.json",
        size=20_000_000_000,
    ),
    folders=("clevr", "CLEVR_v1.0"),
    # The code of the 2021 study expected the same files below data/CLEVR.
    layouts=(
        Layout("official", ("scenes/CLEVR_train_scenes.json", "scenes/CLEVR_val_scenes.json", "images"), _scenes),
    ),
)
