"""Many minimisations at once, against SciPy and closed forms."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from virb.probes._lbfgs import minimise


def quadratics(p=12, k=7, seed=0, condition=1e3):
    """Positive quadratics x'Ax / 2 - b'x + c: their evaluation, their minima (k x p) and their A."""
    draw = np.random.default_rng(seed)
    bases = [np.linalg.qr(draw.normal(size=(p, p)))[0] for _ in range(k)]
    spectra = [np.geomspace(1, condition, p) * scale for scale in np.geomspace(1e-4, 1e4, k)]
    a = torch.from_numpy(np.stack([q * s @ q.T for q, s in zip(bases, spectra, strict=True)]))
    b = torch.from_numpy(draw.normal(size=(k, p)))
    minima = torch.stack([torch.linalg.solve(a[i], b[i]) for i in range(k)])
    height = 1 + (b * minima).sum(dim=1) / 2

    def evaluate(x, ids):
        ax = torch.einsum("kij,kj->ki", a[ids], x)
        return (x * ax).sum(dim=1) / 2 - (b[ids] * x).sum(dim=1) + height[ids], ax - b[ids]

    return evaluate, minima, a


def test_quadratics_of_very_different_scale_are_all_solved():
    evaluate, minima, a = quadratics()
    start = torch.zeros_like(minima)
    inverse = 1 / a.diagonal(dim1=1, dim2=2)
    found = minimise(evaluate, start, inverse, tolerance=1e-16, limit=500)
    assert found.converged.all()
    torch.testing.assert_close(found.points, minima, rtol=1e-5, atol=1e-6)
    assert (start == 0).all(), "the start is the caller's"


def test_a_problem_goes_its_own_way_in_any_company():
    evaluate, minima, _ = quadratics()
    inverse = torch.ones_like(minima)
    together = minimise(evaluate, torch.zeros_like(minima), inverse, tolerance=1e-12, limit=300)
    for i in range(len(minima)):
        alone = minimise(
            lambda x, ids, i=i: evaluate(x, ids + i), torch.zeros_like(minima[:1]), inverse[:1], 1e-12, 300
        )
        assert alone.iterations[0] == together.iterations[i]
        torch.testing.assert_close(alone.points[0], together.points[i], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("far", [0.0, 30.0])
def test_functions_with_flat_and_steep_parts_are_minimised_as_scipy_does(far):
    """The log of a cosh is flat in curvature far out: the first steps are far too long or far too short."""
    centres = torch.from_numpy(np.random.default_rng(0).normal(size=(4, 5)))
    scales = torch.tensor([1e-2, 1.0, 10.0, 100.0], dtype=torch.float64)

    def evaluate(x, ids):
        z = (x - centres[ids]) * scales[ids, None]
        value = torch.logaddexp(z, -z).sum(dim=1) + 1e-3 * x.square().sum(dim=1)
        return value, z.tanh() * scales[ids, None] + 2e-3 * x

    start = torch.full((4, 5), far, dtype=torch.float64)
    found = minimise(evaluate, start, torch.ones_like(start), tolerance=1e-14, limit=200)
    assert found.converged.all()
    for i in range(4):
        ids = torch.tensor([i])

        def plain(x, ids=ids):
            value, gradient = evaluate(torch.from_numpy(x)[None], ids)
            return float(value), gradient[0].numpy()

        expected = minimize(plain, np.zeros(5), jac=True, method="BFGS", options={"gtol": 1e-9})
        np.testing.assert_allclose(found.points[i].numpy(), expected.x, atol=1e-4)


def test_a_problem_that_starts_at_its_minimum_takes_no_step():
    evaluate, minima, _ = quadratics()
    found = minimise(evaluate, minima, torch.ones_like(minima), tolerance=1e-10, limit=5)
    assert found.converged.all()
    assert (found.iterations == 0).all()


def test_the_limit_is_kept_and_said():
    evaluate, minima, _ = quadratics(condition=1e6)
    found = minimise(evaluate, torch.zeros_like(minima), torch.full_like(minima, 1e-3), tolerance=1e-16, limit=3)
    assert not found.converged.any()
    assert (found.iterations == 3).all()


def test_a_problem_that_nothing_improves_is_given_up_where_it_stands():
    """Its gradient points the wrong way, as rounding can make it near a minimum."""

    def evaluate(x, ids):
        return 1 + x.square().sum(dim=1), torch.where(ids == 0, -2, 2)[:, None] * x

    start = torch.ones(2, 3, dtype=torch.float64)
    found = minimise(evaluate, start, torch.full_like(start, 0.2), tolerance=1e-12, limit=50)
    assert found.converged.tolist() == [False, True]
    assert found.points[0].isfinite().all()
    torch.testing.assert_close(found.points[1], torch.zeros(3, dtype=torch.float64), atol=1e-5, rtol=0)


def test_a_step_into_overflow_is_taken_back():
    def evaluate(x, ids):
        return x.exp().sum(dim=1) + (-x).exp().sum(dim=1), x.exp() - (-x).exp()

    start = torch.full((1, 2), 5.0)
    found = minimise(evaluate, start, torch.full_like(start, 10.0), tolerance=1e-6, limit=100)
    assert found.converged.all()
    torch.testing.assert_close(found.points, torch.zeros(1, 2), atol=1e-2, rtol=0)
