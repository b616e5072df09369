"""COCO panoptic: photographs of everyday scenes in which every pixel belongs to a thing or to stuff."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from virb.data import Archive, BadImage, DataCard
from virb.data._files import FileSource, Layout
from virb.data._images import decode_coded, decode_ids
from virb.data._listing import Explained, Listing
from virb.data._trees import files_below, shipped_list

_LINES = [line.partition(" ") for line in shipped_list("coco_panoptic.txt")]
CATEGORIES = {int(number): name for number, _, name in _LINES}
"""Names by the ids of the annotations, of which 1 to 200 are not all in use: 80 things, then 53 kinds of stuff."""
NAMES = tuple(CATEGORIES.values())

VOID = 255
_UNKNOWN = 254

_OF_CATEGORY = np.full(256, _UNKNOWN, np.uint8)
_OF_CATEGORY[[*CATEGORIES]] = np.arange(len(CATEGORIES))
_OF_CATEGORY[0] = VOID


# ------------------------------------------------------------------------------------------------ segments


def _official(folder: Path) -> Listing:
    """``{train,val}2017/*.jpg``, ``annotations/panoptic_{train,val}2017.json``, and PNG files of segments.

    Those are in ``annotations/panoptic_{train,val}2017``, where their archive unpacks, or beside the images.
    """
    listing = Listing()
    for part in ("train", "val"):
        name = f"panoptic_{part}2017"
        told = json.loads((folder / "annotations" / f"{name}.json").read_text(encoding="utf-8"))
        _check_categories(told["categories"], name)
        segments = next((f for f in (folder / "annotations" / name, folder / name) if f.is_dir()), folder / name)
        for one in told["annotations"]:
            stem = Path(one["file_name"]).stem
            listing.add(
                "fit" if part == "train" else "test",
                (f"{stem}.jpg", folder / f"{part}2017" / f"{stem}.jpg"),
                classes=Explained(segments / one["file_name"], _table(one["segments_info"])),
            )
    return listing


def _check_categories(told: list[dict[str, Any]], name: str) -> None:
    other = {int(one["id"]): str(one["name"]) for one in told}
    if other != CATEGORIES:
        wrong = sorted({*other.items()} ^ {*CATEGORIES.items()})[0]
        raise ValueError(f"'{name}.json' has other categories: '{wrong[1]}' with id {wrong[0]}")


def _table(segments: list[dict[str, Any]]) -> NDArray[np.int64]:
    """Segments x 2: the id of a segment, and that of its category, in the order of segments. Crowds are one of them."""
    rows = sorted((int(one["id"]), int(one["category_id"])) for one in segments)
    return np.array(rows, np.int64).reshape(-1, 2)


def _of_segments(path: Path, key: str, by: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Class ids from a PNG file of segments, of which R + 256 G + 65,536 B is the id; 0 is void."""
    codes, table = decode_coded(path, key), np.array([[0, 0], *by.tolist()], np.int64)
    where = np.searchsorted(table[:, 0], codes).clip(max=len(table) - 1)
    if (strange := codes[table[where, 0] != codes]).size:
        raise BadImage(key, f"segment {strange[0]} is not in its annotation")
    classes: NDArray[np.uint8] = _of_categories(table[:, 1], key)[where]
    return classes


# ------------------------------------------------------------------------------------------------ categories


def _of_2021(folder: Path) -> Listing:
    """``{train,val}2017/*.jpg`` and ``annotations/panoptic_labels_{train,val}2017/*.png`` of ids, 0 for void."""
    listing = Listing()
    for part in ("train", "val"):
        masks = folder / "annotations" / f"panoptic_labels_{part}2017"
        for image in files_below(folder / f"{part}2017"):
            mask = masks / f"{image.stem}.png"
            listing.add("fit" if part == "train" else "test", (image.name, image), classes=mask)
    return listing


def _of_categories(ids: NDArray[Any], key: str) -> NDArray[np.uint8]:
    classes: NDArray[np.uint8] = _OF_CATEGORY[ids.clip(0, 255)]
    if (wrong := ids[(classes == _UNKNOWN) | (ids < 0) | (ids > 255)]).size:
        raise BadImage(key, f"{wrong[0]} is the id of no category")
    return classes


def _classes(path: Path, key: str, by: NDArray[np.int64] | None = None) -> NDArray[np.uint8]:
    return _of_categories(decode_ids(path, key), key) if by is None else _of_segments(path, key, by)


SOURCE = FileSource(
    card=DataCard(
        name="coco-panoptic",
        title="COCO panoptic",
        about="Photographs of everyday scenes in which every pixel belongs to one of 80 kinds of things or 53 kinds of "
        "stuff.",
        licence="annotations CC BY 4.0; images belong to their photographers",
        citation="T.-Y. Lin et al. Microsoft COCO: Common Objects in Context. ECCV 2014. A. Kirillov, K. He, "
        "R. Girshick, C. Rother and P. Dollár. Panoptic Segmentation. CVPR 2019.",
        homepage="https://cocodataset.org/",
        images=123_287,
        splits={"fit": 118_287, "test": 5000},
        split_rule="The official ones: train is fit, from which select is carved; val is test, since the labels of the "
        "official test split are not published.",
        columns={"classes": NAMES},
        how_to_get="Download train2017.zip, val2017.zip and panoptic_annotations_trainval2017.zip from the homepage; "
        "unpack them, and the two archives in the last, in DIR/coco.",
        archives=(
            Archive(
                url="http://images.cocodataset.org/zips/train2017.zip",
                size=19_336_861_798,
                md5="cced6f7f71b7629ddf16f17bbcfab6b2",
            ),
            Archive(
                url="http://images.cocodataset.org/zips/val2017.zip",
                size=815_585_330,
                md5="442b8da7639aecaf257c1dceb8ba8c80",
            ),
            Archive(
                url="http://images.cocodataset.org/annotations/panoptic_annotations_trainval2017.zip",
                size=860_725_834,
                sha256="c05f76d2129b6b561eb70efe16e7006df62f73fb92889132d373b9d90e31a370",
                inner=("annotations/panoptic_train2017.zip", "annotations/panoptic_val2017.zip"),
            ),
        ),
        layout="coco/train2017/000000000009.jpg …, val2017/…\n"
        "coco/annotations/panoptic_train2017.json, panoptic_val2017.json, panoptic_train2017/000000000009.png …",
        size=22_500_000_000,
    ),
    folders=("coco-panoptic", "coco", "coco2017", "mscoco"),
    layouts=(
        Layout(
            "official",
            ("annotations/panoptic_train2017.json", "annotations/panoptic_val2017.json", "train2017", "val2017"),
            _official,
        ),
        Layout(
            "2021",
            (
                "annotations/panoptic_labels_train2017",
                "annotations/panoptic_labels_val2017",
                "train2017",
                "val2017",
            ),
            _of_2021,
        ),
    ),
    truths={"classes": _classes},
)
