"""A pre-training run, as it is declared: everything that decides the weights it ends with."""

import math
from pathlib import Path
from typing import Any, Literal, Self, final

from pydantic import Field, model_validator

from virb.spec._experiment import EncoderSpec, Pretraining
from virb.spec._identity import Spec, digest_of

Balance = Literal["uniform", "linear", "log"]
"""How many images each class has: as many, or sizes that fall linearly or exponentially from class to class."""
MIXTURE = "mixture"
"""What stands for the source where several are mixed."""


@final
class DataRecipe(Spec):
    """What an encoder learns from: which images of which source. docs/pretraining.md has the rules."""

    data: str
    """A data source; ``world:NAME`` is a pre-training domain, and :data:`MIXTURE` stands for several sources."""
    mixture: tuple[str, ...] = ()
    """The sources that are mixed in equal parts, in turn."""
    images: int | None = Field(default=None, ge=1)
    """The first so many of the source; None takes all. A domain of the world is as large as it is asked to be."""
    fraction: float = Field(default=1.0, gt=0, le=1)
    """The share of those that is kept. A smaller share is contained in a larger one."""
    balance: Balance | None = None
    """Of the labelled images that are kept; None leaves the classes as the source has them."""
    side: int | None = Field(default=None, ge=8, le=1024)
    """Pixels of a domain's images as they are rendered; None is the domain's own size."""

    @model_validator(mode="after")
    def _mixed_of_several(self) -> Self:
        if (self.data == MIXTURE) != bool(self.mixture) or len(set(self.mixture)) != len(self.mixture):
            raise ValueError("a mixture is of several sources, each once")
        if len(self.mixture) == 1:
            raise ValueError("one source is no mixture")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """The data sources that are opened."""
        return self.mixture or (self.data,)

    @property
    def count(self) -> int | None:
        """How many images that is, as far as it can be said before the source is opened."""
        return None if self.images is None else share_of(self.images, self.fraction)

    @property
    def label(self) -> str:
        """For people: ``world:objects (25 %, log)``."""
        named = " + ".join(self.sources)
        details = [f"{100 * self.fraction:g} %"] if self.fraction < 1 else []
        details += [self.balance] if self.balance else []
        details += [f"{self.side} px"] if self.side else []
        return f"{named} ({', '.join(details)})" if details else named


def share_of(count: int, fraction: float) -> int:
    """So many of ``count``, rounded up, so that none of a few is none at all."""
    return math.ceil(count * fraction - 1e-9)  # 0.1 x 30 is a little more than 3


@final
class Recipe(Spec):
    """What is pre-trained, how, on what and for how long."""

    method: str
    """A file of ``virb/pretrain``: ``moco-v2``."""
    arch: str
    """A timm name: ``narrow_resnet10_w16``."""
    data: str
    """See :class:`DataRecipe`, as for the next five fields."""
    mixture: tuple[str, ...] = ()
    images: int | None = Field(default=None, ge=1)
    fraction: float = Field(default=1.0, gt=0, le=1)
    balance: Balance | None = None
    side: int | None = Field(default=None, ge=8, le=1024)
    images_seen: int = Field(ge=1)
    """The budget: how often an image is taken from the source, whatever number of views is cut from it."""
    run: int = Field(default=1, ge=0)
    """Start weights are those of ``random:ARCH@RUN``, and the order of images and views follows from it too."""
    size: int = Field(default=48, ge=8)
    """Side of a view in pixels; small views of multi-crop follow from it."""
    batch: int = Field(default=64, ge=2)
    """Images a step."""
    settings: dict[str, float] = Field(default={})
    """Departures from the method's own defaults."""
    version: int = Field(default=1, ge=1)
    """Rises when virb trains the same recipe otherwise."""

    @model_validator(mode="after")
    def _of_possible_data(self) -> Self:
        self.data_recipe  # noqa: B018 - refuses what is no data recipe
        return self

    @property
    def data_recipe(self) -> DataRecipe:
        """What it learns from."""
        taken: dict[str, Any] = {name: getattr(self, name) for name in DataRecipe.model_fields}
        return DataRecipe(**taken)

    @property
    def id(self) -> str:
        """Sixteen hexadecimal digits that name what is declared."""
        return digest_of(self.declared())

    @property
    def label(self) -> str:
        """For people: ``moco-v2 on world:objects, run 2``."""
        return f"{self.method} on {self.data_recipe.label}, run {self.run}"

    @property
    def steps(self) -> int:
        """Optimiser steps: whole batches that the budget holds."""
        return self.images_seen // self.batch

    def pretraining(self) -> Pretraining:
        """The factors of the analysis. ``seed`` names the start: encoders of equal seed began with equal weights."""
        return Pretraining(
            method=self.method,
            data=self.data,
            fraction=self.fraction,
            balance=self.balance,
            mixture=" + ".join(self.mixture) or None,
            images=self.images,
            images_seen=self.images_seen,
            run=self.run,
            seed=self.run,
        )

    def encoder(self, folder: Path) -> EncoderSpec:
        """The encoder that this run ends as, known before it has begun.

        Args:
            folder: of the run; a label, so that a run keeps its records when it is moved.
        """
        return EncoderSpec(
            name=self.label,
            source="checkpoint",
            arch=self.arch,
            weights=f"run:{self.id}",
            layout="virb",
            pretraining=self.pretraining(),
            path=str(folder),
        )
