"""L-BFGS for several convex problems at once: every vector is a matrix with one row a problem.

The problems share each evaluation, so that thin matrix products become one thicker one. Each has its own history
of curvature, its own step and its own end: a problem that has converged leaves, and costs nothing more.

Sources: the direction is algorithm 7.4 (two-loop recursion) of Nocedal & Wright, *Numerical Optimization*, 2nd ed.,
from a diagonal initial inverse Hessian rescaled as in their equation 7.20. A step is accepted by the curvature
condition of their equation 3.7b alone: it compares slopes, which do not drown in rounding as the difference of two
nearly equal values does, and along a line a convex function's slope only rises.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

MEMORY = 5
"""Pairs of curvature kept: with 3 to 40 of them, logistic regression took the same iterations within 5 %."""
TRIALS = 12
"""Steps that one line search tries before it gives its problem up."""
SIGMA = 0.9
"""The share of its first slope that may be left, up or down, where a step ends: theirs for quasi-Newton methods."""

Evaluate = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""From points (k x P) and the ids of their problems (k) to values (k) and gradients (k x P)."""


@final
@dataclass(frozen=True)
class Minima:
    """Where K minimisations ended.

    Attributes:
        points: K x P.
        iterations: K counts.
        converged: K truth values.
    """

    points: Tensor
    iterations: Tensor
    converged: Tensor


def minimise(evaluate: Evaluate, start: Tensor, inverse: Tensor, tolerance: float, limit: int) -> Minima:
    """Minimise K convex functions of P variables.

    A problem has converged when its Newton decrement, g'Hg with the current inverse Hessian H, which is twice the
    decrease still expected, is at most ``tolerance`` times its value: a measure that no scaling of the variables
    changes. A problem that no step improves is given up where it stands.

    Args:
        evaluate: values (positive) and gradients of some of the problems.
        start: K x P.
        inverse: K x P, positive: diagonals of the initial inverse Hessians.
        tolerance: see above.
        limit: the most iterations of any problem.
    """
    points = start.clone()
    ids = torch.arange(len(start), device=start.device)
    iterations = torch.zeros_like(ids)
    converged = torch.zeros_like(ids, dtype=torch.bool)

    x, history = start, _History()
    value, gradient = evaluate(x, ids)
    stuck = torch.zeros_like(converged)  # its gradient is that of a step not taken
    for iteration in range(limit + 1):
        direction = history.direction(gradient, inverse)
        slope = dots(gradient, direction)
        done = (-slope <= tolerance * value) & ~stuck
        leave = done | stuck | (iteration == limit)
        if leave.any():
            points[ids[leave]] = x[leave]
            iterations[ids[leave]] = iteration
            converged[ids[leave]] = done[leave]
            stay = (~leave).nonzero()[:, 0]
            if not len(stay):
                break
            ids, value, slope = ids[stay], value[stay], slope[stay]
            x, gradient, direction, inverse = (part[stay] for part in (x, gradient, direction, inverse))
            history.keep(stay)
        step, value, ahead, stuck = _search(evaluate, ids, x, direction, value, slope)
        history.add(step, ahead - gradient)
        x, gradient = x + step, ahead
    return Minima(points, iterations, converged)


def dots(a: Tensor, b: Tensor) -> Tensor:
    """The dot product of each row of ``a`` with the same row of ``b``."""
    products: Tensor = torch.linalg.vecdot(a, b)
    return products


@final
class _History:
    """The last steps of each problem, and how its gradient changed with them."""

    def __init__(self) -> None:
        self._pairs: deque[tuple[Tensor, Tensor, Tensor]] = deque(maxlen=MEMORY)

    def add(self, step: Tensor, change: Tensor) -> None:
        curvature = dots(step, change)
        # A pair whose curvature was lost to rounding gets the weight 0, with which it changes nothing below.
        self._pairs.append((step, change, torch.where(curvature > 0, 1 / curvature, 0)))

    def keep(self, problems: Tensor) -> None:
        kept = [(step[problems], change[problems], rho[problems]) for step, change, rho in self._pairs]
        self._pairs = deque(kept, maxlen=MEMORY)

    def direction(self, gradient: Tensor, inverse: Tensor) -> Tensor:
        """Minus the inverse Hessian times the gradient. A descent direction, since every rho is at least 0."""
        q = -gradient
        weights = []
        for step, change, rho in reversed(self._pairs):
            weights.append(rho * dots(step, q))
            q.addcmul_(change, weights[-1][:, None], value=-1)
        q *= inverse
        if self._pairs:
            _, change, rho = self._pairs[-1]
            scale = 1 / (rho * dots(change, inverse * change))
            q *= torch.where(scale.isfinite(), scale, 1)[:, None]
        for step, change, rho in self._pairs:
            q.addcmul_(step, (weights.pop() - rho * dots(change, q))[:, None])
        return q


def _search(
    evaluate: Evaluate, ids: Tensor, x: Tensor, direction: Tensor, value: Tensor, slope: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Find a step along each direction: all of them at length 1, then only those that do not fit.

    The slope along a line of a convex function only rises, so that each trial bounds the step from one side.

    Returns:
        steps (k x P), the values and gradients there, and which problems found none.
    """
    length = torch.ones_like(value)
    low, high = torch.zeros_like(value), torch.full_like(value, math.inf)
    new_value, new_gradient = evaluate(x + direction, ids)
    for trial in range(TRIALS):
        new_slope = dots(new_gradient, direction)
        fits = new_slope.abs() <= -SIGMA * slope
        if fits.all() or trial == TRIALS - 1:
            break
        beyond = ~(new_slope <= 0)  # also where the function overflowed
        low, high = torch.where(beyond, low, length), torch.where(beyond, length, high)
        again = (~fits).nonzero()[:, 0]
        length[again] = _next_length(length, low, high, slope, new_slope)[again]
        tried = torch.addcmul(x[again], direction[again], length[again, None])
        new_value[again], new_gradient[again] = evaluate(tried, ids[again])
    stuck = ~fits
    step = direction * torch.where(stuck, 0, length)[:, None]
    return step, torch.where(stuck, value, new_value), new_gradient, stuck


def _next_length(length: Tensor, low: Tensor, high: Tensor, slope: Tensor, new_slope: Tensor) -> Tensor:
    """Where a straight line through both slopes is zero, kept well inside what is known of the step."""
    zero = length * slope / (slope - new_slope)
    width = high - low
    least = torch.where(high.isinf(), 2 * length, low + 0.1 * width)
    most = torch.where(high.isinf(), 10 * length, high - 0.1 * width)
    return torch.where(zero.isfinite(), zero, least).clamp(least, most)
