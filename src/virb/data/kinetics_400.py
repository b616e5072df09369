"""Kinetics-400: clips of ten seconds of 400 things people do."""

import csv
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from virb.data import DataCard
from virb.data._card import Share
from virb.data._files import FileSource, Layout
from virb.data._listing import Listing
from virb.data._trees import class_folders, files_below, shipped_list
from virb.data._video import Frame, is_video, require_decoder, spaced
from virb.data._whereabouts import plain

ACTIONS = shipped_list("kinetics_400.txt")
FRAMES = 6
"""Of a clip, as in the study."""

_ID = 11
"""Letters of the id that YouTube gives a video: what the name of a clip starts with."""
_PARTS: dict[str, Share] = {"train": "fit", "val": "test"}


def _lists(folder: Path) -> Listing:
    """``{train,val}/ID_000010_000020.mp4`` at any depth, and ``annotations/{train,val}.csv``. Clips may be missing."""
    require_decoder()
    listing = Listing()
    for part, split in _PARTS.items():
        with (folder / "annotations" / f"{part}.csv").open(newline="", encoding="utf-8-sig") as file:
            labels = {row["youtube_id"]: row["label"] for row in csv.DictReader(file)}
        for path in files_below(folder / part, is_video):
            if path.stem[:_ID] not in labels:
                raise ValueError(f"'{part}/{path.name}' is not in '{part}.csv'")
            _add(listing, split, part, path, _label(labels[path.stem[:_ID]]))
    return listing


def _class_folders(folder: Path) -> Listing:
    """``{train,val}/CLASS/*.mp4``; folders are named with or without the spaces, quotes and brackets of the label."""
    require_decoder()
    listing = Listing()
    for part, split in _PARTS.items():
        for path, label in class_folders(folder / part, ACTIONS, spellings(), is_video):
            _add(listing, split, part, path, label)
    return listing


def _add(listing: Listing, split: Share, part: str, path: Path, label: int) -> None:
    key, video = f"{part}/{path.name}", str(path)
    frames = ((f"{key}#{place}", Frame(video, place, FRAMES)) for place in range(FRAMES))
    listing.add(split, *frames, label=label)


def _of_2021(folder: Path) -> Listing:
    """``annotations/{train,validate}.json`` and frames, ``{train,validate}/ID[:2]/ID_*``.

    The study took the first six frames in the order of the folder, which is none; here they are spaced evenly. Clips
    with fewer than six are left out, as they were there.
    """
    listing = Listing()
    parts: dict[str, Share] = {"train": "fit", "validate": "test"}
    for part, split in parts.items():
        clips = json.loads((folder / "annotations" / f"{part}.json").read_text(encoding="utf-8"))
        for clip, frames in _frames(folder / part):
            if clip not in clips:
                raise ValueError(f"'{part}/{frames[0].name}' is not in '{part}.json'")
            if len(frames) < FRAMES:
                continue
            chosen = [frames[place] for place in spaced(len(frames), FRAMES)]
            label = _label(clips[clip]["annotations"]["label"])
            listing.add(split, *((f"{part}/{path.name}", path) for path in chosen), label=label)
    return listing


def _frames(folder: Path) -> Iterator[tuple[str, list[Path]]]:
    """The frames of each clip, in their order."""
    found: dict[str, list[Path]] = {}
    for path in files_below(folder):
        found.setdefault(path.name[:_ID], []).append(path)
    for clip, frames in found.items():
        yield clip, sorted(frames, key=lambda path: _numbers(path.name))


def _numbers(name: str) -> list[tuple[int, str]]:
    """What to sort a name by, such that 10 comes after 9."""
    return [(int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", name[_ID:])]


@cache
def spellings() -> dict[str, str]:
    """Labels without what may not be, or is left out, in the name of a folder, and as they are."""
    return {_bare(label): label for label in ACTIONS}


def _bare(label: str) -> str:
    return plain(re.sub(r"[^\w\s-]", "", label))


def _label(name: str) -> int:
    label = spellings().get(_bare(name))
    if label is None:
        raise ValueError(f"'{name}' is none of the 400 labels")
    return ACTIONS.index(label)


SOURCE = FileSource(
    card=DataCard(
        name="kinetics-400",
        title="Kinetics-400",
        about="Clips of about ten seconds from YouTube of 400 things people do. Six frames are seen: those in the "
        "middles of six equal parts of the clip.",
        licence="CC BY 4.0 for the annotations; videos belong to their makers",
        citation="W. Kay et al. The Kinetics Human Action Video Dataset. arXiv:1705.06950, 2017.",
        homepage="https://github.com/cvdfoundation/kinetics-dataset",
        splits={"fit": 240_258, "test": 19_881},
        split_rule="The official ones: train is fit, from which select is carved; val is test. Videos vanish: copies "
        "differ, and these are the sizes of one that is passed on. Compare only scores on the same digest.",
        columns={"label": ACTIONS},
        how_to_get="Follow the homepage, which passes on a copy of the videos; unpack train, val and annotations in "
        "DIR/kinetics-400.",
        by_hand="Kinetics is a list of links to YouTube; copies are passed on in hundreds of archives.",
        layout="kinetics-400/annotations/train.csv, val.csv\n"
        "kinetics-400/train/YOUTUBEID_000010_000020.mp4 …, val/…, with or without folders of classes",
        size=450_000_000_000,
    ),
    folders=("kinetics-400", "k400", "kinetics"),
    layouts=(
        Layout(
            "official",
            ("annotations/train.csv", "annotations/val.csv", "train", "val"),
            _lists,
            {"fit": None, "test": None},
        ),
        Layout(
            "official, class folders",
            (f"train/{ACTIONS[0]}", f"val/{ACTIONS[0]}"),
            _class_folders,
            {"fit": None, "test": None},
        ),
        Layout(
            "2021",
            ("annotations/train.json", "annotations/validate.json", "train", "validate"),
            _of_2021,
            {"fit": None, "test": None},
        ),
    ),
    by_size=True,
)
