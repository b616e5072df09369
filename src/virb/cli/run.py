"""``virb run``: encoders on tasks."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from virb.results import Results


def run(
    encoder: list[str] = typer.Option(
        ...,
        "--encoder",
        "-e",
        metavar="NAME",
        help="timm:NAME, checkpoint:FILE, random:ARCH, … Behind it: +mean=R,G,B+std=R,G,B.",
    ),
    task: list[str] = typer.Option(
        ..., "--task", "-t", metavar="NAME", help="A name from `virb tasks list`, folder:PATH or table:FILE.csv."
    ),
    output: Path = typer.Option(..., "--output", "-o", help="Folder of records and report; a rerun goes on there."),
    probe: list[str] = typer.Option(
        [], "--probe", "-p", metavar="NAME", help="A name from `virb probes list`; else the standard ones of each task."
    ),
    layers: str = typer.Option("both", help="final: the embedding. best: the best layer on select. both: both, apart."),
    examples: int | None = typer.Option(None, help="Labelled examples a probe may see: 1000 is usual. Else all."),
    shots: int | None = typer.Option(None, help="Labelled examples of each class a probe may see."),
    draws: int = typer.Option(10, help="How often those are drawn anew, the same for every encoder."),
    seed: list[int] = typer.Option(
        [0], "--seed", "-s", metavar="N", help="Each draws the splits anew where a task has none."
    ),
    size: str = typer.Option(
        "224",
        metavar="SIDE|HEIGHTxWIDTH",
        help="Pixels of the images, the same for every encoder: 224, or 512x1024 (height x width).",
    ),
    fit: str = typer.Option("squash", help="How an image gets to that size: squash, crop or pad."),
    on_bad_image: str = typer.Option("error", help="error: stop at a corrupt image. skip: leave it out and list it."),
    data_root: Path | None = typer.Option(None, help="Folder of data sources that do not ship inside packages."),
    device: str = typer.Option("auto", help="auto, cpu, cuda, cuda:1, …"),
    executor: str = typer.Option("inline", help="inline, or processes: several encoders side by side."),
    workers: int = typer.Option(2, help="How many side by side."),
    retry_failed: bool = typer.Option(False, "--retry-failed", help="Try again what failed before."),
    trust_pickle: bool = typer.Option(
        False,
        "--trust-pickle",
        help="Let checkpoints that are more than tensors run their code. Only from who you trust.",
    ),
) -> None:
    """Read encoders out on end tasks; what was done before is not done again.

    Exit codes: 0 done, 1 some experiments failed (their records say why), 2 the request was wrong.
    """
    from virb.cli._console import out, progress
    from virb.results import evaluate  # brings torch: imported when the command runs, not for --help

    with progress() as reporter:
        try:
            results = evaluate(
                encoder,
                task,
                probes=probe or None,
                layers=layers,
                examples=examples,
                shots=shots,
                draws=draws,
                seeds=seed,
                size=size,
                fit=fit,
                on_bad_image=on_bad_image,
                output=output,
                data_root=data_root,
                device=device,
                executor=executor,
                workers=workers,
                retry_failed=retry_failed,
                trust_pickle=trust_pickle,
                progress=reporter,
            )
        except KeyboardInterrupt:
            out.print("Stopped. What is finished is kept; the same command goes on from there.")
            raise typer.Exit(130) from None
    conclude(results)


def conclude(results: "Results") -> None:
    """Print what was found and where the report is. Exits with 1 if an experiment failed."""
    from virb.cli._console import out

    ran = results.ran
    for failed in ran.failures:
        reason = (failed.reason or "").splitlines()
        where = f"{failed.experiment.encoder.name} on {failed.experiment.task.name}, {failed.experiment.probe.name}"
        out.print(f"failed: {where}: {reason[0] if reason else failed.status}", markup=False, style="red")
    results.show(out)
    out.print()
    if ran.found_again:
        again = f"{ran.found_again} of {ran.found_again + ran.computed} experiments had their record already."
        out.print(again if not ran.failures else f"{again} Failed ones run again with --retry-failed.")
    if ran.records or ran.failures:
        out.print(f"Report: {results.report().resolve()}", markup=False)
    if ran.failures:
        raise typer.Exit(1)
