"""Every metric by name: its direction, its family, and how it is shown. Sources stand where each is computed."""

from typing import Literal, NamedTuple, get_args

Family = Literal["classes", "values", "segmentation", "depth", "flow", "intensity"]
"""What kind of target a metric is for; ``virb.metrics`` has one meter for each."""


class Metric(NamedTuple):
    """A metric's direction, family and range, and one line about it."""

    better: Literal["higher", "lower"]
    family: Family
    about: str
    percent: bool = False
    """Shown times one hundred."""
    unit: str | None = None
    """Its unit, where it is not the target's."""


METRICS: dict[str, Metric] = {
    "accuracy": Metric("higher", "classes", "share of test examples whose most probable class is right", percent=True),
    "balanced-accuracy": Metric("higher", "classes", "mean over the classes in test of the share found", percent=True),
    "nll": Metric("lower", "classes", "mean negative log-likelihood of the right class, in nats"),
    "ece": Metric("lower", "classes", "expected calibration error over 15 bins of equal mass", percent=True),
    "nll-calibrated": Metric("lower", "classes", "nll after one temperature fitted on select, in nats"),
    "ece-calibrated": Metric("lower", "classes", "ece after one temperature fitted on select", percent=True),
    "mae": Metric("lower", "values", "mean absolute error over examples and numbers"),
    "r2": Metric("higher", "values", "share of the variance on test that is explained, mean over numbers"),
    "miou": Metric(
        "higher",
        "segmentation",
        "intersection over union, summed over all of test before it is divided, mean over the classes there",
        percent=True,
    ),
    "pixel-accuracy": Metric("higher", "segmentation", "share of labelled pixels whose class is right", percent=True),
    "delta-1.25": Metric(
        "higher", "depth", "share of pixels within a factor of 1.25 of the truth, mean over images", percent=True
    ),
    "abs-rel": Metric("lower", "depth", "mean of |error| / truth over pixels, mean over images", percent=True),
    "depth-l1": Metric("lower", "depth", "mean of |error| over pixels, mean over images"),
    "rmse": Metric("lower", "depth", "root of the mean squared error over pixels, mean over images"),
    "delta-1.25-aligned": Metric(
        "higher", "depth", "delta-1.25 after each image's median is brought to that of the truth", percent=True
    ),
    "abs-rel-aligned": Metric(
        "lower", "depth", "abs-rel after each image's median is brought to that of the truth", percent=True
    ),
    "epe": Metric("lower", "flow", "end-point error: mean length of the error, mean over images", unit="px"),
    "flow-outliers": Metric(
        "lower", "flow", "share of pixels whose error is above 3 px and above 5 % of the truth's length", percent=True
    ),
    "pixel-mae": Metric("lower", "intensity", "mean of |error| over pixels and their numbers, mean over images"),
    "pixel-rmse": Metric(
        "lower", "intensity", "root of the mean squared error over pixels and their numbers, mean over images"
    ),
}
"""Every metric name."""


def _names(family: Family) -> tuple[str, ...]:
    return tuple(name for name, metric in METRICS.items() if metric.family == family)


FAMILIES: dict[Family, tuple[str, ...]] = {family: _names(family) for family in get_args(Family)}
"""The metrics of each family, in the order to be shown."""
CLASS_METRICS = FAMILIES["classes"]
