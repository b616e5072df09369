"""Your own weights: ``checkpoint:FILE@ARCH``, or ``checkpoint:RUN``. The whole trunk is loaded, or nothing is."""

from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, final

from virb.encoders import EncoderSource, Listed, Loaded
from virb.encoders._runs import is_run, read_recipe, read_run
from virb.errors import UserError
from virb.spec import EncoderSpec, InputPolicy

if TYPE_CHECKING:
    from virb.encoders._checkpoints import Matched


@final
class Checkpoint(EncoderSource):
    """A file of weights for a timm or torchvision architecture, with or without wrappers around its names.

    The folder of a finished pre-training run says itself what it is.
    """

    form = "checkpoint:FILE@ARCH"
    about = (
        "your own weights for a timm or torchvision architecture, such as checkpoint:run/last.pth@resnet50; "
        "or checkpoint:RUN, the folder of a pre-training run"
    )

    def parse(self, name: str, rest: str) -> EncoderSpec:
        """See :meth:`EncoderSource.parse`."""
        folder = Path(rest).expanduser().resolve()
        if rest and is_run(folder):
            return read_recipe(folder).encoder(folder)
        path, at, arch = rest.rpartition("@")
        if not at or not path or not arch:
            raise UserError(f"'{name}' does not say which architecture the weights are for.", f"Write {self.form}.")
        return EncoderSpec(name=name, source="checkpoint", arch=arch, weights=str(Path(path).expanduser().resolve()))

    def check(self, spec: EncoderSpec, inputs: InputPolicy) -> None:
        """See :meth:`EncoderSource.check`."""
        _matched(spec)

    def weights_digest(self, spec: EncoderSpec) -> str | None:
        """See :meth:`EncoderSource.weights_digest`."""
        with _path(spec).open("rb") as file:
            return file_digest(file, "sha256").hexdigest()[:16]

    def load(self, spec: EncoderSpec, inputs: InputPolicy) -> Loaded:
        """See :meth:`EncoderSource.load`."""
        from virb.encoders._architectures import build
        from virb.encoders._trunks import at_size

        library, matched = _matched(spec)
        built = build(spec.arch, library=library)
        # What a file may lack are counters of batches seen, which evaluation never reads: they keep their zeros.
        built.module.load_state_dict({**built.module.state_dict(), **matched.state})
        at_size(built.module, inputs.size, spec.name)
        return Loaded(built.trunk(spec.name), built.preprocessing, (*matched.notes, *_cautions(spec)))

    def listed(self) -> list[Listed]:
        """See :meth:`EncoderSource.listed`."""
        return [Listed(self.form, self.about, here=True)]


def _matched(spec: EncoderSpec) -> tuple[str, "Matched"]:
    """Match the file to the architecture in each library that has one of this name; the first error counts."""
    from virb.encoders._architectures import libraries_of, outline  # torch comes with it
    from virb.encoders._checkpoints import match, read_tensors

    libraries = libraries_of(spec.arch)
    tensors = read_tensors(_path(spec))
    errors: list[UserError] = []
    for library in libraries:
        try:
            return library, match(tensors, outline(spec.arch, library), spec)
        except UserError as error:
            errors.append(error)
    raise errors[0]


def _path(spec: EncoderSpec) -> Path:
    assert spec.weights is not None
    if spec.path is not None:
        return _weights_of_run(spec, Path(spec.path))
    path = Path(spec.weights)
    if path.is_dir():
        raise UserError(f"'{path}' is a folder.", "Name the file of weights inside it.")
    if not path.exists():
        near = [other.name for other in sorted(path.parent.glob(f"*{path.suffix}"))] if path.parent.is_dir() else []
        there = f"'{path.parent}' has {', '.join(near[:8])}." if near else f"Looked in '{path.parent}'."
        raise UserError(f"There is no file '{path}'.", there)
    return path


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
