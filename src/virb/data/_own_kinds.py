"""The forms that own data come in, told apart by what lies there: class folders, images beside masks, a table."""

from pathlib import Path

from virb.data import Dataset
from virb.data._own import Asked, printable
from virb.progress import Progress
from virb.spec import Classes


def ask_own(kind: str, path: Path) -> Asked:
    """What own data ask. No image is looked at, and masks only where no ``virb.yaml`` tells their classes.

    Args:
        kind: ``folder`` or ``table``.
        path: of it.

    Raises:
        UserError: they are not as they must be.
    """
    if kind == "table":
        from virb.data._table import ask_table

        return ask_table(path)
    from virb.data._pairs import ask_pairs, has_pairs

    return ask_pairs(path) if has_pairs(path) else _ask_folder(path)


def open_own(kind: str, path: Path, progress: Progress) -> Dataset:
    """Open own data.

    Args:
        kind: ``folder`` or ``table``.
        path: of it.
        progress: told how far reading is.

    Raises:
        UserError: they are not as they must be.
    """
    if kind == "table":
        from virb.data._table import open_table

        return open_table(path, progress)
    from virb.data._folder import open_folder
    from virb.data._pairs import has_pairs, open_pairs

    return open_pairs(path, progress) if has_pairs(path) else open_folder(path)


def _ask_folder(path: Path) -> Asked:
    from virb.data._folder import folder_classes, folder_splits
    from virb.data._layout import locate

    classes, place = folder_classes(path), printable(locate(path).resolve())
    return Asked(
        data=f"folder:{place}",
        title=f"{Path(place).name}: {len(classes)} classes",
        about=f"Which of {len(classes)} classes an image of your own shows.",
        column="label",
        target=Classes(count=len(classes), names=classes),
        splits=folder_splits(path),
    )
