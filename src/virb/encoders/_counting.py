"""Counting what a forward pass computes."""

from collections.abc import Callable

from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def count_multiply_adds(run: Callable[[], object]) -> int | None:
    """Multiply-adds of convolutions and matrix products, those inside attention too, as torch's own counter has them.

    Norms, activations, pooling, softmax and resampling are not counted: they are few, and nobody's published numbers
    hold them. ResNet-50 at 224 px has 4.1 thousand million.

    Returns:
        Half of what the counter gives, which takes a multiply-add for two operations; None where it cannot follow.
    """
    try:
        # The fused kernels of attention are not all known to the counter. Made of matrix products, it is.
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            run()
    except Exception:  # noqa: BLE001 - scripted or exotic modules: a count is no reason to fail
        return None
    return int(counter.get_total_flops()) // 2
