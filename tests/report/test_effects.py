"""The section on method and data: its numbers are those of the analysis, and it is there only where there is a grid."""

import json

import numpy as np
import pytest
from grid_factory import OBJECTS, grid_lab, layout, scored, trained
from record_factory import HOSTILE, Lab, demo_lab, make_task
from test_page import Page

from virb.analysis import effects, matrix
from virb.analysis.words import number
from virb.report import build
from virb.report.effect_figures import COLOURS, effect_panel, keys
from virb.report.effects import changes

LAB = grid_lab()


@pytest.fixture(scope="module")
def table():
    return matrix(LAB.records, LAB.outcomes)


@pytest.fixture(scope="module")
def found(table):
    return effects(table)


@pytest.fixture(scope="module")
def shown(table):
    return changes(table)


@pytest.fixture(scope="module")
def page():
    return Page(build(LAB.records, LAB.outcomes))


def test_without_a_grid_there_is_no_section_and_no_fold():
    lab = demo_lab()
    assert changes(matrix(lab.records, lab.outcomes)) is None
    page = Page(build(lab.records, lab.outcomes))
    assert "effects" not in page.ids
    assert page.all("button") == []
    assert "#effects" not in page.links
    assert "Runs of one recipe" not in page.text


def test_the_section_stands_before_the_scores_and_is_linked(page):
    sections = [element["id"] for element in page.all("section")]
    assert sections[:3] == ["answer", "effects", "scores"]
    assert "#effects" in page.links
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_every_task_has_a_figure_and_its_sentences(page, found):
    assert len(page.all("figure", **{"class": "effect"})) == len(found.tasks) == 7
    assert page.text.count("no two methods are distinguishable") == 2
    assert "moco-v2 is better than pirl by" in page.text.replace(" .", ".")
    figures = json.loads(page.scripts[0])
    assert [a["data-figure"] for a in page.all("div", **{"class": "plot"})] == [str(k) for k in range(len(figures))]


def test_dots_are_the_scores_of_runs_and_dashes_their_means(found):
    for its in found.tasks:
        panel = effect_panel(its, found.grid)
        dots = [y for trace in panel.data[1::2] for y in trace["y"]]
        means = [y for trace in panel.data[::2] for y in trace["y"]]
        scale = its.scores.sign * (100 if its.column.unit == "%" else 1)
        assert sorted(dots) == pytest.approx(sorted(scale * its.scores.values))
        told = sorted(scale * its.scores.of(one).mean() for one in its.scores.treatments)
        assert sorted(means) == pytest.approx(told)
        assert {trace["error_y"]["value"] for trace in panel.data[::2]} == {abs(scale) * its.spread.runs}
        low, high = panel.layout["yaxis"]["range"]
        assert low < min(dots) <= max(dots) < high
        band = panel.layout["shapes"][0]
        starts = [scale * value for value in its.scores.starts.values()]
        assert (band["y0"], band["y1"]) == (min(starts), max(starts))
        assert low < band["y0"] <= band["y1"] < high


def test_methods_have_colours_and_symbols_of_their_own_even_if_they_are_many():
    lab = Lab()
    for k in range(9):
        scored(lab, trained(f"m{k}", "x", 1), make_task(), 0.5)
    its = keys(effects(matrix(lab.records, lab.outcomes)).grid)
    assert len({(key.colour, key.symbol) for key in its}) == 9
    assert {key.colour for key in its} == set(COLOURS)
    assert len({key.symbol for key in its[:7]}) == 7


def test_components_are_those_of_the_analysis_with_the_neighbours_below(shown, found):
    told = [(line.column.title, line.column.probe, line.first, line.span) for line in shown.components]
    assert told[:2] == [("Objects", "logistic", True, 2), ("Objects", "knn", False, 2)]
    assert told[-1] == ("Optical flow", "dense-linear", True, 1)
    its, line = found.tasks[0], shown.components[0]
    sds = [number(component.sd, "accuracy") for component in its.components.lines]
    assert [source.text for source in line.sources] == sds
    assert [source.clear for source in line.sources] == [True, True, False, True, False]
    assert line.unit == "accuracy, points"
    assert shown.components[1].alike.clear
    assert line.alike is None


def test_gains_are_those_of_the_analysis(shown, found):
    names = [name for name, _ in shown.gains]
    assert names[0] == "all recipes"
    assert len(names) == 11
    for place, its in enumerate(found.tasks):
        for gain, (_, cells) in zip(its.gains, shown.gains, strict=True):
            assert cells[place].text.lstrip("+") == number(gain.estimate, its.column.metric)
            assert cells[place].clear == gain.distinguishable
            strip = cells[place].strip
            assert 0 <= strip.low <= strip.at <= strip.low + strip.width + 0.1 <= 100.2


def test_correlations_are_symmetric_and_stars_are_few(shown, found):
    texts = [[cell.text for cell in cells] for _, cells in shown.agreement]
    assert texts == [list(line) for line in zip(*texts, strict=True)]
    assert [texts[k][k] for k in range(7)] == [""] * 7
    stars = sum(cell.star for _, cells in shown.agreement for cell in cells)
    assert stars == 2 * sum(pair.distinguishable for pair in found.agreement)
    assert 0 < stars < 42
    assert "10 recipes are few" in shown.wide


def test_recipes_stand_over_their_runs_in_every_table(page):
    folds = page.all("button")
    assert len(folds) == 11 * 6, "lines of four quadrants, two of them read by two probes"
    assert {fold["aria-expanded"] for fold in folds} == {"true"}, "without a script all runs are shown"
    runs = [a["data-of"] for a in page.all("tr") if "data-of" in a]
    assert set(runs) == {fold["data-block"] for fold in folds}
    assert len(runs) == 3 * len(folds)


def test_means_of_runs_are_told_with_their_scatter(page, table):
    column = next(column for column in table.columns if column.title == "Objects")
    scores = [table.cell(column, row).score for row in table.rows if row.name.startswith(f"moco-v2 on {OBJECTS}")]
    told = f"{100 * np.mean(scores):.1f}\u00a0%, mean of 3 runs from {100 * min(scores):.1f} to {100 * max(scores):.1f}"
    (title,) = [a["title"] for a in page.all("td", **{"class": "mean"}) if a["title"].startswith(told)]
    assert f"standard deviation {100 * np.std(scores, ddof=1):.1f}" in title


def test_a_run_that_failed_is_said_with_the_mean(page):
    titles = [a["title"] for a in page.all("td", **{"class": "mean"}) if "without a score" in a["title"]]
    assert len(titles) == 2
    assert all("mean of 2 runs" in title for title in titles)


@pytest.mark.parametrize(
    ("values", "starts", "said"),
    [
        (np.full((2, 2, 1), 0.5), (), "No recipe was run twice"),
        (np.full((2, 2, 2), 0.5), (0.5, 0.5), "m0 is not distinguishable from m1"),
        (np.array([[[0.5, 0.6]], [[0.7, np.nan]]]), (0.1,), "without a score: m1 on d0, run 2"),
        (np.array([[[0.5, 0.6], [0.5, np.nan]]]), (), "d0 is not distinguishable from d1"),
    ],
    ids=["one run", "equal", "failed", "one method"],
)
def test_what_is_missing_is_said_and_the_page_stands(values, starts, said):
    lab = Lab()
    layout(values, starts=starts, lab=lab)
    text = build(lab.records, lab.outcomes)
    page = Page(text)
    assert "effects" in page.ids
    assert said in page.text.replace(" ,", ",")
    assert "NaN" not in page.scripts[0]
    assert ("h-gains" in page.ids) == bool(starts)
    assert "h-agreement" not in page.ids


def test_recipes_whose_runs_all_failed_are_said_to_have_failed():
    lab = Lab()
    layout(np.array([[[0.5, 0.6]], [[0.7, 0.8]], [[np.nan, np.nan]]]), lab=lab)
    page = Page(build(lab.records, lab.outcomes))
    assert "all runs failed" in page.text


def test_failures_alone_have_no_section():
    lab = Lab()
    layout(np.full((2, 2, 2), np.nan), lab=lab)
    assert "effects" not in Page(build(lab.records, lab.outcomes)).ids


def test_hostile_names_of_methods_and_data_are_text():
    lab = Lab()
    for method in (HOSTILE, "b"):
        for run in (1, 2):
            task = make_task("x", title=HOSTILE)
            scored(lab, trained(method, HOSTILE, run), task, 0.5 + run / 100)
            scored(lab, trained(method, HOSTILE, run), make_task("y", title=f"{HOSTILE}2"), 0.4 + run / 100)
    text = build(lab.records, lab.outcomes)
    page = Page(text)
    assert len(page.scripts) == 3
    assert text.count("<script>alert") == 0
    assert {tag for tag, attrs in page.tags if any(name.startswith("on") for name in attrs)} == set()
    labels = [label for figure in json.loads(page.scripts[0])[:2] for label in figure["layout"]["xaxis"]["ticktext"]]
    assert labels
    assert not any("<" in label for label in labels)


def test_encoders_that_are_not_of_the_grid_are_named():
    lab = Lab()
    layout(np.random.default_rng(0).random((2, 1, 2)), lab=lab)
    scored(lab, trained("m0", "d0", 1, arch="resnet50"), make_task(), 0.5)
    page = Page(build(lab.records, lab.outcomes))
    assert "of another architecture or budget" in page.text


def test_a_page_with_a_grid_is_the_same_for_the_same_records():
    lab = grid_lab(runs=2)
    assert build(lab.records, lab.outcomes) == build(lab.records, lab.outcomes)
