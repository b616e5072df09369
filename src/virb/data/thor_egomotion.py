"""THOR egomotion: two views of a rendered room, between which an agent has done one thing."""

from pathlib import Path

from virb.data import Archive, DataCard
from virb.data._files import FileSource, Layout
from virb.data._listing import Listing
from virb.data._trees import lines

ACTIONS = ("MoveAhead", "RotateLeft", "RotateRight", "LookUp", "LookDown")
"""In the order of the study's ids."""
FOLDERS = 10
"""Folders of train from which on they are taken for rooms, which select is carved by."""


def _pairs(folder: Path) -> Listing:
    """``{train,val}_labels.txt``: lines ``PREFIX Action``, where ``PREFIX_rgb_a.jpg`` and ``PREFIX_rgb_b.jpg`` are."""
    listing = Listing()
    pairs = {part: [line.split() for line in lines(folder / f"{part}_labels.txt")] for part in ("train", "val")}
    # Views of one folder are related; where all of train lies in one or two, nothing is known of that.
    related = len({prefix.rpartition("/")[0] for prefix, _ in pairs["train"]}) >= FOLDERS
    for part, its in pairs.items():
        for prefix, action in its:
            listing.add(
                "fit" if part == "train" else "test",
                *((f"{prefix}_rgb_{view}.jpg", folder / f"{prefix}_rgb_{view}.jpg") for view in "ab"),
                group=prefix.rpartition("/")[0] if related else None,
                action=ACTIONS.index(action),
            )
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="thor-egomotion",
        title="THOR egomotion",
        about="Pairs of views of the rooms of AI2-THOR, before and after one of five actions of an agent.",
        licence="none stated; AI2-THOR is Apache-2.0",
        citation="K. Kotar, G. Ilharco, L. Schmidt, K. Ehsani and R. Mottaghi. Contrasting Contrastive Self-Supervised "
        "Representation Learning Pipelines. ICCV 2021. Rooms: E. Kolve et al. AI2-THOR. arXiv:1712.05474.",
        homepage="https://github.com/allenai/virb",
        images=150_000,
        splits={"fit": 60_000, "test": 15_000},
        split_rule="The study's: train is fit, from which select is carved, by folder where there are ten or more; val "
        "is test.",
        columns={"action": ACTIONS},
        how_to_get="Download thor_egomotion.zip by the link on the homepage; unpack it in DIR/thor-egomotion.",
        by_hand="The study's link is some years old and gives no checksum.",
        archives=(
            Archive(
                url="https://prior-datasets.s3.us-east-2.amazonaws.com/ViRB/thor_egomotion.zip", size=1_300_000_000
            ),
        ),
        layout="thor-egomotion/train_labels.txt, val_labels.txt\n"
        "thor-egomotion/train/FOLDER/ID_rgb_a.jpg, ID_rgb_b.jpg …, val/…",
        size=1_300_000_000,
    ),
    folders=("thor-egomotion", "thor_action_prediction"),
    layouts=(Layout("official", ("train_labels.txt", "val_labels.txt"), _pairs),),
)
