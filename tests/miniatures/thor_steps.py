"""THOR number of steps: lists in another order than the images, and depth images among them."""

from pathlib import Path

from miniatures import Written, photo

PARTS = {"train": 84, "val": 42}


def official(root: Path) -> Written:
    folder = root / "thor_num_steps"
    for part, examples in PARTS.items():
        written = []
        for n in range(examples):
            name = f"{part}/FloorPlan{1 + n // 21}/{n:05d}"
            photo(folder / f"{name}_rgb.jpg", n % 21, n + 1000 * (part == "val"))
            photo(folder / f"{name}_depth.jpg", 0, n)
            written.append(f"{name} {n % 21}\n")
        (folder / f"{part}_labels.txt").write_text("".join(reversed(written)))
    return Written(folder, {"fit": PARTS["train"], "test": PARTS["val"]}, sum(PARTS.values()))


LAYOUTS = {"official": official}
