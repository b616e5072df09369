"""Tiles of eight surfaces, cut from photographs that ship with scikit-image, with brightness and contrast taken out."""

from functools import partial
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from virb.data import DataCard, Dataset, DataSource, Pixels
from virb.data._manifest import digest_of_arrays
from virb.data._tiles import check_count, cut, grey, packaged_image, spread
from virb.progress import Progress


class _Surface(NamedTuple):
    """A photograph, and the box of it that shows nothing but the surface: top, left, height, width."""

    file: str
    box: tuple[int, int, int, int]


_SURFACES = {
    "brick": _Surface("brick.png", (0, 0, 512, 512)),
    "cat": _Surface("chelsea.png", (0, 0, 300, 451)),
    "grass": _Surface("grass.png", (0, 0, 512, 512)),
    "gravel": _Surface("gravel.png", (0, 0, 512, 512)),
    "motorcycle": _Surface("motorcycle_left.png", (108, 106, 336, 585)),
    "retina": _Surface("retina.jpg", (217, 217, 976, 976)),
    "stars": _Surface("hubble_deep_field.jpg", (0, 0, 432, 784)),
    "tissue": _Surface("ihc.png", (0, 0, 512, 512)),
}

_FLAT = 5.0
"""Tiles whose grey spreads less (of 255) are dropped: mostly noise would be left once contrast is taken out."""

_ONE_GREY = 3
"""So are tiles of which more than a third is one and the same grey: burnt-out white has no order to equalise by."""

_STRIPS = (45, 60)
"""Where select and test begin, in percent of the columns."""


@final
class Textures(DataSource):
    """Which of eight surfaces a grey tile shows.

    Every tile has exactly nine pixels of each of the 256 greys, so that brightness, contrast and the whole histogram
    are the same in all: a linear read-out of the histogram is at chance, one of 16 x 16 raw pixels hardly above it.
    Whole numbers only, no resampling: the bytes are the same everywhere (see :func:`virb.data._tiles.packaged_image`
    about JPEG). Fit, select and test come from three strips of each photograph, side by side.
    """

    card = DataCard(
        name="textures",
        title="Textures",
        about="Grey tiles of 48 x 48 pixels of eight surfaces, all with one histogram; splits are parts of the photos.",
        licence="CC0 or public domain (brick, cat, grass, gravel, retina, stars); no known restrictions (tissue); "
        "motorcycle: Middlebury stereo 2014, which asks to be cited",
        citation="S. van der Walt et al. scikit-image: image processing in Python. PeerJ 2:e453, 2014. "
        "doi:10.7717/peerj.453. Motorcycle: D. Scharstein et al. High-resolution stereo datasets with "
        "subpixel-accurate ground truth. GCPR 2014. doi:10.1007/978-3-319-11752-2_3",
        homepage="https://scikit-image.org/docs/stable/api/skimage.data.html",
        images=877,
        columns={"label": tuple(_SURFACES)},
        how_to_get="The photographs ship with scikit-image: pip install 'virb[demo]'",
    )

    def open(self, root: Path | None = None, progress: Progress | None = None) -> Dataset:
        """Cut the tiles. ``root`` and ``progress`` are not needed.

        Raises:
            UserError: scikit-image is not installed, or its photographs are others.
        """
        keys, tiles, labels, splits = [], [], [], []
        for label, (name, surface) in enumerate(_SURFACES.items()):
            top, left, height, width = surface.box
            photo = packaged_image(self.card.name, "skimage", f"data/{surface.file}")
            for tile in cut(photo[top : top + height, left : left + width], *_STRIPS):
                values = grey(tile.pixels)
                if spread(values) < _FLAT or np.bincount(values.ravel()).max() * _ONE_GREY > values.size:
                    continue
                keys.append(f"{name}/{tile.row:02d}-{tile.column:02d}")
                tiles.append(equalise(values))
                labels.append(label)
                splits.append(tile.split)
        check_count(self.card, len(tiles))
        pixels, column, official = np.stack(tiles), np.array(labels, np.int64), np.array(splits, "<U6")
        return Dataset(
            card=self.card,
            keys=tuple(keys),
            read=partial(_read, pixels),
            digest=digest_of_arrays({"images": pixels, "label": column, "official": official}),
            images=np.arange(len(pixels), dtype=np.int64).reshape(-1, 1),
            columns={"label": column},
            class_names=dict(self.card.columns),
            official=official,
        )


def equalise(values: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Give a tile an exactly flat histogram without changing what is brighter than what.

    Pixels are put in order by their value; those of equal value by the sum of their 3 x 3 and then of their 5 x 5
    neighbours, then by place: D. Coltuc, P. Bolon and J.-M. Chassery, Exact histogram specification, IEEE Transactions
    on Image Processing 15(5), 2006, with two of its six orders of neighbourhood.

    Args:
        values: side x side whole numbers.

    Returns:
        side x side, as many pixels of each grey as of any other, where the number of pixels allows it.
    """
    order = np.lexsort((_around(values, 2).ravel(), _around(values, 1).ravel(), values.ravel()))
    greys = np.empty(values.size, np.uint8)
    greys[order] = np.arange(values.size) * 256 // values.size
    return greys.reshape(values.shape)


def _around(values: NDArray[np.int64], reach: int) -> NDArray[np.int64]:
    """Sum over the square of side 2 * reach + 1 about each pixel, the border repeated outwards."""
    side = 2 * reach + 1
    squares = np.lib.stride_tricks.sliding_window_view(np.pad(values, reach, mode="edge"), (side, side))
    sums: NDArray[np.int64] = squares.sum((2, 3))
    return sums


def _read(pixels: NDArray[np.uint8], row: int) -> Pixels:
    return np.repeat(pixels[row][:, :, None], 3, axis=2)


SOURCE = Textures()
