"""EuroSAT as torchvision's reader gives it, and the split that is drawn of it."""

import hashlib

import numpy as np
import pytest
from torchvision.datasets import EuroSAT

import miniatures
from virb.data import SOURCES
from virb.data._listing import Listing
from virb.data.eurosat import LAND
from virb.errors import UserError

SIZES = [3000, 3000, 3000, 2500, 2500, 2000, 2500, 3000, 2500, 3000]
"""Images of each class of the real set, which are numbered from one (Helber et al. 2019, figure 6)."""


def test_images_and_labels_are_those_of_torchvision(tmp_path):
    data = miniatures.write("eurosat", "official", tmp_path).open(tmp_path)
    reference = EuroSAT(tmp_path)
    assert tuple(reference.classes) == LAND
    theirs = {path.rpartition("/")[2]: place for place, (path, _) in enumerate(reference.samples)}
    assert set(theirs) == set(data.keys)
    for row in range(len(data)):
        image, label = reference[theirs[data.keys[data.images[row, 0]]]]
        assert data.columns["label"][row] == label
        np.testing.assert_array_equal(data.read(int(data.images[row, 0])), np.asarray(image))


def test_the_card_has_the_digest_of_the_split_of_the_real_set():
    listing = Listing()
    for label, (land, count) in enumerate(zip(LAND, SIZES, strict=True)):
        for number in range(1, count + 1):
            listing.add("fit", (f"{land}_{number}.jpg", f"{land}_{number}.jpg"), label=label)
    listing.split_off("label", 0.2)
    card = SOURCES.load("eurosat").card
    assert listing.sizes == card.splits
    data = listing.dataset(card, {})
    test = np.flatnonzero(data.official == "test")
    assert np.bincount(data.columns["label"][test]).tolist() == [size // 5 for size in SIZES]
    named = "".join(f"{data.keys[data.images[row, 0]]}\n" for row in test)
    assert hashlib.sha256(named.encode()).hexdigest()[:12] in card.split_rule


def test_the_split_follows_from_names_alone(tmp_path):
    """The rule of the card, written down again."""
    data = miniatures.write("eurosat", "official", tmp_path).open(tmp_path)
    for label, land in enumerate(LAND):
        names = [name for name in data.keys if name.startswith(f"{land}_")]
        names.sort(key=lambda name: hashlib.blake2b(f"0:{name}".encode(), digest_size=16).digest())
        its = [row for row in np.flatnonzero(data.official == "test") if data.columns["label"][row] == label]
        assert {data.keys[data.images[row, 0]] for row in its} == set(names[:2])


def test_a_class_without_its_folder_is_no_whole_source(tmp_path):
    source = miniatures.write("eurosat", "2021", tmp_path)
    (tmp_path / "eurosat/train/Forest").rename(tmp_path / "Forest")
    with pytest.raises(UserError, match="fit has 72 examples, not 80"):
        source.open(tmp_path)
