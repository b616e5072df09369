"""Handwritten digits, 8 x 8 pixels: the ones that ship with scikit-learn."""

from functools import partial
from pathlib import Path
from typing import final

import numpy as np

from virb.data import DataCard, Dataset, DataSource, Pixels
from virb.data._manifest import digest_of_arrays
from virb.data._tiles import check_count, package_folder
from virb.progress import Progress


@final
class Digits(DataSource):
    """1,797 digits by thirteen people. Who wrote which is not known, so that splits cannot keep writers apart."""

    card = DataCard(
        name="digits",
        title="Handwritten digits",
        about="1,797 grey digits of 8 x 8 pixels by 13 writers, who are not named: one may be in fit and in test.",
        licence="CC BY 4.0",
        citation="E. Alpaydin and C. Kaynak. Optical Recognition of Handwritten Digits. UCI Machine Learning "
        "Repository, 1998. doi:10.24432/C50P49",
        homepage="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
        images=1797,
        columns={"label": tuple("0123456789")},
        how_to_get="It ships with scikit-learn: pip install 'virb[demo]'",
    )

    def open(self, root: Path | None = None, progress: Progress | None = None) -> Dataset:
        """Open the digits. ``root`` and ``progress`` are not needed.

        Raises:
            UserError: scikit-learn is not installed.
        """
        package_folder("digits", "sklearn")
        from sklearn.datasets import load_digits  # a second to import, and an optional dependency

        bunch = load_digits()
        # Sixteen counts of ink, in whole numbers: 0..16 to 0..255, rounded half up.
        grey = ((bunch.images.astype(np.int64) * 255 + 8) // 16).astype(np.uint8)
        labels = bunch.target.astype(np.int64)
        check_count(self.card, len(grey))
        return Dataset(
            card=self.card,
            keys=tuple(f"digit-{row:04d}" for row in range(len(grey))),
            read=partial(_read, grey),
            digest=digest_of_arrays({"images": grey, "label": labels}),
            images=np.arange(len(grey), dtype=np.int64).reshape(-1, 1),
            columns={"label": labels},
            class_names=dict(self.card.columns),
        )


def _read(grey: Pixels, row: int) -> Pixels:
    return np.repeat(grey[row][:, :, None], 3, axis=2)


SOURCE = Digits()
