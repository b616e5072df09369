"""CIFAR-100 as torchvision's reader of the official pickles gives it; and pickles that are more than data."""

import pickle

import numpy as np
import pytest
from torchvision.datasets import CIFAR100

import miniatures
from virb.data.cifar_100 import THINGS
from virb.errors import UserError


@pytest.mark.parametrize("split", ["fit", "test"])
def test_images_and_labels_are_those_of_torchvision(split, tmp_path, monkeypatch):
    data = miniatures.write("cifar-100", "official", tmp_path).open(tmp_path)
    # A miniature has other digests than the real files, which torchvision insists on.
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *given: True)
    reference = CIFAR100(tmp_path, train=split == "fit")
    assert tuple(reference.classes) == THINGS
    rows = np.flatnonzero(data.official == split)
    assert data.columns["label"][rows].tolist() == reference.targets
    for place, row in enumerate(rows):
        np.testing.assert_array_equal(data.read(int(data.images[row, 0])), np.asarray(reference[place][0]))


class Command:
    def __init__(self, name):
        self.name = name

    def __reduce__(self):
        return (print, (self.name,))


def test_a_pickle_that_would_run_something_is_refused(tmp_path, capsys):
    source = miniatures.write("cifar-100", "official", tmp_path)
    path = tmp_path / "cifar-100-python/test"
    batch = pickle.loads(path.read_bytes(), encoding="bytes")
    path.write_bytes(pickle.dumps(batch | {b"more": Command("it ran")}, protocol=2))
    with pytest.raises(UserError, match=r"'__builtin__.print', which is no array"):
        source.open(tmp_path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("batch", [[], {b"data": np.zeros((4, 3072), np.uint8)}, {b"data": 1, b"fine_labels": [1]}])
def test_a_pickle_of_something_else_is_refused(batch, tmp_path):
    source = miniatures.write("cifar-100", "official", tmp_path)
    (tmp_path / "cifar-100-python/test").write_bytes(pickle.dumps(batch, protocol=2))
    with pytest.raises(UserError, match="cifar-100"):
        source.open(tmp_path)
