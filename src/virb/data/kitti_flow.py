"""KITTI flow 2015: how everything moves between two frames of a camera on a car."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from virb.data import BadImage, DataCard
from virb.data._deep import decode_rgb16
from virb.data._files import FileSource, Layout
from virb.data._listing import Listing

ZERO, STEPS = 2**15, 64
"""What stands for no motion in a file, and how many steps make a pixel: readme.txt of the development kit."""
_UNKNOWN = "unknown"


def _flow(path: Path, key: str) -> NDArray[np.float32]:
    """Pixels to the right and down; NaN where the third channel says that none is known."""
    stored = decode_rgb16(path, key)
    if not stored[..., 2].any():
        raise BadImage(key, "no pixel of it is valid")
    flow = (stored[..., :2].astype(np.float32) - np.float32(ZERO)) / np.float32(STEPS)
    flow[stored[..., 2] == 0] = np.nan
    return flow


def _drives(mapping: Path) -> list[str]:
    """The drive of each pair, by its number: lines ``DATE DRIVE FRAME``, empty where the drive is not public."""
    return ["".join(line.split()[1:2]) for line in mapping.read_text(encoding="utf-8").split("\n")]


def _official(folder: Path) -> Listing:
    """``training/image_2/NUMBER_10.png`` and ``_11.png``, and ``flow_occ``: testing has no truth.

    Pairs of drives that are not public are taken for one: whether two of them are from the same is not known.
    """
    listing = Listing()
    training = folder / "training"
    drives = _drives(folder / "devkit" / "mapping" / "train_mapping.txt")
    for path in sorted((training / "flow_occ").glob("*_10.png")):
        number = path.name.removesuffix("_10.png")
        if int(number) >= len(drives):
            raise ValueError(f"train_mapping.txt ends before pair {number}")
        frames = [f"{number}_{frame}.png" for frame in (10, 11)]
        listing.add(
            "all",
            *((f"image_2/{frame}", training / "image_2" / frame) for frame in frames),
            group=drives[int(number)] or _UNKNOWN,
            flow=path,
        )
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="kitti-flow",
        title="KITTI flow 2015",
        about="Pairs of frames from a car in traffic, a tenth of a second apart, and how each pixel moves: measured by "
        "laser, and by models of cars fitted to those that move.",
        licence="CC BY-NC-SA 3.0",
        citation="M. Menze and A. Geiger. Object Scene Flow for Autonomous Vehicles. CVPR 2015.",
        homepage="https://www.cvlibs.net/datasets/kitti/eval_scene_flow.php?benchmark=flow",
        images=400,
        splits={"all": 200},
        split_rule="None is published: truth of the official test pairs is not public. The 200 training pairs are "
        "carved by drive, which the development kit tells; those of drives that are not public count as one drive.",
        how_to_get="From the homepage get 'stereo 2015/flow 2015/scene flow 2015 data set' (data_scene_flow.zip, 2 GB) "
        "and the 'development kit' (devkit_scene_flow.zip), which says from which drive a pair is; unpack both in "
        "DIR/kitti-flow.",
        by_hand="KITTI asks for an address, and gives no checksums.",
        layout="kitti-flow/training/image_2/000000_10.png, 000000_11.png …, flow_occ/000000_10.png …\n"
        "kitti-flow/devkit/mapping/train_mapping.txt",
        size=1_800_000_000,
    ),
    folders=("kitti-flow", "kitti", "kitti-2015", "kitti-flow-2015", "data-scene-flow"),
    layouts=(
        Layout(
            "official",
            ("training/image_2", "training/flow_occ", "devkit/mapping/train_mapping.txt"),
            _official,
        ),
    ),
    truths={"flow": _flow},
)
