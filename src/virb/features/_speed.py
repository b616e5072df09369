"""How fast an encoder is, and how much memory it takes: measured while it extracts, or on a few grey images."""

import sys
import time
from pathlib import Path
from typing import NamedTuple, final

import torch

from virb.encoders._encoder import Encoder
from virb.features._batches import together
from virb.spec import Cost

SAMPLE = 4
"""Where features were cached, and speed is measured by itself, a batch has one image for each so many of the usual."""
SECONDS = 0.2
"""After so long no further batch of that measurement is started; it has three at most, and one to warm up."""


class Speed(NamedTuple):
    """What was measured: see :class:`virb.spec.Cost`."""

    forward: float
    images: int
    batch: int
    extraction: float | None
    peak_memory: int | None
    memory_of: str


@final
class Gauge:
    """Takes the time of forward passes, and the peak of memory since it was made.

    The first pass warms up, and counts only where it is the only one.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._passes: list[tuple[int, float]] = []
        self._start = time.perf_counter()
        self._extracted = 0
        self._peak_is_ours = _forget_peak(device)

    def passed(self, images: int, seconds: float) -> None:
        """Note a forward pass."""
        self._passes.append((images, seconds))

    def extracted(self, images: int) -> None:
        """Note images that have gone all the way."""
        self._extracted += images

    def speed(self, batch: int) -> Speed:
        """What was measured so far, at least one pass of it.

        Args:
            batch: how many images went through together.
        """
        warm = self._passes[1:] or self._passes
        images = sum(one for one, _ in warm)
        peak, whose = _peak(self._device) if self._peak_is_ours else (None, "")
        return Speed(
            forward=images / max(sum(seconds for _, seconds in warm), 1e-9),
            images=images,
            batch=batch,
            extraction=self._extracted / (time.perf_counter() - self._start) if self._extracted else None,
            peak_memory=peak,
            memory_of=whose,
        )


def measure(encoder: Encoder) -> Speed:
    """Measure the forward pass alone, on a few grey images."""
    part = max(1, together(encoder.inputs) // SAMPLE)
    images = torch.full((part, 3, *encoder.inputs.sides), 127, dtype=torch.uint8)
    gauge, start = Gauge(encoder.device), time.perf_counter()
    for turn in range(4):
        if turn > 1 and time.perf_counter() - start > SECONDS:
            break
        begin = time.perf_counter()
        for values in encoder.encode(images, tuple(encoder.layers)).values():
            values.cpu()  # a GPU is done when its result is here
        gauge.passed(part, time.perf_counter() - begin)
    return gauge.speed(part)


def cost_of(encoder: Encoder, speed: Speed) -> Cost:
    """What an encoder costs, with a speed that was measured."""
    return Cost(
        parameters=encoder.parameters,
        multiply_adds=encoder.multiply_adds,
        shapes={layer: encoder.shape(layer) for layer in encoder.layers},
        device=_device(encoder.device),
        threads=torch.get_num_threads(),
        **speed._asdict(),
    )


def _device(device: torch.device) -> str:
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)


def _forget_peak(device: torch.device) -> bool:
    """Start the peak of memory anew. Returns whether that is possible here."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return True
    if device.type != "cpu" or not sys.platform.startswith("linux"):
        return False
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # man 5 proc: resets VmHWM
    except OSError:
        return False
    return True


def _peak(device: torch.device) -> tuple[int | None, str]:
    """Bytes, and whose they are."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device)), "CUDA, allocated"
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")]
    return (found[0], "process, resident") if found else (None, "")
