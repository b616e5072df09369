"""Views: truth is depth without its scale, with gaps; views go through doorways."""

from dataclasses import replace

import numpy as np
import pytest

from virb.data.world._frame import Frame
from virb.data.world._render import render
from virb.data.world._scene import Scene
from virb.data.world._stream import Stream
from virb.data.world.sets import Drawn
from virb.data.world.sets.views import DEEP, KNOWN, SET
from virb.metrics.depth import DepthMeter

SIZE = 32
Example = tuple[Drawn, Frame, np.ndarray]


def example(row: int) -> Example:
    for attempt in range(50):
        drawn = SET.draw(Stream("test", row, attempt), "fit", row)
        frame = render(drawn.moments[0], SIZE)
        if SET.accept(drawn, [frame]):
            return drawn, frame, SET.truths(drawn, [frame])["depth"][..., 0]
    raise AssertionError


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [example(row) for row in range(12)]


def grown(scene: Scene, times: float) -> Scene:
    """The same scene, so many times larger: all its images are the same."""

    def larger(at: tuple[float, float, float]) -> tuple[float, float, float]:
        return at[0] * times, at[1] * times, at[2] * times

    shapes = tuple(
        replace(
            shape,
            at=larger(shape.at),
            size=larger(shape.size),
            texture=replace(shape.texture, scale=shape.texture.scale * times),
        )
        for shape in scene.shapes
    )
    light = scene.light if scene.light.sun else replace(scene.light, at=larger(scene.light.at))
    return Scene(shapes, replace(scene.camera, at=larger(scene.camera.at)), light, scene.sky)


def test_the_median_of_truth_is_one(examples: list[Example]) -> None:
    for _, _, truth in examples:
        assert np.nanmedian(truth) == pytest.approx(1, abs=1e-6)


def test_truth_is_the_renderer_s_depth_but_for_one_factor_and_gaps(examples: list[Example]) -> None:
    for _, frame, truth in examples:
        known = np.isfinite(truth)
        ratio = truth[known] / frame.depth[known]
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5)
        assert (truth[known] > 0).all()
        assert np.isnan(truth[~known]).all()


def test_truth_does_not_know_how_large_the_building_is(examples: list[Example]) -> None:
    drawn, _, truth = examples[0]
    other = grown(drawn.moments[0], 4.0)  # a power of two: not a bit is rounded otherwise
    again = SET.truths(Drawn((other,)), [render(other, SIZE)])["depth"][..., 0]
    np.testing.assert_allclose(again, truth, rtol=1e-4)


def test_metrics_of_the_task_do_not_ask_for_the_scale(examples: list[Example]) -> None:
    truth = np.stack([truth for _, _, truth in examples])[..., None]
    one, other = DepthMeter(), DepthMeter()
    guess = np.abs(np.sin(np.arange(truth.size, dtype=np.float32))).reshape(truth.shape) + 0.1
    one.add(guess, truth)
    other.add(guess * np.float32(8.0), truth)
    for metric in ("delta-1.25-aligned", "abs-rel-aligned"):
        assert one.scores()[metric] == pytest.approx(other.scores()[metric], rel=1e-5)


def test_a_share_of_depth_is_missing(examples: list[Example]) -> None:
    shares = [float(np.isnan(truth).mean()) for _, _, truth in examples]
    assert 0.01 < np.mean(shares) < 0.25
    assert max(shares) <= 1 - KNOWN


def test_views_go_deep(examples: list[Example]) -> None:
    for _, _, truth in examples:
        near, far = np.nanquantile(truth, (0.1, 0.9))
        assert far >= 0.99 * DEEP * near


def test_truths_are_the_same_every_time(examples: list[Example]) -> None:
    drawn, frame, truth = examples[0]
    np.testing.assert_array_equal(SET.truths(drawn, [frame])["depth"][..., 0], truth)


def test_the_camera_is_in_free_air(examples: list[Example]) -> None:
    for _, frame, _ in examples:
        assert frame.depth.min() > 0.1
