"""The zoo: published encoders, each with its card, under names that say what they are. See ``virb encoders list``."""

from typing import TYPE_CHECKING, final

from virb.encoders import ENCODERS, EncoderSource, Listed, Loaded
from virb.encoders._packaged import PACKAGED, Packaged
from virb.encoders._zoo_files import fetch, path_of, require, size_of
from virb.encoders._zoo_table import Row, row_named, rows
from virb.progress import Progress
from virb.spec import EncoderSpec, InputPolicy

if TYPE_CHECKING:
    from virb.encoders._checkpoints import Matched


@final
class Zoo(EncoderSource):
    """Encoders with a card: method, data, licence, and weights whose digest is known from the first sight on."""

    form = "zoo:NAME"
    about = "published encoders with a card of their own: virb encoders list"

    def parse(self, name: str, rest: str) -> EncoderSpec:
        """See :meth:`EncoderSource.parse`."""
        if rest in PACKAGED:
            made = PACKAGED[rest]
            return EncoderSpec(
                name=name, source="zoo", arch=made.arch, weights=rest, layout=made.package, pretraining=made.pretraining
            )
        row = row_named(rest, tuple(PACKAGED))
        layout = row.layout if row.via is None else row.via.partition(":")[0]
        return EncoderSpec(
            name=name, source="zoo", arch=row.arch, weights=row.name, layout=layout, pretraining=row.pretraining()
        )

    def check(self, spec: EncoderSpec, inputs: InputPolicy) -> None:
        """See :meth:`EncoderSource.check`."""
        known = _known(spec)
        if isinstance(known, Packaged):
            known.digest(spec.name)
        elif known.url is not None:
            _matched(known, spec.name)
        else:
            inner = _inner(known, spec.name)
            ENCODERS.load(inner.source).check(inner, inputs)

    def weights_digest(self, spec: EncoderSpec) -> str | None:
        """See :meth:`EncoderSource.weights_digest`."""
        known = _known(spec)
        if isinstance(known, Packaged):
            return known.digest(spec.name)[:16]
        if known.url is not None:
            return require(known, spec.name)[1][:16]
        inner = _inner(known, spec.name)
        return ENCODERS.load(inner.source).weights_digest(inner)

    def load(self, spec: EncoderSpec, inputs: InputPolicy) -> Loaded:
        """See :meth:`EncoderSource.load`."""
        known = _known(spec)
        if isinstance(known, Packaged):
            return known.load(spec.name)
        if known.url is not None:
            found = _matched(known, spec.name)
            built = found.build(inputs.sides, spec.name)
            title = found.candidate.title
            arch = None if title == spec.arch else title
            loaded = Loaded(built.trunk(spec.name), built.preprocessing, found.notes, arch)
        else:
            inner = _inner(known, spec.name)
            loaded = ENCODERS.load(inner.source).load(inner, inputs)
        return loaded._replace(notes=(*loaded.notes, *([known.note] if known.note else [])))

    def fetch(self, spec: EncoderSpec, progress: Progress) -> str:
        """Have the weights on this machine.

        Returns:
            Where they are, for people.

        Raises:
            UserError: they cannot be had, or are not what they were when they were first seen.
        """
        known = _known(spec)
        if isinstance(known, Packaged):
            known.digest(spec.name)
            return f"in the package {known.package}"
        if known.url is not None:
            return str(fetch(known, progress))
        # The other source keeps its own cache, and fills it when it loads.
        inner = _inner(known, spec.name)
        ENCODERS.load(inner.source).load(inner, InputPolicy())
        return f"as {known.via}"

    def listed(self) -> list[Listed]:
        """See :meth:`EncoderSource.listed`."""
        known: dict[str, Packaged | Row] = {**PACKAGED, **rows()}
        return [_line(name, one) for name, one in known.items()]

    def offer(self, spec: EncoderSpec) -> Listed:
        """An encoder's line of the list; its size is asked of its server where nothing else says it."""
        known = _known(spec)
        return _line(str(spec.weights), known, ask=True)


def _line(name: str, known: Packaged | Row, ask: bool = False) -> Listed:
    if isinstance(known, Packaged):
        made = known.pretraining.declared()
        return Listed(f"zoo:{name}", known.about, known.here, known.licence, card=made)
    return Listed(
        name=f"zoo:{name}",
        about=known.about,
        here=path_of(known).exists() if known.via is None else _kept(known.via),
        licence=known.licence,
        size=size_of(known, ask),
        card={key: value for key, value in known.model_dump().items() if key not in {"name", "size", "licence"}},
    )


def _known(spec: EncoderSpec) -> Packaged | Row:
    assert spec.weights is not None
    return PACKAGED[spec.weights] if spec.weights in PACKAGED else row_named(spec.weights)


def _matched(row: Row, name: str) -> "Matched":
    """A row's file, read in the row's layout and matched to its architecture."""
    from virb.encoders._checkpoints import match  # torch comes with it
    from virb.encoders._weight_files import read_weights

    path, _ = require(row, name)
    return match(read_weights(path), str(path), row.arch, layout=row.layout, copy=row.which)


def _inner(row: Row, name: str) -> EncoderSpec:
    """What the other source of a row's weights is asked for."""
    assert row.via is not None, row.name
    source, _, rest = row.via.partition(":")
    return ENCODERS.load(source).parse(row.via, rest).model_copy(update={"name": name})


def _kept(via: str) -> bool:
    """Whether another source has the weights already, as far as can be told without asking torch."""
    source, _, rest = via.partition(":")
    if source != "timm":
        return True  # nothing to fetch
    from huggingface_hub import try_to_load_from_cache

    files = ("model.safetensors", "pytorch_model.bin", "open_clip_model.safetensors")
    return any(isinstance(try_to_load_from_cache(f"timm/{rest}", file), str) for file in files)


SOURCE = Zoo()
