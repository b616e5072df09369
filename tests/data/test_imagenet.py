"""ImageNet as torchvision's reader gives it, and its classes as timm and torchvision number and name them."""

from importlib.resources import files

import numpy as np
import pytest
import torch
from torchvision.datasets import ImageNet
from torchvision.datasets.imagenet import META_FILE
from torchvision.models import ResNet50_Weights

import miniatures
from virb.data import SOURCES
from virb.data.imagenet import NAMES, SYNSETS
from virb.errors import UserError


def test_classes_are_numbered_as_in_timm_and_named_as_in_torchvision():
    assert list(SYNSETS) == files("timm").joinpath("data/_info/imagenet_synsets.txt").read_text().split()
    assert list(SYNSETS) == sorted(set(SYNSETS))
    assert list(NAMES) == ResNet50_Weights.DEFAULT.meta["categories"]
    assert len(set(NAMES)) == 1000


@pytest.mark.parametrize(("split", "part"), [("fit", "train"), ("test", "val")])
def test_images_and_labels_are_those_of_torchvision(split, part, tmp_path):
    data = miniatures.write("imagenet", "official", tmp_path).unhashed(tmp_path)
    named = {synset: (name,) for synset, name in zip(SYNSETS, NAMES, strict=True)}
    torch.save((named, []), tmp_path / "imagenet" / META_FILE)
    reference = ImageNet(tmp_path / "imagenet", split=part)
    assert tuple(reference.wnids) == SYNSETS
    theirs = {path.rpartition("/")[2]: place for place, (path, _) in enumerate(reference.samples)}
    ours = {data.keys[data.images[row, 0]]: row for row in np.flatnonzero(data.official == split)}
    assert set(ours) == set(theirs)
    for name, row in list(ours.items())[::5]:
        image, label = reference[theirs[name]]
        assert data.columns["label"][row] == label
        np.testing.assert_array_equal(data.read(int(data.images[row, 0])), np.asarray(image))


def test_the_ids_of_the_development_kit_are_not_those_of_the_sorted_synsets(tmp_path):
    """Taken for class numbers, they gave a network of chance level on a flat val."""
    data = miniatures.write("imagenet", "official, flat val", tmp_path).unhashed(tmp_path)
    truth = tmp_path / "ILSVRC2012/ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt"
    kit = np.array([int(line) for line in truth.read_text().split()]) - 1
    ours = data.columns["label"][data.official == "test"]
    assert ours.tolist() == [(7 * row) % 1000 for row in range(1, 1001)]
    assert (kit == ours).mean() < 0.01


def test_opening_it_reads_no_image(tmp_path, monkeypatch):
    source = miniatures.write("imagenet", "official", tmp_path)
    assert SOURCES.load("imagenet").by_size
    monkeypatch.setattr("virb.data._manifest._sha256", lambda path: pytest.fail(f"{path} was read"))
    digest = source.open(tmp_path).digest
    with (tmp_path / "imagenet/val/n01440764").glob("*.JPEG").__next__().open("ab") as file:
        file.write(b"\0")
    assert source.open(tmp_path).digest != digest


@pytest.mark.parametrize("part", ["train", "val"])
def test_a_folder_of_no_class_is_refused_by_name(part, tmp_path):
    source = miniatures.write("imagenet", "official", tmp_path)
    (tmp_path / "imagenet" / part / "n99999999").mkdir()
    with pytest.raises(UserError, match=f"'{part}/n99999999' is a folder of none of the 1,000 classes"):
        source.open(tmp_path)


def test_a_hundred_of_its_classes_are_not_the_whole(tmp_path):
    source = miniatures.write("imagenet", "official", tmp_path)
    (tmp_path / "imagenet/train" / SYNSETS[700]).rename(tmp_path / "elsewhere")
    with pytest.raises(UserError, match=SYNSETS[700]):
        source.open(tmp_path)


def test_an_image_that_the_solution_does_not_know_is_refused(tmp_path):
    source = miniatures.write("imagenet", "Kaggle", tmp_path)
    folder = tmp_path / "imagenet-object-localization-challenge/ILSVRC/Data/CLS-LOC/val"
    (folder / "ILSVRC2012_val_00000007.JPEG").rename(folder / "ILSVRC2012_test_00000007.JPEG")
    with pytest.raises(UserError, match=r"class of 'ILSVRC2012_test_00000007.JPEG' is not known"):
        source.open(tmp_path)
