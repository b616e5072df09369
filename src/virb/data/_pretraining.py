"""Any data source as images to learn from: one image an example, whatever tasks it was made for."""

from dataclasses import replace

import numpy as np

from virb.data import Dataset
from virb.errors import UserError
from virb.spec import digest_of


def first_images(name: str, dataset: Dataset, images: int | None) -> Dataset:
    """The first images of a source, in its order, those of all splits.

    Args:
        name: of the source, for messages.
        dataset: the source, opened.
        images: how many; None for all.

    Returns:
        One image an example. Where the source has one image an example too, an example stays what it is and keeps its
        class ids; otherwise every image comes once, without labels.

    Raises:
        UserError: there are fewer.
    """
    alone = dataset.images.shape[1] == 1
    rows = dataset.images[:, 0] if alone else np.array(list(dict.fromkeys(dataset.images.ravel().tolist())), np.int64)
    if images is not None and images > len(rows):
        raise UserError(
            f"'{name}' has {len(rows):,} images, fewer than '{images}'.", f"Ask for {len(rows):,} at most, or for all."
        )
    rows = rows[:images]
    ids = [column for column, values in dataset.columns.items() if values.ndim == 1 and column in dataset.class_names]
    kept = ids if alone else []
    return replace(
        dataset,
        digest=digest_of(["first images", dataset.digest, len(rows)]),
        images=rows.reshape(-1, 1),
        columns={column: dataset.columns[column][: len(rows)] for column in kept},
        class_names={column: dataset.class_names[column] for column in kept},
        official=None,
        groups=dataset.groups[: len(rows)] if alone and dataset.groups is not None else None,
    )
