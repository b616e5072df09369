"""What was found when an experiment ran: time, versions, digests."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import final

import torch

from virb.data import Dataset
from virb.encoders._encoder import Encoder
from virb.features import Speed, cost_of
from virb.spec import Resolved


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@final
class Clock:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Time what is done inside."""
        start = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - start


def resolve(encoder: Encoder, dataset: Dataset, layers: tuple[str, ...], speed: Speed) -> Resolved:
    """Everything about machine, libraries and inputs that could move a score; and what the encoder costs."""
    return Resolved(
        weights=encoder.digest,
        data=dataset.digest,
        preprocessing=encoder.preprocessing,
        arch=encoder.arch if encoder.arch != encoder.spec.arch else None,
        layers={layer: encoder.layers[layer] for layer in layers},
        engine=encoder.engine,
        precision="float32",
        device=str(encoder.device),
        threads=torch.get_num_threads(),
        versions={name: version(name) for name in ("torch", "timm", "torchvision", "numpy", "scipy", "pillow")},
        git=_git(),
        cost=cost_of(encoder, speed),
    )


@cache
def _git() -> str | None:
    """Commit of the working directory, ``+dirty`` where it has changes; None outside a repository."""
    try:
        commit = _ask_git("rev-parse", "HEAD")
        return f"{commit[:12]}+dirty" if _ask_git("status", "--porcelain", "--untracked-files=no") else commit[:12]
    except (OSError, subprocess.SubprocessError):
        return None


def _ask_git(*words: str) -> str:
    answer = subprocess.run(["git", *words], capture_output=True, text=True, check=True, timeout=5)  # noqa: S603, S607
    return answer.stdout.strip()
