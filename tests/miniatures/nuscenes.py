"""nuScenes: tables that point at one another, sweeps between key frames, other cameras; and the study's own lists."""

import json
import math
from pathlib import Path

from miniatures import Written, photo
from virb.data.nuscenes import ACTIONS

SCENES = {"scene-0001": 9, "scene-0002": 9, "scene-0004": 9, "scene-0061": 9, "scene-0003": 9, "scene-0012": 9}
"""Key frames of each; the last two are of val."""
STEP = {"ahead": (4.0, 0.5), "left": (2.0, 6.0), "right": (2.0, -6.0), "wait": (0.1, 0.0)}
"""Metres and degrees between two key frames."""


def official(root: Path) -> Written:
    folder = root / "nuscenes"
    tables = {name: [] for name in ("scene", "sample", "sample_data", "ego_pose")}
    for number, (scene, frames) in enumerate(SCENES.items()):
        tables["scene"].append({"token": f"s{number}", "name": scene, "nbr_samples": frames})
        x, y, heading = 300.0 * number, 1000.0, 175.0  # headings pass through 180 degrees
        for n in range(frames):
            if n:
                metres, turned = STEP[ACTIONS[(n - 1) % 4]]
                heading += turned
                x, y = x + metres * math.cos(math.radians(heading)), y + metres * math.sin(math.radians(heading))
            sample = f"s{number}-{n}"
            tables["sample"].append({"token": sample, "scene_token": f"s{number}", "timestamp": 500_000 * n})
            for camera in ("CAM_FRONT", "CAM_BACK"):
                for sweep in (False, True):
                    place = "sweeps" if sweep else "samples"
                    file = f"{place}/{camera}/n015-{number}-{n}{'-sweep' * sweep}__{camera}__{n}.jpg"
                    token = f"{sample}-{camera}-{place}"
                    half = math.radians(heading) / 2
                    rotation = [math.cos(half), 0.0, 0.0, math.sin(half)]
                    tables["ego_pose"].append({"token": token, "rotation": rotation, "translation": [x, y, 0.0]})
                    row = {"token": token, "sample_token": sample, "ego_pose_token": token, "filename": file}
                    row |= {"timestamp": 500_000 * n + 7, "is_key_frame": not sweep, "fileformat": "jpg"}
                    tables["sample_data"].append(row)
                    if camera == "CAM_FRONT" and not sweep:
                        photo(folder / file, n % 4, 100 * number + n)
    (folder / "v1.0-trainval").mkdir()
    for name, rows in tables.items():
        (folder / "v1.0-trainval" / f"{name}.json").write_text(json.dumps(rows[::-1]))
    test = sum(SCENES[scene] - 1 for scene in ("scene-0003", "scene-0012"))
    return Written(folder, {"fit": sum(SCENES.values()) - len(SCENES) - test, "test": test}, sum(SCENES.values()))


WORDS = ("forward", "rotate_left", "Turn Right", "stop")


def of_2021(root: Path) -> Written:
    folder = root / "nuScenes"
    for part, pairs in (("train", 32), ("test", 16)):
        written = []
        for n in range(pairs):
            first, second = (f"samples/CAM_FRONT/{part}-{n}-{view}.jpg" for view in "ab")
            for number, file in enumerate((first, second)):
                photo(folder / file, n % 4, 2 * n + number + 500 * (part == "test"))
            written.append({"img_a": first, "img_b": second, "label": WORDS[n % 4]})
        (folder / f"nuScenes_{part}.json").write_text(json.dumps(written))
    return Written(folder, {"fit": 32, "test": 16}, 96)


LAYOUTS = {"official": official, "2021": of_2021}
