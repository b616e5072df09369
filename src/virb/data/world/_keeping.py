"""Worlds and domains in the cache: which are rendered, rendering them before they are needed, and checking them."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple, final

import numpy as np

from virb.cache import Cache, show_size
from virb.data.world import _pretraining
from virb.data.world._entry import altered, bytes_of, faults, key_of, open_entry, plan, read_mark
from virb.data.world._rendering import render_example, rows
from virb.data.world.domains import DOMAINS
from virb.data.world.sets import SETS, SceneSet
from virb.errors import UserError, unknown
from virb.progress import Progress
from virb.spec import digest_of

EXAMPLES = 3
"""How many are rendered again where a world is verified."""

State = Literal["rendered", "not rendered", "damaged"]


@final
class Kept(NamedTuple):
    """A world, or so many images of a domain, and whether the cache has it.

    Attributes:
        name: ``world:objects``.
        serves: ``end tasks`` or ``pre-training``.
        images: how many.
        side: of an image in pixels.
        size: bytes that it takes, or would take.
        state: ``damaged`` where a file is gone or cut short; it is then rendered again when it is asked for.
    """

    name: str
    serves: str
    images: int
    side: int
    size: int
    state: State


@final
class _Wanted(NamedTuple):
    """What may be rendered."""

    name: str
    scenes: SceneSet
    side: int

    @property
    def key(self) -> dict[str, object]:
        return key_of(self.name, self.scenes, self.side)

    @property
    def folder(self) -> Path:
        return Cache().path("world", digest_of(self.key))

    @property
    def title(self) -> str:
        return f"world:{self.name}"

    def kept(self) -> Kept:
        arrays, serves = plan(self.scenes, self.side), "pre-training" if self.scenes.shelf == "domain" else "end tasks"
        images = len(rows(self.scenes)) * self.scenes.images
        bad = faults(self.folder, arrays)
        state: State = "rendered" if not bad else "damaged" if read_mark(self.folder) else "not rendered"
        return Kept(self.title, serves, images, self.side, bytes_of(arrays), state)


def status(name: str = "world") -> list[Kept]:
    """Every world, and whatever the cache has of a domain; or those of one name. Renders nothing.

    Args:
        name: ``world:NAME``, or ``world`` for all.

    Raises:
        UserError: there is no such world and no such domain.
    """
    known = {*SETS.names(), *DOMAINS.names()}
    asked = known if name == "world" else {name.removeprefix("world:")}
    if not asked <= known:
        raise unknown("world", name, [f"world:{one}" for one in known], "`virb data list` shows all.")
    sets = [_a_set(one) for one in SETS.names() if one in asked]
    return [one.kept() for one in (*sets, *(one for one in _domains_in_cache() if one.name in asked))]


def fetch(
    name: str, progress: Progress, *, images: int | None = None, side: int | None = None, again: bool = False
) -> list[Kept]:
    """Render a world into the cache, or all of them; those that are there stay as they are.

    Args:
        name: ``world:NAME``, or ``world`` for all that end tasks show.
        progress: told the size before it starts, and how far it is.
        images: so many of the domain of that name, instead of the world of end tasks.
        side: of a domain's images in pixels.
        again: take away what is there, and render it anew.

    Raises:
        UserError: no world or domain has this name, a package is missing, or all of it together does not fit the
            cache's budget.
    """
    wanted, cache = _wanted(name, images, side), Cache()
    if again:
        for one in wanted:
            with cache.lock(one.folder):
                shutil.rmtree(one.folder, ignore_errors=True)
    missing = [one for one in wanted if one.kept().state != "rendered"]
    if len(missing) > 1:
        need = sum(one.kept().size for one in missing)
        count = sum(one.kept().images for one in missing)
        progress.say(f"{len(missing)} worlds to render: {count:,} images, {show_size(need)}")
        cache.make_room(need, keep=[one.folder for one in wanted])
    for one in wanted:
        open_entry(one.name, one.scenes, one.side, cache, progress)
    return [one.kept() for one in wanted]


def verify(
    name: str,
    progress: Progress,
    *,
    images: int | None = None,
    side: int | None = None,
    examples: int = EXAMPLES,
) -> list[str]:
    """Hash the files of a world again, and render some examples of it again: are both still what they were?

    Args:
        name: ``world:NAME``, or ``world`` for all that are rendered.
        progress: told how far it is.
        images: so many of the domain of that name.
        side: of a domain's images in pixels.
        examples: how many are rendered and compared, spread over the splits; 0 for none.

    Returns:
        what is wrong, a sentence each, with what to do about it; nothing where all is well.

    Raises:
        UserError: no world or domain has this name, or the one that is named is not rendered.
    """
    if examples < 0:
        raise UserError(f"'{examples}' is no number of examples.", "Ask for 0 or more.")
    wrong = []
    for one in _wanted(name, images, side):
        if one.kept().state == "not rendered":
            if name == "world":
                continue
            raise UserError(f"'{name}' is not in the cache: there is nothing to verify.", f"Run {_fetching(one)}")
        wrong += _verified(one, progress, examples)
    return wrong


def _verified(one: _Wanted, progress: Progress, examples: int) -> list[str]:
    arrays, remedy = plan(one.scenes, one.side), f"Render it again: {_fetching(one)} --again"
    with Cache().lock(one.folder):
        bad = faults(one.folder, arrays)
        bad = bad or altered(one.folder, arrays, one.key, progress, f"{one.title}: files")
    if bad:
        return [f"{one.title}: '{one.folder / file}' {what}. {remedy}" for file, what in bad.items()]
    entry = open_entry(one.name, one.scenes, one.side, Cache(), progress)
    all_rows = rows(one.scenes)
    places = np.unique(np.linspace(0, len(all_rows) - 1, min(examples, len(all_rows))).round().astype(int))
    wrong = []
    for done, place in enumerate(places.tolist(), start=1):
        split, row = all_rows[place]
        fresh = render_example(one.name, one.scenes, split, row, one.side)
        drawn = {
            "images": fresh.images,
            **{f"label-{column}": np.array(label) for column, label in fresh.labels.items()},
            **{f"dense-{column}": truth for column, truth in fresh.truths.items()},
        }
        # By bytes: a NaN is no NaN's equal, and a depth must not differ in its last bit either.
        differ = [
            a for a, v in drawn.items() if v.astype(arrays[a].dtype).tobytes() != entry.arrays[a][place].tobytes()
        ]
        if differ:
            wrong.append(
                f"{one.title}: example '{split}/{row:04d}' is drawn otherwise now ({', '.join(differ)}) under the same "
                f"version: on another machine, or by a changed virb. {remedy}"
            )
        progress.advance(f"{one.title}: examples", done, len(places))
    return wrong


def _fetching(one: _Wanted) -> str:
    """The command that renders it."""
    if one.scenes.shelf != "domain":
        return f"virb data fetch {one.title}"
    side = "" if one.side == one.scenes.size else f" --side {one.side}"
    return f"virb data fetch {one.title} --images {one.scenes.examples['pretrain']}{side}"


def _wanted(name: str, images: int | None, side: int | None) -> Sequence[_Wanted]:
    whole = name.removeprefix("world:")
    if images is not None:
        if whole not in DOMAINS.names():
            raise unknown("pre-training domain", name, [f"world:{one}" for one in DOMAINS.names()])
        if images < 1:
            raise UserError(f"'{images}' is no number of images.", "Ask for 1 or more.")
        domain = DOMAINS.load(whole)
        return [_Wanted(whole, _pretraining.of_images(domain, images), side or domain.size)]
    if side is not None:
        raise UserError(f"'{side}' is no choice: worlds of end tasks have images of one size.", "Leave --side out.")
    if name == "world":
        return [_a_set(one) for one in SETS.names()]
    if whole in DOMAINS.names() and whole not in SETS.names():
        raise UserError(
            f"'{name}' is a pre-training domain and as large as it is asked to be.", "Add --images, such as 8000."
        )
    if whole not in SETS.names():
        raise unknown("world", name, [f"world:{one}" for one in SETS.names()], "`virb data list` shows all.")
    return [_a_set(whole)]


def _a_set(name: str) -> _Wanted:
    scenes = SETS.load(name)
    return _Wanted(name, scenes, scenes.size)


def _domains_in_cache() -> list[_Wanted]:
    """Every size and number of images that was asked for, by what the entries say of themselves."""
    found = []
    for folder in sorted((Cache().folder / "world").glob("*/")):
        key = read_mark(folder).get("key", {})
        name = key.get("domain")
        if name in DOMAINS.names():
            one = _Wanted(name, _pretraining.of_images(DOMAINS.load(name), key["examples"][0][1]), key["size"])
            if one.folder == folder:  # otherwise of another version of virb
                found.append(one)
    return sorted(found, key=lambda one: (one.name, one.side, len(rows(one.scenes))))
