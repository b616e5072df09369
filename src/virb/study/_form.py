"""What a ``study.yaml`` may say: its fields, their types, and a line about each for whoever gets one wrong."""

from typing import Annotated, Any, Literal, final

from pydantic import BeforeValidator, Field, StrictInt, StrictStr
from pydantic.functional_validators import AfterValidator

from virb.errors import UserError
from virb.spec import Balance, Recipe, Spec, input_policy

MOST_RUNS = 1000
"""More is a slip of the hand."""


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | int | dict) and not isinstance(value, bool) else value


def _counted(value: Any) -> Any:
    """``3`` stands for runs 1, 2, 3."""
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    if not 1 <= value <= MOST_RUNS:
        raise ValueError("no number of runs")
    return list(range(1, value + 1))


def _each_once(values: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(values)) < len(values):
        raise ValueError("a number stands there twice")
    return values


Text = Annotated[StrictStr, Field(min_length=1)]
Names = Annotated[tuple[Text, ...], BeforeValidator(_listed), Field(min_length=1)]
Count = Annotated[StrictInt, Field(ge=1)]
Number = Annotated[StrictInt, Field(ge=0)]
Seeds = Annotated[tuple[Number, ...], BeforeValidator(_listed), AfterValidator(_each_once), Field(min_length=1)]
Runs = Annotated[tuple[Number, ...], BeforeValidator(_counted), AfterValidator(_each_once), Field(min_length=1)]


def _a_size(value: int | str) -> int | str:
    try:
        input_policy(value)
    except UserError as error:
        raise ValueError(error.problem) from error
    return value


Size = Annotated[StrictInt | StrictStr, AfterValidator(_a_size)]


def _default(field: str) -> Any:
    return Recipe.model_fields[field].default


@final
class DataForm(Spec):
    """An entry of ``data`` that says more than a name."""

    source: Names = Field(description="a data source, such as world:objects, or a list of those that are mixed")
    fraction: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="the share of the images that is kept, above 0 and at most 1, such as 0.5"
    )
    balance: Balance | None = Field(default=None, description="uniform, linear or log")
    side: Count | None = Field(default=None, description="the side of a domain's images in pixels, such as 128")


@final
class PretrainForm(Spec):
    """Which encoders are pre-trained: the product of methods, data and runs."""

    methods: Names = Field(description="a list of pre-training methods, such as [moco-v2, swav]")
    data: Annotated[tuple[Text | DataForm, ...], BeforeValidator(_listed), Field(min_length=1)] = Field(
        description="a list of data sources, such as [world:objects, world:scenes], "
        "or of entries such as {source: world:objects, fraction: 0.5, balance: linear}"
    )
    arch: Text = Field(description="a timm architecture, such as narrow_resnet10_w16")
    images: Count | None = Field(default=None, description="how many images of each source, such as 8000")
    images_seen: Count = Field(
        description="how many images each run sees in all, repeats counted, such as 80000: at least a batch"
    )
    runs: Runs = Field(
        default=(1,), description=f"how many runs, 1 to {MOST_RUNS}, such as 3; or which, each once, such as [1, 2, 3]"
    )
    size: Count = Field(default=_default("size"), ge=8, description="the side of a view in pixels, 8 or more")
    batch: Count = Field(default=_default("batch"), ge=2, description="how many images a step takes, 2 or more")
    settings: dict[Text, dict[Text, float]] = Field(
        default={}, description="for each method its settings, such as {moco-v2: {queue: 2048}}"
    )


@final
class StudyForm(Spec):
    """The whole file."""

    name: Annotated[Text, Field(max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] = Field(
        description="a word for the study, such as pilot: letters, digits, dots and dashes, at most 60"
    )
    pretrain: PretrainForm | None = Field(
        default=None, description="what to pre-train, with fields methods, data, arch, images_seen"
    )
    encoders: Names | tuple[()] = Field(default=(), description="a list of encoders, such as [random:resnet18, pixels]")
    tasks: Names = Field(description="a list of end tasks, such as [world-object, world-count]")
    probes: Names | None = Field(default=None, description="a list of probes, such as [logistic, knn]")
    layers: Literal["final", "best", "both"] = Field(default="both", description="final, best or both")
    size: Size = Field(
        default=224,
        description="the side of the images that encoders see in pixels, such as 64; or 512x1024, height x width",
    )
    fit: Literal["squash", "crop", "pad"] = Field(default="squash", description="squash, crop or pad")
    seeds: Seeds = Field(default=(0,), description="a list of whole numbers, each once, such as [0]")
