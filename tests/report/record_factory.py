"""Records with outcomes, as if experiments had run: related examples, seeds, failures, hostile names."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from toy_scenes import depth_task, flow_task, parts_task, scene

from virb.spec import (
    FAMILIES,
    LAYERS,
    METRICS,
    Classes,
    EncoderSpec,
    Experiment,
    Found,
    InputPolicy,
    Preprocessing,
    Pretraining,
    ProbeSpec,
    Quadrant,
    Record,
    Regime,
    Resolved,
    Splits,
    Task,
    Trial,
    Values,
)

HOSTILE = "<script>alert(1)</script>\"'&amp;</td> 🦊 </script><!-- \u2028 {{ 7 * 7 }}"
L2 = tuple(10.0**power for power in np.linspace(-6, 5, 45))
PROBES = {
    "logistic": ProbeSpec(name="logistic", grid={"l2": L2}, about="multinomial logistic regression by L-BFGS"),
    "best": ProbeSpec(
        name="logistic", layers=LAYERS, grid={"l2": L2}, about="multinomial logistic regression by L-BFGS"
    ),
    "ridge": ProbeSpec(name="ridge", grid={"l2": L2}, about="least squares with a penalty"),
    "dense": ProbeSpec(
        name="dense-linear", layers=("stage4",), maps=True, grid={"l2": L2}, about="one linear map for every pixel"
    ),
    "knn": ProbeSpec(name="knn", grid={"k": (10.0, 20.0, 100.0, 200.0)}, about="weighted vote of nearest neighbours"),
}


def make_encoder(name: str, source: str = "timm", **changes: Any) -> EncoderSpec:
    arch = changes.pop("arch", name.rpartition(":")[2] or "resnet18")
    return EncoderSpec(name=name, source=source, arch=arch, **changes)


def make_task(name: str = "tiles", classes: int = 4, carved: bool = False, **changes: Any) -> Task:
    given = {
        "title": name.capitalize(),
        "about": f"Which of {classes} kinds is it? Tiles of one photo are never in two splits.",
        "quadrant": Quadrant(level="image-level", kind="semantic"),
        "data": name,
        "target": Classes(count=classes),
        "splits": Splits(select=0.2, test=0.2) if carved else Splits(select=0.2),
    }
    return Task(name=name, **(given | changes))


class Lab:
    """Runs experiments that never were. Examples are hard or easy for all encoders alike, and so are their groups."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.files: dict[str, dict[str, np.ndarray]] = {}
        self.kept: dict[str, dict[str, np.ndarray]] = {}
        self.clock = 0

    def outcomes(self, record: Record) -> Mapping[str, np.ndarray] | None:
        """The arrays of a record, as analysis asks for them."""
        return self.files.get(record.outcomes or "")

    def predictions(self, record: Record) -> Mapping[str, np.ndarray] | None:
        """The kept predictions of a record, as the report asks for them."""
        return self.kept.get(record.predictions or "")

    def experiment(
        self, encoder: EncoderSpec, task: Task, probe: str = "logistic", seed: int = 0, size: int = 224, **changes: Any
    ) -> Experiment:
        """What is asked."""
        return Experiment(
            encoder=encoder, task=task, probe=PROBES[probe], seed=seed, inputs=InputPolicy(size=size), **changes
        )

    def run(
        self,
        encoder: EncoderSpec,
        task: Task,
        skill: float = 0.8,
        *,
        probe: str = "logistic",
        seed: int = 0,
        size: int = 224,
        n: int = 240,
        per_group: int = 1,
        data: str = "5e1f0c2d",
        weights: str | None = None,
        keep: slice = slice(None),
        declared: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> Record:
        """Add a record with a score."""
        experiment = self.experiment(encoder, task, probe, seed, size, **(declared or {}))
        arrays = {name: array[keep] for name, array in self._answer(experiment, skill, n, per_group).items()}
        file = f"{len(self.files):016x}.npz"
        self.files[file] = arrays
        record = Record(
            **{
                "experiment": experiment,
                "found": Found(weights=weights, data=data),
                "status": "ok",
                "resolved": _resolved(data),
                "scores": _scores(arrays, task),
                "chance": 1 / task.target.count,
                **_choice(experiment, skill),
                "counts": {"fit": 3 * n, "select": n // 2, "test": len(arrays["example"])},
                "seconds": {"extract": 12.4, "fit": 3.1, "test": 0.02},
                "outcomes": file,
                "finished": self._now(),
                "virb": "0.1.0",
                **changes,
            }
        )
        self.records.append(record)
        return record

    def measure(
        self,
        encoder: EncoderSpec,
        task: Task,
        skill: float = 0.8,
        *,
        probe: str = "dense",
        n: int = 60,
        shown: tuple[int, ...] = (2, 5, 8, 11),
        declared: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> Record:
        """Add a record of a task whose target is no class of the image; dense ones keep predictions of toy scenes."""
        experiment = self.experiment(encoder, task, probe, **(declared or {}))
        arrays, scores = _measured(experiment, skill, n)
        file = f"{len(self.files):016x}.npz"
        self.files[file] = arrays
        if task.target.dense and shown:
            self.kept[file] = _predictions(task, skill, shown)
        record = Record(
            **{
                "experiment": experiment,
                "found": Found(weights=None, data="5e1f0c2d"),
                "status": "ok",
                "resolved": _resolved("5e1f0c2d"),
                "scores": scores,
                "chance": 0.2 if METRICS[task.primary].better == "higher" else 1.7,
                **_choice(experiment, skill),
                "counts": {"fit": 3 * n, "select": n // 2, "test": n},
                "outcomes": file,
                "predictions": file if task.target.dense and shown else None,
                "finished": self._now(),
                "virb": "0.1.0",
                **changes,
            }
        )
        self.records.append(record)
        return record

    def fail(
        self,
        encoder: EncoderSpec,
        task: Task,
        reason: str = "The feature 'embedding' is constant.",
        *,
        probe: str = "logistic",
        seed: int = 0,
        size: int = 224,
        data: str = "5e1f0c2d",
        status: str = "failed",
        weights: str | None = None,
    ) -> Record:
        """Add a record without one."""
        record = Record(
            experiment=self.experiment(encoder, task, probe, seed, size),
            found=Found(weights=weights, data=data),
            status=status,
            reason=reason,
            finished=self._now(),
            virb="0.1.0",
        )
        self.records.append(record)
        return record

    def npz(self, record: Record) -> bytes:
        """The outcomes file of a record."""
        return packed(self.files[record.outcomes])

    def _now(self) -> str:
        self.clock += 1
        return f"2026-11-22T{self.clock // 3600:02d}:{self.clock // 60 % 60:02d}:{self.clock % 60:02d}+00:00"

    def _answer(self, experiment: Experiment, skill: float, n: int, per_group: int) -> dict[str, np.ndarray]:
        classes = experiment.task.target.count
        # A seed draws another test split only where test is carved.
        draw = experiment.seed if experiment.task.splits.test else 0
        law = np.random.default_rng(_number(experiment.task.data, draw))
        example = np.sort(law.permutation(4 * n)[:n])
        group = example if per_group == 1 else np.arange(n) // per_group
        label = law.integers(0, classes, n)
        hard = law.random(n) if per_group == 1 else law.random(n // per_group + 1)[np.arange(n) // per_group]
        own = np.random.default_rng(_number(experiment.id, 1))
        correct = 0.75 * hard + 0.25 * own.random(n) < skill
        wrong = (label + own.integers(1, classes, n)) % classes
        return {
            "example": example.astype(np.int64),
            "group": group.astype(np.int64),
            "label": label.astype(np.int64),
            "predicted": np.where(correct, label, wrong).astype(np.int64),
            "confidence": own.random(n).astype(np.float32),
            "correct": correct.astype(np.float32),
        }


def packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays as the bytes of an npz file."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def _measured(experiment: Experiment, skill: float, n: int) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Outcomes and scores of values, masks, depth or flow: worse on hard examples, which are so for all encoders."""
    task = experiment.task
    hard = np.random.default_rng(_number(task.name, 0)).random(n)
    own = np.random.default_rng(_number(experiment.id, 2)).random(n)
    error = (1.15 - skill) * (0.5 + 0.8 * hard + 0.4 * own)
    arrays = {"example": np.arange(n) * 3 + 2, "group": np.arange(n) * 3 + 2}
    if task.family == "segmentation":
        truth = np.full((n, task.target.count), 500.0)
        right = np.rint(truth * (1 - error[:, None] / 2))
        arrays |= {"intersection": right, "union": 2 * truth - right, "truth": truth}
        arrays |= {"right": right.sum(1), "labelled": truth.sum(1)}
        miou = float((right.sum(0) / (2 * truth - right).sum(0)).mean())
        return arrays, {"miou": miou, "pixel-accuracy": float(right.sum() / truth.sum())}
    for metric in task.metrics:
        if metric != "r2":
            arrays[metric] = error if METRICS[metric].better == "lower" else 1 - error / 2
    scores = {metric: float(arrays[metric].mean()) if metric in arrays else skill for metric in task.metrics}
    return arrays, scores


def _predictions(task: Task, skill: float, shown: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Kept predictions: the truth of toy scenes, the worse the more unlike it."""
    images, *truths = zip(*(scene(row) for row in shown), strict=True)
    truth = np.stack(truths[("part", "depth", "flow").index(task.column)])
    coarse = max(1, round(12 * (1 - skill)))
    blocks = truth[:, ::coarse, ::coarse].repeat(coarse, 1).repeat(coarse, 2)[:, : truth.shape[1], : truth.shape[2]]
    draw = np.random.default_rng(round(1000 * skill))
    if task.family == "segmentation":
        wrong = draw.random(truth.shape) > skill
        predicted = np.where(wrong | (blocks == 255), draw.integers(0, task.target.count, truth.shape), blocks)
        predicted = predicted.astype(np.uint8)
    else:
        noise = draw.normal(0, (1 - skill) * 2, truth.shape)
        predicted = (np.where(np.isnan(blocks), np.nanmean(truth), blocks) * (0.5 + skill / 2) + noise).astype(
            np.float16
        )
    frames = np.stack(images)[:, : task.images_per_example]
    return {"example": np.array(shown), "image": frames, "truth": truth, "predicted": predicted}


def _number(text: str, salt: int) -> int:
    return int.from_bytes(f"{text}{salt}".encode()) % 2**63


def _scores(arrays: dict[str, np.ndarray], task: Task) -> dict[str, float]:
    correct, label = arrays["correct"].astype(float), arrays["label"]
    per_class = [correct[label == one].mean() for one in np.unique(label)]
    return {
        "accuracy": float(correct.mean()),
        "balanced-accuracy": float(np.mean(per_class)),
        "nll": 0.61,
        "ece": 0.043,
        "nll-calibrated": 0.55,
        "ece-calibrated": 0.021,
    }


def _choice(experiment: Experiment, skill: float) -> dict[str, Any]:
    ((setting, values),) = experiment.probe.grid.items()
    place = np.linspace(-1, 1, len(values))
    trials = [
        Trial(settings={setting: float(v)}, score=float(skill - 0.2 * (p - 0.3) ** 2), loss=float(0.5 + p * p))
        for v, p in zip(values, place, strict=True)
    ]
    best = max(trials, key=lambda trial: trial.score)
    return {"trials": tuple(trials), "choice": {**best.settings, "temperature": 1.21}}


def _resolved(data: str) -> Resolved:
    return Resolved(
        weights="9b1c66f0a4d2e871",
        data=data,
        preprocessing=Preprocessing(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), interpolation="bicubic"),
        layers={"embedding": 512},
        engine="torch",
        precision="float32",
        device="cpu",
        threads=2,
        versions={"torch": "2.14.1", "timm": "1.0.31", "numpy": "2.4.6"},
        git="0123456789ab",
    )


def demo_lab() -> Lab:
    """A study of the usual shape: five encoders, two of them floors, four tasks, two probes, a gap, two failures."""
    lab = Lab()
    skills = {
        make_encoder("efficientnet-lite0", "zoo", arch="efficientnet_lite0"): 0.93,
        make_encoder("timm:resnet18.a1_in1k", arch="resnet18", weights="a1_in1k"): 0.915,
        make_encoder("checkpoint:runs/moco-v2/last.ckpt", "checkpoint", arch="resnet18", weights="last.ckpt"): 0.78,
        make_encoder("random:resnet18", "random", arch="resnet18", pretraining=Pretraining(method="random")): 0.52,
        make_encoder("pixels", "pixels", arch="pixels16"): 0.41,
    }
    structural = Quadrant(level="image-level", kind="structural")
    tasks = {
        make_task("digits", 10, title="Handwritten digits"): (1.0, 360, 1),
        make_task("textures", 8, title="Texture tiles"): (0.93, 320, 16),
        make_task("faces", 2, title="Face or not", primary="balanced-accuracy"): (1.06, 100, 1),
        make_task("rotation", 4, title="Which way is up", quadrant=structural, carved=True): (0.8, 240, 1),
    }
    note = "Tiles of eight photographs: few groups, so wide intervals."
    for task, (ease, n, per_group) in tasks.items():
        for encoder, skill in skills.items():
            for probe in ("logistic", "knn"):
                shift = 0.0 if probe == "logistic" else -0.05
                if encoder.source == "checkpoint" and task.name == "rotation" and probe == "knn":
                    continue
                if encoder.source == "checkpoint" and task.name == "faces":
                    why = "The layer 'embedding' holds 12 values that are not finite; first in image 'faces/017.png'."
                    lab.fail(encoder, task, why, probe=probe)
                    continue
                for seed in range(3) if task.splits.carved else (0,):
                    skilled = max(skill * ease + shift, 1.1 / task.target.count)
                    notes = (note,) if task.name == "textures" else ()
                    lab.run(encoder, task, skilled, probe=probe, seed=seed, n=n, per_group=per_group, notes=notes)
    return lab


def world_lab() -> Lab:
    """All four quadrants: classes, numbers, masks, depth, flow; synthetic images, best layers, and few labels."""
    lab = Lab()
    skills = {
        make_encoder("efficientnet-lite0", "zoo", arch="efficientnet_lite0"): 0.95,
        make_encoder("timm:resnet18.a1_in1k", arch="resnet18", weights="a1_in1k"): 0.86,
        make_encoder("random:resnet18", "random", arch="resnet18", pretraining=Pretraining(method="random")): 0.6,
        make_encoder("pixels", "pixels", arch="pixels16"): 0.5,
    }
    structural = Quadrant(level="image-level", kind="structural")
    objects = make_task("world-object", 20, title="Objects", synthetic=True)
    digits = make_task("digits", 10, title="Handwritten digits")
    motion = make_task("world-egomotion", 5, title="Camera motion", quadrant=structural, synthetic=True)
    steps = make_task(
        "world-steps",
        title="Steps to the target",
        quadrant=structural,
        target=Values(size=1, unit="steps"),
        metrics=FAMILIES["values"],
        primary="mae",
        synthetic=True,
    )
    few = {"regime": Regime(kind="shots", n=5)}
    for encoder, skill in skills.items():
        for task in (objects, digits, motion):
            lab.run(encoder, task, skill)
            lab.run(encoder, task, min(0.98, skill + 0.03), probe="best")
            lab.run(encoder, task, skill - 0.06, probe="knn")
        lab.run(encoder, objects, skill - 0.2, declared=few)
        lab.measure(encoder, steps, skill, probe="ridge")
        for task in (parts_task(), depth_task(), flow_task()):
            lab.measure(encoder, task, skill)
    return lab
