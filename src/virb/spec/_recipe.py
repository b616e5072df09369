"""A pre-training run, as it is declared: everything that decides the weights it ends with."""

from pathlib import Path
from typing import final

from pydantic import Field

from virb.spec._experiment import EncoderSpec, Pretraining
from virb.spec._identity import Spec, digest_of


@final
class Recipe(Spec):
    """What is pre-trained, how, on what and for how long."""

    method: str
    """A file of ``virb/pretrain``: ``moco-v2``."""
    arch: str
    """A timm name: ``narrow_resnet10_w16``."""
    data: str
    """A data source; ``world:NAME`` is a pre-training domain."""
    images: int | None = Field(default=None, ge=1)
    """The first so many of the source; None takes all. A domain of the world is as large as it is asked to be."""
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

    @property
    def id(self) -> str:
        """Sixteen hexadecimal digits that name what is declared."""
        return digest_of(self.declared())

    @property
    def label(self) -> str:
        """For people: ``moco-v2 on world:objects, run 2``."""
        return f"{self.method} on {self.data}, run {self.run}"

    @property
    def steps(self) -> int:
        """Optimiser steps: whole batches that the budget holds."""
        return self.images_seen // self.batch

    def pretraining(self) -> Pretraining:
        """The factors of the analysis. ``seed`` names the start: encoders of equal seed began with equal weights."""
        return Pretraining(
            method=self.method,
            data=self.data,
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
