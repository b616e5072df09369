"""One run, from its recipe to its folder: Lightning turns the wheel, checkpoints make it safe to stop it anywhere."""

import logging
import math
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, final

import numpy as np
import pytorch_lightning as lightning
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from virb.data import Dataset, open_data_recipe
from virb.encoders._architectures import untrained
from virb.encoders._encoder import find_device, state_digest
from virb.encoders._runs import WEIGHTS, FinishedRun, is_run, read_run
from virb.errors import ExperimentError, UserError
from virb.pretrain import METHODS, Run, check_recipe, settings_of
from virb.pretrain._collapse import Collapse, measure
from virb.pretrain._folder import LAST, Row, alone, claim, write, write_card, write_curves
from virb.pretrain._images import Leg, Order, Source, seeded
from virb.pretrain.objectives import Objective
from virb.progress import Progress
from virb.spec import Recipe

OnCheckpoint = Callable[[nn.Module, int], None]

EVERY = 10
"""Steps between two rows of the curves."""
LOOKED_AT = 1024
"""Images by which a finished encoder is looked at for a collapse."""


def train(
    recipe: Recipe,
    folder: Path,
    data_root: Path | None,
    device: str,
    threads: int,
    progress: Progress,
    on_checkpoint: OnCheckpoint | None,
) -> Run:
    """See :func:`virb.pretrain.pretrain`."""
    if is_run(folder) and _finished(folder):
        claim(folder, recipe)
        return _run(read_run(folder), trained=False)
    place = find_device(device)
    with _threads(threads):
        start = untrained(recipe.arch, recipe.size, recipe.run)
        dataset = open_data_recipe(recipe.data_recipe, data_root, progress)
        check_recipe(recipe, len(dataset))
        labels, classes = _labels(dataset, recipe)
        claim(folder, recipe)
        with alone(folder):
            source = Source(dataset, labels, recipe.size, start.preprocessing.interpolation, progress)
            objective = _objective(recipe, start.module, len(source), classes)
            objective.expect(start.preprocessing.mean, start.preprocessing.std)
            training = Training(recipe, objective, source)
            keeper = Keeper(recipe, folder, progress, on_checkpoint)
            _fit(training, keeper, folder, place)
            collapse = _look(objective.trunk, training)
            if collapse.collapsed:
                progress.say(
                    f"{recipe.label}: collapsed: spread {collapse.spread:.3f}, effective rank {collapse.rank:.1f}; "
                    "its scores say nothing of the method"
                )
            _finish(folder, recipe, dataset, training, keeper, collapse)
    return _run(read_run(folder), trained=True)


def _finished(folder: Path) -> bool:
    try:
        read_run(folder)
    except UserError:
        return False
    return True


def _run(run: FinishedRun, *, trained: bool) -> Run:
    return Run(run.folder, run.recipe, bool(run.card["collapsed"]), float(run.card["seconds"]), trained)


def _labels(dataset: Dataset, recipe: Recipe) -> tuple[NDArray[np.int64], int]:
    """A class id of each image, and how many classes there are; nothing where the method needs none.

    Raises:
        UserError: the method needs labels and the source has none.
    """
    if not METHODS.load(recipe.method).labels:
        return np.empty(0, np.int64), 0
    if "label" not in dataset.columns or "label" not in dataset.class_names:
        raise UserError(
            f"'{recipe.data_recipe.label}' has no labels, and {recipe.method} learns them.",
            "Of the world's domains, world:objects has labels; folder:PATH has those of its class folders.",
        )
    return np.asarray(dataset.columns["label"], np.int64), len(dataset.class_names["label"])


def _objective(recipe: Recipe, trunk: nn.Module, images: int, classes: int) -> Objective:
    """The objective with heads, queues and banks that depend on the run's number alone."""
    with torch.no_grad():
        width = trunk.eval()(torch.zeros(1, 3, recipe.size, recipe.size)).shape[1]
    # Lightning keeps the modes it finds: a trunk in eval mode normalises by the statistics that it started with.
    trunk.train(bool(settings_of(recipe)["batch-statistics"]))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeded("heads", recipe.run).initial_seed())
        return METHODS.load(recipe.method).build(trunk, width, recipe, images, classes)


@final
class Training(lightning.LightningModule):
    """Steps of an objective under AdamW, with a warm-up and a cosine.

    Args:
        recipe: the request.
        objective: what is descended.
        source: of images.
    """

    def __init__(self, recipe: Recipe, objective: Objective, source: Source) -> None:
        super().__init__()
        self.recipe, self.objective, self.source = recipe, objective, source
        self.settings = settings_of(recipe)
        self._order = Order(len(source), recipe.batch, recipe.run)
        self._leg = math.ceil(recipe.steps / self.settings["legs"])
        self.multiply_adds = 0.0
        self.embeddings = torch.empty(0)

    def on_train_start(self) -> None:
        """Let the objective look at the data, once."""
        if self.trainer.global_step == 0:
            everything = torch.arange(len(self.source)).split(self.recipe.batch)
            batches = (self.source.batch(rows, self.device) for rows in everything)
            self.objective.prepare(batches, seeded("prepare", self.recipe.run))

    def train_dataloader(self) -> Leg:
        """The steps up to the next checkpoint, from wherever the run stands."""
        first = self.trainer.global_step
        return Leg(first, min((first // self._leg + 1) * self._leg, self.recipe.steps))

    def training_step(self, step: int, index: int) -> Tensor:
        """One step's loss; all its randomness follows from the run's number and the step's.

        Raises:
            ExperimentError: it is NaN or infinite.
        """
        batch = self.source.batch(self._order.rows(step), self.device)
        draw = seeded("views", self.recipe.run, step)
        if self.multiply_adds:
            outcome = self.objective(batch, draw, step)
        else:
            with FlopCounterMode(display=False) as counter:
                outcome = self.objective(batch, draw, step)
                trained = [weight for weight in self.objective.parameters() if weight.requires_grad]
                torch.autograd.grad(outcome.loss, trained, retain_graph=True, allow_unused=True)
            self.multiply_adds = counter.get_total_flops() / 2 / len(batch.images)  # two operations each
        if not bool(outcome.loss.isfinite()):
            raise ExperimentError(f"{self.recipe.label}: the loss is {float(outcome.loss):g} at step {step}")
        self.embeddings = outcome.embeddings
        loss: Tensor = outcome.loss
        return loss

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Let the objective hold weights back."""
        self.objective.before_update(self.trainer.global_step)

    def configure_optimizers(self) -> Any:
        """AdamW (Loshchilov and Hutter 2017, 1711.05101), one learning rate a step."""
        trained = [weight for weight in self.objective.parameters() if weight.requires_grad]
        groups = [
            {"params": [w for w in trained if w.ndim > 1], "weight_decay": self.settings["weight-decay"]},
            {"params": [w for w in trained if w.ndim <= 1], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=self.settings["lr"])
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._height)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _height(self, step: int) -> float:
        """Share of the highest learning rate: up in a line, down along a cosine."""
        rising = max(1, round(self.settings["warm-up"] * self.recipe.steps))
        if step < rising:
            return (step + 1) / rising
        return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, self.recipe.steps - rising)))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what state dicts leave out: lightly's queues are buffers that are not saved."""
        saved = self.state_dict()
        checkpoint["unsaved_buffers"] = {n: b.clone() for n, b in self.named_buffers() if n not in saved}
        checkpoint["multiply_adds"] = self.multiply_adds

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Put it back: a run that went on with a fresh queue would be another run."""
        buffers = dict(self.named_buffers())
        for name, values in checkpoint["unsaved_buffers"].items():
            buffers[name].copy_(values)
        self.multiply_adds = checkpoint["multiply_adds"]


@final
class Keeper(lightning.Callback):
    """Writes curves and checkpoints, and says how far the run is."""

    def __init__(self, recipe: Recipe, folder: Path, progress: Progress, on_checkpoint: OnCheckpoint | None) -> None:
        self._recipe, self._folder, self._progress, self._on_checkpoint = recipe, folder, progress, on_checkpoint
        self._losses: list[float] = []
        self.rows: list[Row] = []
        self.earlier = 0.0
        self._since = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Of training, over all sittings."""
        return self.earlier + time.perf_counter() - self._since

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Start the clock of this sitting."""
        self._since = time.perf_counter()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Note the loss; now and then a row of the curves."""
        assert isinstance(pl_module, Training)
        step = trainer.global_step
        pl_module.objective.after_update(step - 1)
        self._losses.append(float(outputs["loss"]))
        if step % EVERY == 0 or step == self._recipe.steps:
            lie = measure(pl_module.embeddings.cpu())
            rate = trainer.optimizers[0].param_groups[0]["lr"]
            mean = sum(self._losses) / len(self._losses)
            self.rows.append((step, step * self._recipe.batch, self.seconds, mean, rate, lie.spread, lie.rank))
            self._losses = []
            self._progress.advance(
                self._recipe.label, step * self._recipe.batch, self._recipe.steps * self._recipe.batch
            )

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """A checkpoint, whole or not at all; the one before it stays until then."""
        assert isinstance(pl_module, Training)
        write(self._folder / LAST, lambda path: trainer.save_checkpoint(path))
        write_curves(self._folder, self.rows)
        if self._on_checkpoint is not None:
            trunk = pl_module.objective.trunk
            learning = trunk.training
            with torch.random.fork_rng(), torch.no_grad():
                self._on_checkpoint(trunk.eval(), trainer.global_step * self._recipe.batch)
            trunk.train(learning)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps of the curves."""
        return {"rows": [list(row) for row in self.rows], "losses": self._losses, "seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the curves of a checkpoint."""
        self.rows = [tuple(row) for row in state_dict["rows"]]
        self._losses, self.earlier = list(state_dict["losses"]), state_dict["seconds"]


def _fit(training: Training, keeper: Keeper, folder: Path, device: torch.device) -> None:
    """Run Lightning over what is left of the steps.

    Raises:
        UserError: the checkpoint is corrupt, or the disk is full.
    """
    last = folder / LAST
    if last.exists():
        try:
            torch.load(last, map_location="cpu", weights_only=True)
        except Exception as error:  # whatever a reader trips over in a corrupt file, the remedy is the same
            raise UserError(f"'{last}' is corrupt.", "Delete it: the run then begins anew.") from error
    with _quiet():
        trainer = lightning.Trainer(
            accelerator=device.type,
            devices=1 if device.index is None else [device.index],
            max_steps=training.recipe.steps,
            max_epochs=-1,
            reload_dataloaders_every_n_epochs=1,
            callbacks=[keeper],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        training.objective.to(memory_format=torch.channels_last)
        on_interrupt = signal.getsignal(signal.SIGINT)
        try:
            trainer.fit(training, ckpt_path=str(last) if last.exists() else None)
        except SystemExit as error:  # what Lightning makes of Ctrl-C, which it also turns off
            signal.signal(signal.SIGINT, on_interrupt)
            raise KeyboardInterrupt from error


@torch.no_grad()
def _look(trunk: nn.Module, training: Training) -> Collapse:
    """Embed some of the images as a reader of the encoder would, and see how they lie."""
    device = next(trunk.parameters()).device
    trunk.eval()
    rows = torch.arange(min(LOOKED_AT, len(training.source)))
    parts = [training.source.batch(part, device).images for part in rows.split(128)]
    return measure(torch.cat([trunk(training.objective.normalise(part)) for part in parts]).cpu())


def _finish(
    folder: Path, recipe: Recipe, dataset: Dataset, training: Training, keeper: Keeper, collapse: Collapse
) -> None:
    """Weights, curves and card, in this order; then the checkpoint is no longer needed."""
    trunk = training.objective.trunk.cpu()
    state = {name: values.contiguous() for name, values in trunk.state_dict().items()}
    # save_file would make a file that its owner alone can read
    write(folder / WEIGHTS, lambda path: path.write_bytes(safetensors.torch.save(state)))
    write_curves(folder, keeper.rows)
    write_card(folder, _card(recipe, dataset, training, keeper, collapse))
    (folder / LAST).unlink(missing_ok=True)


def _card(
    recipe: Recipe, dataset: Dataset, training: Training, keeper: Keeper, collapse: Collapse
) -> Mapping[str, Any]:
    method, seen = METHODS.load(recipe.method), recipe.steps * recipe.batch
    return {
        "recipe": recipe.model_dump(mode="json"),
        "method": {"about": method.about, "paper": method.paper},
        "settings": settings_of(recipe),
        "images": len(training.source),
        "images_seen": seen,
        "steps": recipe.steps,
        "multiply_adds_per_image": round(training.multiply_adds),
        "seconds": round(keeper.seconds, 1),
        "images_per_second": round(seen / keeper.seconds, 1),
        "collapsed": collapse.collapsed,
        "spread": round(collapse.spread, 4),
        "effective_rank": round(collapse.rank, 2),
        "final_loss": keeper.rows[-1][3],
        "weights": state_digest(training.objective.trunk),
        "parameters": sum(weight.numel() for weight in training.objective.trunk.parameters()),
        "data": {"name": dataset.card.name, "digest": dataset.digest, "licence": dataset.card.licence},
        "threads": torch.get_num_threads(),
        "versions": {name: version(name) for name in ("torch", "lightly", "pytorch-lightning", "timm", "numpy")},
    }


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    try:
        if count:
            torch.set_num_threads(count)
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Lightning's advice is for those who write training loops; virb's users see virb's own progress."""
    loggers = [logging.getLogger(name) for name in ("pytorch_lightning", "lightning.pytorch")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
