"""THOR number of steps: a view of a rendered room, and how many steps lead to a place in it."""

from pathlib import Path

from virb.data import Archive, DataCard
from virb.data._files import FileSource, Layout
from virb.data._layout import is_image
from virb.data._listing import Listing
from virb.data._trees import lines
from virb.errors import UserError

MOST = 20
"""The largest number of steps that has a class. The study did not publish its own; a larger one is refused by name."""


def _views(folder: Path) -> Listing:
    """``{train,val}/FOLDER/ID_rgb.jpg`` and ``{train,val}_labels.txt``: lines ``train/FOLDER/ID steps``."""
    listing = Listing()
    for part in ("train", "val"):
        pairs = (line.split() for line in lines(folder / f"{part}_labels.txt"))
        steps = {name: int(count) for name, count in pairs}
        for above in sorted(path for path in (folder / part).iterdir() if path.is_dir()):
            for path in sorted(above.iterdir()):
                if not (is_image(path) and path.name.endswith("rgb.jpg")):
                    continue
                key = path.relative_to(folder).as_posix()
                count = steps[key.removesuffix("_rgb.jpg")]
                if count > MOST:
                    raise UserError(f"'{key}' is {count} steps away.", f"virb knows classes up to {MOST}: report it.")
                listing.add(
                    "fit" if part == "train" else "test", (key, path), group=f"{part}/{above.name}", steps=count
                )
    return listing


SOURCE = FileSource(
    card=DataCard(
        name="thor-steps",
        title="THOR number of steps",
        about="Views of the rooms of AI2-THOR, and how many steps an agent is from its target.",
        licence="none stated; AI2-THOR is Apache-2.0",
        citation="K. Kotar, G. Ilharco, L. Schmidt, K. Ehsani and R. Mottaghi. Contrasting Contrastive Self-Supervised "
        "Representation Learning Pipelines. ICCV 2021. Rooms: E. Kolve et al. AI2-THOR. arXiv:1712.05474.",
        homepage="https://github.com/allenai/virb",
        splits={"fit": 60_000},
        split_rule="The study's: train is fit, from which select is carved by folder; val, whose size was not "
        "published, is test.",
        columns={"steps": tuple(str(count) for count in range(MOST + 1))},
        how_to_get="Download thor_num_steps.zip by the link on the homepage; unpack it in DIR/thor-steps.",
        by_hand="The study's link is some years old and gives no checksum.",
        archives=(
            Archive(url="https://prior-datasets.s3.us-east-2.amazonaws.com/ViRB/thor_num_steps.zip", size=660_000_000),
        ),
        layout="thor-steps/train_labels.txt, val_labels.txt\nthor-steps/train/FOLDER/ID_rgb.jpg …, val/…",
        size=660_000_000,
    ),
    folders=("thor-steps", "thor_num_steps"),
    layouts=(
        Layout(
            "official", ("train_labels.txt", "val_labels.txt", "train", "val"), _views, {"fit": 60_000, "test": None}
        ),
    ),
)
