"""What is drawn does not change unnoticed: a cached world would then no longer be the world of its version."""

import hashlib

import pytest

from virb.data.world._entry import RENDERER
from virb.data.world._rendering import render_example
from virb.data.world.sets import SETS

# If one of these fails on purpose: raise the set's version (RENDERER, where all changed), and write the new digest.
# Set: version of the renderer, of the set, and digest.
GOLDEN = {
    "breeds": (1, 1, "2b360880dcf90f82"),
    "few": (1, 1, "7b21a5fd605b07d3"),
    "flats": (1, 1, "8287f6f3e40d3ac4"),
    "objects": (1, 1, "aba0638be6a4b83e"),
    "objects-shifted": (1, 1, "783884f080fec225"),
    "rooms": (1, 1, "fa1a6def588322e4"),
    "street": (1, 1, "f168c3fe2b6d37b3"),
    "tabletop": (1, 1, "47850b1f356d0b77"),
    "textures": (1, 1, "0fbdc28a7cded879"),
    "tiny": (1, 1, "c3cf988e6a10c2f5"),
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
