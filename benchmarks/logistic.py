"""The logistic probe's path of 45 penalties against scikit-learn fitting the same 45 in turn, in one run.

    python benchmarks/logistic.py --n 4000 --d 1280 --c 10

Both get the same standardised features. virb solves every penalty to 1e-8 of its objective; scikit-learn stops where
``--tol`` says, by default its own 1e-4, without a warm start. So the ratio comes with how far apart the answers are.
"""

import argparse
import warnings
from typing import Any

import numpy as np
import torch
from _mixture import mixture
from _timing import timed
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from virb.probes._axes import Axes
from virb.probes._path import LIMIT
from virb.probes._softmax import fit_heads
from virb.probes._standardise import Scaler
from virb.probes.logistic import PROBE


def main() -> None:
    """Print seconds of both, their ratio, and how well the answers agree."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--n", type=int, default=4000)
    options.add_argument("--d", type=int, default=1280)
    options.add_argument("--c", type=int, default=10, help="three or more: of two, scikit-learn fits one vector")
    options.add_argument("--tol", type=float, default=1e-4, help="scikit-learn's")
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    features, labels = mixture(asked.n + 2000, asked.d, asked.c)
    scaler = Scaler.of(features[: asked.n], "embedding")
    fit, test = scaler(features[: asked.n]), scaler(features[asked.n :])
    known, truth = labels[: asked.n], labels[asked.n :]
    l2 = PROBE.spec.grid["l2"]

    ours, (axes, heads) = timed(lambda: virb_path(fit, known, asked.c, l2), asked.rounds)
    theirs, models = timed(lambda: [scikit_learn(fit, known, one, asked.tol) for one in l2], asked.rounds)

    turned, columns = axes.turn(torch.from_numpy(fit)), axes.turn(torch.from_numpy(test))
    print(f"n = {asked.n}, d = {asked.d}, c = {asked.c}, {len(l2)} penalties, {torch.get_num_threads()} threads")
    print(f"virb          {ours:7.2f} s (median of {asked.rounds})")
    print(f"scikit-learn  {theirs:7.2f} s (tol {asked.tol:g}, median of {asked.rounds})")
    print(f"ratio         {theirs / ours:7.2f}")
    print("\n      l2  iterations: ours theirs   objective: theirs / ours - 1   accuracy: ours theirs   answers differ")
    for place in range(0, len(l2), 4):
        model, strength = models[place], l2[place]
        head = heads.log_probabilities
        mine = objective(exact(turned, heads, place), known, heads.weights[place, :, :-1].numpy(), strength)
        their = objective(log_probabilities(model, fit), known, model.coef_, strength)
        answers, others = head(columns, place).numpy().argmax(axis=1), model.predict(test)
        print(
            f"{strength:8.0e} {int(heads.iterations[place]):17d} {model.n_iter_[0]:6d} {their / mine - 1:30.1e}"
            f" {np.mean(answers == truth):16.4f} {np.mean(others == truth):6.4f} {np.sum(answers != others):16d}"
        )
    iterations = heads.iterations.double()
    print(
        f"\nvirb's iterations: median {iterations.median():.0f}, mean {iterations.mean():.1f}, "
        f"most {iterations.max():.0f}; {int((~heads.converged).sum())} heads did not converge"
    )


def virb_path(features: Any, labels: Any, classes: int, l2: tuple[float, ...]) -> Any:
    """Axes and heads: all that the probe does after standardising."""
    columns = torch.from_numpy(features)
    axes = Axes.of(columns)
    return axes, fit_heads(axes.turn(columns), torch.from_numpy(labels), classes, l2, LIMIT)


def scikit_learn(features: Any, labels: Any, l2: float, tol: float) -> LogisticRegression:
    """The same objective."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(C=1 / (len(labels) * l2), tol=tol, max_iter=1000).fit(features, labels)


def exact(features: Any, heads: Any, place: int) -> Any:
    """Log-probabilities of virb's head in float64."""
    return (features.double() @ heads.weights[place].double().T).log_softmax(dim=1).numpy()


def log_probabilities(model: LogisticRegression, features: Any) -> Any:
    """Those of scikit-learn's model, which gives the logarithm of a rounded probability itself."""
    return torch.from_numpy(model.decision_function(features)).double().log_softmax(dim=1).numpy()


def objective(outputs: Any, labels: Any, weights: Any, l2: float) -> float:
    """Mean cross entropy and penalty."""
    return float(
        -outputs[np.arange(len(labels)), labels].mean(dtype=float) + l2 / 2 * np.sum(np.square(weights), dtype=float)
    )


if __name__ == "__main__":
    main()
