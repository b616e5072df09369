"""What is drawn does not change unnoticed: a cached domain would then no longer be the domain of its version."""

import hashlib

import pytest

from virb.data.world._entry import RENDERER
from virb.data.world._rendering import render_example
from virb.data.world.domains import DOMAINS

# If one of these fails on purpose: raise the domain's version, also where a set that it draws from was changed, and
# write the new digest; the combination's version too, with that of any other domain. Domain: version of the renderer,
# of the domain, and digest of its first four images.
GOLDEN = {
    "clips": (1, 1, "f97a9b7dfa52c539"),
    "combination": (1, 1, "5bb96ed8a3980231"),
    "objects": (1, 1, "54209fe718b5fe10"),
    "rooms": (1, 1, "cdd76ad7be8cd359"),
    "scenes": (1, 1, "5400f5cce28b055e"),
}


@pytest.mark.parametrize("name", DOMAINS.names())
def test_the_first_images_of_a_domain_have_the_bytes_of_their_version(name):
    domain = DOMAINS.load(name)
    digest = hashlib.sha256()
    for row in range(4):
        digest.update(render_example(name, domain, "pretrain", row, 48).images.tobytes())
    assert (RENDERER, domain.version, digest.hexdigest()[:16]) == GOLDEN[name]
