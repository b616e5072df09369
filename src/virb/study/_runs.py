"""The pre-training runs of a study: where each is, how far it is, and making those that are missing."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, final

from filelock import FileLock, Timeout

from virb.encoders._runs import CURVES, RECIPE, read_run
from virb.errors import UserError
from virb.executors import EXECUTORS, Outcome
from virb.progress import Progress, Quiet
from virb.spec import Recipe
from virb.study._site import Site

State = Literal["waiting", "begun", "finished", "collapsed", "failed", "killed"]
"""``waiting`` has nothing on disk; ``begun`` is in work or was interrupted; ``collapsed`` has weights that tell nothing
apart; ``killed`` lost its worker and goes on the next time."""


class Pretrain(Protocol):
    """What pre-trains: :func:`virb.pretrain.pretrain`."""

    def __call__(
        self,
        recipe: Recipe,
        folder: Path,
        *,
        data_root: Path | None,
        device: str,
        threads: int,
        progress: Progress | None,
    ) -> Any:
        """Make the run, or go on with it."""


@final
class RunState(NamedTuple):
    """How far a run is.

    Attributes:
        recipe: what is asked.
        folder: where it is, or will be.
        state: see :data:`State`.
        share: of its budget that it has seen.
        reason: why it has no weights that can be used.
        seconds: of training, where it is finished.
    """

    recipe: Recipe
    folder: Path
    state: State
    share: float = 0.0
    reason: str = ""
    seconds: float | None = None

    @property
    def short(self) -> str:
        """In a word: ``40 %``."""
        return f"{100 * self.share:.0f} %" if self.state == "begun" else self.state

    @property
    def shown(self) -> str:
        """The same, and why it has no weights."""
        return f"{self.short}: {self.reason.splitlines()[0]}" if self.reason else self.short


def folder_of(recipe: Recipe, output: Path) -> Path:
    """``OUTPUT/runs/moco-v2-world-objects-run2-1f3a9c``: the same for ever, and for people too."""
    words = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{recipe.method}-{recipe.data_recipe.label}")[:80].strip("-")
    return output.absolute() / "runs" / f"{words}-run{recipe.run}-{recipe.id[:6]}"


def state_of(recipe: Recipe, output: Path) -> RunState:
    """How far a run is, from the files of its folder. No torch."""
    folder = folder_of(recipe, output)
    try:
        run = read_run(folder)
    except UserError:
        return _unfinished(recipe, folder)
    if run.recipe.id != recipe.id:
        reason = f"the folder '{folder}' holds another run: {run.recipe.label}"
        return RunState(recipe, folder, "failed", reason=reason)
    if not run.weights.is_file():
        reason = f"'{run.weights}' is gone: delete the folder, and the run is made again"
        return RunState(recipe, folder, "failed", reason=reason)
    collapsed = bool(run.card.get("collapsed"))
    reason = "its embeddings are all but one point" if collapsed else ""
    return RunState(recipe, folder, "collapsed" if collapsed else "finished", 1.0, reason, run.card.get("seconds"))


def _unfinished(recipe: Recipe, folder: Path) -> RunState:
    share = min(1.0, _images_seen(folder) / recipe.images_seen)
    try:
        note = json.loads(_note(folder).read_text(encoding="utf-8"))
        return RunState(recipe, folder, note["status"], share, note["reason"])
    except (OSError, ValueError, KeyError, TypeError):  # it did not fail; or half a note, which says nothing
        return RunState(recipe, folder, "begun" if (folder / RECIPE).is_file() else "waiting", share)


def _images_seen(folder: Path) -> int:
    """By the last whole line of the curves."""
    try:
        with (folder / CURVES).open(encoding="utf-8", newline="") as file:
            seen = [row["images_seen"] for row in csv.DictReader(file) if None not in row.values()]
        return int(seen[-1]) if seen else 0
    except (OSError, ValueError, KeyError, csv.Error):
        return 0


def make_runs(recipes: Sequence[Recipe], site: Site, pretrain: Pretrain) -> tuple[RunState, ...]:
    """Pre-train what is not finished; a run that fails costs itself alone.

    A run that failed before is not tried again unless ``site.retry_failed``; one whose worker was killed is. A run that
    another process has in work is waited for at the end.

    Args:
        recipes: what is asked.
        site: where; ``site.output`` gets a folder ``runs``.
        pretrain: what does it.

    Returns:
        how far each is now, in the order of ``recipes``.
    """
    missing = pending(recipes, site)
    done, total = 0, len(missing)
    if missing:
        site.progress.advance("pre-training runs", done, total)
    for patient in (False, True):
        elsewhere = []
        trainer = Trainer(site, pretrain, patient)
        for outcome in EXECUTORS.load(site.executor).map(trainer, missing, site.resources):
            if outcome.status == "ok" and outcome.value is False:
                elsewhere.append(outcome.item)
                continue
            _tell(outcome, site)
            done += 1
            site.progress.advance("pre-training runs", done, total)
        if not elsewhere:
            break
        missing = elsewhere
    return tuple(state_of(recipe, site.output) for recipe in recipes)


def pending(recipes: Sequence[Recipe], site: Site) -> list[Recipe]:
    """The runs that :func:`make_runs` would make."""
    wanted = {"waiting", "begun", "killed", *(["failed"] if site.retry_failed else [])}
    return [recipe for recipe in recipes if state_of(recipe, site.output).state in wanted]


def _tell(outcome: Outcome[Recipe, bool], site: Site) -> None:
    """Say how a run ended, and note beside its folder why it failed."""
    recipe = outcome.item
    note = _note(folder_of(recipe, site.output))
    if outcome.status == "ok":
        note.unlink(missing_ok=True)
        run = state_of(recipe, site.output)
        site.progress.say(f"{run.state}: {recipe.label}" + (f" ({run.seconds:,.0f} s)" if run.seconds else ""))
        return
    reason = outcome.reason or outcome.status
    content = json.dumps({"status": outcome.status, "reason": reason, "trace": outcome.trace}, indent=1)
    with suppress(OSError):  # a full disk, say: without its note the run counts as begun, and is tried again
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(content, encoding="utf-8")
    site.progress.say(f"{outcome.status}: {recipe.label}: {reason.splitlines()[0]}")


def _note(folder: Path) -> Path:
    """Beside the folder, which holds a run and nothing else."""
    return folder.with_name(f"{folder.name}.failed.json")


@final
class Trainer:
    """Makes runs, here or in another process.

    Args:
        site: where.
        pretrain: what does it. It travels by its name.
        patient: whether to wait for a run that another process has in work.
    """

    def __init__(self, site: Site, pretrain: Pretrain, patient: bool) -> None:
        self._site = Site(site.output, site.cache, site.data_root, site.device, resources=site.resources)
        self._pretrain = pretrain
        self._patient = patient
        self._progress = site.progress

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_progress": Quiet()}

    def __call__(self, recipe: Recipe) -> bool:
        """Make one run. Returns False where another process is at it."""
        folder = folder_of(recipe, self._site.output)
        with _alone(folder, self._patient) as alone:
            if not alone:
                return False
            self._pretrain(
                recipe,
                folder,
                data_root=self._site.data_root,
                device=self._site.device,
                threads=self._site.resources.threads,
                progress=self._progress,
            )
        return True


@contextmanager
def _alone(folder: Path, patient: bool) -> Iterator[bool]:
    """Whether no other process works in the folder; none begins before this ends. Death lets go, too."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_name(f".{folder.name}.lock"))
    try:
        lock.acquire(timeout=-1 if patient else 0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
