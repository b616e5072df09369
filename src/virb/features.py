"""Extraction of features, and their cache: each image goes through each encoder once.

A cache entry is a folder named by everything that could change a number in it (:func:`cache_key`). It holds a few
large shards, one ``.npy`` a layer, memory-mapped when read. A shard appears whole or not at all, so an extraction
that was cut off goes on at the first missing one.
"""

import json
import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, final

import numpy as np
import PIL
import PIL.features
import timm
import torch
from numpy.typing import NDArray

from virb.cache import Cache, show_size
from virb.data import BadImage, Dataset, Pixels
from virb.data._images import fit_image
from virb.encoders._encoder import Encoder
from virb.errors import ExperimentError, UserError
from virb.spec import digest_of

SCHEMA = 1
"""Version of the entry's layout and of the meaning of its numbers."""
SHARD_BYTES = 64 * 2**20
"""A shard of half-precision features is about this large: enough to read at disk speed, little to lose."""
HALF_TOLERANCE = 1e-3
"""A layer whose rounding to half precision changes any image's features by more than this share stays float32."""
BATCH = 64

OnBadImage = Literal["error", "skip"]


class Progress(Protocol):
    """Where long work says how far it is."""

    def say(self, text: str) -> None:
        """Say one line."""

    def advance(self, what: str, done: int, total: int) -> None:
        """``done`` of ``total`` of ``what`` are finished."""


@final
class Quiet:
    """Says nothing."""

    def say(self, text: str) -> None:
        """See :class:`Progress`."""

    def advance(self, what: str, done: int, total: int) -> None:
        """See :class:`Progress`."""


class _Shard(NamedTuple):
    """Rows ``start`` to ``stop`` of an entry."""

    folder: Path
    number: int
    start: int
    stop: int

    def file(self, layer: str) -> Path:
        return self.folder / f"{self.number:05d}-{layer}.npy"

    def load(self, layer: str) -> NDArray[np.float16] | NDArray[np.float32]:
        try:
            stored: NDArray[np.float16] | NDArray[np.float32] = np.load(self.file(layer), mmap_mode="r")
        except FileNotFoundError as error:
            raise ExperimentError(
                "features were taken out of the cache while they were read, to make room for others; raise "
                "VIRB_CACHE_BUDGET and run again with --retry-failed"
            ) from error
        return stored

    @property
    def mark(self) -> Path:
        """Written last: the shard is whole if this exists. Holds the images that could not be decoded."""
        return self.folder / f"{self.number:05d}.json"


@final
@dataclass(frozen=True)
class Features:
    """Features of every image of a data source, on disk.

    Attributes:
        widths: numbers an image, for each layer.
        bad: images that could not be decoded, by row, and why; their features are zeros nobody should read.
        seconds: how long the extraction took; 0 where everything was there.
        notes: what the reader of a score should know.
    """

    widths: dict[str, int]
    bad: dict[int, str]
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    _shards: tuple[_Shard, ...] = field(default=(), repr=False)

    def take(self, layer: str, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Read some rows into memory.

        Args:
            layer: one of ``widths``.
            rows: image rows, of any shape.

        Returns:
            The shape of ``rows`` x width.

        Raises:
            ExperimentError: another process took the entry out of the cache meanwhile.
        """
        flat = rows.reshape(-1)
        out = np.empty((len(flat), self.widths[layer]), np.float32)
        for shard in self._shards:
            here = np.flatnonzero((flat >= shard.start) & (flat < shard.stop))
            if len(here):
                stored = shard.load(layer)
                out[here] = stored[flat[here] - shard.start]
        return out.reshape(*rows.shape, self.widths[layer])


def cache_key(encoder: Encoder, dataset: Dataset, layers: Sequence[str], on_bad_image: OnBadImage) -> dict[str, object]:
    """Everything that could change a number: two extractions with equal keys give equal features."""
    return {
        "schema": SCHEMA,
        "weights": encoder.digest,
        "architecture": [encoder.spec.source, encoder.spec.arch, encoder.spec.layout],
        "layers": [[layer, "as is" if layer == "embedding" else "mean over space"] for layer in layers],
        "inputs": encoder.inputs.model_dump(mode="json"),
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
    layers: Sequence[str],
    cache: Cache,
    *,
    on_bad_image: OnBadImage = "error",
    progress: Progress | None = None,
) -> Features:
    """Encode every image of a data source, or find that it was done.

    Maps are averaged over space. Several processes may ask for the same features: one computes, the others wait.

    Args:
        encoder: where from.
        dataset: which images.
        layers: named layers of the encoder.
        cache: where they are kept.
        on_bad_image: ``"error"`` stops at an image that cannot be decoded; ``"skip"`` notes it and goes on.
        progress: told the size before it starts, and how far it is.

    Raises:
        ExperimentError: an image cannot be decoded, or features are NaN or infinite.
        UserError: the features do not fit the cache's budget, or cannot be written.
    """
    progress = progress or Quiet()
    key = cache_key(encoder, dataset, layers, on_bad_image)
    folder = cache.open("features", digest_of(key))
    widths = {layer: encoder.layers[layer] for layer in layers}
    shards = _plan_shards(folder, len(dataset.keys), sum(widths.values()))
    job = _Job(encoder, dataset, tuple(layers), on_bad_image, progress)
    with cache.lock(folder):
        missing = [shard for shard in shards if not _whole(shard, layers)]
        start = time.perf_counter()
        if missing:
            size = sum(shard.stop - shard.start for shard in missing) * sum(widths.values()) * 2
            title = f"{encoder.spec.name} on {dataset.card.name}"
            progress.say(f"{title}: {len(dataset.keys):,} images, {show_size(size)} of features")
            cache.make_room(size, keep=folder)
            with _writing(folder), ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
                (folder / "key.json").write_text(json.dumps(key, indent=1), encoding="utf-8")
                for shard in missing:
                    job.write(shard, pool, title)
        seconds = time.perf_counter() - start if missing else 0.0
    bad = {
        int(row): reason
        for shard in shards
        for row, reason in json.loads(shard.mark.read_text(encoding="utf-8"))["bad"].items()
    }
    return Features(widths, bad, seconds, tuple(job.notes), tuple(shards))


def _plan_shards(folder: Path, rows: int, width: int) -> list[_Shard]:
    step = max(BATCH, SHARD_BYTES // (2 * width))
    return [_Shard(folder, n, start, min(start + step, rows)) for n, start in enumerate(range(0, rows, step))]


def _whole(shard: _Shard, layers: Sequence[str]) -> bool:
    """Whether a shard can be read: its files are as long as they say."""
    try:
        return shard.mark.exists() and all(
            len(np.load(shard.file(layer), mmap_mode="r")) == shard.stop - shard.start for layer in layers
        )
    except (OSError, ValueError, EOFError):  # gone, or cut short by a full disk or a failing one
        return False


class _Decoded(NamedTuple):
    """A batch on its way to the encoder; ``bad`` are rows of the batch that hold no image."""

    pixels: NDArray[np.uint8]
    bad: dict[int, str]


@final
class _Job:
    """One extraction."""

    def __init__(
        self, encoder: Encoder, dataset: Dataset, layers: tuple[str, ...], on_bad_image: OnBadImage, progress: Progress
    ) -> None:
        self._encoder = encoder
        self._dataset = dataset
        self._layers = layers
        self._on_bad_image = on_bad_image
        self._progress = progress
        self._batch = BATCH
        self.notes: list[str] = []

    def write(self, shard: _Shard, pool: ThreadPoolExecutor, title: str) -> None:
        """Compute a shard and publish it: layers first, the mark last."""
        blocks: dict[str, list[NDArray[np.float32]]] = {layer: [] for layer in self._layers}
        bad: dict[int, str] = {}
        at = shard.start
        for batch in self._decode(shard, pool):
            encoded = self._encode(batch.pixels)
            for row, reason in batch.bad.items():
                bad[at + row] = reason
            for layer, values in encoded.items():
                values[list(batch.bad)] = 0
                self._require_finite(layer, values, at)
                blocks[layer].append(values)
            at += len(batch.pixels)
            self._progress.advance(title, at, len(self._dataset.keys))
        for layer in self._layers:
            _publish(shard.file(layer), _compact(np.concatenate(blocks[layer])))
        _publish(shard.mark, {"bad": {str(row): reason for row, reason in bad.items()}})

    def _decode(self, shard: _Shard, pool: ThreadPoolExecutor) -> Iterator[_Decoded]:
        """Decode batches in row order, a few ahead of the encoder."""
        starts = range(shard.start, shard.stop, BATCH)
        ahead: deque[list[Future[Pixels | BadImage]]] = deque()
        for start in starts:
            rows = range(start, min(start + BATCH, shard.stop))
            ahead.append([pool.submit(self._read, row) for row in rows])
            if len(ahead) > 3:
                yield self._collect(ahead.popleft())
        while ahead:
            yield self._collect(ahead.popleft())

    def _read(self, row: int) -> Pixels | BadImage:
        try:
            return fit_image(self._dataset.read(row), self._encoder.inputs, self._encoder.preprocessing.interpolation)
        except BadImage as bad:
            return bad

    def _collect(self, futures: list[Future[Pixels | BadImage]]) -> _Decoded:
        size = self._encoder.inputs.size
        pixels = np.zeros((len(futures), size, size, 3), np.uint8)
        bad: dict[int, str] = {}
        for row, future in enumerate(futures):
            image = future.result()
            if isinstance(image, BadImage):
                if self._on_bad_image == "error":
                    raise ExperimentError(
                        f"the image {image} cannot be decoded; replace it, or leave such images out with "
                        "--on-bad-image skip"
                    )
                bad[row] = str(image)
            else:
                pixels[row] = image
        return _Decoded(pixels, bad)

    def _encode(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Encode a batch in as large parts as memory allows, and average maps over space."""
        images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        while True:
            try:
                parts = [self._encoder.encode(part, self._layers) for part in images.split(self._batch)]
                break
            except (MemoryError, RuntimeError) as error:
                if not _out_of_memory(error):
                    raise
                if self._batch == 1:
                    raise ExperimentError(
                        f"'{self._encoder.spec.name}' runs out of memory on a single image"
                    ) from error
                self._batch //= 2
                self.notes.append(f"out of memory: batch halved to {self._batch}")
        return {layer: torch.cat([_pool(part[layer]) for part in parts]).cpu().numpy() for layer in self._layers}

    def _require_finite(self, layer: str, values: NDArray[np.float32], at: int) -> None:
        broken = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(broken):
            key = self._dataset.keys[at + int(broken[0])]
            raise ExperimentError(
                f"features of layer '{layer}' of '{self._encoder.spec.name}' are NaN or infinite for {len(broken)} of "
                f"{len(values)} images, first for '{key}'"
            )


def _pool(values: torch.Tensor) -> torch.Tensor:
    return values.mean(dim=(2, 3)) if values.ndim == 4 else values


def _out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return "out of memory" in text or "not enough memory" in text or "can't allocate memory" in text


def _compact(values: NDArray[np.float32]) -> NDArray[np.float16] | NDArray[np.float32]:
    """Half precision, unless a number overflows or an image's features change by more than ``HALF_TOLERANCE``."""
    with np.errstate(over="ignore"):
        half = values.astype(np.float16)
    error = np.linalg.norm(half.astype(np.float32) - values, axis=1)
    # not (error <= …): an overflow makes the error infinite or NaN, and both must fail
    fits = (error <= HALF_TOLERANCE * np.linalg.norm(values, axis=1)).all()
    return half if fits else values


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"Features cannot be written to '{folder}': {error.strerror or error}.",
            "Free some space (`virb cache clear`), or set VIRB_CACHE to a folder with more. Whole shards are kept.",
        ) from error


def _publish(path: Path, content: NDArray[np.float16] | NDArray[np.float32] | dict[str, object]) -> None:
    """Write aside, then rename: a file is whole or absent."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside.open("wb") as file:
            if isinstance(content, dict):
                file.write(json.dumps(content).encode())
            else:
                np.save(file, content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
