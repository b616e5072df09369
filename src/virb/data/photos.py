"""Colour tiles of seven photographs that ship with scikit-image and scikit-learn, each in four rotations."""

from functools import partial
from pathlib import Path
from typing import final

import numpy as np
from numpy.typing import NDArray

from virb.data import DataCard, Dataset, DataSource, Pixels
from virb.data._manifest import digest_of_arrays
from virb.data._tiles import check_count, cut, grey, packaged_image, spread
from virb.progress import Progress

_PHOTOS = {
    "astronaut": ("skimage", "data/astronaut.png"),
    "cat": ("skimage", "data/chelsea.png"),
    "coffee": ("skimage", "data/coffee.png"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
    "motorcycle": ("skimage", "data/motorcycle_left.png"),
    "pagoda": ("sklearn", "datasets/images/china.jpg"),
    "rocket": ("skimage", "data/rocket.jpg"),
}
"""Colour photographs with an up and a down. Of the stereo pair of the motorcycle only the left one is here."""

_ROTATIONS = ("0", "90", "180", "270")
"""Degrees, counter-clockwise."""

_FLAT = 2.0
"""Tiles whose grey spreads less (of 255) are dropped: clear sky and deep shadow show nothing."""

_STRIPS = (40, 55)
"""Where select and test begin, in percent of the columns."""


@final
class Photos(DataSource):
    """Which photograph a tile is from (``photo``), and how far it is turned (``rotation``).

    The four rotations of a tile are one group. Nothing is resampled: the bytes are those of the photographs (see
    :func:`virb.data._tiles.packaged_image` about JPEG). Fit, select and test come from three strips of each
    photograph, side by side.
    """

    card = DataCard(
        name="photos",
        title="Photographs in parts",
        about="Colour tiles of 48 x 48 pixels of seven photographs, each in four rotations; splits are parts of the "
        "photos, and the rotations of a tile stay together.",
        licence="CC0 or public domain (astronaut, cat, coffee, rocket); CC BY 2.0 (flower, pagoda); motorcycle: "
        "Middlebury stereo 2014, which asks to be cited",
        citation="S. van der Walt et al. scikit-image: image processing in Python. PeerJ 2:e453, 2014. "
        "doi:10.7717/peerj.453. Flower: vultilion on Flickr. Pagoda: danielbuechele on Flickr. Motorcycle: "
        "D. Scharstein et al. High-resolution stereo datasets with subpixel-accurate ground truth. GCPR 2014. "
        "doi:10.1007/978-3-319-11752-2_3",
        homepage="https://scikit-image.org/docs/stable/api/skimage.data.html",
        images=2736,
        columns={"photo": tuple(_PHOTOS), "rotation": _ROTATIONS},
        how_to_get="The photographs ship with scikit-image and scikit-learn: pip install 'virb[demo]'",
    )

    def open(self, root: Path | None = None, progress: Progress | None = None) -> Dataset:
        """Cut the tiles. ``root`` and ``progress`` are not needed.

        Raises:
            UserError: a package is not installed, or its photographs are others.
        """
        keys, tiles, labels, splits = [], [], [], []
        for label, (name, (package, file)) in enumerate(_PHOTOS.items()):
            for tile in cut(packaged_image(self.card.name, package, file), *_STRIPS):
                if spread(grey(tile.pixels)) < _FLAT:
                    continue
                keys += [f"{name}/{tile.row:02d}-{tile.column:02d}/{degrees}" for degrees in _ROTATIONS]
                tiles.append(tile.pixels)
                labels.append(label)
                splits.append(tile.split)
        check_count(self.card, len(keys))
        turns = len(_ROTATIONS)
        pixels, official = np.stack(tiles), np.repeat(np.array(splits, "<U6"), turns)
        columns = {
            "photo": np.repeat(np.array(labels, np.int64), turns),
            "rotation": np.tile(np.arange(turns, dtype=np.int64), len(tiles)),
        }
        return Dataset(
            card=self.card,
            keys=tuple(keys),
            read=partial(_read, pixels),
            digest=digest_of_arrays({"images": pixels, "official": official, **columns}),
            images=np.arange(len(keys), dtype=np.int64).reshape(-1, 1),
            columns=columns,
            class_names=dict(self.card.columns),
            official=official,
            groups=np.repeat(np.arange(len(tiles), dtype=np.int64), turns),
        )


def _read(tiles: NDArray[np.uint8], row: int) -> Pixels:
    tile, turns = divmod(row, len(_ROTATIONS))
    return np.array(np.rot90(tiles[tile], turns), order="C")


SOURCE = Photos()
