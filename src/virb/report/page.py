"""Put the page together: findings, tables, figures and cards into one HTML file."""

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined, Template
from markupsafe import Markup

from virb.analysis import Matrix, Outcomes, findings, load_outcomes, matrix
from virb.analysis.comparison import FLOORS
from virb.analysis.intervals import RESAMPLES
from virb.analysis.words import Name, Title, count, listed, score
from virb.errors import UserError
from virb.report.cards import encoder_cards, record_cards, setting, task_cards
from virb.report.effects import changes
from virb.report.files import replace
from virb.report.gallery import Predictions, load_predictions
from virb.report.quadrants import not_measured, quadrants
from virb.spec import Record
from virb.store import Store

TITLE = "What these representations are good for"
NUMBER = re.compile(r"\d+(?:\.\d+)?")
FITS = {
    "squash": "both sides are resized",
    "crop": "resized until they just cover it, and the centre is taken",
    "pad": "resized until they just fit in, and centred on black",
}


def write(store_folder: Path, out: Path, title: str = TITLE) -> Path:
    """Write the report of a store as one HTML file that needs nothing else.

    Args:
        store_folder: the folder of a :class:`virb.store.Store`.
        out: the file; its folder is made if need be, and a report that is there is replaced.
        title: heading of the page.

    Returns:
        ``out``.

    Raises:
        UserError: there are no records, they cannot be read, or the file cannot be written.
    """
    store = Store(store_folder)
    records = [*store.records(), *store.failures()]
    if not records:
        raise UserError(
            f"There are no records in '{store_folder}'.",
            "Name the --output folder of a run; `virb run` makes records, and `virb demo` makes some in two minutes.",
        )
    page = build(
        records,
        lambda record: load_outcomes(store_folder, record),
        title,
        lambda record: load_predictions(store_folder, record),
    )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        replace(out, page.encode())
    except OSError as error:
        raise UserError(
            f"The report could not be written to '{out}': {error.strerror or error}.",
            "Name another file with --output.",
        ) from error
    return out


def build(
    records: Iterable[Record],
    outcomes: Outcomes,
    title: str = TITLE,
    predictions: Predictions = lambda record: None,
) -> str:
    """The report as one HTML text: style, script and figures inside, no request to anywhere.

    Args:
        records: all of them, failures too.
        outcomes: the per-example arrays of a record, or None.
        title: heading of the page.
        predictions: the kept predictions of a record of a dense task, or None.

    Raises:
        UserError: there are no records.
    """
    from plotly.offline import get_plotlyjs  # a tenth of a second, and only this function draws

    found = matrix(records, outcomes)
    if not found.records:
        raise UserError("There are no records to report on.", "Run something first: `virb run` makes records.")
    plotly, script = str(get_plotlyjs()), _file("script.js")
    anchors = _anchors(found.records)
    measured = quadrants(found, lambda record: anchors[id(record)], predictions)
    changed = changes(found)
    figures = [task.panel for task in changed.tasks] if changed else []
    figures += [panel for panelled in measured for view in panelled.views for panel in view.panels]
    return _template().render(
        title=title,
        policy=_policy(plotly, script),
        style=Markup(_file("style.css")),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        plotly=Markup(plotly),  # noqa: S704 - the library, which holds no closing script tag: tested
        findings=findings(found),
        matrix=found,
        changed=changed,
        quadrants=measured,
        not_measured=not_measured(measured),
        synthetic=_synthetic(found),
        drawn=bool(figures),
        figure_data=_embedded([{"data": panel.data, "layout": panel.layout} for panel in figures]),
        tasks=task_cards(found),
        encoders=encoder_cards(found),
        sections=record_cards(found, anchors),
        inputs=_inputs(found),
        probes=_probes(found),
        notes=_notes(found.records),
        resamples=f"{RESAMPLES:,}",
        floors=FLOORS,
        newest=max((record.finished for record in found.records), default=""),
        versions=sorted({record.virb for record in found.records}),
        seeds=_seeds(found),
    )


@cache
def _template() -> Template:
    parts = {"effects.html.j2": _file("effects.html.j2")}
    environment = Environment(
        loader=DictLoader(parts),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["name"] = lambda piece: isinstance(piece, Name)
    environment.tests["title"] = lambda piece: isinstance(piece, Title)
    environment.filters["count"] = count
    environment.filters["breakable"] = _breakable
    environment.filters["score"] = score
    environment.filters["setting"] = setting
    return environment.from_string(_file("template.html.j2"))


def _breakable(name: str) -> Markup:
    """A name that may break where its parts meet."""
    return Markup("<wbr>").join(re.split(r"(?<=[:/_.-])", name))


def _file(name: str) -> str:
    return resources.files("virb.report").joinpath(name).read_text(encoding="utf-8")


def _policy(*scripts: str) -> str:
    """A content security policy: nothing is fetched, and only these scripts run, whatever else got into the page."""
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _embedded(value: Any) -> Markup:
    """JSON that may stand in a script element: no tag, comment or line separator can end it."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=True, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - escaped just above


def _anchors(records: Iterable[Record]) -> dict[int, str]:
    """A place on the page for each record. Several may answer one experiment: data grew, or failures came before."""
    taken: dict[str, int] = {}
    anchors: dict[int, str] = {}
    for record in records:
        name = record.id
        taken[name] = taken.get(name, 0) + 1
        anchors[id(record)] = f"r-{name}" + (f"-{taken[name]}" if taken[name] > 1 else "")
    return anchors


def _inputs(found: Matrix) -> list[str]:
    policies = dict.fromkeys(column.experiment.inputs for column in found.columns)
    return [f"{policy} ({FITS[policy.fit]})" for policy in policies]


def _probes(found: Matrix) -> list[tuple[str, str, str]]:
    """Each probe's name, what it does, and how many settings were tried."""
    shown = []
    for probe in found.probes:
        specs = [column.experiment.probe for column in found.under(probe)]
        keys = {column.key for column in found.under(probe)}
        tried = {len(r.trials) for (key, _), cell in found.cells.items() if key in keys for r in cell.records}
        settings = " or ".join(str(n) for n in sorted(tried))
        about = next((spec.about for spec in specs if spec.about), "")
        shown.append((probe, about, f"{settings} settings tried" if settings else ""))
    return shown


def _synthetic(found: Matrix) -> str:
    """Which tasks have images drawn by a program, in words; empty where none has."""
    titles = dict.fromkeys(column.title for column in found.columns)
    drawn = dict.fromkeys(column.title for column in found.columns if column.experiment.task.synthetic)
    if len(drawn) < len(titles):
        return "".join(listed([[title] for title in drawn], limit=len(drawn)))
    return {1: "the only task", 2: "both tasks"}.get(len(drawn), f"all {len(drawn)} tasks")


def _seeds(found: Matrix) -> list[int]:
    return sorted({record.experiment.seed for cell in found.cells.values() for record in cell.records})


def _notes(records: Iterable[Record]) -> list[tuple[str, int, bool]]:
    """What the records want their reader to know, the most frequent first.

    Returns:
        A note, how many records have it or one that differs in its numbers only, and whether there are such others.
    """
    alike: dict[str, Counter[str]] = {}
    carriers: Counter[str] = Counter()
    for record in records:
        kinds = {note: NUMBER.sub("#", note) for note in record.notes}
        carriers.update(set(kinds.values()))
        for note, kind in kinds.items():
            alike.setdefault(kind, Counter())[note] += 1
    shown = [
        (min(its, key=lambda note: (-its[note], note)), carriers[kind], len(its) > 1) for kind, its in alike.items()
    ]
    return sorted(shown, key=lambda item: (-item[1], item[0]))
