"""End tasks: what to predict from which images. Each file of this folder declares one, and nothing else."""

from pathlib import Path

from virb.errors import UserError
from virb.registry import Shelf
from virb.spec import FAMILIES, Classes, Quadrant, Task

TASKS: Shelf[Task] = Shelf("virb.tasks", "TASK", "task", Task)

_ALLOWED = "A task is a name that `virb tasks list` shows, or your own images: folder:PATH or table:FILE.csv."


def resolve_task(name: str) -> Task:
    """The task of a name, or one made for ``folder:PATH`` or ``table:FILE.csv``.

    Own data tell what they ask without a look at any image: by their folders, their ``virb.yaml`` or their lines. Only
    masks that no ``virb.yaml`` explains are decoded.

    Raises:
        UserError: no task has this name, or own data are not as they must be.
    """
    if ":" not in name:
        return TASKS.load(_meant(name))
    from virb.data import own_place  # only own data need NumPy and Pillow

    own = own_place(name)
    if own is None:
        raise UserError(f"There is no task '{name}'.", _ALLOWED + _own_hint(name))
    return _own_task(name, *own)


def _meant(name: str) -> str:
    """The name itself where a task may have it; the error says what was meant where only case or dashes differ."""
    names = TASKS.names()
    if name in names:
        return name
    plain = name.strip().lower().replace("_", "-").replace(" ", "-")
    if plain in names:
        raise UserError(f"There is no task '{name}'.", f"Did you mean '{plain}'?")
    if hint := _own_hint(name):
        raise UserError(f"There is no task '{name}'.", _ALLOWED + hint)
    return name


def _own_hint(name: str) -> str:
    kind = "folder" if Path(name).is_dir() else "table" if Path(name).is_file() else ""
    return f" Did you mean '{kind}:{name}'?" if kind else ""


def _own_task(name: str, kind: str, path: Path) -> Task:
    from virb.data._own_kinds import ask_own

    asked = ask_own(kind, path)
    target = asked.target
    if isinstance(target, Classes):
        metrics = FAMILIES["segmentation" if target.dense else "classes"]
    elif not target.dense:
        metrics = FAMILIES["values"]
    else:  # depth; known but for a factor, only what does not depend on it means something
        metrics = tuple(metric for metric in FAMILIES["depth"] if target.unit or metric.endswith("-aligned"))
    return Task(
        name=name,
        title=asked.title,
        about=asked.about,
        quadrant=Quadrant(
            level="pixelwise" if target.dense else "image-level",
            kind="semantic" if isinstance(target, Classes) else "structural",
        ),
        data=asked.data,
        column=asked.column,
        target=target,
        splits=asked.splits,
        images_per_example=asked.images,
        metrics=metrics,
        primary=metrics[0],
    )
