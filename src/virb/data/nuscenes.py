"""nuScenes: pairs of views from the front of a driving car, and how it has moved between them."""

import json
import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, final

from virb.data import DataCard
from virb.data._files import FileSource, Layout
from virb.data._listing import Listing
from virb.data._whereabouts import plain
from virb.errors import UserError

ACTIONS = ("ahead", "left", "right", "wait")
TURN = 2.0
"""Degrees between two key frames, half a second apart, from which on the car turns."""
MOVE = 0.25
"""Metres between two key frames below which it waits."""
CAMERA = "CAM_FRONT"

_WORDS = {
    "ahead": ("ahead", "forward", "moveahead", "moveforward", "straight", "gostraight"),
    "left": ("left", "turnleft", "rotateleft"),
    "right": ("right", "turnright", "rotateright"),
    "wait": ("wait", "stop", "stopped", "stationary", "still", "static", "nomove"),
}
"""Spellings of a label in the study's files, whose own were never published."""

_VAL = """
3 12-18 35 36 38 39 92-110 221 268-278 329-332 344-346 519-524 552-565 625-627 629 630 632-638 770 771 775 777 778
780-784 794-800 802 904-917 919-931 962 963 966-969 971 972 1059-1073
"""
"""Numbers of the 150 scenes of the official val split (splits.py of the nuScenes devkit)."""


def val_scenes() -> frozenset[str]:
    """Names of the scenes of the official val split."""
    numbers: list[int] = []
    for part in _VAL.split():
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return frozenset(f"scene-{number:04d}" for number in numbers)


@final
class _Frame(NamedTuple):
    """A key frame of the front camera: its file, where the car is (metres) and where it heads (degrees)."""

    file: str
    at: tuple[float, float]
    heading: float


def _tables(folder: Path) -> Listing:
    """``v1.0-trainval/*.json``, the official tables: consecutive key frames of the front camera in each scene.

    The label follows from the poses: a turn of :data:`TURN` degrees or more to one side, less than :data:`MOVE` metres,
    or else ahead.
    """
    listing, test = Listing(), val_scenes()
    frames = {frame["token"]: frame for frame in _front_key_frames(folder)}
    scenes = {scene["token"]: scene["name"] for scene in _table(folder, "scene")}
    samples = {sample["token"]: scenes[sample["scene_token"]] for sample in _table(folder, "sample")}
    poses = {pose["token"]: pose for pose in _table(folder, "ego_pose")}
    by_scene: dict[str, list[tuple[int, _Frame]]] = {}
    for frame in frames.values():
        found = _Frame(frame["filename"], *_where(poses[frame["ego_pose_token"]]))
        by_scene.setdefault(samples[frame["sample_token"]], []).append((frame["timestamp"], found))
    for scene, its in by_scene.items():
        ordered = [frame for _, frame in sorted(its)]
        for before, after in pairwise(ordered):
            pair = [(frame.file, folder / frame.file) for frame in (before, after)]
            action = ACTIONS.index(_action(before, after))
            listing.add("test" if scene in test else "fit", *pair, group=scene, action=action)
    return listing


def _front_key_frames(folder: Path) -> Iterator[dict[str, Any]]:
    for frame in _table(folder, "sample_data"):
        if frame["is_key_frame"] and f"/{CAMERA}/" in frame["filename"]:
            yield frame


def _table(folder: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((folder / "v1.0-trainval" / f"{name}.json").read_text(encoding="utf-8"))
    return rows


def _where(pose: Mapping[str, Any]) -> tuple[tuple[float, float], float]:
    """Place on the ground and heading, from a translation and a quaternion (w, x, y, z)."""
    w, x, y, z = pose["rotation"]
    heading = math.degrees(math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)))
    return (pose["translation"][0], pose["translation"][1]), heading


def _action(before: _Frame, after: _Frame) -> str:
    turned = (after.heading - before.heading + 180) % 360 - 180  # anticlockwise, seen from above: to the left
    if math.dist(before.at, after.at) < MOVE:
        return "wait"
    return "ahead" if abs(turned) < TURN else "left" if turned > 0 else "right"


def _of_2021(folder: Path) -> Listing:
    """``nuScenes_{train,test}.json``: ``[{"img_a": path, "img_b": path, "label": word}, …]``."""
    listing = Listing()
    ids = {word: ACTIONS.index(action) for action, words in _WORDS.items() for word in words}
    for part in ("train", "test"):
        for pair in json.loads((folder / f"nuScenes_{part}.json").read_text(encoding="utf-8")):
            label = ids.get(plain(pair["label"]))
            if label is None:
                raise UserError(
                    f"'nuScenes_{part}.json' has the label '{pair['label']}'.",
                    f"virb reads {', '.join(ACTIONS)} and other words for them: report this one.",
                )
            images = [(pair[name], folder / pair[name]) for name in ("img_a", "img_b")]
            listing.add("fit" if part == "train" else "test", *images, action=label)
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="nuscenes",
        title="nuScenes",
        about="Views from the front of cars that drive through Boston and Singapore, two a second.",
        licence="CC BY-NC-SA 4.0, with nuScenes' terms of use; not for commercial use",
        citation="H. Caesar et al. nuScenes: A Multimodal Dataset for Autonomous Driving. CVPR 2020.",
        homepage="https://www.nuscenes.org/nuscenes",
        images=34_149,
        splits={"fit": 27_430, "test": 5_869},
        split_rule="The official scenes: train is fit, from which select is carved by scene; val is test. The study's "
        "files name their own pairs.",
        columns={"action": ACTIONS},
        how_to_get="Register on the homepage and download the metadata and the camera key frames of trainval; unpack "
        "all of it in DIR/nuscenes.",
        by_hand="nuScenes asks for an account and consent to its terms of use.",
        layout="nuscenes/v1.0-trainval/scene.json, sample.json, sample_data.json, ego_pose.json\n"
        "nuscenes/samples/CAM_FRONT/….jpg",
        size=53_000_000_000,
    ),
    folders=("nuscenes", "nuScenes"),
    layouts=(
        Layout("official", ("v1.0-trainval", "samples"), _tables),
        Layout("2021", ("nuScenes_train.json", "nuScenes_test.json"), _of_2021, {"fit": None, "test": None}),
    ),
)
