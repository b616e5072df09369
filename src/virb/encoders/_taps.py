"""Reading what parts of a network return: hooks, and outputs brought to the form of maps."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import gcd, isqrt
from typing import Any

import torch
from torch import Tensor, nn

from virb.encoders._encoder import proportionate
from virb.errors import UserError
from virb.spec import Sides


@contextmanager
def tapped(module: nn.Module, paths: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Keep what parts of a module return during the forward passes inside.

    Args:
        module: the whole.
        paths: from a name of the caller's to a part's path, as ``named_modules`` has it.

    Yields:
        What each part returned last, by the caller's names.
    """
    kept: dict[str, Any] = {}

    def keeper(name: str) -> Any:
        def keep(_part: nn.Module, _inputs: Any, output: Any) -> None:
            # A copy: many networks go on with an activation in place, and the map would be that of the next part.
            kept[name] = output.clone() if isinstance(output, Tensor) else output

        return keep

    hooks = [module.get_submodule(path).register_forward_hook(keeper(name)) for name, path in paths.items()]
    try:
        yield kept
    finally:
        for hook in hooks:
            hook.remove()


def tokens_to_map(tokens: Tensor, sides: Sides, prefix: int | None = None) -> Tensor:
    """Lay out tokens as a map, rows first: of patches as high as they are wide.

    Args:
        tokens: batch x tokens x width.
        sides: of the image that they cover.
        prefix: how many tokens that stand for no place (class, registers, distillation) come first; None where that is
            not known: tokens that fill the image have none, and one more has a class token.

    Returns:
        batch x width x rows x columns.

    Raises:
        ValueError: the tokens do not fill the image.
    """
    count = tokens.shape[1]
    down, across = (side // gcd(*sides) for side in sides)  # a map has so many rows and columns, or a multiple
    times = isqrt(max(0, count - (prefix or 0)) // (down * across))
    first = count - times**2 * down * across
    shape = "square" if down == across else f"{down} x {across} or a multiple"
    if prefix is None and first > 1:
        raise ValueError(f"{count} tokens are neither a {shape} nor a class token before one")
    if times == 0 or (prefix is not None and first != prefix):
        raise ValueError(f"{count} tokens less {prefix or 0} are no {shape}")
    return tokens[:, first:].transpose(1, 2).reshape(len(tokens), -1, times * down, times * across)


def as_map(output: Any, images: Tensor, name: str, what: str) -> Tensor:
    """Take what a module or a part of one returned as a map.

    Args:
        output: a map, batch x width x rows x columns, or tokens, batch x tokens x width.
        images: that it saw, batch x 3 x height x width.
        name: of the encoder, for messages.
        what: whose output it is, for messages.

    Returns:
        batch x width x rows x columns.

    Raises:
        UserError: it is neither.
    """
    remedy = (
        "Wanted: batch x width x rows x columns, in proportion to the images; or batch x tokens x width, where a class "
        "token may come first. Wrap the network in an nn.Module that returns maps."
    )
    if not isinstance(output, Tensor) or output.ndim not in (3, 4) or len(output) != len(images):
        raise UserError(f"'{name}' gives {shown(output)} for {len(images)} images as {what}.", remedy)
    height, width = images.shape[-2:]
    if output.ndim == 3:
        try:
            return tokens_to_map(output, (height, width))
        except ValueError as error:
            raise UserError(f"'{name}' gives tokens that are no map as {what}: {error}.", remedy) from error
    if not proportionate(output.shape[2:], (height, width)):
        which = "square images" if height == width else f"images of {height} x {width} px"
        raise UserError(f"'{name}' gives {shown(output)} for {which} as {what}.", remedy)
    return output


def shown(output: Any) -> str:
    """An output in words."""
    return f"shape {[*output.shape]}" if isinstance(output, Tensor) else f"a {type(output).__name__}"


def outline_shapes(module: nn.Module, paths: Mapping[str, str], size: int) -> dict[str, tuple[int, ...]]:
    """Shapes of what parts return for one image of ``size`` pixels, without computing or copying anything.

    Returns:
        For each of ``paths`` that was passed and returned one tensor, in the order of passing.
    """
    state = {name: value.to("meta") for name, value in (*module.named_parameters(), *module.named_buffers())}
    module.eval()  # in training mode some networks go through parts of their own
    with torch.inference_mode(), tapped(module, paths) as kept:
        torch.func.functional_call(module, state, torch.empty(1, 3, size, size, device="meta"))
    return {name: tuple(output.shape) for name, output in kept.items() if isinstance(output, Tensor)}
