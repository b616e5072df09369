"""Reading what parts of a network return: hooks, and outputs brought to the form of maps."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import isqrt
from typing import Any

import torch
from torch import Tensor, nn

from virb.errors import UserError


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


def tokens_to_map(tokens: Tensor, prefix: int | None = None) -> Tensor:
    """Lay out tokens of a square image as a map, rows first.

    Args:
        tokens: batch x tokens x width.
        prefix: how many tokens that stand for no place (class, registers, distillation) come first; None where that is
            not known: a square number of tokens then has none, and one more than a square has a class token.

    Returns:
        batch x width x rows x columns.

    Raises:
        ValueError: the tokens do not fill a square.
    """
    count = tokens.shape[1]
    if prefix is None:
        prefix = count - isqrt(count) ** 2
        if prefix > 1:
            raise ValueError(f"{count} tokens are neither a square nor a class token before one")
    side = isqrt(count - prefix)
    if side == 0 or side**2 != count - prefix:
        raise ValueError(f"{count} tokens less {prefix} are no square")
    return tokens[:, prefix:].transpose(1, 2).reshape(len(tokens), -1, side, side)


def as_map(output: Any, images: int, name: str, what: str) -> Tensor:
    """Take what a module or a part of one returned as a map.

    Args:
        output: a map, batch x width x rows x columns, or tokens, batch x tokens x width.
        images: how many there were.
        name: of the encoder, for messages.
        what: whose output it is, for messages.

    Returns:
        batch x width x rows x columns.

    Raises:
        UserError: it is neither.
    """
    remedy = (
        "Wanted: batch x width x rows x columns, as square as the images; or batch x tokens x width, where a class "
        "token may come first. Wrap the network in an nn.Module that returns maps."
    )
    if not isinstance(output, Tensor) or output.ndim not in (3, 4) or len(output) != images:
        raise UserError(f"'{name}' gives {shown(output)} for {images} images as {what}.", remedy)
    if output.ndim == 3:
        try:
            return tokens_to_map(output)
        except ValueError as error:
            raise UserError(f"'{name}' gives tokens that are no map as {what}: {error}.", remedy) from error
    if output.shape[2] != output.shape[3]:
        raise UserError(f"'{name}' gives {shown(output)} for square images as {what}.", remedy)
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
