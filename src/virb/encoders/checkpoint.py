"""Your own weights: ``checkpoint:FILE``, ``checkpoint:FILE@ARCH``, ``checkpoint:RUN``. The whole trunk, or nothing."""

import re
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING, final

from virb.encoders import EncoderSource, Listed, Loaded
from virb.encoders._runs import is_run, read_recipe, read_run
from virb.errors import UserError
from virb.spec import EncoderSpec, InputPolicy

if TYPE_CHECKING:
    from virb.encoders._checkpoints import Matched

AUTO = "auto"
"""The architecture of a file whose name does not say one: it is found when the file is read."""

_REST = re.compile(r"(?P<path>.+?)(?:@(?P<arch>\w+))?(?:#(?P<copy>[A-Za-z][\w-]*))?")


@final
class Checkpoint(EncoderSource):
    """A file of weights for a timm or torchvision architecture, in any published layout, or a Hugging Face folder.

    The folder of a finished pre-training run says itself what it is.
    """

    form = "checkpoint:FILE[@ARCH]"
    about = (
        "your own weights, such as checkpoint:run/last.pth: layout and architecture are found; @resnet50 says which, "
        "#teacher takes that copy; or checkpoint:RUN, the folder of a pre-training run"
    )

    def parse(self, name: str, rest: str) -> EncoderSpec:
        """See :meth:`EncoderSource.parse`.

        What is declared is the path, the architecture (``auto`` where none is named) and the copy. What is found in
        the file is no part of the id: the record's digest of the file tells whether it is still the same.
        """
        folder = Path(rest).expanduser().resolve()
        if rest and is_run(folder):
            return read_recipe(folder).encoder(folder)
        parts = _REST.fullmatch(rest)
        if parts is None or rest.startswith("@") or rest.endswith("@"):
            raise UserError(f"'{name}' names no file.", "Write checkpoint:FILE or checkpoint:FILE@ARCH.")
        copy = parts["copy"]
        return EncoderSpec(
            name=name,
            source="checkpoint",
            arch=parts["arch"] or AUTO,
            weights=str(Path(parts["path"]).expanduser().resolve()),
            layout=f"#{copy}" if copy else None,
        )

    def check(self, spec: EncoderSpec, inputs: InputPolicy) -> None:
        """See :meth:`EncoderSource.check`."""
        matched(spec)

    def weights_digest(self, spec: EncoderSpec) -> str | None:
        """See :meth:`EncoderSource.weights_digest`. Of a folder: over its settings and its files of weights."""
        from virb.encoders._weight_files import files_of

        digests = []
        for path in files_of(_path(spec)):
            with path.open("rb") as file:
                digests.append(file_digest(file, "sha256").hexdigest())
        whole = digests[0] if len(digests) == 1 else sha256(" ".join(digests).encode()).hexdigest()
        return whole[:16]

    def load(self, spec: EncoderSpec, inputs: InputPolicy) -> Loaded:
        """See :meth:`EncoderSource.load`."""
        found = matched(spec)
        built = found.build(inputs.sides, spec.name)
        return Loaded(
            built.trunk(spec.name),
            built.preprocessing,
            (*found.notes, *_cautions(spec)),
            arch=None if spec.arch == found.candidate.title else found.candidate.title,
        )

    def listed(self) -> list[Listed]:
        """See :meth:`EncoderSource.listed`."""
        return [Listed(self.form, self.about, here=True)]


def matched(spec: EncoderSpec) -> "Matched":
    """The file of a spec, read and matched to its architecture.

    Raises:
        UserError: see :func:`virb.encoders._checkpoints.read_checkpoint`.
    """
    from virb.encoders._checkpoints import match  # torch comes with it
    from virb.encoders._weight_files import read_weights

    path = _path(spec)
    return match(
        read_weights(path),
        str(path),
        None if spec.arch == AUTO else spec.arch,
        layout=None if spec.path is None else "plain",  # a run keeps its trunk alone, under the architecture's names
        copy=None if spec.path or spec.layout is None else spec.layout.removeprefix("#"),
    )


def _path(spec: EncoderSpec) -> Path:
    assert spec.weights is not None
    return Path(spec.weights) if spec.path is None else _weights_of_run(spec, Path(spec.path))


def _weights_of_run(spec: EncoderSpec, folder: Path) -> Path:
    run = read_run(folder)
    if spec.weights != f"run:{run.recipe.id}":
        raise UserError(
            f"'{folder}' holds another run than '{spec.name}': {run.recipe.label}.", "Name the folder of that run."
        )
    return run.weights


def _cautions(spec: EncoderSpec) -> tuple[str, ...]:
    """What a reader of the scores must know about the run that the weights come from."""
    if spec.path is None:
        return ()
    if not read_run(Path(spec.path)).card["collapsed"]:
        return ()
    return ("this run collapsed: its embeddings are all but one point or line; its scores say nothing of the method",)


SOURCE = Checkpoint()
