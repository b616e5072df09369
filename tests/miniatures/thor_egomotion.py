"""THOR egomotion: lists of prefixes, and two views for each."""

from pathlib import Path

from miniatures import Written, photo
from virb.data.thor_egomotion import ACTIONS

PARTS = {"train": 60, "val": 30}


def official(root: Path) -> Written:
    folder = root / "thor_action_prediction"
    for part, examples in PARTS.items():
        written = []
        for n in range(examples):
            label = n % len(ACTIONS)
            prefix = f"{part}/FloorPlan{1 + n // 5 + (200 if part == 'val' else 0)}/{n:05d}"
            for view in "ab":
                photo(folder / f"{prefix}_rgb_{view}.jpg", label, 2 * n + (view == "b") + 1000 * (part == "val"))
            written.append(f"{prefix} {ACTIONS[label]}\n")
        (folder / f"{part}_labels.txt").write_text("".join(written))
    return Written(folder, {"fit": PARTS["train"], "test": PARTS["val"]}, 2 * sum(PARTS.values()))


LAYOUTS = {"official": official}
