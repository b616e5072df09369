"""Where a study runs, and what it has when it ends. No torch."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, final

from virb.cache import Cache
from virb.executors import Resources
from virb.progress import Progress, Quiet
from virb.spec import Record


@final
@dataclass(frozen=True)
class Site:
    """Where a study runs.

    Attributes:
        output: folder of records.
        cache: where features are kept.
        data_root: folder of data sources that do not ship inside packages.
        device: ``"auto"`` or a torch device.
        executor: name of an executor.
        resources: how much of the machine.
        retry_failed: whether experiments that failed before are tried again.
        trust_pickle: whether checkpoints may run code while they are read.
        progress: where long work says how far it is.
    """

    output: Path
    cache: Cache = field(default_factory=Cache)
    data_root: Path | None = None
    device: str = "auto"
    executor: str = "inline"
    resources: Resources = Resources()
    retry_failed: bool = False
    trust_pickle: bool = False
    progress: Progress = field(default_factory=Quiet)


@final
class Ran(NamedTuple):
    """What a study has now.

    Attributes:
        records: one for each experiment that has a score.
        failures: the newest failure of each experiment that has none.
        computed: how many experiments ran this time.
        found_again: how many had their record already.
    """

    records: tuple[Record, ...]
    failures: tuple[Record, ...]
    computed: int
    found_again: int
