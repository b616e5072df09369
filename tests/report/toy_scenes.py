"""Small pictures with everything true about them: boxes on a floor, how far, which, and where they go next."""

import numpy as np

from virb.data import BadImage, DataCard, Dataset
from virb.spec import FAMILIES, Classes, Quadrant, Task, Values

NAMES = ("floor", "wall", "crate", "<b>ball</b>")
VOID = 255
CARD = DataCard(
    name="toy-scenes",
    title="Toy scenes",
    about="Boxes on a floor.",
    licence="CC0-1.0",
    citation="none",
    homepage="https://example.org",
)
SEMANTIC = Quadrant(level="pixelwise", kind="semantic")
STRUCTURAL = Quadrant(level="pixelwise", kind="structural")


def parts_task(**changes):
    given = {
        "name": "parts",
        "title": "Parts of a scene",
        "about": "Which of four parts each pixel shows.",
        "quadrant": SEMANTIC,
        "data": "toy-scenes",
        "column": "part",
        "target": Classes(count=4, dense=True, ignore=VOID, names=NAMES),
        "metrics": FAMILIES["segmentation"],
        "primary": "miou",
        "synthetic": True,
    }
    return Task(**given | changes)


def depth_task(**changes):
    given = {
        "name": "depth",
        "title": "Depth in a scene",
        "about": "How far away what each pixel shows is.",
        "quadrant": STRUCTURAL,
        "data": "toy-scenes",
        "column": "depth",
        "target": Values(size=1, dense=True, masked=True, positive=True, unit="m"),
        "metrics": FAMILIES["depth"],
        "primary": "depth-l1",
        "synthetic": True,
    }
    return Task(**given | changes)


def flow_task(**changes):
    given = {
        "name": "flow",
        "title": "Optical flow",
        "about": "How what each pixel shows moves until the next image.",
        "quadrant": STRUCTURAL,
        "data": "toy-scenes",
        "column": "flow",
        "target": Values(size=2, dense=True, masked=True, unit="px"),
        "images_per_example": 2,
        "metrics": FAMILIES["flow"],
        "primary": "epe",
        "synthetic": True,
    }
    return Task(**given | changes)


def scene(row, side=48):
    """Two images, parts, depth and flow of one scene."""
    draw = np.random.default_rng(row)
    down, across = np.mgrid[:side, :side] / side
    horizon = draw.uniform(0.35, 0.6)
    floor = down > horizon
    depth = np.where(floor, 1.2 / (down - horizon + 0.12), 9.0 + across)
    part = np.where(floor, 0, 1)
    flow = np.stack([(across - 0.5) * 6, np.where(floor, (down - horizon) * 8, 0)], axis=-1)
    colours = draw.uniform(60, 220, (8, 3))
    image = np.where(floor[..., None], colours[0], colours[1]) * (0.75 + 0.25 * (down + across)[..., None] / 2)
    for thing in range(3):
        left, foot, size = draw.uniform(0.1, 0.75), draw.uniform(horizon + 0.12, 0.95), draw.uniform(0.12, 0.28)
        if thing == 2:
            mask = np.hypot(across - left, down - foot + size / 2) < size / 2
        else:
            mask = (abs(across - left) < size / 2) & (down < foot) & (down > foot - size)
        depth = np.where(mask, 1.2 / (foot - horizon + 0.12), depth)
        part = np.where(mask, 3 if thing == 2 else 2, part)
        flow = np.where(mask[..., None], draw.uniform(-9, 9, 2), flow)
        image = np.where(mask[..., None], colours[2 + thing], image)
    image = image + draw.normal(0, 6, image.shape)
    hidden = (across > 0.92) | (draw.random((side, side)) < 0.01)
    flow = np.where(hidden[..., None], np.nan, flow).astype(np.float32)
    known = np.where(hidden | (depth > 9.5), np.nan, depth).astype(np.float32)[..., None]
    part = np.where(across < 0.06, VOID, part).astype(np.uint8)
    first = image.clip(0, 255).astype(np.uint8)
    return np.stack([first, np.roll(first, (1, 2), (0, 1))]), part, known, flow


def scenes(examples=30, side=48, bad=()):
    """A data source of scenes: a part, a depth and a flow for each pixel of the first of two images."""
    made = [scene(row, side) for row in range(examples)]
    images = np.concatenate([images for images, *_ in made])

    def read(row):
        if row in bad:
            raise BadImage(f"{row}.png", "truncated")
        return images[row]

    return Dataset(
        card=CARD,
        keys=tuple(f"{row}.png" for row in range(len(images))),
        read=read,
        digest="0",
        images=np.arange(len(images)).reshape(-1, 2),
        columns={name: np.stack([one[k] for one in made]) for k, name in ((1, "part"), (2, "depth"), (3, "flow"))},
        class_names={"part": NAMES},
        official=np.array(["fit", "select", "test"] * (examples // 3)),
    )
