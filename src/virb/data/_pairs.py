"""``folder:PATH`` with ``images/`` beside ``masks/``: a class or a number of each pixel, of images of one's own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, final

from virb.data import Dataset
from virb.data._layout import (
    counted,
    folders_in,
    images_in,
    in_bytes,
    is_image,
    locate,
    role_of,
    shown,
    split_folders,
    split_of,
    splits_of,
    walk,
)
from virb.data._listing import Listing
from virb.data._mask_heads import NUMBERS, refuse_unlike
from virb.data._masks import Meaning, inferred, meaning
from virb.data._own import Asked, Own, count_of, open_listed, printable
from virb.data._virb_yaml import FILE, MasksForm, read_form
from virb.errors import UserError
from virb.progress import Progress, Quiet
from virb.spec import Classes

_IMAGES, _MASKS = "images", ("masks", "depth")
_EXPECTED = """Expected: PATH/images/1.jpg and PATH/masks/1.png; or split folders, PATH/train/images/1.jpg or \
PATH/images/train/1.jpg (train, val and test; val or test may be missing)."""


def has_pairs(path: Path) -> bool:
    """Whether a folder, or a split folder in it, has images beside masks.

    Raises:
        UserError: it is not there, or cannot be read.
    """
    root = locate(path)
    above = [root, *(folder for folder in folders_in(root) if role_of(folder.name))]
    return any(_beside(folder) is not None for folder in above)


def ask_pairs(path: Path) -> Asked:
    """What a folder of images beside masks asks: by ``virb.yaml``, or by decoding every mask where there is none.

    Every file is looked for and none is opened, but for masks that nothing explains.

    Raises:
        UserError: see :func:`open_pairs`.
    """
    layout = _survey(path)
    pairs = _paired(layout, [])
    return _asked(layout, meaning(_form(layout, pairs), layout.root), pairs)


def open_pairs(path: Path, progress: Progress | None = None) -> Dataset:
    """Open images beside masks as a data source with one column, ``mask`` or ``depth``.

    Images and masks are found at any depth and belong together by their path without its ending.

    Raises:
        UserError: an image has no mask, a mask no image, two have one name, sizes differ, or a mask is not what
            ``virb.yaml`` says.
    """
    layout, notes = _survey(path), list[str]()
    pairs = _paired(layout, notes)
    form = _form(layout, pairs)
    masks = meaning(form, layout.root)
    listing = Listing()
    for pair in pairs:
        truth: dict[str, Any] = {masks.column: pair.mask}
        listing.add(split_of(pair.role, layout.parts), (pair.key, pair.image), **truth)
    own = Own(
        asked=_asked(layout, masks, pairs),
        listing=listing,
        files={pair.key: pair.image for pair in pairs} | {f"mask of {pair.key}": pair.mask for pair in pairs},
        class_names=masks.target.names if isinstance(masks.target, Classes) else (),
        read=masks.read,
        form=form.model_dump(mode="json"),
        examine=lambda: refuse_unlike([(pair.image, pair.mask) for pair in pairs], form, layout.root),
        notes=tuple(notes),
    )
    return open_listed(own, progress or Quiet())


# ------------------------------------------------------------------------------------------------ what it asks


def _form(layout: "_Layout", pairs: "list[_Pair]") -> MasksForm:
    form = read_form(layout.root)
    if layout.depth and (form is None or form.depth is None):
        raise UserError(
            f"'{shown(layout.root)}' has depth beside images, and it is not said in which unit.",
            f"Write '{shown(layout.root / FILE)}': depth: {{scale: 0.001, unit: m, missing: 0}}",
        )
    return inferred([pair.mask for pair in pairs], layout.root) if form is None else form


def _asked(layout: "_Layout", masks: Meaning, pairs: "list[_Pair]") -> Asked:
    place = printable(layout.root.resolve())
    return Asked(
        data=f"folder:{place}",
        title=f"{layout.root.resolve().name}: {masks.title}",
        about=f"{masks.about}, in images of your own: {count_of([pair.role for pair in pairs], 'image')}.",
        column=masks.column,
        target=masks.target,
        splits=splits_of(layout.parts),
    )


# ------------------------------------------------------------------------------------------------ what lies where


@final
@dataclass(frozen=True)
class _Layout:
    """What lies where.

    Attributes:
        root: the folder.
        parts: the folders of images and of masks, by role: ``train``, ``val`` and ``test``, or ``""`` for all.
        depth: whether the folder of masks is called depth.
    """

    root: Path
    parts: Mapping[str, tuple[Path, Path]]
    depth: bool


def _beside(above: Path) -> tuple[Path, Path] | None:
    """The folder of images and that of masks in a folder, if both are there."""
    named = {folder.name.lower(): folder for folder in folders_in(above)}
    masks = [named[name] for name in _MASKS if name in named]
    if _IMAGES not in named or not masks:
        return None
    if len(masks) > 1:
        raise UserError(
            f"'{shown(above)}' has '{masks[0].name}' and '{masks[1].name}' beside '{named[_IMAGES].name}'.",
            "A task asks for one of them: move the other away, or make a folder for each (images may be a link).",
        )
    return named[_IMAGES], masks[0]


def _survey(path: Path) -> _Layout:
    root = locate(path)
    here = _beside(root)
    depth = here is not None and _is_depth(here[1])
    if here is None:
        parts = {}
        for role, folder in split_folders(root).items():
            both = _beside(folder)
            if both is None:
                raise UserError(f"'{shown(folder)}' has no images beside masks, as other splits do.", _EXPECTED)
            parts[role] = both
            depth |= _is_depth(both[1])
    elif split := [folder for folder in folders_in(root) if role_of(folder.name)]:
        raise UserError(
            f"'{shown(root)}' has images beside masks, and '{split[0].name}' beside both.", f"Keep one. {_EXPECTED}"
        )
    else:
        parts = _inside(*here)
    return _Layout(root, parts if len(parts) > 1 else {"": next(iter(parts.values()))}, depth)


def _is_depth(masks: Path) -> bool:
    return masks.name.lower() == "depth"


def _inside(images: Path, masks: Path) -> dict[str, tuple[Path, Path]]:
    """Split folders inside of images, with the same in masks; all in one where there are none."""
    folders = folders_in(images)
    if not folders or images_in(images) or not all(role_of(folder.name) for folder in folders):
        return {"": (images, masks)}
    others = {role_of(folder.name): folder for folder in folders_in(masks)}
    parts = {}
    for role, folder in split_folders(images).items():
        if role not in others:
            raise UserError(f"'{shown(folder)}' has no '{shown(masks / folder.name)}'.", _EXPECTED)
        parts[role] = (folder, others[role])
    return parts


# ------------------------------------------------------------------------------------------------ pairs


class _Pair(NamedTuple):
    role: str
    key: str
    image: Path
    mask: Path


def _paired(layout: _Layout, notes: list[str]) -> list[_Pair]:
    """Every image with its mask, sorted; notes about what else there was are added."""
    others: list[str] = []
    found = [pair for role, both in layout.parts.items() for pair in _pairs_of(layout, role, *both, others)]
    if others:
        notes.append(f"Left out: {counted(len(others), 'file')} not named like an image, such as '{min(others)}'.")
    return sorted(found, key=lambda pair: in_bytes(pair.key))


def _pairs_of(layout: _Layout, role: str, images: Path, masks: Path, others: list[str]) -> Iterator[_Pair]:
    def name(path: Path) -> str:
        return shown(path.relative_to(layout.root))

    pictures = _by_stem(images, others, layout.root, is_image)
    answers = _by_stem(masks, others, layout.root, lambda path: is_image(path) or path.suffix.lower() == NUMBERS)
    if not pictures:
        raise UserError(f"'{shown(images)}' has no images.", _EXPECTED)
    if lonely := sorted(set(pictures) - set(answers)):
        near = sorted(name(path) for stem, path in answers.items() if stem not in pictures and lonely[0] in stem)
        raise UserError(
            f"'{name(pictures[lonely[0]])}' has no mask: there is no '{name(masks)}/{lonely[0]}.png'{_more(lonely)}.",
            f"A mask has the name of its image: rename '{near[0]}'." if near else "Add it, or move the image away.",
        )
    if lonely := sorted(set(answers) - set(pictures)):
        raise UserError(
            f"'{name(answers[lonely[0]])}' is the mask of no image in '{name(images)}'{_more(lonely)}.",
            "Add the image, or move the mask away.",
        )
    for stem, image in pictures.items():
        yield _Pair(role, name(image), image, answers[stem])


def _by_stem(folder: Path, others: list[str], root: Path, wanted: Callable[[Path], bool]) -> dict[str, Path]:
    """Files of a kind by their path below a folder, without its ending."""
    found: dict[str, Path] = {}
    for path in walk(folder, []):
        if not wanted(path):
            others.append(shown(path.relative_to(root)))
            continue
        stem = shown(path.relative_to(folder).with_suffix(""))
        if stem in found:
            raise UserError(
                f"'{shown(found[stem].relative_to(root))}' and '{path.name}' have one name but for the ending.",
                "Keep one: image and mask find each other by that name.",
            )
        found[stem] = path
    return found


def _more(names: list[str]) -> str:
    return f", and {len(names) - 1:,} more are like it" if len(names) > 1 else ""
