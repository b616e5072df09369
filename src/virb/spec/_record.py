"""What was found: records, and how older ones are read."""

import json
from typing import Any, Literal, final

from pydantic import Field, ValidationError

from virb.errors import UserError
from virb.spec._experiment import Experiment
from virb.spec._identity import Spec
from virb.spec._preprocessing import Preprocessing

SCHEMA = 1
"""Version of the record's JSON. A change comes with a function in ``MIGRATIONS``."""


@final
class Found(Spec):
    """The part of the world that decides whether a record still answers its experiment."""

    weights: str | None = None
    """Digest of the weights file, where the weights are a file."""
    data: str
    """Digest of the data source: paths, sizes and contents."""


@final
class Cost(Spec):
    """What an encoder costs. Counts hold anywhere; speeds and memory were measured once, on what they name."""

    parameters: int
    multiply_adds: int | None
    """Of one image: those of convolutions and matrix products. None where they could not be counted."""
    shapes: dict[str, tuple[int, ...]]
    """Of one image's features in each layer: (width,), or (width, rows, columns)."""
    forward: float
    """Images a second of the forward pass alone, from pixels in memory to features in memory."""
    extraction: float | None = None
    """Images a second of the whole extraction: read, decode, resize, forward, keep; None where features were cached."""
    images: int
    """How many the forward pass was measured on."""
    batch: int
    peak_memory: int | None = None
    """Bytes, while that was measured; None where the system does not tell."""
    memory_of: str = ""
    """Whose memory: ``"process, resident"``, or ``"CUDA, allocated"``."""
    device: str
    threads: int


@final
class Resolved(Spec):
    """What was found when the experiment ran."""

    weights: str
    """Digest of the loaded state: parameter names, shapes and bytes."""
    data: str
    preprocessing: Preprocessing
    arch: str | None = None
    """The architecture that was found, where it is another than the declared one: ``auto`` declares none."""
    layers: dict[str, int]
    """Width of each layer that was read."""
    engine: str
    precision: str
    device: str
    threads: int
    versions: dict[str, str]
    git: str | None = None
    """Commit of the working directory, ``+dirty`` where it had changes."""
    cost: Cost | None = None
    """None in records of earlier versions."""


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
    scores: dict[str, float] = Field(default={})
    """On test."""
    chance: float | None = None
    """Primary score on test of the best constant answer of fit: the most frequent class, or the median."""
    choice: dict[str, float | str] = Field(default={})
    """The settings chosen on select."""
    trials: tuple[Trial, ...] = ()
    counts: dict[str, int] = Field(default={})
    """Examples in each split, after bad images were dropped."""
    seconds: dict[str, float] = Field(default={})
    encoded: int = 0
    """Images that went through the encoder for it; 0 where another experiment, or another day, had their features."""
    bad_images: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    outcomes: str | None = None
    """Name of the file of per-example outcomes beside the records."""
    predictions: str | None = None
    """Name of the file of some predictions of a dense task on test, with image and truth, beside the records."""
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
