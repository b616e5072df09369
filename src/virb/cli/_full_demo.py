"""What ``virb demo --full`` reads out, how much that is before it starts, and how much was shared when it ends."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, final

from virb.errors import UserError, unknown

if TYPE_CHECKING:
    from virb.encoders._encoder import Encoder
    from virb.spec import Record, Task

ENCODERS = ("zoo:efficientnet-lite0", "random:resnet18", "pixels", "histogram")
"""A trained encoder and three floors: no training, no encoder, no places."""
SIZE = 64
PREFIX = "world-"


def choose(names: Sequence[str], share: float) -> "tuple[list[Task], list[str]]":
    """The tasks of the world, from the shelf, so that a task that joins is part of it.

    Args:
        names: some of them; all where there are none.
        share: of each world, the first so much of each split.

    Returns:
        tasks, and what is left out, in sentences.

    Raises:
        UserError: a name that no task of the world has, or a share that is not above 0 and at most 1.
    """
    from virb.tasks import TASKS

    known = [name for name in TASKS.names() if name.startswith(PREFIX)]
    for name in names:
        if name not in known:
            raise unknown("task of the world", name, known)
    if not 0 < share <= 1:
        raise UserError(f"'{share:g}' is no share.", "Ask for more than 0 and at most 1, such as 0.1.")
    chosen = [TASKS.load(name) for name in names or known]
    if share == 1:
        return chosen, []
    # Heads of a whole parent would be fitted on all of its world, which is not what a share is asked for.
    alone = [task for task in chosen if not task.trained_on]
    left = [
        f"left out: {t.name} uses the heads of {t.trained_on}, which needs all of it" for t in chosen if t.trained_on
    ]
    return [task.model_copy(update={"data": f"{task.data}@{share:g}"}) for task in alone], left


@final
class Need(NamedTuple):
    """What an encoder has to see.

    Attributes:
        tasks: how many.
        apart: images that the tasks would need, each by itself.
        distinct: images of their data sources.
        rendered: bytes of the worlds.
        kept: bytes of features that stay in the cache.
        passing: bytes of maps, at most, which go as soon as their last reader is done.
    """

    tasks: int
    apart: int
    distinct: int
    rendered: int
    kept: int
    passing: int


def needed(tasks: "Sequence[Task]", encoders: "Sequence[Encoder]") -> Need:
    """Count what is read, before anything is drawn.

    Args:
        tasks: of the world.
        encoders: that read them.
    """
    from virb.data.world import world_size
    from virb.features import size_of

    worlds = {name: world_size(name.removeprefix("world:")) for name in images_of(tasks)}
    dense = {task.data for task in tasks if task.target.dense}
    return Need(
        tasks=len(tasks),
        apart=sum(_alone(task) for task in tasks),
        distinct=sum(images for images, _ in worlds.values()),
        rendered=sum(size for _, size in worlds.values()),
        kept=sum(size_of(encoder, images, maps=False) for encoder in encoders for images, _ in worlds.values()),
        passing=max((size_of(e, worlds[name][0], maps=True) for e in encoders for name in dense), default=0),
    )


def images_of(tasks: "Sequence[Task]") -> list[str]:
    """The data sources that are opened, parents' among them, each once."""
    from virb.tasks import resolve_task

    parents = [resolve_task(task.trained_on).data for task in tasks if task.trained_on]
    return list(dict.fromkeys([*(task.data for task in tasks), *parents]))


def _alone(task: "Task") -> int:
    """Images that one task reads, with those that its parent's heads are fitted on."""
    from virb.data.world import world_examples
    from virb.tasks import resolve_task

    own = sum(world_examples(task.data.removeprefix("world:")).values()) * task.images_per_example
    if task.trained_on is None:
        return own
    parent = resolve_task(task.trained_on)
    splits = world_examples(parent.data.removeprefix("world:"))
    return own + (splits["fit"] + splits["select"]) * parent.images_per_example


def shared(records: "Sequence[Record]", need: Need) -> Mapping[str, float]:
    """What really went through the encoders, by what the records say.

    Returns:
        ``encoded`` and ``apart``: images, of all encoders; ``extract``, ``fit`` and ``test``: seconds.
    """
    encoders = {record.experiment.encoder for record in records}
    seconds = {stage: sum(r.seconds.get(stage, 0.0) for r in records) for stage in ("extract", "fit", "test")}
    return {"encoded": sum(r.encoded for r in records), "apart": need.apart * len(encoders), **seconds}
