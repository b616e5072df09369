"""What may stand beside what: records sorted into columns, rows and cells.

Scores share a column where everything declared but the encoder and the replicate (the seed, the draw of a regime) is
the same, and so is the digest of the data that were found. Otherwise they stand in columns of their own, each with a
short reason.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import final

from virb.analysis.rows import Draw
from virb.analysis.words import unit
from virb.spec import METRICS, EncoderSpec, Experiment, Record, Splits, digest_of

FLOORS = {"random": "random weights", "pixels": "raw pixels", "histogram": "a colour histogram"}
"""Sources whose encoders know nothing: what any trained encoder should beat, and what to call them."""
PROBES = (
    "logistic",
    "mlp",
    "ridge",
    "dense-linear",
    "dense-siamese",
    "linear",
    "attentive",
    "dense-pyramid",
    "knn",
    "dense-knn",
)
"""Probes in the order to be shown. The first that reads a task is its headline, but where an example has several images
``mlp`` comes before ``logistic``: what happens between two images is no linear function of their features."""
QUADRANTS = ("image-level semantic", "image-level structural", "pixelwise semantic", "pixelwise structural")


@final
@dataclass(frozen=True)
class Column:
    """One task read out by one probe under one protocol on one state of the data.

    Attributes:
        key: digest of all that its records share.
        experiment: the newest of its experiments; only its encoder and replicate are not shared.
        data: digest of the data.
        distinction: the regime, where it is not all labels, and what sets the column apart from others of this task
            and probe; empty where there is neither.
    """

    key: str
    experiment: Experiment
    data: str
    distinction: str = ""

    @property
    def title(self) -> str:
        """The task's title, or its name."""
        return self.experiment.task.title or self.experiment.task.name

    @property
    def label(self) -> str:
        """The title, with the distinction where there is one."""
        return f"{self.title} ({self.distinction})" if self.distinction else self.title

    @property
    def probe(self) -> str:
        """Label of the probe: its name, and whether it chooses a layer."""
        return self.experiment.probe.label

    @property
    def metric(self) -> str:
        """Name of the primary metric."""
        return self.experiment.task.primary

    @property
    def lower(self) -> bool:
        """Whether lower scores are better."""
        return METRICS[self.metric].better == "lower"

    @property
    def unit(self) -> str:
        """Unit of the primary metric, or nothing."""
        return unit(self.metric, self.experiment.task.target)

    @property
    def regime(self) -> str:
        """How many labels the probe saw, where that is not all of them: ``5 a class``."""
        regime = self.experiment.regime
        return "" if regime.kind == "full" else str(regime)


@final
@dataclass(frozen=True)
class Row:
    """One encoder.

    Attributes:
        key: digest of its declared form.
        spec: the newest spec of it.
        name: to be shown; no two rows have the same.
        arch: its architecture as it was found, where the spec declares none.
    """

    key: str
    spec: EncoderSpec
    name: str
    arch: str

    @property
    def floor(self) -> bool:
        """Whether it knows nothing, so that it is a floor and not a candidate."""
        return self.spec.source in FLOORS


@final
@dataclass(frozen=True)
class Arrangement:
    """Records in their places.

    Attributes:
        columns: in the order to be shown.
        rows: by name, floors last.
        chosen: for each cell (column key, row key) the newest record of each replicate, in their order.
        failed: for each cell the newest failure of each replicate that has no score.
        left_out: records that were not used, each with the reason.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    chosen: dict[tuple[str, str], tuple[Record, ...]]
    failed: dict[tuple[str, str], tuple[Record, ...]]
    left_out: tuple[tuple[Record, str], ...]


def arrange(records: Iterable[Record]) -> Arrangement:
    """Sort records into columns, rows and cells.

    The newest finished record stands for a (column, encoder, replicate). Records made with other weights than the
    encoder's newest are left out. A failure stands where nothing newer or older succeeded.
    """
    newest_first = sorted((_Placed.of(record) for record in records), key=lambda placed: placed.age, reverse=True)
    left_out: list[tuple[Record, str]] = []
    weights: dict[str, str | None] = {}
    taken: dict[Place, Record] = {}
    for placed in newest_first:
        record = placed.record
        if record.status != "ok":
            continue
        if weights.setdefault(placed.row, record.found.weights) != record.found.weights:
            left_out.append((record, "the encoder's weights have changed since"))
        elif placed.at(placed.column) in taken:
            left_out.append((record, "a newer record stands in its place"))
        else:
            taken[placed.at(placed.column)] = record
    columns, failures = _columns(newest_first, taken)
    return Arrangement(
        columns=_ordered(_distinguished(columns)),
        rows=_rows(newest_first),
        chosen=_cells(taken),
        failed=_cells(failures),
        left_out=tuple(left_out),
    )


Place = tuple[str, str, Draw]
"""Column key, row key, replicate."""


@final
@dataclass(frozen=True)
class _Placed:
    """A record and the digests that place it, made once: they cost more than all the sorting."""

    record: Record
    form: str
    column: str
    row: str

    @classmethod
    def of(cls, record: Record) -> "_Placed":
        form = form_key(record.experiment)
        return cls(record, form, _with_data(form, record.found.data), row_key(record.experiment.encoder))

    @property
    def age(self) -> tuple[str, str, str, str]:
        """Sorts old before new; equal times in an order that does not depend on that of the records."""
        return self.record.finished, self.column, self.row, self.record.found.weights or ""

    def at(self, column: str) -> Place:
        experiment = self.record.experiment
        return column, self.row, Draw(experiment.seed, experiment.regime.resample)


def row_key(encoder: EncoderSpec) -> str:
    """Digest of what makes an encoder what it is; its name is a label."""
    return digest_of(encoder.declared())


def form_key(experiment: Experiment) -> str:
    """Digest of all that is declared but the encoder and the replicate."""
    regime = experiment.regime.model_copy(update={"resample": 0})
    form = experiment.model_copy(update={"regime": regime}).declared()
    return digest_of({name: value for name, value in form.items() if name not in ("encoder", "seed")})


def column_key(experiment: Experiment, data: str) -> str:
    """Digest of what scores must share to be compared."""
    return _with_data(form_key(experiment), data)


def _with_data(form: str, data: str) -> str:
    return digest_of([form, data])


def _columns(newest_first: Sequence[_Placed], taken: dict[Place, Record]) -> tuple[list[Column], dict[Place, Record]]:
    """Columns, and the newest failure of each place without a score.

    A failure that never saw its data, or saw others than any score, goes to the newest column of its form.
    """
    columns: dict[str, Column] = {}
    by_form: dict[str, str] = {}
    failures: dict[Place, Record] = {}
    # A stable sort: scores make columns before failures look for theirs.
    for placed in sorted(newest_first, key=lambda placed: placed.record.status != "ok"):
        record, key = placed.record, placed.column
        if record.status != "ok" and key not in columns:
            key = by_form.get(placed.form, key)
        by_form.setdefault(placed.form, key)
        columns.setdefault(key, Column(key, record.experiment, record.found.data))
        if record.status != "ok" and placed.at(key) not in taken:
            failures.setdefault(placed.at(key), record)
    return list(columns.values()), failures


def _cells(places: dict[Place, Record]) -> dict[tuple[str, str], tuple[Record, ...]]:
    cells: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for (column, row, _), record in sorted(places.items(), key=lambda item: item[0]):
        cells[column, row].append(record)
    return {place: tuple(records) for place, records in cells.items()}


# ------------------------------------------------------------------------------------------------ names


def _grid(experiment: Experiment) -> str:
    return ", ".join(f"{name} x {len(values)}" for name, values in experiment.probe.grid.items()) or "no grid"


def _splits(splits: Splits) -> str:
    shares = [f"{name} {share:g}" for name, share in (("select", splits.select), ("test", splits.test)) if share]
    return f"carved: {', '.join(shares)}" if shares else "splits of the source"


FACETS: tuple[Callable[[Column], str], ...] = (
    lambda column: str(column.experiment.inputs),
    lambda column: column.experiment.task.name,
    lambda column: column.experiment.task.data,
    lambda column: f"task version {column.experiment.task.version}",
    lambda column: f"label {column.experiment.task.column}",
    lambda column: _splits(column.experiment.task.splits),
    lambda column: column.experiment.task.primary,
    lambda column: f"probe version {column.experiment.probe.version}",
    lambda column: " + ".join(column.experiment.probe.layers),
    lambda column: _grid(column.experiment),
    lambda column: "bad images skipped" if column.experiment.on_bad_image == "skip" else "no bad images",
    lambda column: column.experiment.protocol,
    lambda column: f"data {column.data[:8]}" if column.data else "data not seen",
)
"""What can set two columns of one task and probe apart, in the order to be said."""


def _distinguished(columns: Iterable[Column]) -> list[Column]:
    """Give each column its regime and the words that set it apart from its siblings, and only those."""
    siblings: dict[tuple[str, str, str], list[Column]] = defaultdict(list)
    for column in columns:
        siblings[column.title, column.probe, column.regime].append(column)
    return [
        replace(column, distinction=", ".join(filter(None, (column.regime, words))))
        for group in siblings.values()
        for column, words in zip(group, _apart(group, FACETS), strict=True)
    ]


def _apart(group: Sequence[Column], facets: Sequence[Callable[[Column], str]]) -> list[str]:
    if len(group) == 1:
        return [""]
    told = [[facet(column) for column in group] for facet in facets]
    useful = [values for values in told if len(set(values)) > 1]
    words = [", ".join(parts) for parts in zip(*useful, strict=True)] or [""] * len(group)
    if len(set(words)) == len(group):
        return words
    return [", ".join(filter(None, (word, f"declared {c.key[:6]}"))) for word, c in zip(words, group, strict=True)]


def _ordered(columns: Iterable[Column]) -> tuple[Column, ...]:
    def place(column: Column) -> tuple[int, str, bool, int, str, str]:
        task, probe = column.experiment.task, column.experiment.probe
        quadrant = QUADRANTS.index(str(task.quadrant))
        return (_place_of(probe.name), probe.name, _chooses(column), quadrant, task.name, column.label)

    return tuple(sorted(columns, key=place))


def _place_of(probe: str) -> int:
    return PROBES.index(probe) if probe in PROBES else len(PROBES)


def _chooses(column: Column) -> bool:
    """Whether the probe chooses a layer, so that it comes after the one that reads the final layer."""
    return column.probe != column.experiment.probe.name


def leading(columns: Iterable[Column]) -> tuple[Column, ...]:
    """The columns of each task's headline probe: final layers before chosen ones, then the order of ``PROBES``."""

    def rank(column: Column) -> tuple[bool, bool, int, str]:
        name = column.experiment.probe.name
        between_images = column.experiment.task.images_per_example > 1 and name == "mlp"
        return (_chooses(column), not between_images, _place_of(name), name)

    first: dict[str, tuple[bool, bool, int, str]] = {}
    given = tuple(columns)
    for column in given:
        task = column.experiment.task.name
        first[task] = min(rank(column), first.get(task, rank(column)))
    return tuple(column for column in given if rank(column) == first[column.experiment.task.name])


def _rows(newest_first: Iterable[_Placed]) -> tuple[Row, ...]:
    """Encoders by name, floors last. Encoders that share a name get what tells them apart behind it."""
    specs: dict[str, EncoderSpec] = {}
    archs: dict[str, str] = {}
    for placed in newest_first:
        specs.setdefault(placed.row, placed.record.experiment.encoder)
        if placed.record.resolved and placed.record.resolved.arch:
            archs.setdefault(placed.row, placed.record.resolved.arch)
    by_name: dict[str, list[str]] = defaultdict(list)
    for key, spec in specs.items():
        by_name[spec.name or spec.arch].append(key)
    rows = [
        Row(key, specs[key], f"{name} ({words})" if words else name, archs.get(key, specs[key].arch))
        for name, keys in by_name.items()
        for key, words in zip(keys, _told([specs[key] for key in keys], keys), strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: (row.floor, row.name, row.key)))


def _told(specs: Sequence[EncoderSpec], keys: Sequence[str]) -> list[str]:
    if len(specs) == 1:
        return [""]
    told = [
        [str(getattr(spec, field) or f"no {field}") for spec in specs]
        for field in ("source", "arch", "weights", "layout")
    ]
    useful = [values for values in told if len(set(values)) > 1]
    words = [", ".join(parts) for parts in zip(*useful, strict=True)] or [""] * len(specs)
    if len(set(words)) == len(specs):
        return words
    return [", ".join(filter(None, (word, key[:6]))) for word, key in zip(words, keys, strict=True)]
