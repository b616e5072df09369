"""Matching a file of weights to an architecture: the whole trunk or nothing, and never a guess between two."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor

from virb.encoders._architectures import Architecture, build, libraries_of, outline
from virb.encoders._layouts import PLAIN, Layout, layout_named, recognise
from virb.encoders._left_over import LeftOver, beyond, some, sort_out
from virb.encoders._networks import (
    File,
    Network,
    Shapes,
    bare,
    choose,
    copy_name,
    in_dialects,
    shapes_of,
    under_own_names,
)
from virb.encoders._recognition import Candidate, adapted, candidates, neighbours
from virb.encoders._statistics import statistics
from virb.encoders._trunks import at_size
from virb.encoders._trust import trusting
from virb.encoders._weight_files import Contents, read_weights
from virb.errors import UserError
from virb.spec import Preprocessing, Sides


@final
@dataclass(frozen=True)
class Matched:
    """Weights under the architecture's own names, and what is known of them.

    Attributes:
        candidate: architecture, library and options.
        state: every weight of the trunk, and no other.
        needed: how many weights the trunk has; all are there.
        layout: how the file is laid out.
        copy: which of its networks was taken; empty where it has one and no name for it.
        place: table and prefix of that network in the file.
        why: why this copy.
        left: what was left over, by kind.
        preprocessing: the channel statistics to be used.
        notes: what the reader of a score should know.
    """

    candidate: Candidate
    state: dict[str, Tensor]
    needed: int
    layout: Layout
    copy: str
    place: str
    why: str
    left: tuple[LeftOver, ...]
    preprocessing: Preprocessing
    notes: tuple[str, ...] = field(default=())

    @property
    def arch(self) -> str:
        """A name of timm or torchvision."""
        return self.candidate.arch

    def build(self, size: int | Sides, name: str) -> Architecture:
        """The network with these weights, for images of this size: the side of a square, or height and width.

        Raises:
            UserError: it cannot take that size.
        """
        made = build(self.arch, library=self.candidate.library, options=dict(self.candidate.options))
        # What a file may lack are counters of batches seen, which evaluation never reads: they keep their zeros.
        made.module.load_state_dict({**made.module.state_dict(), **self.state})
        at_size(made.module, size, name)
        return made._replace(preprocessing=self.preprocessing)


def read_checkpoint(
    path: Path,
    arch: str | None = None,
    *,
    layout: str | None = None,
    copy: str | None = None,
    trust_pickle: bool = False,
) -> Matched:
    """Read a file, or a Hugging Face folder, find the network in it and match it to an architecture.

    Args:
        path: of the file or folder.
        arch: a timm or torchvision name; by default it is found from the names and shapes in the file.
        layout: short name of a layout; by default it is recognised.
        copy: which of several networks in the file, such as ``"teacher"``; by default the publishers' own choice.
        trust_pickle: whether the file may run code while it is read.

    Raises:
        UserError: the file cannot be read safely; it does not hold the whole trunk (with the coverage and the nearest
            architecture); its network goes on where the architecture ends; or several networks or architectures fit.
    """
    with trusting(trust_pickle):
        return match(read_weights(path), str(path), arch, layout=layout, copy=copy)


def match(
    contents: Contents, title: str, arch: str | None = None, *, layout: str | None = None, copy: str | None = None
) -> Matched:
    """Match what was read. See :func:`read_checkpoint`; ``title`` is what messages call the file."""
    libraries = libraries_of(arch) if arch else ("timm",)
    file = File(title, {place: bare(tensors) for place, tensors in contents.tables.items()}, contents)
    networks = [*in_dialects(file)]
    if arch:
        networks += [one for library in libraries for one in under_own_names(file, arch, library)]
    found = layout_named(layout) if layout else recognise(file.names, {network.site for network in networks})
    taken, chosen = choose(networks, found, copy, file)
    fits = [fit for network in chosen for fit in _fits(network, arch, libraries, found, file)]
    whole = _distinct([fit for fit in fits if fit.whole])
    if not whole:
        raise _mismatch(fits, networks, arch, file)
    if arch:  # of two libraries with one name, the first whose network it is
        whole = [fit for fit in whole if fit.candidate.library == whole[0].candidate.library]
    exact = [fit for fit in whole if not _beyond(fit, file)]
    if not exact:
        raise UserError(
            f"'{title}' holds a larger network than '{whole[0].candidate.title}', or another.",
            f"Beyond it: {some(_beyond(whole[0], file))}.\n{_nearest(networks, found, file)}",
        )
    _refuse_ambiguous(exact, file)
    best = exact[0]
    _refuse_settings(best, file)
    left, heads = [*_left(best, file)], best.architecture.head
    name = taken.name if taken else copy or best.network.site
    others = {
        network.site: f"{copy_name(network, found) or network.site}, while {name} is taken"
        for network in networks
        if not best.network.site.startswith(network.site) and (not network.library or _mostly(network, best))
    }
    preprocessing, told = statistics(found, best.architecture.preprocessing, contents.processor)
    if layout == PLAIN.name:  # whoever says so knows the rest, too
        told = ""
    matched = Matched(
        candidate=best.candidate,
        state=best.state(),
        needed=len(best.needed),
        layout=found,
        copy=taken.name if taken else copy or "",
        place=best.network.site,
        why="asked for" if copy else (taken.why or "the only copy that is whole") if taken else "",
        left=sort_out(left, best.network.site, heads, others),
        preprocessing=preprocessing,
    )
    return replace(matched, notes=(*contents.notes, *_notes(matched, found_out=arch is None, statistics_told=told)))


# ------------------------------------------------------------------------------------------------ fitting


@final
@dataclass(frozen=True)
class _Fit:
    """How far one network in a file is one architecture."""

    network: Network
    candidate: Candidate
    architecture: Architecture

    @cached_property
    def wanted(self) -> Shapes:
        return shapes_of(self.architecture)

    @cached_property
    def needed(self) -> frozenset[str]:
        """Every weight but the counters of batches seen, which only training reads."""
        return frozenset(name for name in self.wanted if not name.endswith("num_batches_tracked"))

    @cached_property
    def matched(self) -> frozenset[str]:
        return frozenset(name for name, shape in self.wanted.items() if self._holds(name, shape))

    @property
    def whole(self) -> bool:
        return self.needed <= self.matched

    def state(self) -> dict[str, Tensor]:
        """The weights under the architecture's names, in its shapes."""
        return {name: self._read(name) for name in self.wanted if name in self.matched}

    def _holds(self, name: str, shape: tuple[int, ...]) -> bool:
        there = self.network.state.shape(name)
        return there is not None and (_squeezed(there) == _squeezed(shape) or self._folds(name))

    def _folds(self, name: str) -> bool:
        """Whether the file has a position for the class token and the architecture has none: DINOv2 with registers."""
        state = self.network.state
        if name != "pos_embed" or "cls_token" not in state or "reg_token" not in self.wanted:
            return False
        there, shape = state.shape(name), self.wanted[name]
        return there is not None and len(there) == 3 and (there[1] - 1, there[2]) == shape[1:]

    def _read(self, name: str) -> Tensor:
        values = self.network.state[name]
        # timm adds no position to the class token there: it is added once, here.
        if self._folds(name):
            values = values[:, 1:]
        elif name == "cls_token" and self._folds("pos_embed"):
            values = values + self.network.state["pos_embed"][:, :1]
        return values.reshape(self.wanted[name]).clone()


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A 1 x 1 convolution is a linear layer, and a class token is one with or without a batch's dimension."""
    return tuple(side for side in shape if side != 1)


def _fits(network: Network, arch: str | None, libraries: tuple[str, ...], layout: Layout, file: File) -> Iterator[_Fit]:
    if arch is None:
        proposed: Iterable[Candidate] = candidates(network.dialect.family, network.state)
    elif network.library:
        proposed = (Candidate(arch, library=network.library),)
    else:
        proposed = (Candidate(arch),) if "timm" in libraries else ()
    for candidate in proposed:
        yield _fit(network, adapted(candidate, network.state), layout, file)


def _fit(network: Network, candidate: Candidate, layout: Layout, file: File) -> _Fit:
    heads = _heads(network, layout, file)
    if heads and candidate.arch.startswith("vit_"):
        usual = outline(candidate.arch, candidate.library, candidate.options)
        if usual.module.get_submodule("blocks.0.attn").num_heads != heads:
            candidate = candidate.having(num_heads=heads)
    try:
        return _Fit(network, candidate, outline(candidate.arch, candidate.library, candidate.options))
    except (AssertionError, RuntimeError, TypeError, ValueError):
        # what timm says of options that its network cannot have; without them the shapes tell what does not fit
        plain = Candidate(candidate.arch, library=candidate.library)
        return _Fit(network, plain, outline(plain.arch, plain.library))


def _heads(network: Network, layout: Layout, file: File) -> int | None:
    """How many attention heads a ViT has: no shape tells, so it is the layout or the settings beside the file."""
    if file.contents.config is not None:
        heads: Any = file.contents.config.get("num_attention_heads")
        return heads if isinstance(heads, int) else None
    width = (network.state.shape("patch_embed.proj.weight") or (0,))[0]
    return dict(layout.heads).get(width)


def _mostly(network: Network, best: _Fit) -> bool:
    """Whether a place with a few of an architecture's names is a copy of it, and not a part of one."""
    return len(replace(best, network=network).matched) > len(best.matched) / 2


def _distinct(fits: list[_Fit]) -> list[_Fit]:
    """One of those that read the same weights into the same architecture."""
    return list({(fit.network.site, fit.candidate): fit for fit in reversed(fits)}.values())[::-1]


def _refuse_ambiguous(whole: list[_Fit], file: File) -> None:
    best = whole[0]
    kinds = list(dict.fromkeys(fit.candidate for fit in whole if fit.network.site == best.network.site))
    if len(kinds) > 1:
        titles = [one.title for one in kinds]
        raise UserError(
            f"'{file.title}' fits {' and '.join(repr(title) for title in titles)}, whose weights have the same names "
            "and shapes.",
            f"Say which it is: checkpoint:FILE@{kinds[0].arch}. (CLIP's own weights and some others compute with "
            "QuickGELU, OpenCLIP's with GELU: their publishers say.)"
            if any("quickgelu" in title for title in titles)
            else f"Say which it is: checkpoint:FILE@{kinds[0].arch}.",
        )
    for other in whole[1:]:
        same = other.candidate == best.candidate and all(
            torch.equal(best.network.state[name], other.network.state[name]) for name in best.needed
        )
        if not same:
            sites = [repr(f"{site}*") for site in dict.fromkeys(fit.network.site for fit in whole)]
            words = [word for word in re.split(r"[./]", other.network.site) if word]
            raise UserError(
                f"'{file.title}' holds {len(sites)} different networks that fit '{best.candidate.title}': "
                f"{', '.join(sites)}.",
                f"Say which you want, such as checkpoint:FILE@{best.candidate.arch}#{words[0] if words else 'NAME'}, "
                "or save it alone.",
            )


_SETTINGS = {
    "resnet-hf": {"hidden_act": ("relu",), "downsample_in_bottleneck": (False,), "downsample_in_first_stage": (False,)},
    "vit": {"hidden_act": ("gelu",), "qkv_bias": (True,)},
}
"""Settings of a Hugging Face model that no shape tells, and their values in timm's network of the same shapes."""


def _refuse_settings(best: _Fit, file: File) -> None:
    for name, allowed in _SETTINGS.get(best.network.dialect.family, {}).items():
        value = (file.contents.config or {}).get(name, allowed[0])
        if value not in allowed:
            raise UserError(
                f"'{file.title}' says {name} = '{value}' in config.json; '{best.candidate.title}' has '{allowed[0]}'.",
                "timm has no network that computes it: build it with transformers, and give the nn.Module to "
                "virb.evaluate.",
            )


def _left(best: _Fit, file: File) -> Iterator[tuple[str, str]]:
    """Full names of what was not loaded, each with what it would be called in the architecture."""
    state, site = best.network.state, best.network.site
    own = {f"{site}{source}": name for name in state for source in state.sources(name)}
    taken = {full for full, name in own.items() if name in best.matched}
    for full in file.names:
        if full not in taken:
            yield full, own.get(full, full)


def _beyond(fit: _Fit, file: File) -> list[str]:
    return list(beyond(_left(fit, file), fit.network.site, fit.wanted, fit.architecture.head))


# ------------------------------------------------------------------------------------------------ what is said


def _notes(matched: Matched, *, found_out: bool, statistics_told: str) -> Iterator[str]:
    which = f" ({matched.copy}: {matched.why})" if matched.copy and matched.why not in ("", "the only one") else ""
    if found_out:
        yield f"checkpoint: {matched.layout.title}{which}; found to be {matched.candidate.title}"
    elif which:
        yield f"checkpoint: {matched.layout.title}{which}"
    vit = matched.candidate.library == "timm" and matched.arch.startswith("vit_")
    if found_out and vit and not matched.layout.heads and matched.layout.name != "huggingface":
        yield f"no file of weights says how many attention heads it has: those of timm's {matched.arch} are taken"
    if statistics_told:
        yield statistics_told
    if matched.left:
        yield f"left over in the checkpoint: {'; '.join(str(one) for one in matched.left)}"


def _mismatch(fits: list[_Fit], networks: list[Network], arch: str | None, file: File) -> UserError:
    """Refuse with the coverage of the best reading, and name the architecture that fits best."""
    if not fits:
        begin = some(sorted({name.rsplit("/", 1)[-1].split(".")[0] for name in file.names}), 8)
        seen = next((network for network in networks if not network.library), None)
        like = f"It has a {seen.dialect.name} at '{seen.site}*', of a size that virb does not know.\n" if seen else ""
        return UserError(
            f"'{file.title}' holds no whole network that virb recognises; its names begin with {begin}.",
            f"{like}{_nearest(networks, PLAIN, file)}\n"
            "Say what it is: checkpoint:FILE@ARCH, a name of timm or torchvision.",
        )
    best = max(fits, key=lambda fit: len(fit.matched & fit.needed) / len(fit.needed))
    missing, state = sorted(best.needed - best.matched), best.network.state
    wrong = [name for name in missing if name in state]
    left = sum(1 for _ in _left(best, file))
    lines = [f"{len(best.needed & best.matched)} of {len(best.needed)} weights matched, {left} were left over."]
    if wrong:
        have, want = list(state.shape(wrong[0]) or ()), list(best.wanted[wrong[0]])
        lines.append(f"'{wrong[0]}' has shape {have} in the file and {want} in '{best.candidate.title}'.")
    absent = [name for name in missing if name not in wrong]
    if absent:
        lines.append(f"Missing: {some(absent)}.")
    if arch:
        lines.append(_nearest(networks, PLAIN, file))
    return UserError(f"'{file.title}' does not hold the weights of '{best.candidate.title}'.", "\n".join(lines))


def _nearest(networks: list[Network], layout: Layout, file: File) -> str:
    """Name the architecture that explains most of the file."""
    dialects = [network for network in networks if not network.library]
    fits = [fit for network in dialects for fit in _fits(network, None, ("timm",), layout, file)]
    if not any(fit.whole for fit in fits):
        fits += [
            _fit(network, adapted(candidate, network.state), layout, file)
            for network in dialects
            for candidate in neighbours(network.dialect.family, network.state)
        ]
    # Of two that fit wholly, the larger explains more of the file.
    best = max(fits, key=lambda fit: (len(fit.matched & fit.needed) / len(fit.needed), len(fit.needed)), default=None)
    if best is None or len(best.matched & best.needed) < len(best.needed) / 2:
        return "No architecture that virb recognises by itself fits it."
    have, need = len(best.matched & best.needed), len(best.needed)
    return f"Nearest: '{best.candidate.title}' ({'fits wholly' if have == need else f'{have} of {need} weights fit'})."
