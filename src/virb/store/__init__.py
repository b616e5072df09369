"""The store: a folder of records that many processes write and read at the same time.

::

    DIR/records/<id>.<found>.json    an answer; <found> is a short digest of ``record.found``
    DIR/records/<id>.fail-N.json     a failure, N = 1, 2, …
    DIR/outcomes/<digest>.npz        outcomes of every example, named by their content
    DIR/index.sqlite                 copies of the records in one file; may be deleted at any time

An answer is not plainly ``<id>.json``: when the data grew or the weights changed, the rerun is another answer to the
same experiment. It gets another name, so that nothing that was published is ever edited or replaced.

**Writing.** A record is written aside, flushed to the disk, and then given its name in one step that fails where the
name is taken. So a reader sees a whole record or none, of several writers exactly one is first, and a process that is
killed at any moment leaves at most a hidden temporary file.

**Processes and threads.** Any number of them, on any number of machines that see the folder, may use one store.
Publishing needs no lock where the file system has hard links, and one short lock where it has not. Reading needs no
lock and no right to write. A :class:`Store` holds a path and a memory of what it has read: threads may share it, and it
travels to other processes as its path.
"""

import hashlib
import itertools
import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, final

from virb.errors import UserError
from virb.spec import Experiment, Found, Record, digest_of
from virb.store._index import File, Index
from virb.store._publishing import aside, claim

Asked = Callable[[Experiment], Found]
"""What an experiment would find if it ran now."""


@final
class Missing(NamedTuple):
    """An experiment that has to run, and why."""

    experiment: Experiment
    why: str


@final
class Ignored(NamedTuple):
    """A file among the records that is not one, and why."""

    name: str
    why: str


@final
class Store:
    """The records of one folder. The folder is made by the first thing that is written.

    Args:
        folder: where the store is or will be.

    Attributes:
        folder: the same, absolute.
        outcomes_folder: where the files that ``Record.outcomes`` names are.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder).absolute()
        self._records = self.folder / "records"
        self.outcomes_folder = self.folder / "outcomes"
        self._index = Index(self.folder / "index.sqlite")
        self._seen: dict[File, _Entry] = {}

    def __reduce__(self) -> tuple[type["Store"], tuple[Path]]:
        return Store, (self.folder,)

    @property
    def exists(self) -> bool:
        """Whether the folder holds a store already."""
        return self._records.is_dir()

    # -------------------------------------------------------------------------------------------- writing

    def publish(self, record: Record) -> bool:
        """Add a record, for good.

        Returns:
            True; or False where an answer to the same experiment on the same data and weights was there first. That
            one stays, and this one is dropped. Failures are all kept.

        Raises:
            UserError: the folder cannot be written to, or a newer virb wrote the answer that is there.
            ValueError: ``record.finished`` is not an ISO 8601 time.
        """
        _when(record)
        # By way of json and not pydantic, whose JSON turns the infinite loss of a diverged trial into null.
        text = json.dumps(record.model_dump(), indent=1) + "\n"
        names = _names(record)
        with self._writing(f"The record '{record.id}'"), aside(self._records, text.encode()) as temporary:
            while not claim(temporary, path := self._records / next(names)):
                # A name can also be taken by half a file, from a copy that was cut short: then the next one is tried.
                if record.status == "ok" and _is_answer(path):
                    return False
        return True

    def attach(self, content: bytes, kind: Literal["outcomes", "predictions"] = "outcomes") -> str:
        """Keep a file beside the records and return its name for ``Record.outcomes`` or ``Record.predictions``.

        The name follows from the content: attaching the same bytes again changes nothing.

        Raises:
            UserError: the folder cannot be written to.
        """
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.npz"
        path = self.folder / kind / name
        with self._writing(f"The {kind} '{name}'"):
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_file() or path.read_bytes() != content:
                # Whoever replaces this name does so with the same bytes.
                with aside(path.parent, content) as temporary:
                    temporary.replace(path)
        return name

    @contextmanager
    def _writing(self, what: str) -> Iterator[None]:
        try:
            yield
        except (OSError, NotImplementedError) as error:  # the latter: a file system with neither links nor locks
            raise UserError(
                f"{what} could not be written to '{self.folder}': {_words(error)}.",
                "Records that were finished are unchanged. Free some space, or choose a folder that can be written "
                "to, and run again: only what is missing runs.",
            ) from error

    # -------------------------------------------------------------------------------------------- reading

    def records(self) -> list[Record]:
        """All answers, by id and then by the time they finished, also those that later data or weights outdated.

        Raises:
            UserError: a newer virb wrote one of them, or the folder cannot be read.
        """
        return [entry.record for entry in self._answers()]

    def failures(self) -> list[Record]:
        """All records of experiments that failed or whose worker was killed, by id and then by time.

        Raises:
            UserError: as :meth:`records`.
        """
        return [entry.record for entry in self._look()[0] if entry.record.status != "ok"]

    def latest(self) -> list[Record]:
        """For each experiment the answer that finished last.

        Raises:
            UserError: as :meth:`records`.
        """
        return list({entry.id: entry.record for entry in self._answers()}.values())

    def ignored(self) -> list[Ignored]:
        """Files among the records that are half-written, foreign, or not readable.

        Raises:
            UserError: as :meth:`records`.
        """
        return self._look()[1]

    def missing(self, experiments: Iterable[Experiment], found: Asked, retry_failed: bool = False) -> list[Missing]:
        """Which experiments have no answer for the data and weights of today, each once, in the order given.

        One that failed on these data and weights is held back (see :meth:`failed`) unless ``retry_failed``; one whose
        worker was killed is always missing.

        Args:
            experiments: what is wanted.
            found: asked about each experiment that has any record.
            retry_failed: also return those that failed.

        Raises:
            UserError: as :meth:`records`.
        """
        answers = []
        for experiment, past, now in self._unanswered(experiments, found):
            same = [record for record in past if record.found == now]
            if not _failed(same) or retry_failed:
                answers.append(Missing(experiment, _why(past, same, now)))
        return answers

    def failed(self, experiments: Iterable[Experiment], found: Asked) -> list[Record]:
        """The failures that make :meth:`missing` hold experiments back: for each such experiment the newest.

        Raises:
            UserError: as :meth:`records`.
        """
        pasts = [[r for r in past if r.found == now] for _, past, now in self._unanswered(experiments, found)]
        return [same[-1] for same in pasts if _failed(same)]

    def _unanswered(
        self, experiments: Iterable[Experiment], found: Asked
    ) -> Iterator[tuple[Experiment, list[Record], Found | None]]:
        """Yield each experiment without an answer for today, its records from old to new, and what is found today."""
        past: dict[str, list[Record]] = {}
        for entry in self._look()[0]:
            past.setdefault(entry.id, []).append(entry.record)
        for name, experiment in {experiment.id: experiment for experiment in experiments}.items():
            now = found(experiment) if name in past else None
            if not any(record.status == "ok" and record.found == now for record in past.get(name, [])):
                yield experiment, past.get(name, []), now

    def _answers(self) -> list["_Entry"]:
        first: dict[tuple[str, str], _Entry] = {}
        for entry in self._look()[0]:
            if entry.record.status == "ok":
                first.setdefault((entry.id, entry.found), entry)
        return list(first.values())

    def _look(self) -> tuple[list["_Entry"], list[Ignored]]:
        """Read what is new in the folder. Threads that do so at once do the same work twice, no worse."""
        files, ignored = self._list()
        cached = self._index.read() if files and not self._seen else {}
        seen: dict[File, _Entry] = {}
        fresh: dict[File, bytes] = {}
        for file in files:
            entry = self._seen.get(file) or _unpacked(file, cached)
            if entry is None:
                try:
                    content = (self._records / file.name).read_bytes()
                    entry = _parse(self._records / file.name, content)
                except (OSError, ValueError) as error:
                    ignored.append(Ignored(file.name, _words(error)))
                    continue
                fresh[file] = content
            seen[file] = entry
        gone = cached.keys() - seen.keys()
        if fresh or gone:
            self._index.write(fresh, gone)
        self._seen = seen
        return sorted(seen.values(), key=lambda entry: (entry.id, entry.when, entry.found)), sorted(ignored)

    def _list(self) -> tuple[list[File], list[Ignored]]:
        files: list[File] = []
        ignored: list[Ignored] = []
        try:
            with os.scandir(self._records) as entries:
                for entry in entries:
                    if entry.name.startswith("."):  # being written, or left by a process that was killed
                        continue
                    if not _NAME.fullmatch(entry.name):
                        ignored.append(Ignored(entry.name, "not the name of a record"))
                        continue
                    try:
                        stat = entry.stat()
                    except OSError as error:
                        ignored.append(Ignored(entry.name, _words(error)))
                        continue
                    files.append(File(entry.name, stat.st_size, stat.st_mtime_ns))
        except FileNotFoundError:
            return [], []
        except OSError as error:
            raise UserError(
                f"'{self._records}' cannot be read: {_words(error)}.", "Name the folder that holds the store."
            ) from error
        return sorted(files), ignored


# ------------------------------------------------------------------------------------------------ records and names

_NAME = re.compile(r"([0-9a-f]{16})\.(?:([0-9a-f]{8})(?:-\d+)?|fail-\d+)\.json")


class _Entry(NamedTuple):
    """A record with what it is looked up and sorted by: computing an id takes half as long as parsing."""

    id: str
    when: datetime
    found: str
    record: Record


def _short(found: Found) -> str:
    return digest_of(found.declared())[:8]


def _names(record: Record) -> Iterator[str]:
    """The names a record may have, best first, without end."""
    if record.status == "ok":
        first = f"{record.id}.{_short(record.found)}"
        yield f"{first}.json"
        yield from (f"{first}-{n}.json" for n in itertools.count(2))
    yield from (f"{record.id}.fail-{n}.json" for n in itertools.count(1))


def _parse(path: Path, content: bytes) -> _Entry:
    """Read a record and check that it belongs under its name.

    Raises:
        UserError: a newer virb wrote it.
        ValueError: it is not a record, or another one.
    """
    try:
        record = Record.parse(content.decode(), str(path))
    except (LookupError, RecursionError) as error:  # JSON of another kind: an unknown old schema, endless nesting
        raise ValueError(f"not a record: {error!r}") from error
    entry = _Entry(record.id, _when(record), _short(record.found), record)
    name = _NAME.fullmatch(path.name)
    if name is None or name.groups() != (entry.id, entry.found if record.status == "ok" else None):
        raise ValueError("the record in it belongs under another name")
    return entry


def _is_answer(path: Path) -> bool:
    try:
        _parse(path, path.read_bytes())
    except ValueError:
        return False
    return True


def _when(record: Record) -> datetime:
    when = datetime.fromisoformat(record.finished)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _failed(same: list[Record]) -> bool:
    return bool(same) and same[-1].status == "failed"


def _why(past: list[Record], same: list[Record], now: Found | None) -> str:
    if not past:
        return "never run"
    if same:
        return "failed before: retried" if _failed(same) else "its worker was killed: run again"
    last = [*(record for record in past if record.status != "ok"), *(r for r in past if r.status == "ok")][-1]
    changed = [name for name in Found.model_fields if getattr(last.found, name) != getattr(now, name)]
    return f"{' and '.join(changed)} changed since {_when(last).date()}"


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _unpacked(file: File, cached: dict[File, Any]) -> _Entry | None:
    """The record that the index has for a file, or None where it has none that is whole."""
    if file not in cached:
        return None
    try:
        return _parse(Path(file.name), zlib.decompress(cached[file]))
    except (zlib.error, TypeError, ValueError):
        return None
