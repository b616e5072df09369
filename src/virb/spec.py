"""What is declared, and what was found: the data types every other file speaks in. No torch, no NumPy.

An :class:`Experiment` is a request. Its id hashes what is *declared*, so a study can be planned before any weight
or image exists. A :class:`Record` is the answer: the experiment, what was *found* when it ran, and the scores.
"""

import hashlib
import json
from typing import Any, ClassVar, Literal, NamedTuple, Self, final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from virb.errors import UserError

# ------------------------------------------------------------------------------------------------ identity


class Spec(BaseModel):
    """A frozen value that refuses unknown fields and knows its canonical, declared form."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=True)

    labels: ClassVar[frozenset[str]] = frozenset()
    """Fields that only describe: they are shown and stored, but two specs that differ in them are the same."""
    tag: ClassVar[str | None] = None
    """The field that tells members of a union apart: always part of the declared form."""

    def declared(self) -> dict[str, Any]:
        """The fields that make this value what it is, as plain JSON types.

        Fields at their default are left out, so that a field added later re-names nothing; labels are left out;
        floats are given by ``repr``, so that 0.1 stays 0.1 on every platform.
        """
        form: dict[str, Any] = {}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if name in self.labels or (name != self.tag and not field.is_required() and value == field.get_default()):
                continue
            form[name] = _plain(value)
        return form


def _plain(value: Any) -> Any:
    if isinstance(value, Spec):
        return value.declared()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, float):
        return repr(value)
    return value


def digest_of(form: Any) -> str:
    """The first sixteen hexadecimal digits of the SHA-256 of a plain JSON value in canonical order."""
    text = json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# ------------------------------------------------------------------------------------------------ tasks


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

    labels: ClassVar[frozenset[str]] = frozenset({"names"})
    tag: ClassVar[str | None] = "type"

    type: Literal["classes"] = "classes"
    count: int = Field(ge=2)
    dense: bool = False
    ignore: int | None = None
    """The id that marks pixels without a label."""
    names: tuple[str, ...] = ()

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
    """Whether some values are missing."""
    unit: str | None = None


Target = Classes | Values


class Metric(NamedTuple):
    """A metric's direction, range and one line about it."""

    better: Literal["higher", "lower"]
    about: str
    percent: bool = False
    """Shown times one hundred."""


METRICS: dict[str, Metric] = {
    "accuracy": Metric("higher", "share of test examples whose most probable class is right", percent=True),
    "balanced-accuracy": Metric("higher", "mean over the classes in test of the share found", percent=True),
    "nll": Metric("lower", "mean negative log-likelihood of the right class, in nats"),
    "ece": Metric("lower", "expected calibration error over 15 bins of equal mass", percent=True),
    "nll-calibrated": Metric("lower", "nll after one temperature fitted on select, in nats"),
    "ece-calibrated": Metric("lower", "ece after one temperature fitted on select", percent=True),
}
"""Every metric name. Sources are given where each is computed, in ``virb.metrics``."""

CLASS_METRICS = ("accuracy", "balanced-accuracy", "nll", "ece", "nll-calibrated", "ece-calibrated")


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

    labels: ClassVar[frozenset[str]] = frozenset({"name", "title", "quadrant", "metrics", "about"})

    name: str
    title: str = ""
    about: str = ""
    """One sentence: what is asked, and how the splits keep the answer from leaking."""
    version: int = Field(default=1, ge=1)
    """Rises when scores may change, and never otherwise."""
    quadrant: Quadrant
    data: str
    """Name of the data source: a file in ``virb/data``, or ``folder:PATH``."""
    column: str = "label"
    """Which of the data source's label columns is the target."""
    target: Target = Field(discriminator="type")
    splits: Splits = Splits()
    images_per_example: int = Field(default=1, ge=1)
    metrics: tuple[str, ...] = CLASS_METRICS
    primary: str = "accuracy"
    trained_on: str | None = None
    """The parent whose fitted heads this eval-only task uses."""

    @model_validator(mode="after")
    def _metrics_exist(self) -> Self:
        for metric in (*self.metrics, self.primary):
            if metric not in METRICS:
                raise ValueError(f"unknown metric {metric!r}")
        if self.primary not in self.metrics:
            raise ValueError(f"the primary metric {self.primary!r} is not among the metrics")
        return self


# ------------------------------------------------------------------------------------------------ encoders and probes


@final
class Pretraining(Spec):
    """How an encoder came to be: the factors of the analysis. A recipe trained again is another ``run``."""

    method: str
    data: str | None = None
    fraction: float = Field(default=1.0, gt=0, le=1)
    balance: str | None = None
    mixture: str | None = None
    images: int | None = None
    images_seen: int | None = None
    run: int = 1
    seed: int = 0


@final
class EncoderSpec(Spec):
    """A frozen encoder by name: where it comes from, its architecture and its weights."""

    labels: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str
    """As it was asked for, such as ``timm:resnet18.a1_in1k``."""
    source: str
    """The file in ``virb/encoders`` that loads it."""
    arch: str
    weights: str | None = None
    """A path, a tag, or a digest: whatever the source needs beside ``arch``."""
    layout: str | None = None
    pretraining: Pretraining | None = None


LAYERS = ("embedding", "stage1", "stage2", "stage3", "stage4")
"""The named layers of every encoder: the pooled output, then four maps from fine to coarse."""


@final
class ProbeSpec(Spec):
    """How heads are fitted on frozen features, and what is tried."""

    labels: ClassVar[frozenset[str]] = frozenset({"about"})

    name: str
    version: int = Field(default=1, ge=1)
    layers: tuple[str, ...] = ("embedding",)
    grid: dict[str, tuple[float, ...]] = {}
    about: str = ""


@final
class InputPolicy(Spec):
    """How an image becomes ``size`` x ``size`` pixels, the same for every encoder of a comparison.

    ``squash`` resizes both sides, ``crop`` resizes the short side and takes the centre, ``pad`` resizes the long
    side and centres the image on black.
    """

    size: int = Field(default=224, ge=1)
    fit: Literal["squash", "crop", "pad"] = "squash"

    def __str__(self) -> str:
        return f"{self.size} px, {self.fit}"


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

    @property
    def id(self) -> str:
        """Sixteen hexadecimal digits that name what is declared."""
        return digest_of(self.declared())

    @property
    def deterministic(self) -> bool:
        """Whether a seed changes nothing, so that one record says it all."""
        return not self.task.splits.carved


# ------------------------------------------------------------------------------------------------ records

SCHEMA = 1
"""Version of the record's JSON. A change comes with a function in ``MIGRATIONS``."""


@final
class Preprocessing(Spec):
    """What happens to pixels after the input policy: ``(pixel / 255 - mean) / std`` a channel, in RGB order."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Literal["nearest", "bilinear", "bicubic"] = "bilinear"


@final
class Found(Spec):
    """The part of the world that decides whether a record still answers its experiment."""

    weights: str | None = None
    """Digest of the weights file, where the weights are a file."""
    data: str
    """Digest of the data source: paths, sizes and contents."""


@final
class Resolved(Spec):
    """What was found when the experiment ran."""

    weights: str
    """Digest of the loaded state: parameter names, shapes and bytes."""
    data: str
    preprocessing: Preprocessing
    layers: dict[str, int]
    """Width of each layer that was read."""
    engine: str
    precision: str
    device: str
    threads: int
    versions: dict[str, str]
    git: str | None = None
    """Commit of the working directory, ``+dirty`` where it had changes."""


@final
class Trial(Spec):
    """One setting of a probe and how it did on select."""

    settings: dict[str, float | str]
    score: float
    loss: float


@final
class Record(Spec):
    """The answer to an experiment, whole in one JSON document."""

    schema_version: int = SCHEMA
    experiment: Experiment
    found: Found
    status: Literal["ok", "failed", "killed"]
    reason: str | None = None
    """Why there are no scores."""
    resolved: Resolved | None = None
    scores: dict[str, float] = {}
    """On test."""
    chance: float | None = None
    """Primary score on test of the constant answer: the most frequent class of fit."""
    choice: dict[str, float | str] = {}
    """The settings chosen on select."""
    trials: tuple[Trial, ...] = ()
    counts: dict[str, int] = {}
    """Examples in each split, after bad images were dropped."""
    seconds: dict[str, float] = {}
    bad_images: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    outcomes: str | None = None
    """Name of the file of per-example outcomes beside the records."""
    finished: str
    """UTC, ISO 8601."""
    virb: str
    """Version of virb that wrote it."""

    @property
    def id(self) -> str:
        """The experiment's id."""
        return self.experiment.id

    @property
    def score(self) -> float:
        """The primary score."""
        return self.scores[self.experiment.task.primary]

    @classmethod
    def parse(cls, text: str, where: str = "record") -> "Record":
        """Read a record of this or an older schema.

        Raises:
            UserError: a newer virb wrote it.
            ValueError: it is not a record.
        """
        form = json.loads(text)
        if not isinstance(form, dict) or not isinstance(form.get("schema_version"), int):
            raise ValueError(f"{where} has no schema_version")
        if form["schema_version"] > SCHEMA:
            raise UserError(
                f"'{where}' has schema {form['schema_version']}; this virb knows {SCHEMA}.",
                "Install the newer virb that wrote it: pip install --upgrade virb",
            )
        while form["schema_version"] < SCHEMA:
            if form["schema_version"] not in MIGRATIONS:
                raise ValueError(f"{where} has schema {form['schema_version']}, which never was")
            form = MIGRATIONS[form["schema_version"]](form)
        try:
            return cls.model_validate(form)
        except ValidationError as error:
            raise ValueError(f"{where} is not a record: {error.errors()[0]['msg']}") from error


MIGRATIONS: dict[int, Any] = {}
"""From a schema version to the function that turns its JSON into that of the next."""
