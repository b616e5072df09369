"""Extraction of features, and their cache: each image goes through each encoder once.

A cache entry is one layer: a folder named by everything that could change a number in it (:func:`cache_key`). It holds
a few large ``.npy`` shards, memory-mapped when read. A shard appears whole or not at all, so an extraction that was cut
off goes on at the first missing one; layers asked for together are computed in one pass.
"""

import json
import math
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, NamedTuple, final

import numpy as np
import PIL
import PIL.features
import timm
import torch
from numpy.typing import NDArray

from virb.cache import Cache, show_size
from virb.data import Dataset
from virb.encoders._encoder import Encoder
from virb.errors import UserError
from virb.features._pass import OnBadImage as OnBadImage
from virb.features._pass import Pass
from virb.features._shards import BATCH, Entry, Floats, Lazy, Writer, writing
from virb.features._speed import Speed as Speed
from virb.features._speed import cost_of as cost_of
from virb.features._speed import measure as measure
from virb.progress import Progress, Quiet
from virb.spec import LAYERS, digest_of

SCHEMA = 2
"""Version of the entry's layout and of the meaning of its numbers."""


class Reading(NamedTuple):
    """What is kept of a layer: as it is, averaged over space, or as a map."""

    layer: str
    map: bool = False

    @property
    def pooling(self) -> str:
        """In words."""
        return "map" if self.map else "as is" if self.layer == LAYERS[0] else "mean over space"


@final
@dataclass(frozen=True)
class Features:
    """Features of every image of a data source, on disk.

    Attributes:
        entries: where each reading is.
        bad: images that could not be decoded, by row, and why; their features are zeros nobody should read.
        seconds: how long the extraction took; 0 where everything was there.
        encoded: how many images went through the encoder for it.
        speed: what was measured on the way; None where everything was there.
        notes: what the reader of a score should know.
    """

    entries: Mapping[Reading, Entry]
    bad: dict[int, str]
    seconds: float = 0.0
    encoded: int = 0
    speed: Speed | None = None
    notes: tuple[str, ...] = field(default=())

    def take(self, reading: Reading, rows: NDArray[np.int64]) -> Floats:
        """Read some rows, of any shape, into memory: the shape of ``rows`` x that of an image's features.

        Raises:
            ExperimentError: another process took the entry out of the cache meanwhile.
        """
        return self.entries[reading].take(rows)

    def rows(self, reading: Reading, rows: NDArray[np.int64]) -> Lazy:
        """The same, left on disk until it is indexed."""
        return Lazy(self.entries[reading], rows)


def cache_key(encoder: Encoder, dataset: Dataset, reading: Reading, on_bad_image: OnBadImage) -> dict[str, Any]:
    """Everything that could change a number: two extractions with equal keys give equal features."""
    return {
        "schema": SCHEMA,
        "weights": encoder.digest,
        "architecture": [encoder.spec.source, encoder.arch, encoder.spec.layout],
        "layer": [reading.layer, reading.pooling],
        "inputs": encoder.inputs.model_dump(mode="json", exclude_none=True),
        "preprocessing": encoder.preprocessing.declared(),
        "resize and decode": ["pillow", PIL.__version__, str(PIL.features.version("jpg"))],
        "engine": [encoder.engine, torch.__version__, timm.__version__],
        "precision": "float32",
        "on bad image": on_bad_image,
        "order": digest_of(list(dataset.keys)),
        "data": dataset.digest,
    }


def extract(
    encoder: Encoder,
    dataset: Dataset,
    readings: Sequence[Reading],
    cache: Cache,
    *,
    on_bad_image: OnBadImage = "error",
    progress: Progress | None = None,
) -> Features:
    """Encode every image of a data source, or find that it was done.

    Several processes may ask for the same features: one computes, the others wait.

    Args:
        encoder: where from.
        dataset: which images.
        readings: which layers of the encoder, and what is kept of each.
        cache: where they are kept.
        on_bad_image: ``"error"`` stops at an image that cannot be decoded; ``"skip"`` notes it and goes on.
        progress: told the size before it starts, and how far it is.

    Raises:
        ExperimentError: an image cannot be decoded, or features are NaN or infinite.
        UserError: the encoder lacks a layer, or the features do not fit the cache's budget or cannot be written.
    """
    progress = progress or Quiet()
    entries = {
        reading: _entry(encoder, dataset, reading, cache, on_bad_image) for reading in sorted(dict.fromkeys(readings))
    }
    start, encoded = time.perf_counter(), 0
    notes: list[str] = []
    speed: Speed | None = None
    with ExitStack() as locks:
        for entry in sorted(entries.values(), key=lambda entry: entry.folder):  # one order, so that nobody deadlocks
            locks.enter_context(cache.lock(entry.folder))
        missing = {reading: entry.missing for reading, entry in entries.items()}
        if any(missing.values()):
            _announce(encoder, dataset, entries, missing, cache, progress)
            encoded, notes, speed = _compute(encoder, dataset, entries, missing, on_bad_image, progress)
            seconds = time.perf_counter() - start
        else:
            seconds = 0.0
    bad = {row: reason for entry in entries.values() for row, reason in entry.bad.items()}
    return Features(entries, dict(sorted(bad.items())), seconds, encoded, speed, tuple(notes))


def offers(encoder: Encoder, reading: Reading) -> bool:
    """Whether an encoder can be read like that."""
    return reading.layer in encoder.layers and not (reading.map and len(encoder.shape(reading.layer)) == 1)


def size_of(encoder: Encoder, images: int, *, maps: bool) -> int:
    """Bytes that all layers of an encoder take for so many images, in half precision: pooled, or as maps."""
    shapes = [encoder.shape(layer) for layer in encoder.layers if offers(encoder, Reading(layer, maps))]
    return images * 2 * sum(math.prod(shape) if maps else shape[0] for shape in shapes)


def drop_maps(encoder: Encoder, dataset: Dataset, on_bad_image: OnBadImage, cache: Cache) -> None:
    """Take an encoder's maps of a data source out of the cache: they are large, and quick to compute again."""
    for layer in encoder.layers:
        key = cache_key(encoder, dataset, Reading(layer, map=True), on_bad_image)
        cache.remove(cache.path("maps", digest_of(key)))


def _entry(encoder: Encoder, dataset: Dataset, reading: Reading, cache: Cache, on_bad_image: OnBadImage) -> Entry:
    shape = encoder.shape(reading.layer)
    if reading.map and len(shape) == 1:
        raise UserError(
            f"'{encoder.spec.name}' gives '{reading.layer}' without places: no map can be read off it.",
            "Pixelwise tasks need the maps of stage1 to stage4.",
        )
    key = cache_key(encoder, dataset, reading, on_bad_image)
    folder = cache.open("maps" if reading.map else "features", digest_of(key))
    with writing(folder):
        (folder / "key.json").write_text(json.dumps(key, indent=1), encoding="utf-8")
    return Entry(folder, len(dataset.keys), shape if reading.map else shape[:1])


def _announce(
    encoder: Encoder,
    dataset: Dataset,
    entries: Mapping[Reading, Entry],
    missing: Mapping[Reading, Sequence[Any]],
    cache: Cache,
    progress: Progress,
) -> None:
    """Say how much it will be, and make room for it."""
    sizes = {r: sum(shard.stop - shard.start for shard in missing[r]) * e.width * 2 for r, e in entries.items()}
    title = f"{encoder.spec.name} on {dataset.card.name}"
    progress.say(f"{title}: {len(dataset.keys):,} images, {show_size(sum(sizes.values()))} of features")
    cache.make_room(sum(sizes.values()), keep=[entry.folder for entry in entries.values()])


def _compute(
    encoder: Encoder,
    dataset: Dataset,
    entries: Mapping[Reading, Entry],
    missing: Mapping[Reading, Sequence[Any]],
    on_bad_image: OnBadImage,
    progress: Progress,
) -> tuple[int, list[str], Speed | None]:
    """One pass over the images that any entry lacks.

    Returns:
        How many that were, what a reader should know, and how fast it was.
    """
    writers = {reading: Writer(entry, list(missing[reading])) for reading, entry in entries.items()}
    starts = [
        row for row in range(0, len(dataset.keys), BATCH) if any(writer.wants(row) for writer in writers.values())
    ]
    one_folder, encoded = next(iter(entries.values())).folder, 0
    with writing(one_folder), ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        one_pass = Pass(encoder, dataset, on_bad_image, progress)
        for batch in one_pass.decode(starts, pool):
            wanted = [reading for reading, writer in writers.items() if writer.wants(batch.start)]
            maps = one_pass.encode(batch, list(dict.fromkeys(reading.layer for reading in wanted)))
            for reading in wanted:
                values = maps[reading.layer] if reading.map else _pooled(maps[reading.layer])
                writers[reading].add(batch.start, values, batch.bad)
            encoded += len(batch.pixels)
            one_pass.gauge.extracted(len(batch.pixels))
            progress.advance(f"{encoder.spec.name} on {dataset.card.name}", batch.stop, len(dataset.keys))
    return encoded, one_pass.notes, one_pass.gauge.speed(one_pass.part) if starts else None


def _pooled(values: Floats) -> Floats:
    """From batch x width, or batch x width x rows x columns, to batch x width."""
    pooled: Floats = values.mean(axis=(2, 3), dtype=np.float32) if values.ndim == 4 else values
    return pooled
