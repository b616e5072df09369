"""Taskonomy: views of scanned buildings, their depth, and the edges in them."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from virb.data import BadImage, DataCard
from virb.data._deep import decode_grey16
from virb.data._distances import distances
from virb.data._files import FileSource, Layout
from virb.data._layout import shown
from virb.data._listing import Listing
from virb.data._taskonomy import FOLDERS, View, of_2021, official
from virb.errors import UserError

MISSING = 2**16 - 1
METRE = 512
"""Steps of depth in a metre."""
SELECT = 0.1
"""Share of the buildings of 2021's train that select takes."""


def _depth(path: Path, key: str) -> NDArray[np.float32]:
    """Depth along the optical axis in units of the median of its view, NaN where the scan has a hole."""
    stored = decode_grey16(path, key)
    metres = distances(np.where(stored == MISSING, 0, stored) / np.float32(METRE), key)
    if np.isnan(metres).all():
        raise BadImage(key, "no pixel of it has a depth")
    relative: NDArray[np.float32] = metres / np.float32(np.nanmedian(metres))
    return relative


def _edges(path: Path, key: str) -> NDArray[np.float32]:
    """How strong the edges are, from the faintest of the view, 0, to the strongest, 1."""
    stored = decode_grey16(path, key).astype(np.float32)
    from_faintest = stored - stored.min()
    strength: NDArray[np.float32] = from_faintest / np.maximum(from_faintest.max(), np.float32(1))
    return strength[..., None]


def _listing(above: Path, views: Iterable[View], edges: str) -> Listing:
    """Every view, with those of the two domains that are there: one may have been left out.

    Args:
        above: where the folders of the domains lie.
        views: of the layout.
        edges: the folder of those.
    """
    domains = {"depth": ("depth_zbuffer", "depth_zbuffer"), "edges": ("edge_texture", edges)}
    there = {name: its for name, its in domains.items() if (above / its[1]).is_dir()}
    if not there:
        raise UserError(
            f"'{shown(above)}' has images of Taskonomy and no truth: neither 'depth_zbuffer' nor '{edges}'.",
            "Get one of the two, or both.",
        )
    listing = Listing()
    for view in views:
        truths = {name: view.domain(*its) for name, its in there.items()}
        listing.add(view.split, (view.name, view.image), group=view.building, **truths)
    return listing


def _official(folder: Path) -> Listing:
    return _listing(folder, official(folder), "edge_texture")


def _of_2021(folder: Path) -> Listing:
    """The study had no select: a tenth of the buildings of train is."""
    listing = _listing(folder / "train", of_2021(folder), "edges")
    listing.split_off("depth" if (folder / "train" / "depth_zbuffer").is_dir() else "edges", SELECT, "select")
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="taskonomy",
        title="Taskonomy",
        about="Views inside scanned buildings, with the depth of every pixel that the scan has and the edges that "
        "textures make.",
        licence="Taskonomy's own terms: research and education, not commercial",
        citation="A. R. Zamir, A. Sax, W. Shen, L. Guibas, J. Malik and S. Savarese. Taskonomy: Disentangling Task "
        "Transfer Learning. CVPR 2018.",
        homepage="https://github.com/StanfordVL/taskonomy",
        splits={"fit": 39_995},
        split_rule="The official ones by building: train, val and test of the smallest list that names the buildings "
        "that are there; tiny where no list lies beside them. Of the study's train, a tenth of the buildings is "
        "select.",
        how_to_get="pip install omnidata-tools; omnitools.download rgb depth_zbuffer edge_texture --components "
        "taskonomy --subset tiny --dest DIR/taskonomy. For more than tiny put train_val_test_fullplus.csv beside rgb.",
        by_hand="Taskonomy asks for a name and that its terms are agreed to.",
        layout="taskonomy/rgb/taskonomy/allensville/point_0_view_0_domain_rgb.png …\n"
        "taskonomy/depth_zbuffer/taskonomy/allensville/point_0_view_0_domain_depth_zbuffer.png …\n"
        "taskonomy/edge_texture/…, splits_taskonomy/train_val_test_fullplus.csv",
        size=150_000_000_000,
    ),
    folders=FOLDERS,
    layouts=(
        Layout("official", ("rgb",), _official, {"fit": None, "select": None, "test": None}),
        Layout("2021", ("train/rgb", "test/rgb"), _of_2021, {"fit": None, "select": None, "test": None}),
    ),
    truths={"depth": _depth, "edges": _edges},
    by_size=True,
)
