"""How many labels a probe may see: the examples of a regime, the same for every encoder."""

import hashlib
from collections.abc import Mapping

import numpy as np

from virb.data import Dataset
from virb.data._splits import Rows
from virb.errors import UserError
from virb.spec import Regime

FIT_SHARE = 0.8
"""Of the examples of a small regime, for fitting; the others choose. 800 and 200 of 1,000: Zhai et al. (2019), VTAB."""


def draw(dataset: Dataset, column: str, rows: Mapping[str, Rows], regime: Regime) -> dict[str, Rows]:
    """Thin fit and select out to what the regime allows; test stays whole.

    ``examples`` keeps each class's share (Hamilton's method by nested quantiles: of two draws of one resample the
    smaller is part of the larger). ``shots`` takes ``n`` of each class from fit and select together, all into fit:
    the choice is then made by folds (see :mod:`virb.probes._shots`). Who is drawn follows from ``blake2b`` of the
    resample and the example's images, as in :func:`virb.data._splits.carve`.

    Args:
        dataset: the opened source.
        column: the label column that classes are balanced by.
        rows: of fit, select and test.
        regime: what is allowed.

    Raises:
        UserError: there are fewer examples than the regime asks for.
    """
    if regime.n is None:
        return dict(rows)
    if regime.kind == "examples":
        fit = round(regime.n * FIT_SHARE)
        wanted = {"fit": fit, "select": regime.n - fit}
        return {**rows, **{split: _thin(dataset, column, rows[split], n, regime, split) for split, n in wanted.items()}}
    both = np.sort(np.concatenate([rows["fit"], rows["select"]]))
    return {**rows, "fit": _shots(dataset, column, both, regime), "select": np.empty(0, np.int64)}


def _thin(dataset: Dataset, column: str, rows: Rows, n: int, regime: Regime, split: str) -> Rows:
    if not 0 < n <= len(rows):
        raise UserError(
            f"A regime of {regime} takes {n:,} from {split} of '{dataset.card.name}', which has {len(rows):,}.",
            f"Ask for 2 to {_most(rows, split):,} examples, or for the full regime.",
        )
    labels = dataset.columns[column]
    if labels.ndim != 1:
        return np.sort(_shuffled(dataset, rows, regime)[:n])
    # Each example gets a quantile of its class; the n smallest quantiles keep every class's share.
    order, quantiles = [], []
    for label in np.unique(labels[rows]):
        its = _shuffled(dataset, rows[labels[rows] == label], regime)
        order.append(its)
        quantiles.append((np.arange(len(its)) + 0.5) / len(its))
    place = np.argsort(np.concatenate(quantiles), kind="stable")[:n]
    return np.sort(np.concatenate(order)[place])


def _most(rows: Rows, split: str) -> int:
    return int(len(rows) / (FIT_SHARE if split == "fit" else 1 - FIT_SHARE) + 1e-9)


def _shots(dataset: Dataset, column: str, rows: Rows, regime: Regime) -> Rows:
    assert regime.n is not None
    labels, names = dataset.columns[column], dataset.class_names.get(column, ())
    taken = []
    for label in np.unique(labels[rows]):
        its = rows[labels[rows] == label]
        if len(its) < regime.n:
            name = names[label] if label < len(names) else str(label)
            raise UserError(
                f"Class '{name}' of '{dataset.card.name}' has {len(its)} examples outside test, and {regime.n} shots "
                "are asked for.",
                f"Ask for at most {len(its)}.",
            )
        taken.append(_shuffled(dataset, its, regime)[: regime.n])
    return np.sort(np.concatenate(taken))


def _shuffled(dataset: Dataset, rows: Rows, regime: Regime) -> Rows:
    def place(row: int) -> bytes:
        key = f"draw {regime.resample}:" + "\0".join(dataset.keys[image] for image in dataset.images[row])
        return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    return np.array(sorted(rows.tolist(), key=place), np.int64)
