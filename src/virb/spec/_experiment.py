"""What is declared of one cell: encoder, probe, input policy, regime."""

from typing import ClassVar, Literal, Self, final

from pydantic import Field, model_validator

from virb.spec._identity import Spec, digest_of
from virb.spec._inputs import InputPolicy
from virb.spec._preprocessing import Overrides
from virb.spec._task import Task


@final
class Pretraining(Spec):
    """How an encoder came to be: the factors of the analysis. A recipe trained again is another ``run``.

    ``fraction``, ``balance`` and ``mixture`` are those of :class:`virb.spec.DataRecipe`.
    """

    method: str
    data: str | None = None
    fraction: float = Field(default=1.0, gt=0, le=1)
    balance: str | None = None
    mixture: str | None = None
    images: int | None = None
    images_seen: int | None = None
    run: int = 1
    seed: int = 0

    @property
    def source(self) -> str | None:
        """Data and what was kept of them, in words: ``world:objects (25 %, log)``."""
        if self.data is None:
            return None
        details = [f"{100 * self.fraction:g} %"] if self.fraction < 1 else []
        details += [self.balance] if self.balance else []
        named = self.mixture or self.data
        return f"{named} ({', '.join(details)})" if details else named


@final
class EncoderSpec(Spec):
    """A frozen encoder by name: where it comes from, its architecture and its weights."""

    labels: ClassVar[frozenset[str]] = frozenset({"name", "path"})

    name: str
    """As it was asked for, such as ``timm:resnet18.a1_in1k``."""
    source: str
    """The file in ``virb/encoders`` that loads it."""
    arch: str
    weights: str | None = None
    """A path, a tag, or a digest: whatever the source needs beside ``arch``."""
    layout: str | None = None
    pretraining: Pretraining | None = None
    path: str | None = None
    """Folder of the pre-training run, on the machine where it was asked for."""
    overrides: Overrides | None = None
    """Mean, standard deviation or interpolation that are asked for instead of the card's."""


LAYERS = ("embedding", "stage1", "stage2", "stage3", "stage4")
"""The named layers of every encoder: the pooled output, then four maps from fine to coarse."""


@final
class ProbeSpec(Spec):
    """How heads are fitted on frozen features, and what is tried."""

    labels: ClassVar[frozenset[str]] = frozenset({"about", "seeded"})

    name: str
    version: int = Field(default=1, ge=1)
    layers: tuple[str, ...] = ("embedding",)
    grid: dict[str, tuple[float, ...]] = Field(default={})
    maps: bool = False
    """Whether stages are read as maps; otherwise they are averaged over space."""
    joint: bool = False
    """Whether heads read all the layers together; otherwise one of them is chosen on select."""
    seeded: bool = False
    """Whether heads start from random weights or see random batches, so that a seed changes a score."""
    about: str = ""

    @property
    def label(self) -> str:
        """The name, and whether a layer is chosen: scores of a chosen layer never share a column with the others."""
        return self.name if self.joint or len(self.layers) == 1 else f"{self.name} (best layer)"


@final
class Regime(Spec):
    """How many labels a probe may see.

    ``full``: all of fit and select. ``examples``: ``n`` of them, four fifths for fit and one for select (VTAB-1k).
    ``shots``: ``n`` of each class.
    """

    kind: Literal["full", "examples", "shots"] = "full"
    n: int | None = Field(default=None, ge=1)
    resample: int = Field(default=0, ge=0)
    """Which draw: the same one for every encoder."""

    @model_validator(mode="after")
    def _n_where_it_counts(self) -> Self:
        if (self.n is None) != (self.kind == "full"):
            raise ValueError(f"{self.kind} {'needs' if self.n is None else 'takes no'} n")
        return self

    def __str__(self) -> str:
        return self.kind if self.n is None else f"{self.n:,} {'examples' if self.kind == 'examples' else 'a class'}"


@final
class Experiment(Spec):
    """One cell: an encoder read out on a task by a probe."""

    encoder: EncoderSpec
    task: Task
    probe: ProbeSpec
    seed: int = 0
    inputs: InputPolicy = InputPolicy()
    on_bad_image: Literal["error", "skip"] = "error"
    protocol: Literal["standard"] = "standard"
    regime: Regime = Regime()

    @property
    def id(self) -> str:
        """Sixteen hexadecimal digits that name what is declared."""
        return digest_of(self.declared())

    @property
    def deterministic(self) -> bool:
        """Whether a seed changes nothing, so that one record says it all."""
        return not (self.task.splits.carved or self.probe.seeded)
