"""Pre-training: encoders made here, under matched budgets, on chosen data. Each file of this folder is one method.

A method's file declares what is published and how virb scales it to small images and small budgets; what happens in a
step is in the file of the same name in ``objectives/``. Naming, checking and planning import no torch.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, final

from virb.errors import UserError, unknown
from virb.progress import Progress, Quiet
from virb.registry import Shelf
from virb.spec import Recipe

if TYPE_CHECKING:
    from torch import nn

    from virb.pretrain.objectives import Objective


@final
@dataclass(frozen=True)
class Setting:
    """A number that a recipe may change.

    Attributes:
        default: what virb takes.
        about: what it is, what is published, and why the default differs where it does.
        low: the least it may be.
        high: the most.
        whole: whether it counts something.
    """

    default: float
    about: str
    low: float = 0.0
    high: float = float("inf")
    whole: bool = False


COMMON: Mapping[str, Setting] = {
    "lr": Setting(
        2e-3,
        "AdamW's highest learning rate; the published recipes use SGD or LARS over hundreds of thousands of steps, "
        "which do not get off the ground in a few hundred",
        low=1e-8,
        high=10.0,
    ),
    "weight-decay": Setting(0.01, "AdamW's; not applied to biases and norm gains"),
    "warm-up": Setting(
        0.1, "share of the steps in which the learning rate rises from zero; then a cosine to zero", 0, 1
    ),
    "batch-statistics": Setting(
        1,
        "1: the trunk's batch norm normalises by the batch, as published. 0: it keeps the statistics it starts with, "
        "mean 0 and variance 1, and only its gains and biases learn",
        low=0,
        high=1,
        whole=True,
    ),
    "legs": Setting(10, "how many checkpoints are written on the way", low=1, whole=True),
}
"""Settings of every method: the optimiser is the same for all, so that it is no factor of a comparison."""


class Method(ABC):
    """A way to pre-train.

    Attributes:
        about: one line.
        paper: the source of its equations and of its published settings.
        labels: whether it needs labels.
        settings: its own, beside :data:`COMMON`.
        version: rises when the same recipe gives other weights.
    """

    about: str
    paper: str
    labels: bool = False
    settings: Mapping[str, Setting] = {}
    version: int = 1

    @abstractmethod
    def build(self, trunk: nn.Module, width: int, recipe: Recipe, images: int, classes: int) -> Objective:
        """What is trained: the trunk with everything around it.

        Args:
            trunk: images to embeddings, batch x width; it is what a run keeps.
            width: of the embedding.
            recipe: the request; read settings with :func:`settings_of`.
            images: how many images the source has.
            classes: how many classes; 0 without labels.
        """

    def refuses(self, recipe: Recipe, images: int) -> UserError | None:
        """Why this recipe cannot run on so many images, beyond what is true of every method."""
        return None


METHODS: Shelf[Method] = Shelf("virb.pretrain", "METHOD", "method", Method)


def settings_of(recipe: Recipe) -> dict[str, float]:
    """Every setting of a recipe's method, defaults filled in."""
    known = {**COMMON, **METHODS.load(recipe.method).settings}
    return {name: recipe.settings.get(name, setting.default) for name, setting in known.items()}


def departures(method: str, settings: Mapping[str, float]) -> dict[str, float]:
    """Settings without those at their default, so that spelling one out makes no other recipe of it."""
    known = {**COMMON, **METHODS.load(method).settings}
    return {name: value for name, value in settings.items() if name not in known or value != known[name].default}


def check_recipe(recipe: Recipe, images: int | None = None) -> None:
    """Refuse what cannot be trained, before any compute. Imports no torch and opens no data.

    Args:
        recipe: the request.
        images: how many the source has, once that is known.

    Raises:
        UserError: an unknown method, a recipe of another version of it, an unknown setting, a setting out of its range,
            fewer images than a batch, a budget below one, or what the method itself refuses (a queue larger than the
            data).
    """
    method = METHODS.load(recipe.method)
    if recipe.version != method.version:
        raise UserError(
            f"This recipe is of version '{recipe.version}' of {recipe.method}, and this virb trains version "
            f"{method.version}: it would give other weights.",
            "Take another --output, or the virb that the recipe was made with.",
        )
    known = {**COMMON, **method.settings}
    for name, value in recipe.settings.items():
        if name not in known:
            raise unknown(f"setting of {recipe.method}", name, known, f"`virb methods show {recipe.method}` shows all.")
        setting = known[name]
        fits = math.isfinite(value) and setting.low <= value <= setting.high
        if not fits or (setting.whole and value != int(value)):
            kind = "a whole number" if setting.whole else "a number"
            raise UserError(
                f"'{value:g}' cannot be {name}.",
                f"It is {kind} from {setting.low:g} to {setting.high:g}: {setting.about}.",
            )
    if recipe.images_seen < recipe.batch:
        raise UserError(
            f"A budget of '{recipe.images_seen:,}' images seen holds no batch of {recipe.batch}.",
            "Ask for more --images-seen, or a smaller --batch.",
        )
    count = images or recipe.data_recipe.count
    if count is not None:
        if count < recipe.batch:
            raise UserError(
                f"'{recipe.data_recipe.label}' has {count:,} images, fewer than a batch of '{recipe.batch}'.",
                "Ask for a smaller --batch, or more --images.",
            )
        if refusal := method.refuses(recipe, count):
            raise refusal


def refused_queue(recipe: Recipe, images: int) -> UserError | None:
    """Why a queue cannot be longer than the data: it would hold the same images several times."""
    queue = int(settings_of(recipe)["queue"])
    if queue <= images:
        return None
    return UserError(
        f"A queue of '{queue:,}' is larger than the data: {images:,} images.",
        "It would hold images several times. Ask for a shorter one: --set queue=N, or more --images.",
    )


def check_installed() -> None:
    """Refuse to pre-train without the packages that it needs.

    Raises:
        UserError: lightly or PyTorch Lightning is not installed.
    """
    missing = [package for package in ("lightly", "pytorch_lightning") if find_spec(package) is None]
    if missing:
        raise UserError(f"Pre-training needs {' and '.join(missing)}.", "Install it: pip install 'virb[pretrain]'")


@final
@dataclass(frozen=True)
class Run:
    """A finished pre-training run.

    Attributes:
        folder: takes the place of a checkpoint: ``checkpoint:FOLDER``.
        recipe: what was asked.
        collapsed: whether its embeddings are all but one point, so that its scores say nothing of the method.
        seconds: of training, over all its sittings.
        trained: whether this call trained anything; a finished run is found again.
    """

    folder: Path
    recipe: Recipe
    collapsed: bool
    seconds: float
    trained: bool


def pretrain(
    recipe: Recipe,
    folder: Path,
    *,
    data_root: Path | None = None,
    device: str = "auto",
    threads: int = 0,
    progress: Progress | None = None,
    on_checkpoint: Callable[[nn.Module, int], None] | None = None,
) -> Run:
    """Pre-train an encoder, or go on with it where it stopped.

    The same recipe in the same folder ends in the same weights, however often it was interrupted on the way: on a CPU
    bit for bit, with the same number of threads.

    Args:
        recipe: what.
        folder: the run; made where it is not there.
        data_root: folder of data sources that do not ship inside packages.
        device: ``"auto"`` or a torch device.
        threads: CPU threads; 0 leaves torch's own choice. One is best where several runs share the machine.
        progress: where it says how far it is.
        on_checkpoint: called with the trunk in eval mode and the images seen at every checkpoint.

    Raises:
        UserError: what :func:`check_recipe` refuses, data that are not there or corrupt, a folder that holds another
            recipe, a disk that is full.
        ExperimentError: the loss became NaN or infinite.
    """
    check_recipe(recipe)
    check_installed()
    from virb.pretrain._training import train  # torch and Lightning: imported when something is trained

    return train(recipe, folder, data_root, device, threads, progress or Quiet(), on_checkpoint)
