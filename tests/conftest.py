"""Fixtures: a cache of its own for every test run, and small folders of images."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    """No test reads or fills the user's cache, or the folder of fetched weights."""
    monkeypatch.setenv("VIRB_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("VIRB_WEIGHTS", str(tmp_path_factory.getbasetemp() / "weights"))
    monkeypatch.delenv("VIRB_CACHE_BUDGET", raising=False)


@pytest.fixture
def photos(tmp_path):
    """Forty small images of two classes that colour tells apart, in class folders with a space in the path."""
    return write_photos(tmp_path / "my photos", {"cat": 20, "dog": 20})


@pytest.fixture
def write_folder():
    return write_photos


def write_photos(folder, classes, seed=0, size=16):
    """Write PNGs of noise around one colour a class; class names may hold slashes: ``train/cat``."""
    draw = np.random.default_rng(seed)
    leaves = sorted({name.split("/")[-1] for name in classes})
    for name, count in classes.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        colour = np.random.default_rng(leaves.index(name.split("/")[-1])).integers(40, 216, 3)
        for number in range(count):
            pixels = (colour + draw.integers(-40, 40, (size, size, 3))).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number:03d}.png")
    return folder
