"""NYU walkable: where in the rooms of NYU Depth v2 a person could walk, as masks that the study of 2021 gave away."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from virb.data import Archive, DataCard
from virb.data._files import FileSource, Layout
from virb.data._images import decode, decode_ids, head_of_image
from virb.data._listing import Listing
from virb.data._trees import paired

BLOCKED, WALKABLE = np.arange(2, dtype=np.uint8)


def _mask(path: Path, key: str) -> NDArray[np.uint8]:
    """What is not 0 can be walked on: grey of any depth, places in a palette, or colours of which one is not 0."""
    if head_of_image(path, key).mode.startswith("RGB"):
        return np.where(decode(path, key).any(axis=-1), WALKABLE, BLOCKED)
    return np.where(decode_ids(path, key) != 0, WALKABLE, BLOCKED)


def _folders(folder: Path) -> Listing:
    """``{train,test}/images/*.png`` and ``{train,test}/walkable/*.png``; ``depths`` beside them are left alone."""
    listing = Listing()
    for part in ("train", "test"):
        for image, mask in paired(folder / part / "images", folder / part / "walkable"):
            listing.add("fit" if part == "train" else "test", (f"{part}/{image.name}", image), walkable=mask)
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="nyu-walkable",
        title="NYU walkable",
        about="Rooms of homes, shops and offices, and where in them a person could walk.",
        licence="none stated",
        citation="K. Kotar, G. Ilharco, L. Schmidt, K. Ehsani and R. Mottaghi. Contrasting Contrastive Self-Supervised "
        "Representation Learning Pipelines. ICCV 2021. Images: N. Silberman, D. Hoiem, P. Kohli and R. Fergus. Indoor "
        "Segmentation and Support Inference from RGBD Images. ECCV 2012.",
        homepage="https://github.com/allenai/virb",
        images=1449,
        splits={"fit": 1159},
        split_rule="The study's: train is fit, from which select is carved; test is test. It does not say which images "
        "show the same room, so some of them may be in two splits.",
        columns={"walkable": ("blocked", "walkable")},
        how_to_get="Download nyu.zip by the link on the homepage; unpack it in DIR/nyu.",
        by_hand="The study's link is some years old and gives no checksum.",
        archives=(Archive(url="https://prior-datasets.s3.us-east-2.amazonaws.com/ViRB/nyu.zip", size=5_620_000_000),),
        layout="nyu/train/images/….png, train/walkable/….png, test/images/….png, test/walkable/….png",
        size=5_700_000_000,
    ),
    folders=("nyu-walkable", "nyu"),
    layouts=(
        Layout(
            "official",
            ("train/walkable", "test/walkable", "train/images", "test/images"),
            _folders,
            {"fit": 1159, "test": None},
        ),
    ),
    truths={"walkable": _mask},
)
