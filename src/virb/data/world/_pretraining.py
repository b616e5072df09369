"""Opening a pre-training domain: so many of its images, rendered when they are first asked for."""

from copy import copy
from dataclasses import replace

import numpy as np

from virb.cache import Cache
from virb.data import DataCard, Dataset
from virb.data.world import card_of, dataset_of
from virb.data.world._entry import open_entry
from virb.data.world.domains import DOMAINS, Domain
from virb.errors import UserError, unknown
from virb.progress import Progress


def open_domain(name: str, images: int | None, progress: Progress, side: int | None = None) -> Dataset:
    """Open the first images of a domain, rendering them where they are not in the cache.

    Args:
        name: of the domain, without ``world:``.
        images: how many. Image i is the same for any number.
        progress: told the size before rendering starts, and how far it is.
        side: of the images in pixels; None for the domain's own.

    Returns:
        One image an example, no official splits; ``groups`` says which images show the same clip or room.

    Raises:
        UserError: no domain has this name, the number is missing or below 1, a package that rendering needs is not
            installed, or the images do not fit the cache or cannot be written.
    """
    domain = _find(name)
    if images is None:
        raise UserError(
            f"'world:{name}' has no end, so the number of images must be said.", "Say it, for example 8000."
        )
    if images < 1:
        raise UserError(f"'{images}' is no number of images.", "Ask for 1 or more.")
    counted = of_images(domain, images)
    entry = open_entry(name, counted, side or domain.size, Cache(), progress)
    dataset = dataset_of(_card(name, counted, images), counted, entry)
    groups = np.array([domain.group(row) for row in range(images)], np.int64)
    return replace(dataset, official=None, groups=groups)


def of_images(domain: Domain, images: int) -> Domain:
    """A domain with so many images."""
    counted = copy(domain)
    counted.examples = {"pretrain": images}
    return counted


def domain_card(name: str) -> DataCard:
    """The card of a domain, whose number of images is open.

    Raises:
        UserError: no domain has this name.
    """
    return _card(name, _find(name), None)


def _card(name: str, domain: Domain, images: int | None) -> DataCard:
    """A card without the photographs, which domains do not show."""
    own = {"images": images, "licence": "CC0-1.0", "citation": "Rendered by virb.", "homepage": ""}
    return card_of(name, domain).model_copy(update=own)


def _find(name: str) -> Domain:
    if name not in DOMAINS.names():
        raise unknown("pre-training domain", name, DOMAINS.names(), "docs/world.md says what each shows.")
    return DOMAINS.load(name)
