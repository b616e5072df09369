"""Fashion-MNIST: as torchvision gives it, in miniature and, where Debian's package of it is installed, whole."""

from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import FashionMNIST

import miniatures
from virb.data import open_data
from virb.data._splits import carve
from virb.data.fashion_mnist import CLOTHES
from virb.errors import UserError
from virb.tasks import TASKS

DEBIAN = Path("/usr/share/datasets")
installed = pytest.mark.skipif(
    not (DEBIAN / "fashion-mnist").is_dir(), reason="Debian's package dataset-fashion-mnist is not installed"
)


@pytest.mark.parametrize("split", ["fit", "test"])
def test_images_and_labels_are_those_of_torchvision(split, tmp_path):
    data = miniatures.write("fashion-mnist", "torchvision", tmp_path).open(tmp_path)
    reference = FashionMNIST(tmp_path, train=split == "fit")
    assert tuple(reference.classes) == CLOTHES
    rows = np.flatnonzero(data.official == split)
    assert data.columns["label"][rows].tolist() == reference.targets.tolist()
    for place, row in enumerate(rows):
        grey = np.asarray(reference[place][0])
        np.testing.assert_array_equal(data.read(int(data.images[row, 0])), np.repeat(grey[:, :, None], 3, axis=2))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda raw: raw[:-10], "holds 80 values"),
        (lambda raw: b"\0\0\x0d" + raw[3:], "no idx file of bytes"),
        (lambda raw: b"<html>", "no idx file of bytes"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_named(spoil, says, tmp_path):
    source = miniatures.write("fashion-mnist", "official, unpacked", tmp_path)
    path = tmp_path / "fashion-mnist/t10k-images-idx3-ubyte"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(UserError, match=r"t10k-images-idx3-ubyte"):
        source.open(tmp_path)


@installed
def test_the_real_set_is_whole_and_as_published():
    data = open_data("fashion-mnist", DEBIAN)
    rows = carve(data, "label", TASKS.load("fashion-mnist").splits, seed=0)
    assert {split: len(its) for split, its in rows.items()} == {"fit": 54_000, "select": 6_000, "test": 10_000}
    labels = data.columns["label"]
    assert np.bincount(labels).tolist() == [7000] * 10
    train = np.flatnonzero(data.official == "fit")
    assert labels[train[:12]].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0, 9]
    # The mean and spread of the training pixels that are used to normalise it everywhere: 0.2860 and 0.3530.
    pixels = np.stack([data.read(int(data.images[row, 0]))[..., 0] for row in train]) / 255
    assert pixels.mean() == pytest.approx(0.2860, abs=5e-5)
    assert pixels.std() == pytest.approx(0.3530, abs=5e-5)
