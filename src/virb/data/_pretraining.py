"""Any data source as images to learn from: one image an example, whatever tasks it was made for."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from virb.data import DataCard, Dataset, Pixels
from virb.data._balance import class_sizes
from virb.errors import UserError
from virb.spec import Balance, digest_of, share_of

LABEL = "label"
"""The column whose classes are balanced: the one that methods with labels learn."""


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


def part_of(name: str, dataset: Dataset, fraction: float, balance: Balance | None, *, in_turn: bool) -> Dataset:
    """A share of some images to learn from; of equal balance, a smaller share is contained in a larger one.

    Without a balance it is the first images where those are a fair sample, and otherwise of each class (or of all,
    where there are no labels) those whose keys have the lowest SHA-256. With one, :func:`class_sizes` says how many of
    each class.

    Args:
        name: of the source, for messages.
        dataset: one image an example.
        fraction: above 0, at most 1.
        balance: of the classes of ``label``; None leaves them as they are.
        in_turn: whether the source's own order is a fair one, as that of domains is, where kinds come in turn.

    Raises:
        UserError: a balance of images without labels, or one that these images do not allow.
    """
    if fraction == 1 and balance is None:
        return dataset
    count = len(dataset)
    keys = [dataset.keys[row] for row in dataset.images[:, 0]]
    queue = np.arange(count) if in_turn else np.array(sorted(range(count), key=lambda row: digest_of(keys[row])))
    labels = dataset.columns[LABEL][queue] if LABEL in dataset.class_names else None
    if balance is not None:
        if labels is None:
            raise UserError(
                f"'{name}' has no labels, so its classes cannot be made '{balance}'.",
                "Leave the balance out, or take world:objects or class folders: folder:PATH.",
            )
        names = dataset.class_names[LABEL]
        there = np.bincount(labels, minlength=len(names)).tolist()
        sizes = class_sizes(names, there, share_of(count, fraction), balance, name)
        kept = [queue[labels == label][:size] for label, size in enumerate(sizes)]
    elif labels is None or in_turn:
        kept = [queue[: share_of(count, fraction)]]
    else:
        classes = (queue[labels == label] for label in np.unique(labels))
        kept = [members[: share_of(len(members), fraction)] for members in classes]
    rows = np.sort(np.concatenate(kept))
    return replace(
        dataset,
        digest=digest_of(["part", dataset.digest, digest_of(rows.tolist())]),
        images=dataset.images[rows],
        columns={column: values[rows] for column, values in dataset.columns.items()},
        groups=None if dataset.groups is None else dataset.groups[rows],
    )


def mixed(parts: Sequence[tuple[str, Dataset]]) -> Dataset:
    """Images of several sources in turn: image i is one of source i modulo their number.

    Args:
        parts: name and images of each, one image an example; the first ones may have one image more than the others.

    Returns:
        No labels: classes of different sources are not one list of classes.
    """
    datasets = [dataset for _, dataset in parts]
    starts = np.cumsum([0, *(len(dataset.keys) for dataset in datasets)])
    places = [start + dataset.images[:, 0] for start, dataset in zip(starts[:-1], datasets, strict=True)]
    count, many = sum(map(len, datasets)), len(parts)
    grouped = [np.arange(len(d)) if d.groups is None else d.groups for d in datasets]
    ends = np.cumsum([0, *(int(groups.max(initial=-1)) + 1 for groups in grouped)])
    name = " + ".join(name for name, _ in parts)
    return Dataset(
        card=_mixed_card(name, [dataset.card for dataset in datasets], count),
        keys=tuple(f"{source}/{key}" for source, dataset in parts for key in dataset.keys),
        read=partial(_read, tuple(datasets), starts),
        digest=digest_of(["mixed", *(dataset.digest for dataset in datasets)]),
        images=np.array([places[row % many][row // many] for row in range(count)], np.int64).reshape(-1, 1),
        columns={},
        class_names={},
        groups=np.array([ends[row % many] + grouped[row % many][row // many] for row in range(count)], np.int64),
        notes=tuple(note for dataset in datasets for note in dataset.notes),
    )


def _read(datasets: tuple[Dataset, ...], starts: NDArray[np.int64], row: int) -> Pixels:
    part = int(np.searchsorted(starts, row, side="right")) - 1
    return datasets[part].read(row - int(starts[part]))


def _mixed_card(name: str, cards: Sequence[DataCard], images: int) -> DataCard:
    def joined(field: str) -> str:
        return "; ".join(dict.fromkeys(text for card in cards if (text := getattr(card, field))))

    return DataCard(
        name=name,
        title="A mixture in equal parts",
        about=f"Images of {name}, in turn.",
        licence=joined("licence"),
        citation=joined("citation"),
        homepage=joined("homepage"),
        images=images,
    )
