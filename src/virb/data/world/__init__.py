"""The world: images that virb renders itself, with everything true about them. ``world:NAME`` is a data source.

Each file of ``sets/`` is a set of scenes. A set is rendered whole when it is first asked for, kept in the cache, and
opened as memory maps after that. For a world of your own: :class:`Scene` and what it is made of, and :func:`render`.
"""

import math
from copy import copy
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from virb.cache import Cache
from virb.data import DataCard, Dataset, Pixels
from virb.data.world._entry import Entry, bytes_of, open_entry, plan
from virb.data.world._frame import Frame as Frame
from virb.data.world._own import render as render
from virb.data.world._rendering import rows
from virb.data.world._scene import Camera as Camera
from virb.data.world._scene import Light as Light
from virb.data.world._scene import Scene as Scene
from virb.data.world._scene import Shape as Shape
from virb.data.world._scene import Texture as Texture
from virb.data.world.sets import SETS, SceneSet
from virb.errors import UserError, unknown
from virb.progress import Progress


def open_world(name: str, progress: Progress) -> Dataset:
    """Open a scene set, rendering it first where it is not in the cache.

    Args:
        name: of the set, without ``world:``; ``NAME@SHARE`` is the first part of it: of each split so many of its
            examples, as the whole set has them.
        progress: told the size before rendering starts, and how far it is.

    Raises:
        UserError: no set has this name, the share is not above 0 and at most 1, a package that rendering needs is not
            installed, or the images do not fit the cache or cannot be written.
    """
    scenes = _find(name)
    entry = open_entry(name.partition("@")[0], scenes, scenes.size, Cache(), progress)
    return dataset_of(card_of(name, scenes), scenes, entry)


def world_card(name: str) -> DataCard:
    """The card of a scene set, without rendering it.

    Raises:
        UserError: as :func:`open_world`.
    """
    return card_of(name, _find(name))


def world_examples(name: str) -> dict[str, int]:
    """How many examples each split of a scene set has, without rendering it.

    Raises:
        UserError: as :func:`open_world`.
    """
    return {str(split): count for split, count in _find(name).examples.items()}


def world_size(name: str) -> tuple[int, int]:
    """How many images a scene set has, and how many bytes it takes with its truths, without rendering it.

    Raises:
        UserError: as :func:`open_world`.
    """
    scenes = _find(name)
    return len(rows(scenes)) * scenes.images, bytes_of(plan(scenes, scenes.size))


def domain_cards() -> dict[str, DataCard]:
    """The card of every pre-training domain by name. Renders nothing."""
    from virb.data.world._pretraining import domain_card
    from virb.data.world.domains import DOMAINS

    return {f"world:{name}": domain_card(name) for name in DOMAINS.names()}


def _find(name: str) -> SceneSet:
    """The set of a name, thinned out where the name says so."""
    whole, at, share = name.partition("@")
    if whole not in SETS.names():
        raise unknown("world", whole, SETS.names(), "`virb data list` shows all.")
    scenes = SETS.load(whole)
    if not at:
        return scenes
    try:
        part = float(share)
    except ValueError:
        part = 0.0
    if not 0 < part <= 1:
        raise UserError(f"'{share}' is no share of 'world:{whole}'.", f"Write world:{whole}@0.5 for its first half.")
    thinned = copy(scenes)
    thinned.examples = {split: math.ceil(part * count) for split, count in scenes.examples.items()}
    return thinned


def card_of(name: str, scenes: SceneSet) -> DataCard:
    """The card of a scene set that is at hand."""
    return DataCard(
        name=f"world:{name}",
        title=scenes.title,
        about=scenes.about,
        licence="CC0-1.0; textures also from scikit-image's free photographs",
        citation="Rendered by virb. Photographs: S. van der Walt et al. scikit-image: image processing in Python. "
        "PeerJ 2:e453, 2014. doi:10.7717/peerj.453",
        homepage="https://scikit-image.org/docs/stable/api/skimage.data.html",
        images=len(rows(scenes)) * scenes.images,
        splits={split: scenes.examples[split] for split in ("fit", "select", "test") if scenes.examples.get(split)},
        columns={**scenes.classes, **scenes.regions},
        how_to_get="virb renders it when it is first asked for, and keeps it in the cache: pip install 'virb[demo]'",
    )


def dataset_of(card: DataCard, scenes: SceneSet, entry: Entry) -> Dataset:
    """A rendered set as a data source. Row order is fit, select, test; an example's images follow one another."""
    examples = rows(scenes)
    count, each = len(examples), scenes.images
    dense = (*scenes.regions, *scenes.values)
    columns: dict[str, NDArray[Any]] = {
        **{column: np.array(entry.arrays[f"label-{column}"], np.int64) for column in scenes.classes},
        **{column: entry.arrays[f"dense-{column}"] for column in dense},
    }
    return Dataset(
        card=card,
        keys=tuple(f"{split}/{row:04d}/{moment}" for split, row in examples for moment in range(each)),
        read=partial(_read, entry.arrays["images"]),
        digest=entry.digest,
        images=np.arange(count * each, dtype=np.int64).reshape(count, each),
        columns=columns,
        class_names=dict(card.columns),
        official=np.array([split for split, _ in examples], "<U6"),
    )


def _read(images: NDArray[np.uint8], row: int) -> Pixels:
    example, moment = divmod(row, images.shape[1])
    return np.array(images[example, moment])
