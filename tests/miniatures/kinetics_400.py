"""Kinetics-400: videos in one folder or in class folders, and frames as the study had them.

The clips are the same few, over and over: there are 1,200 of them.
"""

import csv
import io
import json
from functools import cache
from pathlib import Path

import av
import numpy as np

from miniatures import Written, jpeg
from virb.data.kinetics_400 import ACTIONS, FRAMES

FIT, TEST = 2, 1
SIZES = {"fit": FIT * len(ACTIONS), "test": TEST * len(ACTIONS)}
IMAGES = FRAMES * (FIT + TEST) * len(ACTIONS)
KINDS = 4


def clip(label: int, number: int) -> str:
    """An id of eleven letters, as YouTube's are: some start with a dash, or have an underscore."""
    return f"{'-_aZ'[label % 4]}{label:03d}_x{number}-Qq0"


@cache
def video(kind: int, frames: int = 13) -> bytes:
    """A video whose frames get lighter, one by one."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", "mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        for number in range(frames):
            image = np.full((16, 32, 3), 10 * kind + 15 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()


def official(root: Path) -> Written:
    folder = root / "k400"
    for part, its in parts().items():
        (folder / part).mkdir(parents=True)
        (folder / "annotations").mkdir(exist_ok=True)
        with (folder / "annotations" / f"{part}.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["label", "youtube_id", "time_start", "time_end", "split", "is_cc"])
            for label, number in its:
                rows.writerow([ACTIONS[label], clip(label, number), label, label + 10, part, 0])
            rows.writerow([ACTIONS[0], f"gone-{part:<6}".replace(" ", "_"), 0, 10, part, 0])  # a video that vanished
        for label, number in its:
            name = f"{clip(label, number)}_{label:06d}_{label + 10:06d}.mp4"
            (folder / part / name).write_bytes(video(label % KINDS))
    return Written(folder, SIZES, IMAGES)


def class_folders(root: Path) -> Written:
    folder = root / "kinetics"
    for part, its in parts().items():
        for label, number in its:
            action = ACTIONS[label]
            spelt = action.replace(" ", "_").replace("'", "").replace("(", "").replace(")", "")
            place = folder / part / (action if label % 2 else spelt)
            place.mkdir(parents=True, exist_ok=True)
            name = f"{clip(label, number)}_{label:06d}_{label + 10:06d}.mp4"
            (place / name).write_bytes(video(label % KINDS))
    return Written(folder, SIZES, IMAGES)


def of_2021(root: Path) -> Written:
    folder = root / "kinetics400"
    (folder / "annotations").mkdir(parents=True)
    for part, all_its in parts().items():
        name, its = ("train", all_its[::FIT]) if part == "train" else ("validate", all_its)
        clips = {
            clip(label, number): {
                "annotations": {"label": ACTIONS[label], "segment": [1.0, 11.0]},
                "duration": 10.0,
                "subset": name,
                "url": f"https://www.youtube.com/watch?v={clip(label, number)}",
            }
            for label, number in its
        }
        (folder / "annotations" / f"{name}.json").write_text(json.dumps(clips))
        for label, number in its:
            identity = clip(label, number)
            place = folder / name / identity[:2]
            place.mkdir(parents=True, exist_ok=True)
            for frame in range(1, FRAMES + 1):
                (place / f"{identity}_{frame}.jpg").write_bytes(jpeg(label % KINDS, frame))
        if name == "train":
            short = "abcdefghijk"
            clips[short] = {"annotations": {"label": ACTIONS[3]}}
            (folder / "annotations/train.json").write_text(json.dumps(clips))
            (folder / "train/ab").mkdir(exist_ok=True)
            (folder / "train/ab" / f"{short}_1.jpg").write_bytes(jpeg(0, 1))
    return Written(folder, {"fit": len(ACTIONS), "test": len(ACTIONS)}, 2 * FRAMES * len(ACTIONS))


def parts() -> dict[str, list[tuple[int, int]]]:
    """Class and number of each clip."""
    return {
        "train": [(label, number) for label in range(len(ACTIONS)) for number in range(FIT)],
        "val": [(label, FIT + number) for label in range(len(ACTIONS)) for number in range(TEST)],
    }


LAYOUTS = {"official": official, "official, class folders": class_folders, "2021": of_2021}
