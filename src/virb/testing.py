"""Fakes for tests, virb's own and those of packages that add tasks, probes or encoders."""

from collections.abc import Callable

import numpy as np

from virb.data import BadImage, DataCard, Dataset, Pixels
from virb.data._manifest import digest_of_arrays
from virb.spec import Classes, Quadrant, Splits, Task

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
