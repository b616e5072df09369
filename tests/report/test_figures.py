"""Figures are plain JSON that plotly.js can draw, in the page's colours."""

import json
from itertools import pairwise

import pytest
from grid_factory import grid_lab
from record_factory import HOSTILE, Lab, demo_lab, make_encoder, make_task

from virb.analysis import matrix
from virb.analysis.factors import grid
from virb.report.figures import panels, plain
from virb.report.lines import alone, lines


@pytest.fixture(scope="module")
def found():
    lab = demo_lab()
    return matrix(lab.records, lab.outcomes)


def drawn(found, probe="logistic"):
    return panels(found, found.under(probe), alone(found.rows))


def test_there_is_a_panel_for_each_column_with_scores(found):
    for probe in found.probes:
        assert [panel.column for panel in drawn(found, probe)] == list(found.under(probe))


def test_dots_and_bars_are_scores_and_intervals(found):
    for panel in drawn(found, "logistic"):
        places = {}
        for trace in panel.data:
            bars = trace["error_x"]
            for x, y, up, down in zip(trace["x"], trace["y"], bars["array"], bars["arrayminus"], strict=True):
                places[found.rows[round(y)].key] = (x, x - down, x + up)
        for row in found.rows:
            cell = found.cell(panel.column, row)
            if cell is None or cell.score is None:
                assert row.key not in places
            else:
                expected = [100 * value for value in (cell.score, *cell.interval)]
                assert places[row.key] == pytest.approx(expected)


def test_the_leading_are_in_the_accent_and_floors_are_hollow(found):
    for panel in drawn(found, "knn"):
        leading = {found.best(panel.column), *found.tied(panel.column)}
        for trace in panel.data:
            for place in trace["y"]:
                row = found.rows[round(place)]
                assert (trace["marker"]["color"] == "var(--page)") == row.floor
                assert (trace["marker"]["line"]["color"] == "var(--accent)") == (row in leading)


def test_a_floor_that_leads_is_hollow_in_the_accent():
    lab = Lab()
    lab.run(make_encoder("pixels", "pixels"), make_task(), 0.9)
    lab.run(make_encoder("a"), make_task(), 0.4)
    (panel,) = drawn(matrix(lab.records, lab.outcomes), "logistic")
    colours = [(trace["marker"]["color"], trace["marker"]["line"]["color"]) for trace in panel.data]
    assert colours == [("var(--page)", "var(--accent)"), ("var(--quiet)", "var(--quiet)")]


def test_the_line_of_chance_is_in_view(found):
    for panel in drawn(found, "logistic"):
        (line,) = panel.layout["shapes"]
        low, high = panel.layout["xaxis"]["range"]
        assert low < line["x0"] == 100 * found.chance(panel.column) < high


def test_figures_are_plain_finite_json(found):
    for panel in drawn(found, "logistic"):
        assert json.loads(json.dumps([panel.data, panel.layout], allow_nan=False)) == [panel.data, panel.layout]


def test_colours_are_variables_of_the_page(found):
    from importlib import resources

    style = resources.files("virb.report").joinpath("style.css").read_text()
    text = json.dumps([[panel.data, panel.layout] for panel in drawn(found, "logistic")])
    for name in ("--accent", "--quiet", "--page", "--ink", "--rule"):
        assert f"var({name})" in text
        assert style.count(f"{name}:") == 2, "light and dark"


def test_names_are_no_markup_for_plotly():
    assert "<" not in plain(HOSTILE)
    assert plain("a\nb  <b>") == "a b &lt;b&gt;"


def test_long_names_that_look_alike_when_cut_keep_rows_of_their_own():
    lab = Lab()
    for k in range(3):
        lab.run(make_encoder(f"{'x' * 40}{k}{'y' * 40}", arch=f"a{k}"), make_task())
    (panel,) = drawn(matrix(lab.records, lab.outcomes), "logistic")
    assert panel.layout["yaxis"]["tickvals"] == [0, 1, 2]
    assert len(set(panel.layout["yaxis"]["ticktext"])) == 1
    assert sorted(y for trace in panel.data for y in trace["y"]) == [0, 1, 2]


def test_scores_without_width_or_chance_have_a_range():
    lab = Lab()
    lab.run(make_encoder("a"), make_task(primary="nll"), chance=None)
    (panel,) = drawn(matrix(lab.records, lambda _: None), "logistic")
    low, high = panel.layout["xaxis"]["range"]
    assert low < 0.61 < high
    assert "shapes" not in panel.layout


def test_columns_without_a_score_have_no_panel():
    lab = Lab()
    lab.fail(make_encoder("a"), make_task())
    assert drawn(matrix(lab.records, lab.outcomes), "logistic") == []


def test_runs_of_a_recipe_share_a_line_without_hiding_one_another():
    lab = grid_lab(fail=False)
    its = matrix(lab.records, lab.outcomes)
    shared = lines(its.rows, grid(its))
    (panel, *_) = panels(its, its.under("logistic"), shared)
    axis = panel.layout["yaxis"]
    places = sorted(y for trace in panel.data for y in trace["y"])
    assert (len(places), len(axis["ticktext"])) == (33, 11)
    apart = [round(26 * (b - a)) for a, b in pairwise(places)]
    assert min(apart) == 11
    assert axis["range"][1] < places[0]
    assert places[-1] < axis["range"][0]
    assert panel.height == round(26 * (axis["range"][0] + 0.5)) + 52
