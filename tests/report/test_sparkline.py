"""The line of trials, where there is one."""

import math

import pytest
from record_factory import Lab, make_encoder, make_task

from virb.report.sparkline import HEIGHT, WIDTH, sparkline
from virb.spec import Trial


def record(trials, choice=None):
    return Lab().run(make_encoder("a"), make_task(), trials=tuple(trials), choice=choice or {})


def trial(score, loss=1.0, **settings):
    return Trial(settings=settings, score=score, loss=loss)


def points(line):
    return [tuple(map(float, pair.split(","))) for pair in line.points.split()]


def test_scores_rise_upwards_along_the_logarithm_of_the_setting():
    line = sparkline(record([trial(0.9, l2=1.0), trial(0.5, l2=0.01), trial(0.7, l2=0.1)], {"l2": 1.0}))
    (x0, y0), (x1, y1), (x2, y2) = points(line)
    assert x1 - x0 == pytest.approx(x2 - x1)
    assert y0 > y1 > y2
    assert line.chosen == pytest.approx((x2, y2))
    assert (line.setting, line.first, line.last, line.low, line.high) == ("l2", 0.01, 1.0, 0.5, 0.9)


def test_every_point_is_in_the_box():
    line = sparkline(record([trial(math.sin(k), l2=10.0**k) for k in range(-6, 6)]))
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points(line))


def test_settings_that_reach_zero_are_not_logarithmic():
    xs = [x for x, _ in points(sparkline(record([trial(0.1 * k, k=float(k)) for k in range(3)])))]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1])


def test_equal_scores_are_a_level_line():
    assert len({y for _, y in points(sparkline(record([trial(0.5, l2=1.0), trial(0.5, l2=2.0)])))}) == 1


def test_trials_that_diverged_are_left_out():
    line = sparkline(record([trial(0.5, l2=1.0), trial(math.nan, l2=2.0), trial(0.6, l2=3.0)]))
    assert len(points(line)) == 2


@pytest.mark.parametrize(
    "trials",
    [
        [],
        [trial(0.5, l2=1.0)],
        [trial(0.5, l2=1.0), trial(math.nan, l2=2.0)],
        [trial(0.5, l2=1.0, k=1.0), trial(0.6, l2=2.0, k=2.0)],
        [trial(0.5, kind="a"), trial(0.6, kind="b")],
        [trial(0.5, l2=1.0), trial(0.6)],
    ],
)
def test_anything_else_has_no_line(trials):
    assert sparkline(record(trials)) is None


def test_a_fixed_setting_beside_the_varying_one_does_not_matter():
    assert sparkline(record([trial(0.5, l2=1.0, seed=0.0), trial(0.6, l2=2.0, seed=0.0)])).setting == "l2"
