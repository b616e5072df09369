"""How many images go through an encoder together."""

from virb.spec import InputPolicy

BATCH = 64
"""Images encoded together at most."""
PIXELS = 2**22
"""Pixels encoded together at most: 64 images of 256 px, 2 of 1024 x 2048. What a network holds on the way grows with
them, and a system that grants memory it does not have ends a process instead of telling it."""


def together(inputs: InputPolicy) -> int:
    """How many images of a size."""
    height, width = inputs.sides
    return max(1, min(BATCH, PIXELS // (height * width)))
