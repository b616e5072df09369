"""What is asked: quadrants, targets, splits, tasks."""

from typing import ClassVar, Literal, Self, final

from pydantic import Field, model_validator

from virb.spec._identity import Spec
from virb.spec._metrics import CLASS_METRICS, METRICS, Family


@final
class Quadrant(Spec):
    """One of the four kinds of end task: (image-level | pixelwise) x (semantic | structural)."""

    level: Literal["image-level", "pixelwise"]
    kind: Literal["semantic", "structural"]

    def __str__(self) -> str:
        return f"{self.level} {self.kind}"


@final
class Classes(Spec):
    """A target that is one of ``count`` classes, for the image or (``dense``) for each pixel."""

    labels: ClassVar[frozenset[str]] = frozenset({"names", "sparse"})
    tag: ClassVar[str | None] = "type"

    type: Literal["classes"] = "classes"
    count: int = Field(ge=2)
    dense: bool = False
    ignore: int | None = None
    """The id that marks pixels without a label."""
    names: tuple[str, ...] = ()
    sparse: bool = False
    """Whether some classes may have no example at all: counts of which only the range is known."""

    @property
    def shown(self) -> str:
        """In words: ``20 classes``."""
        return f"{self.count} classes{' a pixel' * self.dense}"

    @model_validator(mode="after")
    def _one_name_a_class(self) -> Self:
        if self.names and len(self.names) != self.count:
            raise ValueError(f"{len(self.names)} names for {self.count} classes")
        return self


@final
class Values(Spec):
    """A target of ``size`` numbers, for the image or (``dense``) for each pixel."""

    tag: ClassVar[str | None] = "type"

    type: Literal["values"] = "values"
    size: int = Field(ge=1)
    dense: bool = False
    masked: bool = False
    """Whether some values are missing: NaN in the data."""
    positive: bool = False
    """Whether every value is above zero: heads then predict its logarithm."""
    unit: str | None = None
    """``RGB`` of three numbers from 0 to 1 says that they are a colour."""

    @property
    def coloured(self) -> bool:
        """Whether the numbers are red, green and blue."""
        return self.size == 3 and self.unit == "RGB"

    @property
    def shown(self) -> str:
        """In words: ``2 values a pixel``."""
        return f"{self.size} value{'s' * (self.size > 1)}{' a pixel' * self.dense}"


Target = Classes | Values


@final
class Splits(Spec):
    """Where fit, select and test come from.

    A share left at ``None`` means that the data source names the rows of that split itself. Otherwise the rows are
    carved, seeded, by group where rows are related and stratified by class.
    """

    select: float | None = Field(default=None, gt=0, lt=1)
    """Share of the rows outside test that go to select."""
    test: float | None = Field(default=None, gt=0, lt=1)
    """Share of all rows that go to test."""

    @property
    def carved(self) -> bool:
        """Whether a seed changes anything."""
        return self.select is not None or self.test is not None


@final
class Task(Spec):
    """An end task: what to predict, from which images, scored how. One file in ``virb/tasks`` declares one."""

    labels: ClassVar[frozenset[str]] = frozenset({"name", "title", "quadrant", "metrics", "about", "synthetic"})

    name: str
    title: str = ""
    about: str = ""
    """One sentence: what is asked, and how the splits keep the answer from leaking."""
    version: int = Field(default=1, ge=1)
    """Rises when scores may change, and never otherwise."""
    quadrant: Quadrant
    data: str
    """Name of the data source: a file in ``virb/data``, ``folder:PATH`` or ``table:FILE.csv``."""
    column: str = "label"
    """Which of the data source's label columns is the target."""
    target: Target = Field(discriminator="type")
    splits: Splits = Splits()
    images_per_example: int = Field(default=1, ge=1)
    """How many of the images of an example are read: the first ones, where the data source has more."""
    metrics: tuple[str, ...] = CLASS_METRICS
    primary: str = "accuracy"
    trained_on: str | None = None
    """The parent whose fitted heads this eval-only task uses."""
    synthetic: bool = False
    """Whether the images are drawn by a program. A report says so wherever a score of this task stands."""

    @property
    def family(self) -> Family:
        """The family of its metrics."""
        return METRICS[self.primary].family

    @model_validator(mode="after")
    def _metrics_exist(self) -> Self:
        for metric in (*self.metrics, self.primary):
            if metric not in METRICS:
                raise ValueError(f"unknown metric {metric!r}")
        if self.primary not in self.metrics:
            raise ValueError(f"the primary metric {self.primary!r} is not among the metrics")
        fits = _families(self.target)
        for metric in self.metrics:
            if METRICS[metric].family not in fits or METRICS[metric].family != self.family:
                raise ValueError(f"the metric {metric!r} is not for {self.target.shown}")
        return self


def _families(target: Target) -> tuple[Family, ...]:
    if isinstance(target, Classes):
        return ("segmentation",) if target.dense else ("classes",)
    return ("depth", "flow", "intensity") if target.dense else ("values",)
