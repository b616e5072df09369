"""What is particular to two images compared; what all dense probes do is in test_dense_contract.py."""

import numpy as np

from dense_samples import MOTION, SCORES, short, with_spec
from virb.probes import Examples
from virb.probes.dense_siamese import PROBE, STRIDE


def shifted(n, seed, cells=8, cell=STRIDE):
    """Maps of noise whose second frame is the first, moved by up to two cells; no frame alone says by how many."""
    draw = np.random.default_rng(seed)
    scene = draw.normal(size=(n, 8, cells + 4, cells + 4))
    motion = draw.integers(-2, 3, (n, 2))
    inner = slice(2, 2 + cells)
    frames = [
        (image[:, inner, inner], np.roll(image, (down, right), axis=(1, 2))[:, inner, inner])
        for image, (right, down) in zip(scene, motion, strict=True)
    ]
    labels = np.broadcast_to(cell * motion[:, None, None], (n, cell * cells, cell * cells, 2)).astype(np.float32)
    labels = labels.copy()
    labels[:, :3] = np.nan
    return Examples({"stage1": np.array(frames, np.float32)}, labels)


def test_a_shift_between_the_images_is_learnt_and_told_in_pixels():
    fit, test = shifted(96, 1), shifted(30, 2)
    probe = with_spec(short(PROBE, 80), layers=("stage1",))
    head = probe.refit(fit, MOTION, {"lr": 3e-3}, 0)
    error = -SCORES[MOTION](head.predict(test.features), test.labels)[0]
    nothing = -SCORES[MOTION](np.zeros(test.labels.shape, np.float32), test.labels)[0]
    assert error < 0.5 * nothing


def test_cells_finer_than_the_stride_are_averaged_and_nothing_else_changes():
    coarse = shifted(10, 1)
    fine = Examples({"stage1": coarse.features["stage1"].repeat(2, axis=-1).repeat(2, axis=-2)}, coarse.labels)
    probe = with_spec(short(PROBE, 3), layers=("stage1",))
    of_coarse, of_fine = (probe.refit(one, MOTION, {"lr": 3e-3}, 0).predict(one.features) for one in (coarse, fine))
    np.testing.assert_allclose(of_fine, of_coarse, rtol=1e-4, atol=1e-4)


def test_the_order_of_the_images_counts():
    fit = shifted(10, 1)
    head = with_spec(short(PROBE, 2), layers=("stage1",)).refit(fit, MOTION, {"lr": 3e-3}, 0)
    turned = {"stage1": fit.features["stage1"][:, ::-1]}
    assert np.abs(head.predict(fit.features) - head.predict(turned)).max() > 1e-3
