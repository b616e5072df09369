"""The k-NN probe's seven numbers of neighbours against scikit-learn's classifier for each in turn, in one run.

    python benchmarks/knn.py --n 20000 --m 2000 --d 1280 --c 10

Both get the same features, standardised by virb's scaler; scikit-learn searches by brute force with its cosine metric.
"""

import argparse
from typing import Any

import numpy as np
import torch
from _mixture import mixture
from _timing import timed
from sklearn.neighbors import KNeighborsClassifier

from virb.probes._neighbours import TEMPERATURE, Index
from virb.probes._standardise import Scaler
from virb.probes.knn import PROBE


def main() -> None:
    """Print seconds of both, their ratio, and how well the answers agree."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--n", type=int, default=20_000)
    options.add_argument("--m", type=int, default=2000, help="examples to classify")
    options.add_argument("--d", type=int, default=1280)
    options.add_argument("--c", type=int, default=10)
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    features, labels = mixture(asked.n + asked.m, asked.d, asked.c)
    fit, test, known = features[: asked.n], features[asked.n :], labels[: asked.n]
    ks = [int(k) for k in PROBE.spec.grid["k"]]

    ours, mine = timed(lambda: Index(fit, known, asked.c, "embedding").log_probabilities(test, ks), asked.rounds)
    theirs, other = timed(lambda: scikit_learn(fit, known, test, ks), asked.rounds)

    print(f"n = {asked.n}, m = {asked.m}, d = {asked.d}, c = {asked.c}, k in {ks}, {torch.get_num_threads()} threads")
    print(f"virb          {ours:7.2f} s (median of {asked.rounds}, standardising included in both)")
    print(f"scikit-learn  {theirs:7.2f} s")
    print(f"ratio         {theirs / ours:7.2f}\n")
    print("   k  accuracy: ours theirs   predictions differ   largest difference of a probability")
    for k, one, two in zip(ks, mine, other, strict=True):
        answers, others = one.argmax(axis=1), two.argmax(axis=1)
        truth = labels[asked.n :]
        print(
            f"{k:4d} {np.mean(answers == truth):15.4f} {np.mean(others == truth):6.4f} {np.sum(answers != others):20d}"
            f" {np.abs(np.exp(one) - two).max():37.1e}"
        )


def scikit_learn(fit: Any, labels: Any, test: Any, ks: list[int]) -> list[Any]:
    """Probabilities for each k."""
    scaler = Scaler.of(fit, "embedding")
    fit, test = scaler(fit), scaler(test)
    answers = []
    for k in ks:
        model = KNeighborsClassifier(
            k, metric="cosine", algorithm="brute", weights=lambda distance: np.exp((1 - distance) / TEMPERATURE)
        )
        answers.append(model.fit(fit, labels).predict_proba(test))
    return answers


if __name__ == "__main__":
    main()
