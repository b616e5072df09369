"""Extraction of features, and their cache: each image goes through each encoder once.

A cache entry is one layer: a folder named by everything that could change a number in it (:func:`cache_key`). It holds
a few large ``.npy`` shards, memory-mapped when read. A shard appears whole or not at all, so an extraction that was cut
off goes on at the first missing one; layers asked for together are computed in one pass. Maps that do not fit the
cache's budget are not kept, but computed whenever they are read, to the same numbers.
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
from virb.features._batches import BATCH as BATCH
from virb.features._batches import together
from virb.features._pass import OnBadImage as OnBadImage
from virb.features._pass import Pass
from virb.features._shards import Entry, Floats, Kept, Lazy, Writer, writing
from virb.features._speed import Speed as Speed
from virb.features._speed import cost_of as cost_of
from virb.features._speed import measure as measure
from virb.features._streaming import Stream, Streamed
from virb.progress import Progress, Quiet
from virb.spec import LAYERS, digest_of

SCHEMA = 3
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
    """Features of every image of a data source.

    Attributes:
        entries: where each reading is: on disk, or made when it is read.
        bad: images that could not be decoded, by row, and why; their features are zeros nobody should read.
        seconds: how long the extraction took; 0 where everything was there.
        encoded: how many images went through the encoder for it.
        speed: what was measured on the way; None where everything was there.
        notes: what the reader of a score should know.
    """

    entries: Mapping[Reading, Kept]
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
    beside: Sequence[Reading] = (),
    on_bad_image: OnBadImage = "error",
    progress: Progress | None = None,
) -> Features:
    """Encode every image of a data source, or find that it was done.

    Several processes may ask for the same features: one computes, the others wait. Where the maps among ``readings`` do
    not fit the cache's budget, images are decoded to find bad ones, and encoded whenever maps are read.

    Args:
        encoder: where from.
        dataset: which images.
        readings: which layers of the encoder, and what is kept of each.
        cache: where they are kept.
        beside: what others will read, computed in the same pass; maps among them only where there is room for all.
        on_bad_image: ``"error"`` stops at an image that cannot be decoded; ``"skip"`` notes it and goes on.
        progress: told the size before it starts, and how far it is.

    Raises:
        ExperimentError: an image cannot be decoded, or features are NaN or infinite.
        UserError: the encoder lacks a layer, or features without places do not fit the cache's budget, or they cannot
            be written.
    """
    progress = progress or Quiet()
    kept, streamed = _divided(encoder, len(dataset.keys), readings, beside, cache)
    entries = {reading: _entry(encoder, dataset, reading, cache, on_bad_image) for reading in kept}
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
    there: dict[Reading, Kept] = {**entries}
    if streamed:
        _say_streamed(encoder, dataset, streamed, cache, progress)
        one_pass = Pass(encoder, dataset, on_bad_image, progress)
        stream = Stream(encoder, one_pass, [reading.layer for reading in streamed], len(dataset.keys))
        there |= {reading: Streamed(stream, reading.layer) for reading in streamed}
        bad |= stream.bad
        notes.append("maps did not fit the cache: images were encoded whenever the probe read them")
    return Features(there, dict(sorted(bad.items())), seconds, encoded, speed, tuple(notes))


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


def _divided(
    encoder: Encoder, images: int, readings: Sequence[Reading], beside: Sequence[Reading], cache: Cache
) -> tuple[list[Reading], list[Reading]]:
    """What is kept in the cache, and which maps are streamed: it depends on the budget alone, not on what is there."""
    own = sorted(dict.fromkeys(readings))
    for kept in (sorted({*readings, *beside}), sorted({*own, *(one for one in beside if not one.map)})):
        if _bytes(encoder, images, kept) <= cache.budget or not any(reading.map for reading in kept):
            return kept, []
    return [one for one in kept if not one.map], [one for one in own if one.map]


def _bytes(encoder: Encoder, images: int, readings: Sequence[Reading]) -> int:
    """Of features in half precision."""
    return 2 * images * sum(math.prod(_shape(encoder, reading)) for reading in readings)


def _shape(encoder: Encoder, reading: Reading) -> tuple[int, ...]:
    """Of what is kept of an image."""
    shape = encoder.shape(reading.layer)
    if reading.map and len(shape) == 1:
        raise UserError(
            f"'{encoder.spec.name}' gives '{reading.layer}' without places: no map can be read off it.",
            "Pixelwise tasks need the maps of stage1 to stage4.",
        )
    return shape if reading.map else shape[:1]


def _entry(encoder: Encoder, dataset: Dataset, reading: Reading, cache: Cache, on_bad_image: OnBadImage) -> Entry:
    shape = _shape(encoder, reading)
    key = cache_key(encoder, dataset, reading, on_bad_image)
    folder = cache.open("maps" if reading.map else "features", digest_of(key))
    with writing(folder):
        (folder / "key.json").write_text(json.dumps(key, indent=1), encoding="utf-8")
    return Entry(folder, len(dataset.keys), shape)


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


def _say_streamed(
    encoder: Encoder, dataset: Dataset, streamed: Sequence[Reading], cache: Cache, progress: Progress
) -> None:
    need = _bytes(encoder, len(dataset.keys), streamed)
    progress.say(
        f"{encoder.spec.name} on {dataset.card.name}: {len(dataset.keys):,} images, {show_size(need)} of maps, and the "
        f"cache may hold {show_size(cache.budget)}: images are encoded again whenever a probe reads them; "
        f"VIRB_CACHE_BUDGET={need // 10**9 + 1}GB keeps the maps"
    )


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
    images, each = len(dataset.keys), together(encoder.inputs)
    batches = [range(start, min(start + each, images)) for start in range(0, images, each)]
    batches = [rows for rows in batches if any(writer.wants(rows) for writer in writers.values())]
    one_folder, encoded = next(iter(entries.values())).folder, 0
    with writing(one_folder), ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        one_pass = Pass(encoder, dataset, on_bad_image, progress)
        for batch in one_pass.decode(batches, pool):
            wanted = [reading for reading, writer in writers.items() if writer.wants(batch.rows)]
            maps = one_pass.encode(batch, list(dict.fromkeys(reading.layer for reading in wanted)))
            for reading in wanted:
                values = maps[reading.layer] if reading.map else _pooled(maps[reading.layer])
                writers[reading].add(batch.rows, values, batch.bad)
            encoded += len(batch.rows)
            one_pass.gauge.extracted(len(batch.rows))
            progress.advance(f"{encoder.spec.name} on {dataset.card.name}", batch.rows[-1] + 1, images)
    return encoded, one_pass.notes, one_pass.gauge.speed(one_pass.part) if batches else None


def _pooled(values: Floats) -> Floats:
    """From batch x width, or batch x width x rows x columns, to batch x width."""
    pooled: Floats = values.mean(axis=(2, 3), dtype=np.float32) if values.ndim == 4 else values
    return pooled
