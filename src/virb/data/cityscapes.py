"""Cityscapes: streets of European cities, each pixel labelled by hand."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from virb.data import BadImage, DataCard
from virb.data._files import FileSource, Layout
from virb.data._images import decode_ids
from virb.data._listing import Listing

LABELS = (
    *("unlabeled", "ego vehicle", "rectification border", "out of roi", "static", "dynamic", "ground", "road"),
    *("sidewalk", "parking", "rail track", "building", "wall", "fence", "guard rail", "bridge", "tunnel", "pole"),
    *("polegroup", "traffic light", "traffic sign", "vegetation", "terrain", "sky", "person", "rider", "car", "truck"),
    *("bus", "caravan", "trailer", "train", "motorcycle", "bicycle"),
)
"""What the ids of ``labelIds`` files stand for, in their order (``cityscapesscripts/helpers/labels.py``)."""

CLASSES = (
    *("road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation"),
    *("terrain", "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle"),
)
"""The nineteen that count, in the order of their train ids. The others are too rare, or nothing in particular."""

VOID = 255

_OF_LABEL = np.array([CLASSES.index(name) if name in CLASSES else VOID for name in LABELS], np.uint8)
_IMAGE, _BY_LABEL, _BY_CLASS = "_leftImg8bit.png", "_gtFine_labelIds.png", "_gtFine_labelTrainIds.png"


def _classes(path: Path, key: str) -> NDArray[np.uint8]:
    """Class ids from ``labelIds``, or from ``labelTrainIds`` as they are. The study learnt void as a class."""
    ids, by_class = decode_ids(path, key), path.name.endswith(_BY_CLASS)
    known = (ids >= 0) & (ids < len(CLASSES if by_class else LABELS))
    if by_class:
        known |= ids == VOID
    if not known.all():
        raise BadImage(key, f"'{ids[~known][0]}' is no id of {'labelTrainIds' if by_class else 'labelIds'}")
    return ids.astype(np.uint8) if by_class else _OF_LABEL[ids]


def _official(folder: Path) -> Listing:
    """``leftImg8bit/{train,val}/CITY/*_leftImg8bit.png`` and ``gtFine/{train,val}/CITY/*_gtFine_labelIds.png``.

    ``labelTrainIds``, which the authors' script makes, stand in where ``labelIds`` are not there. The labels of
    ``test`` are not published, those of ``train_extra`` are coarse: both are left alone.
    """
    listing = Listing()
    for part in ("train", "val"):
        for city in sorted(path for path in (folder / "leftImg8bit" / part).iterdir() if path.is_dir()):
            labels = folder / "gtFine" / part / city.name
            there = {path.name for path in labels.iterdir()} if labels.is_dir() else set()
            for image in sorted(city.glob(f"[!.]*{_IMAGE}")):
                name = image.name.removesuffix(_IMAGE)
                other = name + _BY_LABEL not in there and name + _BY_CLASS in there
                listing.add(
                    "fit" if part == "train" else "test",
                    (f"{city.name}/{image.name}", image),
                    group=city.name,
                    classes=labels / f"{name}{_BY_CLASS if other else _BY_LABEL}",
                )
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="cityscapes",
        title="Cityscapes",
        about="Streets of 21 cities of Germany, France and Switzerland seen from a car, by day and in fair weather, "
        "2048 x 1024 pixels.",
        licence="for non-commercial research and education, by agreement",
        citation="M. Cordts et al. The Cityscapes Dataset for Semantic Urban Scene Understanding. CVPR 2016.",
        homepage="https://www.cityscapes-dataset.com/",
        images=3475,
        splits={"fit": 2975, "test": 500},
        split_rule="The official ones: train is fit, from which select is carved by city; val, of three other cities, "
        "is test, since the labels of the official test split are not published.",
        columns={"classes": CLASSES},
        how_to_get="Register on the homepage and download leftImg8bit_trainvaltest.zip and gtFine_trainvaltest.zip; "
        "unpack both in DIR/cityscapes.",
        by_hand="Cityscapes asks for an account and consent to its licence.",
        layout="cityscapes/leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png …, val/…\n"
        "cityscapes/gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png …, val/…",
        size=11_600_000_000,
    ),
    folders=("cityscapes", "cityscapes-dataset"),
    # The code of the 2021 study expected the same.
    layouts=(Layout("official", ("leftImg8bit/train", "gtFine/train", "leftImg8bit/val", "gtFine/val"), _official),),
    truths={"classes": _classes},
)
