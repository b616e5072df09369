"""``virb.evaluate``: the whole path from an encoder to a defended number, in one call; and what it returns."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, final, get_args

from rich.console import Console
from rich.table import Table
from torch import nn

from virb.analysis import Findings, Matrix, findings, load_outcomes, matrix, table
from virb.analysis.outcomes import Arrays
from virb.analysis.words import bracket, score
from virb.cache import Cache
from virb.encoders import parse_encoder
from virb.encoders._encoder import Encoder
from virb.encoders._module import seal_module
from virb.encoders._overrides import FORM, overrides
from virb.encoders._trunks import card_of
from virb.errors import UserError, unknown
from virb.executors import Resources
from virb.features import OnBadImage
from virb.progress import Progress, Quiet
from virb.report import write
from virb.spec import EncoderSpec, InputPolicy, Overrides, Record, Regime, Task, input_policy
from virb.study import Layers, Ran, Site, Study
from virb.tasks import resolve_task

if TYPE_CHECKING:
    import pandas as pd

LAYER_CHOICES: tuple[str, ...] = get_args(Layers)
DRAWS = 10
"""How often a small regime is drawn: the variance of one draw of a few shots is larger than most differences."""
ON_BAD_IMAGE: tuple[str, ...] = get_args(OnBadImage)
EncoderLike = str | EncoderSpec | Encoder | nn.Module
"""A name, a spec, a sealed encoder, or any module from images to features."""


@final
class Results:
    """What a study found: records, failures, and what follows from them.

    Args:
        ran: what the study has now.
        output: its folder.
    """

    def __init__(self, ran: Ran, output: Path) -> None:
        self.ran = ran
        self.output = output

    @property
    def records(self) -> tuple[Record, ...]:
        """One for each experiment that has a score."""
        return self.ran.records

    @property
    def failures(self) -> tuple[Record, ...]:
        """One for each experiment that has none; ``.reason`` says why."""
        return self.ran.failures

    @cached_property
    def matrix(self) -> Matrix:
        """Encoders by tasks: scores, intervals, paired differences."""
        return matrix((*self.records, *self.failures), self._outcomes)

    @cached_property
    def findings(self) -> Findings:
        """What the matrix shows, in sentences."""
        return findings(self.matrix)

    def table(self) -> "pd.DataFrame":
        """One line a cell, with score, interval, chance and choice."""
        return table((*self.records, *self.failures), self._outcomes)

    def report(self, path: str | Path | None = None) -> Path:
        """Write the report, one HTML file about everything in the output folder.

        Args:
            path: where; by default ``report.html`` in the output folder.
        """
        return write(self.output, Path(path) if path else self.output / "report.html")

    def show(self, console: Console) -> None:
        """Print the matrix, one table a probe, and what it shows."""
        for probe in self.matrix.probes:
            console.print(self._grid(probe))
        console.print()
        for finding in self.findings.answer:
            console.print(finding.text, markup=False)

    def __str__(self) -> str:
        console = Console(width=120, record=False, highlight=False, color_system=None)
        with console.capture() as captured:
            self.show(console)
        return captured.get()

    __repr__ = __str__

    def _outcomes(self, record: Record) -> Arrays | None:
        return load_outcomes(self.output, record)

    def _grid(self, probe: str) -> Table:
        columns = self.matrix.under(probe)
        grid = Table(box=None, pad_edge=False, header_style="bold", title=f"\n{probe} probe", title_justify="left")
        grid.add_column("encoder", no_wrap=True)
        for column in columns:
            grid.add_column(column.label, overflow="fold")
        for row in self.matrix.rows:
            cells = []
            for column in columns:
                cell = self.matrix.cell(column, row)
                if cell is None:
                    cells.append("–")
                elif cell.score is None:
                    cells.append("failed")
                else:
                    low_high = f"\n{bracket(*cell.interval, column.metric)}" if cell.interval else ""
                    cells.append(score(cell.score, column.metric) + low_high)
            grid.add_row(row.name, *cells)
        chances = [self.matrix.chance(column) for column in columns]
        grid.add_row(
            "chance",
            *(score(c, column.metric) if c is not None else "–" for c, column in zip(chances, columns, strict=True)),
            style="dim",
        )
        return grid


def evaluate(
    encoder: EncoderLike | Sequence[EncoderLike],
    tasks: str | Task | Sequence[str | Task],
    *,
    probes: Sequence[str] | None = None,
    layers: str = "both",
    examples: int | None = None,
    shots: int | None = None,
    draws: int = DRAWS,
    seeds: Sequence[int] = (0,),
    size: int | str = 224,
    fit: str = "squash",
    mean: Sequence[float] | float | None = None,
    std: Sequence[float] | float | None = None,
    interpolation: str | None = None,
    stages: Mapping[str, str] | None = None,
    on_bad_image: str = "error",
    output: str | Path = "virb-results",
    data_root: str | Path | None = None,
    device: str = "auto",
    executor: str = "inline",
    workers: int = 2,
    retry_failed: bool = False,
    trust_pickle: bool = False,
    progress: Progress | None = None,
) -> Results:
    """Read encoders out on end tasks. What was done before is not done again.

    Args:
        encoder: one or several: names such as ``"timm:resnet50"``, or any ``nn.Module`` that takes normalised images,
            batch x 3 x height x width, and returns batch x width, a map, a list of maps from fine to coarse, or a
            dictionary from ``embedding`` and ``stage1`` … ``stage4`` to them. It is copied: yours keeps its mode,
            device and weights.
        tasks: names such as ``"digits"``, ``"folder:PATH"`` or ``"table:FILE.csv"``.
        probes: names of probes; by default the standard ones of each task: logistic and knn for classes of an image,
            mlp and logistic for classes of several, ridge for numbers, dense-linear and dense-knn for pixels,
            dense-siamese for pixels of two images.
        layers: ``"final"`` reads the embedding (pixelwise: the last map), ``"best"`` the one of all layers that does
            best on select, ``"both"`` does both, in columns of their own.
        examples: how many labelled examples probes may see, four fifths of them for fit; all by default.
        shots: how many labelled examples of each class probes may see instead.
        draws: how many times those examples or shots are drawn anew; the same draws for every encoder.
        seeds: each draws the splits anew where a task has none of its own.
        size: side of the images in pixels, or ``"512x1024"``, height x width; the same for every encoder.
        fit: how an image gets to that size: ``"squash"``, ``"crop"`` or ``"pad"``.
        mean: what modules want subtracted from pixels / 255, one number or one a channel; by default a timm model's
            own, else ImageNet's. A name says it for itself: ``"timm:resnet50+mean=0.5+std=0.5"``.
        std: what they want divided by, the same.
        interpolation: how they want images resized: ``"nearest"``, ``"bilinear"`` or ``"bicubic"``.
        stages: parts of the modules whose outputs are maps for pixelwise tasks, fine to coarse, such as
            ``{"stage3": "body.6", "stage4": "body.9"}``; in place of what a module itself gives.
        on_bad_image: ``"error"``, or ``"skip"`` to leave out and list images that cannot be decoded.
        output: folder of the records; a later call with the same folder goes on from there.
        data_root: folder of data sources that do not ship inside packages.
        device: ``"auto"`` or a torch device.
        executor: ``"inline"``, or ``"processes"`` for several encoders side by side (named ones: a module stays here).
        workers: how many side by side.
        retry_failed: whether experiments that failed before are tried again.
        trust_pickle: whether checkpoints that are more than tensors may run their code while they are read.
        progress: told how far it is.

    Raises:
        UserError: the request is wrong, before any compute.
    """
    inputs = input_policy(size, fit)
    if on_bad_image not in ON_BAD_IMAGE:
        raise unknown("way to treat a bad image", on_bad_image, ON_BAD_IMAGE)
    encoders = [encoder] if isinstance(encoder, EncoderLike) else list(encoder)
    asked_of_modules = _of_modules(encoders, mean, std, interpolation, stages)
    asked = [tasks] if isinstance(tasks, str | Task) else list(tasks)
    study = Study(
        encoders=[_encoder(one, inputs, device, asked_of_modules, stages) for one in encoders],
        tasks=[task if isinstance(task, Task) else resolve_task(task) for task in asked],
        probes=probes,
        layers=_layers(layers),
        regimes=_regimes(examples, shots, draws),
        seeds=seeds,
        inputs=inputs,
        on_bad_image="skip" if on_bad_image == "skip" else "error",
    )
    site = Site(
        output=Path(output),
        cache=Cache(),
        data_root=Path(data_root) if data_root else None,
        device=device,
        executor=executor,
        resources=Resources(workers=workers),
        retry_failed=retry_failed,
        trust_pickle=trust_pickle,
        progress=progress or Quiet(),
    )
    return Results(study.run(site), Path(output))


def _layers(layers: str) -> Layers:
    if layers not in LAYER_CHOICES:
        raise unknown("choice of layers", layers, LAYER_CHOICES)
    choice: Layers = "final" if layers == "final" else "best" if layers == "best" else "both"
    return choice


def _regimes(examples: int | None, shots: int | None, draws: int) -> tuple[Regime, ...]:
    if examples is not None and shots is not None:
        raise UserError(f"'{examples}' examples and '{shots}' shots are asked for at once.", "Ask for one of the two.")
    n = examples if examples is not None else shots
    if n is None:
        return (Regime(),)
    if n < 1 or draws < 1:
        raise UserError(f"'{min(n, draws)}' is no number of examples, shots or draws.", "Ask for 1 or more.")
    kind = "examples" if examples is not None else "shots"
    return tuple(Regime.model_validate({"kind": kind, "n": n, "resample": resample}) for resample in range(draws))


def _of_modules(
    encoders: Sequence[EncoderLike],
    mean: Sequence[float] | float | None,
    std: Sequence[float] | float | None,
    interpolation: str | None,
    stages: Mapping[str, str] | None,
) -> Overrides:
    """What is asked of modules; an encoder that is a name says it there, so that the name tells what was measured."""
    asked = overrides(mean, std, interpolation)
    modules = any(isinstance(one, nn.Module) for one in encoders)
    if not modules and (asked != Overrides() or stages):
        what = "stages" if stages else str(asked)
        raise UserError(
            f"'{what}' is for an nn.Module, and none is given.",
            f"A name says it for itself: NAME{FORM}." if not stages else "Named encoders have their own stages.",
        )
    return asked


def _encoder(
    encoder: EncoderLike, inputs: InputPolicy, device: str, asked: Overrides, stages: Mapping[str, str] | None
) -> EncoderSpec | Encoder:
    if isinstance(encoder, str):
        return parse_encoder(encoder)
    if isinstance(encoder, nn.Module):
        card = asked.over(card_of(encoder))
        return seal_module(encoder, inputs, preprocessing=card, stages=stages, device=device)
    return encoder
