"""EuroSAT: folders of classes without splits."""

from pathlib import Path

from miniatures import Written, drawn, photo
from virb.data.eurosat import LAND

EACH = 10


def write(folder: Path, place=lambda land, name: f"{land}/{name}") -> Written:
    for label, land in enumerate(LAND):
        for number in range(1, EACH + 1):
            photo(folder / place(land, f"{land}_{number}.jpg"), label, number, (16, 16), quality=95)
    return Written(folder, {"fit": 80, "test": 20}, EACH * len(LAND))


def of_2021(root: Path) -> Written:
    parts = {name: "test" if split == "test" else "train" for name, split in drawn("eurosat").items()}
    return write(root / "eurosat", lambda land, name: f"{parts[name]}/{land}/{name}")


LAYOUTS = {
    "official": lambda root: write(root / "eurosat", lambda land, name: f"2750/{land}/{name}"),
    "official, RGB folder": lambda root: write(root / "EuroSAT_RGB"),
    "2021": of_2021,
}
