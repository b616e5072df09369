"""What is drawn does not change unnoticed: a cached world would then no longer be the world of its version."""

import hashlib

import pytest

from virb.data.world._entry import RENDERER
from virb.data.world._render import render
from virb.data.world._rendering import render_example
from virb.data.world._stream import Stream
from virb.data.world.sets import SETS

# If one of these fails on purpose: raise the set's version (RENDERER, where all changed), and write the new digest.
# Set: version of the renderer, of the set, and digest.
GOLDEN = {
    "aerial": (1, 1, "cde2194676e4212d"),
    "breeds": (1, 2, "02348b63c34b0ee1"),
    "clips": (1, 1, "33b0d909652b1f1c"),
    "few": (1, 1, "7b21a5fd605b07d3"),
    "flats": (1, 1, "8287f6f3e40d3ac4"),
    "hands": (1, 2, "27283c5cc2819aef"),
    "objects": (1, 1, "aba0638be6a4b83e"),
    "objects-shifted": (1, 1, "783884f080fec225"),
    "pawns": (1, 1, "5257c5db83695ad0"),
    "places": (1, 1, "e5852362687987e3"),
    "rooms": (1, 2, "039ecbfa911d822d"),
    "street": (1, 1, "f168c3fe2b6d37b3"),
    "tabletop": (1, 1, "47850b1f356d0b77"),
    "textures": (1, 1, "0fbdc28a7cded879"),
    "tiny": (1, 1, "c3cf988e6a10c2f5"),
    "views": (1, 1, "4686544740d302b0"),
}


def digest_of_first(name):
    example = render_example(name, SETS.load(name), "test", 0, 48)
    digest = hashlib.sha256(example.images.tobytes())
    for column in sorted(example.labels):
        digest.update(str(example.labels[column]).encode())
    for column in sorted(example.truths):
        digest.update(example.truths[column].tobytes())
    return digest.hexdigest()[:16]


@pytest.mark.parametrize("name", SETS.names())
def test_the_first_test_example_of_a_set_has_the_bytes_of_its_version(name):
    assert (RENDERER, SETS.load(name).version, digest_of_first(name)) == GOLDEN[name]


# The first example of these is of one class of many, each drawn by code of its own.
GOLDEN_CLASSES = {
    "aerial": "f19d790ce879b2fa",
    "places": "c476a303a4b4c731",
}


@pytest.mark.parametrize("name", GOLDEN_CLASSES)
def test_an_example_of_each_class_has_the_bytes_of_its_version(name):
    scenes = SETS.load(name)
    (names,) = scenes.classes.values()
    digest = hashlib.sha256()
    for row in range(len(names)):
        (scene,) = scenes.draw(Stream("golden", row), "test", row).moments
        digest.update(render(scene, 16).colour.tobytes())
    assert digest.hexdigest()[:16] == GOLDEN_CLASSES[name]
