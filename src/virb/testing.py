"""Fakes for tests, virb's own and those of packages that add tasks, probes or encoders."""

from collections.abc import Callable

import numpy as np

from virb.data import BadImage, DataCard, Dataset, Pixels
from virb.data._manifest import digest_of_arrays
from virb.spec import Classes, Quadrant, Splits, Task, Values

TOY_CARD = DataCard(
    name="toy",
    title="Toy",
    about="Noise around one colour a class.",
    licence="none",
    citation="none",
    homepage="none",
)


def toy_dataset(
    examples: int = 60,
    classes: int = 3,
    *,
    size: int = 12,
    seed: int = 0,
    bad: Callable[[int], bool] = lambda row: False,
) -> Dataset:
    """An image data source in memory: noise around one colour a class, easily told apart.

    Args:
        examples: how many images, the classes in turn.
        classes: how many.
        size: side of the images in pixels.
        seed: of colours and noise.
        bad: which rows cannot be decoded.
    """
    draw = np.random.default_rng(seed)
    labels = np.arange(examples) % classes
    colours = draw.integers(40, 216, (classes, 3))
    noise = draw.integers(-40, 40, (examples, size, size, 3))
    pixels = (colours[labels][:, None, None] + noise).clip(0, 255).astype(np.uint8)
    keys = tuple(f"{row:04d}.png" for row in range(examples))

    def read(row: int) -> Pixels:
        if bad(row):
            raise BadImage(keys[row], "truncated")
        image: Pixels = pixels[row]
        return image

    return Dataset(
        card=TOY_CARD,
        keys=keys,
        read=read,
        digest=digest_of_arrays({"pixels": pixels, "labels": labels}),
        images=np.arange(examples)[:, None],
        columns={"label": labels},
        class_names={"label": tuple(f"class {n}" for n in range(classes))},
    )


def toy_task(classes: int = 3) -> Task:
    """The task of telling the classes of :func:`toy_dataset`."""
    return Task(
        name="toy",
        title="Toy colours",
        quadrant=Quadrant(level="image-level", kind="semantic"),
        data="toy",
        target=Classes(count=classes, names=tuple(f"class {n}" for n in range(classes))),
        splits=Splits(select=0.25, test=0.25),
    )


def toy_scenes(examples: int = 60, *, size: int = 32, images: int = 1, seed: int = 0) -> Dataset:
    """A pixelwise data source in memory: a bright square somewhere on dark noise.

    Args:
        examples: how many.
        size: side of the images and of their truth in pixels.
        images: how many images an example has; in the second the square has moved.
        seed: of everything.

    Returns:
        A data set with the columns ``mask`` (0 ground, 1 square), ``depth`` (4 and 2 metres; NaN in the top row) and
        ``flow`` (pixels right and down by which the square moves, NaN around it); fit, select and test are its own.
    """
    draw = np.random.default_rng(seed)
    side = size // 2
    first = draw.integers(0, size - side, (examples, 2))
    moved = draw.integers(0, size - side, (examples, 2))
    mask = np.zeros((examples, size, size), np.uint8)
    flow = np.full((examples, size, size, 2), np.nan, np.float32)
    pixels = draw.integers(0, 60, (examples * images, size, size, 3)).astype(np.uint8)
    for row, ((top, left), (down, right)) in enumerate(zip(first, moved, strict=True)):
        square = (slice(top, top + side), slice(left, left + side))
        mask[row][square] = 1
        flow[row][square] = (right - left, down - top)
        pixels[row * images][square] += 180
        for image in range(1, images):
            pixels[row * images + image, down : down + side, right : right + side] += 180
    depth = np.where(mask == 1, 2, 4).astype(np.float32)[..., None]
    depth[:, 0] = np.nan
    official = np.array(["fit", "fit", "fit", "select", "test"])[np.arange(examples) % 5]
    return Dataset(
        card=TOY_CARD,
        keys=tuple(f"{row:04d}.png" for row in range(len(pixels))),
        read=lambda row: pixels[row].copy(),
        digest=digest_of_arrays({"pixels": pixels}),
        images=np.arange(examples * images).reshape(examples, images),
        columns={"mask": mask, "depth": depth, "flow": flow},
        class_names={"mask": ("ground", "square")},
        official=official,
    )


def toy_pixelwise_task(column: str, images: int = 1) -> Task:
    """A task on a column of :func:`toy_scenes`: ``mask``, ``depth`` or ``flow``."""
    target: Classes | Values = Classes(count=2, dense=True, names=("ground", "square"))
    metrics: tuple[str, ...] = ("miou", "pixel-accuracy")
    if column == "depth":
        target = Values(size=1, dense=True, masked=True, positive=True, unit="m")
        metrics = ("delta-1.25", "abs-rel", "depth-l1", "rmse")
    elif column == "flow":
        target, metrics = Values(size=2, dense=True, masked=True, unit="px"), ("epe", "flow-outliers")
    return Task(
        name=f"toy-{column}",
        title=f"Toy {column}",
        quadrant=Quadrant(level="pixelwise", kind="semantic" if column == "mask" else "structural"),
        data="toy",
        column=column,
        target=target,
        images_per_example=images,
        metrics=metrics,
        primary=metrics[0],
        synthetic=True,
    )
