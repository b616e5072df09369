"""A ``study.yaml``: encoders to pre-train and to evaluate, asked for in one file, planned and run as one graph."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import NamedTuple, final

from virb.data import data_recipe
from virb.encoders import parse_encoder
from virb.errors import UserError, unknown
from virb.pretrain import METHODS, check_recipe, departures, pretrain
from virb.probes import PROBES
from virb.spec import DataRecipe, EncoderSpec, Recipe, Task, input_policy
from virb.study._form import DataForm, PretrainForm
from virb.study._grid import Study
from virb.study._outlook import LeftOut, Outlook, outlook
from virb.study._reading import Read, read_form
from virb.study._runs import Pretrain, RunState, folder_of, make_runs, pending, state_of
from virb.study._site import Ran, Site
from virb.tasks import resolve_task


@final
class Studied(NamedTuple):
    """What a declared study has now.

    Attributes:
        ran: the evaluation: records and failures.
        runs: how far each pre-training run is.
    """

    ran: Ran
    runs: tuple[RunState, ...]

    @property
    def lost(self) -> tuple[RunState, ...]:
        """Runs without weights that can be used: their cells are empty."""
        return tuple(run for run in self.runs if run.state != "finished")


@final
@dataclass(frozen=True)
class DeclaredStudy:
    """A study file whose every name is known.

    Attributes:
        read: the file.
        recipes: what is pre-trained, in the order of the file.
        encoders: the others.
        tasks: end tasks.
        left_out: what was asked for among encoders and makes no sense, and why.
    """

    read: Read
    recipes: tuple[Recipe, ...]
    encoders: tuple[EncoderSpec, ...]
    tasks: tuple[Task, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def name(self) -> str:
        """The study's own word for itself."""
        return self.read.form.name

    def grid(self, recipes: Sequence[Recipe], output: Path) -> Study:
        """The evaluation of what these recipes end as, and of the other encoders.

        Args:
            recipes: all of the study's, or those that are finished.
            output: the folder under which their runs are.
        """
        form = self.read.form
        return Study(
            encoders=[*(recipe.encoder(folder_of(recipe, output)) for recipe in recipes), *self.encoders],
            tasks=self.tasks,
            probes=form.probes,
            layers=form.layers,
            seeds=form.seeds,
            inputs=input_policy(form.size, form.fit),
        )

    def status(self, output: Path) -> tuple[RunState, ...]:
        """How far each pre-training run is."""
        return tuple(state_of(recipe, output) for recipe in self.recipes)

    def plan(self, output: Path | None = None) -> Outlook:
        """What it asks for, what is there already, how long the rest may take, and what it can see.

        Imports no torch and opens no data.

        Args:
            output: the folder of an earlier run, if any.
        """
        runs = self.status(output) if output else [RunState(r, folder_of(r, Path()), "waiting") for r in self.recipes]
        plan = self.grid(self.recipes, output or Path()).plan()
        return outlook(self.name, runs, plan, self.left_out, output)

    def run(self, site: Site, pretrain: Pretrain = pretrain) -> Studied:
        """Pre-train what is not finished, then evaluate what is missing. Interrupted, it goes on where it stopped.

        Args:
            site: where.
            pretrain: what pre-trains; virb's own by default.

        Raises:
            UserError: before any compute, data, an encoder or the machine are not as they must be.
        """
        from virb.study._running import check, check_pretraining  # torch: imported when something runs

        for one in self.left_out:
            site.progress.say(f"left out: {one.what}: {one.reason}")
        if waiting := pending(self.recipes, site):
            check(self.grid(self.recipes, site.output), self.encoders, site)
            check_pretraining(waiting, site)
        self._keep(site)
        runs = make_runs(self.recipes, site, pretrain)
        grid = self.grid([run.recipe for run in runs if run.state == "finished"], site.output)
        return Studied(grid.run(site) if grid.encoders else Ran((), (), 0, 0), runs)

    def _keep(self, site: Site) -> None:
        """Lay the file beside the records, so that who reads them knows what was asked."""
        copy = site.output / f"{self.name}.study.yaml"
        before = copy.read_text(encoding="utf-8") if copy.exists() else self.read.text
        if before != self.read.text:
            site.progress.say(f"'{copy.name}' is written anew: '{self.read.path}' has changed since")
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(self.read.text, encoding="utf-8")
        except OSError as error:
            raise UserError(
                f"'{copy}' cannot be written: {error.strerror}.", "Choose an --output that can be written to."
            ) from error


def load_study(path: str | Path) -> DeclaredStudy:
    """Read a study file and check every name in it. Imports no torch and opens no data.

    Raises:
        UserError: the file, a field, a name or a recipe is not as it must be; says where in the file.
    """
    read = read_form(Path(path))
    form = read.form
    tasks = []
    for place, name in enumerate(form.tasks):
        with read.blaming("tasks", place):
            tasks.append(resolve_task(name))
    for place, name in enumerate(form.probes or ()):
        with read.blaming("probes", place):
            PROBES.load(name)
    left_out: list[LeftOut] = []
    recipes = _recipes(read, form.pretrain, left_out) if form.pretrain else ()
    encoders: dict[str, EncoderSpec] = {}
    for place, name in enumerate(form.encoders):
        with read.blaming("encoders", place):
            spec = parse_encoder(name)
        known = encoders.setdefault(spec.model_dump_json(exclude={"name", "path"}), spec)
        if known is not spec:
            left_out.append(LeftOut(name, f"it is '{known.name}', which is there already"))
    left_out += [LeftOut(name, "it is asked for twice") for name in _repeated(form.tasks)]
    if not recipes and not encoders:
        reason = f": {left_out[0].what}: {left_out[0].reason}" if left_out else ""
        raise UserError(
            f"'{read.path}' asks for no encoder that can be had{reason}.", "Add encoders, or something to pretrain."
        )
    return DeclaredStudy(read, recipes, tuple(encoders.values()), tuple(dict.fromkeys(tasks)), tuple(left_out))


def _recipes(read: Read, form: PretrainForm, left_out: list[LeftOut]) -> tuple[Recipe, ...]:
    """The product of methods, data and runs, without what makes no sense."""
    for place, method in enumerate(form.methods):
        with read.blaming("pretrain", "methods", place):
            METHODS.load(method)
    data = []
    for place, source in enumerate(form.data):
        with read.blaming("pretrain", "data", place):
            entry = source if isinstance(source, DataForm) else DataForm(source=(source,))
            data.append(data_recipe(entry.source, form.images, entry.fraction, entry.balance, entry.side))
    for method in form.settings:
        if method not in form.methods:
            with read.blaming("pretrain", "settings", method):
                raise unknown("method", method, form.methods, "Settings are given for methods of this file.")
    for kind, names in (("method", form.methods), ("data", [one.label for one in data])):
        left_out += [LeftOut(f"{kind} {name}", "it is asked for twice and made once") for name in _repeated(names)]
    recipes = []
    for method, source in product(dict.fromkeys(form.methods), dict.fromkeys(data)):
        if METHODS.load(method).labels and not _labelled(source):
            left_out.append(LeftOut(f"{method} on {source.label}", "it learns from labels, and these images have none"))
            continue
        for run in form.runs:
            recipe = _recipe(form, method, source, run)
            _check(read, recipe)
            recipes.append(recipe)
    return tuple(recipes)


def _recipe(form: PretrainForm, method: str, data: DataRecipe, run: int) -> Recipe:
    return Recipe(
        method=method,
        arch=form.arch,
        **dict(data),
        images_seen=form.images_seen,
        run=run,
        size=form.size,
        batch=form.batch,
        settings=departures(method, form.settings.get(method, {})),
        version=METHODS.load(method).version,
    )


def _check(read: Read, recipe: Recipe) -> None:
    """Refuse what cannot be trained, in the words of the file."""
    place = "images_seen" if not recipe.steps else "settings" if recipe.settings else "data"
    with read.blaming("pretrain", place, *([recipe.method] if place == "settings" else [])):
        try:
            check_recipe(recipe)
        except UserError as error:
            remedy = re.sub(r"--set ([\w-]+)=N", rf"settings: {{{recipe.method}: {{\1: N}}}}", error.remedy)
            remedy = re.sub(r"--([a-z-]+)", lambda option: option[1].replace("-", "_"), remedy)
            problem = f"{recipe.method} on {recipe.data_recipe.label}: {error.problem}"
            raise UserError(problem, remedy) from error


def _labelled(data: DataRecipe) -> bool:
    """Whether images may have labels. Of other sources than domains, opening them tells."""
    from virb.data.world.domains import DOMAINS

    prefix, _, name = data.data.partition(":")
    return not data.mixture and (prefix != "world" or "label" in DOMAINS.load(name).classes)


def _repeated(names: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]
