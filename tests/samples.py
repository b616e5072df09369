"""Experiments and records for the tests of stores and records, in a file that other processes can import."""

from contextlib import contextmanager
from unittest import mock

from virb.spec import Classes, EncoderSpec, Experiment, Found, ProbeSpec, Quadrant, Record, Splits, Task
from virb.store import Store

TASK = Task(
    name="t",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="d",
    target=Classes(count=2),
    splits=Splits(select=0.2),
)
HERE = Found(weights="w1", data="d1")
GROWN = Found(weights="w1", data="d2")


def experiment(seed=0):
    encoder = EncoderSpec(name="random:resnet18", source="random", arch="resnet18")
    return Experiment(encoder=encoder, task=TASK, probe=ProbeSpec(name="logistic"), seed=seed)


def record(seed=0, found=HERE, status="ok", minute=0, **fields):
    """An answer, or a failure; ``minute`` is when it finished."""
    finished = f"2024-05-{1 + minute // 1440:02}T{minute // 60 % 24:02}:{minute % 60:02}:00+00:00"
    scores = {"accuracy": 0.5} if status == "ok" else {}
    given = {"scores": scores, "finished": finished, "virb": "0.1.0", **fields}
    return Record(experiment=experiment(seed), found=found, status=status, **given)


def visible(store):
    return sorted(path.name for path in (store.folder / "records").iterdir() if not path.name.startswith("."))


def bytes_of(store):
    return {path.name: path.read_bytes() for path in (store.folder / "records").iterdir()}


@contextmanager
def without_syncing():
    """For tests of many records that are not about power cuts."""
    with mock.patch("os.fsync"):
        yield


def read_all(folder):
    fresh = Store(folder)
    return [*fresh.records(), *fresh.failures()]
