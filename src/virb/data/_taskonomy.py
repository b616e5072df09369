"""How Taskonomy lies on disk, for every source that reads a part of it."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple, final

from virb.data._layout import shown
from virb.data._trees import files_below
from virb.errors import UserError

FOLDERS = ("taskonomy", "omnidata-taskonomy", "taskonomy-tiny", "taskonomy-dataset")
LISTS = ("tiny", "medium", "full", "fullplus")
"""The official divisions of the buildings, ``train_val_test_NAME.csv``, each with those of the one before."""
TINY: dict[Literal["fit", "select", "test"], str] = {
    "fit": "allensville beechwood benevolence coffeen cosmos forkland hanson hiteman klickitat lakeville leonardo "
    "lindenwood marstons merom mifflinburg newfields onaga pinesdale pomaria ranchester shelbyville stockman tolstoy "
    "wainscott woodbine",
    "select": "collierville corozal darden markleeville wiconisco",
    "test": "ihlen mcdade muleshoe noxapater uvalda",
}
"""The smallest of them, which needs no list beside the images."""


@final
class View(NamedTuple):
    """An image of a building.

    Attributes:
        split: in which the building is.
        building: of which it is.
        name: the same in every layout: ``BUILDING/point_0_view_0_domain_rgb.png``.
        image: where it lies.
        above: the folder of the folders of the domains.
        inside: the folders between that of a domain and the file.
    """

    split: Literal["fit", "select", "test"]
    building: str
    name: str
    image: Path
    above: Path
    inside: Path

    def domain(self, name: str, folder: str | None = None) -> Path:
        """The same view in another domain.

        Args:
            name: of the domain, as in the names of its files.
            folder: of its files, where it has another name.
        """
        file = self.image.name.replace("_domain_rgb.", f"_domain_{name}.")
        return self.above / (folder or name) / self.inside / file


def official(folder: Path) -> Iterator[View]:
    """``rgb/taskonomy/BUILDING/point_0_view_0_domain_rgb.png``, also without ``taskonomy``.

    Splits are those of the smallest ``train_val_test_*.csv``, here or in ``splits_taskonomy``, that names every
    building that is there; without one, those of :data:`TINY`. Buildings that it puts in no split are left out.

    Raises:
        UserError: a building is in no list.
    """
    inside = Path("taskonomy") if (folder / "rgb" / "taskonomy").is_dir() else Path()
    buildings = sorted(path.name for path in (folder / "rgb" / inside).iterdir() if path.is_dir())
    splits = _splits(folder, buildings)
    for building in buildings:
        if split := splits[building]:
            yield from _views(folder, inside / building, split)


def of_2021(folder: Path) -> Iterator[View]:
    """``train/rgb/BUILDING/…`` and ``test/rgb/BUILDING/…``."""
    for part in ("train", "test"):
        for path in sorted((folder / part / "rgb").iterdir()):
            if path.is_dir():
                yield from _views(folder / part, Path(path.name), "fit" if part == "train" else "test")


def _views(above: Path, inside: Path, split: Literal["fit", "select", "test"]) -> Iterator[View]:
    for path in files_below(above / "rgb" / inside):
        yield View(split, inside.name, f"{inside.name}/{path.name}", path, above, inside)


# ------------------------------------------------------------------------------------------------ splits


def _splits(folder: Path, buildings: list[str]) -> dict[str, Literal["fit", "select", "test", ""]]:
    lists = [_read(file) for name in LISTS for file in _found(folder, name)]
    lists = lists or [{building: split for split, its in TINY.items() for building in its.split()}]
    for splits in lists:
        if set(buildings) <= set(splits):
            return splits
    unknown = next(building for building in buildings if building not in lists[-1])
    raise UserError(
        f"'{unknown}' in '{shown(folder)}' is in no split of Taskonomy that is known here.",
        "Put train_val_test_fullplus.csv of splits_taskonomy.zip (github.com/StanfordVL/taskonomy, data/assets) beside "
        "the folder rgb.",
    )


def _found(folder: Path, name: str) -> list[Path]:
    file = f"train_val_test_{name}.csv"
    return [path for path in (folder / file, folder / "splits_taskonomy" / file) if path.is_file()]


def _read(file: Path) -> dict[str, Literal["fit", "select", "test", ""]]:
    """Lines ``BUILDING,1,0,0`` under a line that says which column is which."""
    splits: dict[str, Literal["fit", "select", "test", ""]] = {}
    with file.open(encoding="utf-8-sig", newline="") as content:
        for row in csv.DictReader(content, skipinitialspace=True):
            its = [split for split, column in _COLUMNS.items() if row[column].strip() == "1"]
            if len(its) > 1:
                raise ValueError(f"'{row['id']}' is in two splits of {file.name}")
            splits[row["id"].strip()] = its[0] if its else ""
    return splits


_COLUMNS: dict[Literal["fit", "select", "test"], str] = {"fit": "train", "select": "val", "test": "test"}
