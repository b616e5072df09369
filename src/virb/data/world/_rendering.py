"""From a scene set to images and truths, example by example."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from virb.data.world._render import render
from virb.data.world._stream import Stream
from virb.data.world.domains import Domain
from virb.data.world.sets import Drawn, SceneSet, Split

ATTEMPTS = 50
"""How often an example is drawn anew before its scene set counts as broken."""

VOID = 255
"""The id of pixels that belong to no class."""

SPLITS = SceneSet.splits


@final
@dataclass(frozen=True)
class Example:
    """One example, rendered.

    Attributes:
        images: images of an example x size x size x 3, uint8.
        labels: class id of each image-level column.
        truths: each dense column: size x size uint8, or size x size x count float32.
    """

    images: NDArray[np.uint8]
    labels: dict[str, int]
    truths: dict[str, NDArray[Any]]


def rows(scenes: SceneSet) -> list[tuple[Split, int]]:
    """Every example of a set, in the order of its data set: fit, select, test; or of a domain."""
    return [(split, row) for split in scenes.splits for row in range(scenes.examples.get(split, 0))]


def render_example(name: str, scenes: SceneSet, split: Split, row: int, size: int) -> Example:
    """Draw and render one example; again with fresh randomness while the set refuses it.

    Args:
        name: of the set: the first word of its streams.
        scenes: the set.
        split: which split,
        row: and which of its examples.
        size: side of the images in pixels.

    Raises:
        RuntimeError: the set refuses all of its own drawings, or gives other truths than it declares.
        UserError: numba or scikit-image is not installed.
    """
    if isinstance(scenes, Domain) and (home := scenes.home(name, row))[1] is not scenes:
        part, domain, there = home
        return Example(render_example(part, domain, split, there, size).images, labels={}, truths={})
    for attempt in range(ATTEMPTS):
        drawn = scenes.draw(Stream(*scenes.words, name, split, row, attempt), split, row)
        after = (*drawn.moments[1:], None)
        frames = [render(scene, size, then) for scene, then in zip(drawn.moments, after, strict=True)]
        if scenes.accept(drawn, frames):
            images = np.stack([frame.colour for frame in frames])
            example = Example(images, dict(drawn.labels), scenes.truths(drawn, frames))
            _check(name, scenes, drawn, example, size)
            return example
    raise RuntimeError(f"scene set '{name}' refused {ATTEMPTS} drawings of example {split}/{row}")


def _check(name: str, scenes: SceneSet, drawn: Drawn, example: Example, size: int) -> None:
    """A set must give what it declares: a wrong id would become a wrong number without an error."""
    shapes: dict[str, tuple[str, tuple[int, ...]]] = {
        **dict.fromkeys(scenes.regions, ("uint8", (size, size))),
        **{column: ("float32", (size, size, count)) for column, count in scenes.values.items()},
    }
    found = {column: (truth.dtype.name, truth.shape) for column, truth in example.truths.items()}
    ids = {column: np.unique(example.truths[column]).tolist() for column in scenes.regions if column in found}
    if (
        len(drawn.moments) != scenes.images
        or set(example.labels) != set(scenes.classes)
        or found != shapes
        or any(not 0 <= example.labels[column] < len(names) for column, names in scenes.classes.items())
        or any(not set(ids[column]) <= {*range(len(names)), VOID} for column, names in scenes.regions.items())
    ):
        raise RuntimeError(
            f"scene set '{name}' gives {len(drawn.moments)} images, labels {example.labels}, truths {found} with ids "
            f"{ids}; it declares {scenes.images} images, {dict(scenes.classes)}, {shapes}"
        )


def render_all(name: str, scenes: SceneSet, size: int, threads: int | None = None) -> Iterator[Example]:
    """Render every example, in the order of :func:`rows`; the same for any number of threads.

    Args:
        name: of the set.
        scenes: the set.
        size: side of the images in pixels.
        threads: by default one for each processor.
    """
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        try:
            yield from pool.map(lambda at: render_example(name, scenes, at[0], at[1], size), rows(scenes))
        finally:
            pool.shutdown(cancel_futures=True)  # whoever stops listening does not want the rest
