"""End tasks: what to predict from which images. Each file of this folder declares one, and nothing else."""

from pathlib import Path

from virb.errors import UserError
from virb.registry import Shelf
from virb.spec import Classes, Quadrant, Task

TASKS: Shelf[Task] = Shelf("virb.tasks", "TASK", "task", Task)

_ALLOWED = "A task is a name that `virb tasks list` shows, or folder:PATH for class folders of your own."


def resolve_task(name: str) -> Task:
    """The task of a name, or one made for ``folder:PATH``.

    A folder's task is built from the names of its class folders, without a look at any image.

    Raises:
        UserError: no task has this name, or the folder is not laid out in classes.
    """
    prefix, colon, path = name.partition(":")
    if not colon:
        return TASKS.load(_meant(name))
    if prefix == "folder":
        if not path:
            raise UserError(f"'{name}' names no folder.", "Write folder:PATH, such as folder:my-photos.")
        return _folder_task(name, Path(path))
    if prefix == "table":
        raise UserError(
            f"'{name}' asks for a table of images, which virb cannot read yet.",
            "Until then, class folders do the same: folder:PATH with one folder for each label.",
        )
    raise UserError(f"There is no task '{name}'.", _ALLOWED + _folder_hint(name))


def _meant(name: str) -> str:
    """The name itself where a task may have it; the error says what was meant where only case or dashes differ."""
    names = TASKS.names()
    if name in names:
        return name
    plain = name.strip().lower().replace("_", "-").replace(" ", "-")
    if plain in names:
        raise UserError(f"There is no task '{name}'.", f"Did you mean '{plain}'?")
    if hint := _folder_hint(name):
        raise UserError(f"There is no task '{name}'.", _ALLOWED + hint)
    return name


def _folder_hint(name: str) -> str:
    return f" Did you mean 'folder:{name}'?" if Path(name).is_dir() else ""


def _folder_task(name: str, path: Path) -> Task:
    from virb.data._folder import folder_classes, folder_splits  # only folders need NumPy and Pillow
    from virb.data._layout import locate, shown

    classes, place = folder_classes(path), locate(path).resolve()
    if shown(place) != place.as_posix():
        raise UserError(f"The path '{shown(place)}' is not valid Unicode.", "Give the folder another name.")
    return Task(
        name=name,
        title=f"{shown(place.name)}: {len(classes)} classes",
        about=f"Which of {len(classes)} classes an image of your own shows.",
        quadrant=Quadrant(level="image-level", kind="semantic"),
        data=f"folder:{place}",
        target=Classes(count=len(classes), names=classes),
        splits=folder_splits(path),
    )
