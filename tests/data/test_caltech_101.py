"""Caltech-101 as torchvision's reader gives it, clutter apart, and the thirty that are drawn."""

import hashlib

import numpy as np
import pytest
from torchvision.datasets import Caltech101

import miniatures
from virb.data._listing import Listing
from virb.data.caltech_101 import THINGS
from virb.errors import UserError


def test_images_and_labels_are_those_of_torchvision_which_leaves_clutter_out(tmp_path):
    data = miniatures.write("caltech-101", "official", tmp_path).open(tmp_path)
    reference = Caltech101(tmp_path)
    assert ("BACKGROUND_Google", *reference.categories) == THINGS
    places = {
        f"{reference.categories[label]}/image_{number:04d}.jpg": place
        for place, (label, number) in enumerate(zip(reference.y, reference.index, strict=True))
    }
    things = [row for row in range(len(data)) if data.columns["label"][row]]
    assert {data.keys[data.images[row, 0]] for row in things} == set(places)
    for row in things:
        image, label = reference[places[data.keys[data.images[row, 0]]]]
        assert data.columns["label"][row] == label + 1
        np.testing.assert_array_equal(data.read(int(data.images[row, 0])), np.asarray(image.convert("RGB")))


def test_thirty_of_each_class_are_fit_by_the_order_of_hashes_and_one_is_left_for_test():
    sizes = {"many": 70, "just": 31, "few": 3}
    listing = Listing()
    for label, (name, count) in enumerate(sizes.items()):
        for number in range(count):
            listing.add("fit", (f"{name}/{number}", "file"), label=label)
    listing.draw_fit("label", 30)
    assert listing.sizes == {"fit": 30 + 30 + 2, "test": 40 + 1 + 1}
    data = listing.dataset(miniatures.SOURCES.load("caltech-101").card, {})
    fit = {data.keys[data.images[row, 0]] for row in np.flatnonzero(data.official == "fit")}
    many = sorted((f"many/{number}" for number in range(70)), key=lambda name: blake2b(f"0:{name}"))
    assert {name for name in fit if name.startswith("many")} == set(many[:30])


def blake2b(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def test_clutter_is_a_class_and_classes_are_in_the_order_of_their_bytes():
    assert THINGS[0] == "BACKGROUND_Google"
    assert list(THINGS) == sorted(THINGS)
    assert len(set(THINGS)) == 102


def test_a_list_of_the_study_with_an_unknown_category_is_refused(tmp_path):
    source = miniatures.write("caltech-101", "2021, lists", tmp_path)
    (tmp_path / "caltech-101/caltech101_test.json").write_text('["dragon/image_0001.jpg"]')
    with pytest.raises(UserError, match="cannot be read as the 2021, lists layout"):
        source.open(tmp_path)
