"""ImageNet as torchvision's reader gives it, and its classes as timm and torchvision number and name them."""

from importlib.resources import files

import numpy as np
import pytest
import torch
from scipy.io import savemat
from torchvision.datasets import ImageNet
from torchvision.datasets.imagenet import META_FILE
from torchvision.models import ResNet50_Weights

import miniatures
from miniatures.imagenet import KIT, synsets
from virb.data import SOURCES
from virb.data._listing import Listing
from virb.data.imagenet import NAMES, SYNSETS, _add_val, _kit_synsets
from virb.errors import UserError


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The miniature, whose tests leave it as it was: its root and its source."""
    root = tmp_path_factory.mktemp("root")
    return root, miniatures.write("imagenet", "official", root)


def test_classes_are_numbered_as_in_timm_and_named_as_in_torchvision():
    assert list(SYNSETS) == files("timm").joinpath("data/_info/imagenet_synsets.txt").read_text().split()
    assert list(SYNSETS) == sorted(set(SYNSETS))
    assert list(NAMES) == ResNet50_Weights.DEFAULT.meta["categories"]
    assert len(set(NAMES)) == 1000


@pytest.mark.parametrize(("split", "part"), [("fit", "train"), ("test", "val")])
def test_images_and_labels_are_those_of_torchvision(split, part, made):
    root, source = made
    data = source.unhashed(root)
    named = {synset: (name,) for synset, name in zip(SYNSETS, NAMES, strict=True)}
    torch.save((named, []), root / "imagenet" / META_FILE)
    reference = ImageNet(root / "imagenet", split=part)
    assert tuple(reference.wnids) == SYNSETS
    theirs = {path.rpartition("/")[2]: place for place, (path, _) in enumerate(reference.samples)}
    ours = {data.keys[data.images[row, 0]]: row for row in np.flatnonzero(data.official == split)}
    assert set(ours) == set(theirs)
    for name, row in list(ours.items())[::5]:
        image, label = reference[theirs[name]]
        assert data.columns["label"][row] == label
        np.testing.assert_array_equal(data.read(int(data.images[row, 0])), np.asarray(image))


def test_the_ids_of_the_development_kit_are_not_those_of_the_sorted_synsets(tmp_path):
    """Taken for class numbers, they would give every network chance level on a flat val."""
    savemat(tmp_path / "meta.mat", {"synsets": synsets()})
    known = _kit_synsets(tmp_path / "meta.mat")
    assert known == {number: SYNSETS[label] for number, label in KIT.items()}
    assert sum(SYNSETS.index(synset) == number - 1 for number, synset in known.items()) < 5


def test_opening_it_reads_no_image(made, monkeypatch):
    root, source = made
    assert SOURCES.load("imagenet").by_size
    monkeypatch.setattr("virb.data._manifest._sha256", lambda path: pytest.fail(f"{path} was read"))
    digest = source.open(root).digest
    image = next((root / "imagenet/val/n01440764").glob("*.JPEG"))
    whole = image.read_bytes()
    image.write_bytes(whole + b"\0")
    longer = source.open(root).digest
    image.write_bytes(whole)
    assert longer != digest == source.open(root).digest


@pytest.mark.parametrize("part", ["train", "val"])
def test_a_folder_of_no_class_is_refused_by_name(part, made):
    root, source = made
    strange = root / "imagenet" / part / "n99999999"
    strange.mkdir()
    with pytest.raises(UserError, match=f"'{part}/n99999999' is a folder of none of the 1,000 classes"):
        source.open(root)
    strange.rmdir()


def test_a_part_of_its_classes_is_not_the_whole(made):
    root, source = made
    folder = root / "imagenet/train" / SYNSETS[700]
    folder.rename(root / "elsewhere")
    with pytest.raises(UserError, match=SYNSETS[700]):
        source.open(root)
    (root / "elsewhere").rename(folder)


def test_an_image_that_the_solution_does_not_know_is_refused(tmp_path):
    miniatures.tiny(tmp_path / "ILSVRC2012_test_00000007.JPEG", 0, 0)
    with pytest.raises(ValueError, match=r"class of 'ILSVRC2012_test_00000007.JPEG' is not known"):
        _add_val(Listing(), tmp_path, {"ILSVRC2012_val_00000007": SYNSETS[0]})
