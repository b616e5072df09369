"""Draw the contact sheets of docs/world.md: some test examples of each task of the world, with their truth.

    python docs/make_contact_sheets.py [TASK …]

Worlds that are not in the cache are rendered first, which takes minutes.
"""

import sys
from pathlib import Path

from PIL import Image

from virb.data import open_data
from virb.report.sheet import contact_sheet, spread
from virb.tasks import TASKS

FOLDER = Path(__file__).parent / "world"
WIDTH, COLOURS, LARGEST = 1000, 128, 100_000
"""Pixels, colours and bytes of a picture: a repository is no place for large ones."""


def examples_of(images: int) -> int:
    """So many examples as make two or three rows."""
    return {1: 16, 2: 12}.get(images, 4)


def main(names: list[str]) -> None:
    """Draw the sheets of these tasks, or of all."""
    FOLDER.mkdir(exist_ok=True)
    for name in names or [name for name in TASKS.names() if name.startswith("world-")]:
        task = TASKS.load(name)
        dataset = open_data(task.data)
        pictures = task.images_per_example + task.target.dense
        sheet = contact_sheet(task, dataset, spread(task, dataset, examples_of(pictures)))
        small = sheet.resize((WIDTH, round(sheet.height * WIDTH / sheet.width)), Image.Resampling.LANCZOS)
        path = FOLDER / f"{name.removeprefix('world-')}.png"
        colours = COLOURS
        while colours == COLOURS or path.stat().st_size > LARGEST:
            drawn = small.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
            drawn.save(path, optimize=True)
            colours //= 2
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
