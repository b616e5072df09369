"""The page as text: complete, inert, linked, and about what is there."""

import html
import json
import re
from html.parser import HTMLParser
from itertools import product

import pytest
from record_factory import HOSTILE, Lab, demo_lab, make_encoder, make_task, packed, world_lab
from toy_scenes import depth_task, parts_task

from virb.analysis import matrix
from virb.analysis.comparison import QUADRANTS
from virb.errors import UserError
from virb.report import build, write
from virb.spec import Classes
from virb.store import Store


class Page(HTMLParser):
    """Tags, ids, links and visible text of a page; complains about tags that do not close."""

    VOID = frozenset({"meta", "link", "br", "input", "wbr", "img", "hr"})

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.tags, self.scripts, self.seen = [], [], [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        """Remember it."""
        found = dict(attrs)
        self.tags.append((tag, found))
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """An element of SVG."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """Close the innermost."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Text, or what is in a script."""
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        elif self.open and self.open[-1] == "style":
            self.style = data
        else:
            self.seen.append(data)

    @property
    def text(self):
        """What can be read, in one line."""
        return " ".join(" ".join(self.seen).split())

    def all(self, tag, **attrs):
        """Elements of a tag whose attributes contain these words."""
        return [f for t, f in self.tags if t == tag and all(v in (f.get(k) or "").split() for k, v in attrs.items())]


@pytest.fixture(scope="module")
def demo():
    lab = demo_lab()
    return lab, Page(build(lab.records, lab.outcomes))


def test_every_link_has_its_target_and_every_id_is_unique(demo):
    _, page = demo
    assert len(page.ids) == len(set(page.ids))
    inside = [link[1:] for link in page.links if link.startswith("#")]
    assert len(inside) > 50
    assert set(inside) <= set(page.ids)
    assert [link for link in page.links if not link.startswith("#")] == ["data:,"]


def test_every_record_is_there_and_every_cell_links_to_one(demo):
    lab, page = demo
    records = {element["id"] for element in page.all("details", **{"class": "record"})}
    assert records == {f"r-{record.id}" for record in lab.records}
    found = matrix(lab.records, lab.outcomes)
    linked = [link[1:] for link in page.links if link.startswith("#r-")]
    assert sorted(linked) == sorted(f"r-{cell.ids[0]}" for cell in found.cells.values())


def test_nothing_on_the_page_points_outside(demo):
    _, page = demo
    for tag, attrs in page.tags:
        assert not {"src", "srcset", "action", "data", "poster"} & set(attrs), tag
        assert tag not in ("iframe", "object", "embed", "form", "base", "img")
    assert "url(" not in page.style
    assert "@import" not in page.style
    assert len(page.style) > 5000


def test_only_the_two_scripts_of_our_own_may_run(demo):
    import base64
    import hashlib

    _, page = demo
    (policy,) = [a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    digests = [base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in page.scripts[1:]]
    assert len(digests) == 2
    assert [f"'sha256-{digest}'" in policy for digest in digests] == [True, True]
    assert policy.count("sha256-") == 2


def test_scores_intervals_and_marks_are_those_of_the_matrix(demo):
    lab, page = demo
    found = matrix(lab.records, lab.outcomes)
    spoken = [a["aria-label"] for a in page.all("a") if "interval" in a.get("aria-label", "")]
    expected = []
    for quadrant, probe, row in product(QUADRANTS, found.probes, found.rows):
        for column in found.under(probe):
            cell = found.cell(column, row)
            if cell is None or cell.score is None or str(column.experiment.task.quadrant) != quadrant:
                continue
            low, high = (f"{100 * end:.1f}" for end in cell.interval)
            text = f"{100 * cell.score:.1f}\u00a0%, interval {low} to {high}"
            text += ", best in this column" if found.best(column) == row else ""
            text += ", not distinguishable from the best" if row in found.tied(column) else ""
            expected.append(text + ", mean of 3 seeds")
    assert spoken == expected
    assert len(page.all("td", **{"class": "best"})) == len(found.columns)


def test_gaps_failures_and_their_reasons_are_shown(demo):
    _, page = demo
    assert len(page.all("td", **{"class": "gap"})) == 1
    assert len(page.all("td", **{"class": "failed"})) == 2
    (first, _) = [a for a in page.all("a") if a.get("aria-label", "").startswith("failed: ")]
    assert "not finite" in first["title"]
    assert "2 of 113 experiments failed" in page.text
    assert "not measured" in page.text


def test_sections_stand_in_their_order(demo):
    _, page = demo
    quadrants = ["q-image-level-semantic", "q-image-level-structural"]
    wanted = ["answer", "scores", *quadrants, "measured", "tasks", "encoders", "records"]
    assert [element["id"] for element in page.all("section")] == wanted


def test_tables_have_scopes_and_can_be_scrolled_by_keyboard(demo):
    _, page = demo
    assert {a.get("scope") for a in page.all("th")} == {"col", "row"}
    for element in page.all("div", **{"class": "scroll"}):
        assert element["tabindex"] == "0"
        assert element["aria-labelledby"] in page.ids


def test_the_headline_probe_is_shown_first(demo):
    _, page = demo
    assert page.text.index("multinomial logistic regression") < page.text.index("weighted vote")
    assert page.text.index("logistic final embedding headline") < page.text.index("knn final embedding")


def test_notes_of_records_are_shown(demo):
    _, page = demo
    assert page.text.count("Tiles of eight photographs: few groups, so wide intervals.") == 2 + 2 * 30, (
        "with the answer, with its task, and with each record, there again in its JSON"
    )


def test_notes_that_differ_in_numbers_only_are_told_once():
    lab = Lab()
    for k, note in enumerate(("2 of 45 heads", "2 of 45 heads", "9.5 of 45 heads", "a word")):
        lab.run(make_encoder(f"e{k}"), make_task(), notes=(note,))
    text = Page(build(lab.records, lab.outcomes)).text.split("Task by task")[0]
    assert "2 of 45 heads ( this or with other numbers: 3 records)" in text.replace("(this", "( this")
    assert "9.5 of 45" not in text
    assert "a word (1 record)" in text.replace("( 1", "(1")


def test_figures_are_finite_json_with_one_dot_a_score(demo):
    lab, page = demo
    figures = json.loads(page.scripts[0])
    found = matrix(lab.records, lab.outcomes)
    dots = sum(len(trace["x"]) for figure in figures for trace in figure["data"])
    assert dots == sum(cell.score is not None for cell in found.cells.values())
    assert [a["data-figure"] for a in page.all("div", **{"class": "plot"})] == [str(k) for k in range(len(figures))]


def test_a_page_is_the_same_for_the_same_records(demo):
    lab, _ = demo
    assert build(lab.records, lab.outcomes) == build(lab.records, lab.outcomes)


# ------------------------------------------------------------------------------------------------ hostile text


@pytest.fixture(scope="module")
def hostile():
    lab = Lab()
    task = make_task("x", title=HOSTILE, about=HOSTILE, data=HOSTILE)
    lab.run(make_encoder(HOSTILE, arch=HOSTILE, weights=HOSTILE), task, notes=(HOSTILE,), bad_images=(HOSTILE,))
    lab.run(make_encoder("other"), task)
    lab.fail(make_encoder(f"{HOSTILE}2"), task, f"{HOSTILE}\n{HOSTILE}")
    lab.records[0] = lab.records[0].model_copy(update={"choice": {HOSTILE: HOSTILE, "l2": 0.1}})
    return build(lab.records, lab.outcomes, HOSTILE)


def test_hostile_text_is_text(hostile):
    page = Page(hostile)
    assert len(page.scripts) == 3, "figures, plotly and our own"
    assert {tag for tag, attrs in page.tags if any(name.startswith("on") for name in attrs)} == set()
    flat = " ".join(HOSTILE.split())
    assert page.text.count(flat) >= 10
    assert hostile.count("<script>alert") == 0
    assert "49" not in re.findall(r"<h1>(.*?)</h1>", hostile)[0], "templates in names are not run"


def test_hostile_text_cannot_leave_the_figures_json(hostile):
    (block,) = re.findall(r'<script type="application/json" id="figure-data">(.*?)</script>', hostile, re.DOTALL)
    assert not set("<>&\u2028\u2029") & set(block)
    labels = json.loads(block)[0]["layout"]["yaxis"]["ticktext"]
    assert any("&lt;script" in label for label in labels), "plotly reads markup: it is escaped for it as well"
    assert not any("<" in label for label in labels)


def test_json_of_a_record_is_whole(hostile):
    found = re.findall(r'<details class="json"><summary>JSON</summary><pre>(.*?)</pre>', hostile, re.DOTALL)
    forms = [json.loads(html.unescape(text)) for text in found]
    assert [[HOSTILE] in (form["notes"], form["bad_images"]) for form in forms].count(True) == 1
    assert {form["experiment"]["task"]["title"] for form in forms} == {HOSTILE}


def test_scripts_of_our_own_hold_nothing_that_ends_them():
    from importlib import resources

    from plotly.offline import get_plotlyjs

    for code in (get_plotlyjs(), resources.files("virb.report").joinpath("script.js").read_text()):
        assert "</script" not in code.lower()
        assert "<!--" not in code
        assert "\r" not in code


# ------------------------------------------------------------------------------------------------ unusual records


def test_several_input_policies_stand_apart_with_their_reason():
    lab = Lab()
    for size in (96, 224):
        lab.run(make_encoder("a"), make_task(), size=size)
    text = Page(build(lab.records, lab.outcomes)).text
    assert "Scores on Tiles that must not be compared stand apart: 224 px, squash and 96 px, squash." in " ".join(
        text.replace(" .", ".").split()
    )
    assert "224 px, squash (both sides are resized)" in text


def test_one_encoder_alone_is_marked_neither_best_nor_tied():
    lab = Lab()
    lab.run(make_encoder("a"), make_task())
    page = Page(build(lab.records, lab.outcomes))
    assert page.all("td", **{"class": "best"}) == []
    assert "nothing to compare it with" in page.text


def test_failures_alone_make_a_page_without_a_figure():
    lab = Lab()
    lab.fail(make_encoder("a"), make_task(), "constant", status="killed")
    page = Page(build(lab.records, lab.outcomes))
    assert "No encoder has a score" in page.text
    assert "killed" in page.text
    assert page.all("div", **{"class": "plot"}) == []
    assert len(page.scripts) == 1


def test_records_without_outcomes_have_scores_and_say_why_there_is_no_interval():
    lab = Lab()
    lab.run(make_encoder("a"), make_task())
    page = Page(build(lab.records, lambda _: None))
    assert "no interval" in page.text
    assert any("no per-example outcomes" in a.get("title", "") for a in page.all("a"))


def test_a_seed_that_failed_is_said_in_its_cell():
    lab = Lab()
    lab.run(make_encoder("a"), make_task(), seed=0)
    lab.fail(make_encoder("a"), make_task(), "constant", seed=1)
    page = Page(build(lab.records, lab.outcomes))
    assert [a["title"] for a in page.all("a") if "title" in a] == ["1 seed failed: constant"]


def test_records_that_share_an_id_have_places_of_their_own():
    lab = Lab()
    lab.run(make_encoder("a"), make_task(), data="one")
    lab.run(make_encoder("a"), make_task(), data="two")
    lab.fail(make_encoder("a"), make_task())
    page = Page(build(lab.records, lab.outcomes))
    identity = lab.records[0].id
    assert {f"r-{identity}", f"r-{identity}-2", f"r-{identity}-3"} <= set(page.ids)
    assert {f"#r-{identity}", f"#r-{identity}-2"} <= set(page.links)


def test_infinite_losses_and_several_settings_are_shown():
    from virb.spec import Trial

    trials = tuple(
        Trial(settings={"lr": lr, "epochs": e}, score=-float("inf") if lr == 1 else 0.5 + lr, loss=float("inf"))
        for lr in (0.1, 0.2, 0.3, 1.0)
        for e in (1.0, 2.0, 3.0, 4.0)
    )
    lab = Lab()
    lab.run(make_encoder("a"), make_task(), trials=trials, choice={"lr": 0.3, "epochs": 1.0})
    text = Page(build(lab.records, lab.outcomes)).text
    assert "lr 0.3, epochs 1" in text
    assert "and 4 more trials, in the JSON below." in text
    assert "Infinity" in text


def test_where_lower_is_better_the_head_says_so():
    lab = Lab()
    lab.run(make_encoder("a"), make_task(primary="nll"))
    assert "nll, lower is better" in Page(build(lab.records, lab.outcomes)).text


def test_no_records_at_all_say_what_to_do():
    with pytest.raises(UserError, match="virb run"):
        build([], lambda _: None)


# ------------------------------------------------------------------------------------------------ writing


@pytest.fixture
def store(tmp_path):
    lab = Lab()
    lab.run(make_encoder("a"), make_task(), 0.9)
    lab.run(make_encoder("b"), make_task(), 0.5)
    lab.fail(make_encoder("c"), make_task())
    store = Store(tmp_path / "store")
    for record in lab.records:
        kept = record.model_copy(update={"outcomes": store.attach(lab.npz(record))}) if record.outcomes else record
        store.publish(kept)
    return store


def test_a_store_becomes_a_file(store, tmp_path):
    out = tmp_path / "deep" / "report.html"
    assert write(store.folder, out) == out
    page = Page(out.read_text(encoding="utf-8"))
    assert "On Tiles , a (" in page.text
    assert "1 of 3 experiments failed" in page.text
    assert any("interval" in a.get("aria-label", "") for a in page.all("a")), "outcomes were found in the store"
    assert list(out.parent.iterdir()) == [out]


def test_a_report_that_is_there_is_replaced(store, tmp_path):
    out = tmp_path / "report.html"
    out.write_text("old")
    write(store.folder, out, title="New")
    assert "<h1>New</h1>" in out.read_text(encoding="utf-8")


def test_an_empty_store_says_what_to_do(tmp_path):
    with pytest.raises(UserError, match="no records in") as caught:
        write(tmp_path, tmp_path / "report.html")
    assert "virb run" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_named(store, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="could not be written"):
        write(store.folder, tmp_path / "file" / "report.html")
    with pytest.raises(UserError, match="could not be written"):
        write(store.folder, tmp_path)


def test_reporting_imports_neither_torch_nor_pandas():
    import subprocess
    import sys

    code = "import sys, virb.report; sys.exit('torch' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ------------------------------------------------------------------------------------------------ quadrants, galleries


@pytest.fixture(scope="module")
def world():
    lab = world_lab()
    return lab, Page(build(lab.records, lab.outcomes, predictions=lab.predictions))


def test_each_quadrant_has_a_panel_that_says_what_it_asks(world):
    _, page = world
    quadrants = [a["id"] for a in page.all("section", **{"class": "quadrant"})]
    assert quadrants == [f"q-{name.replace(' ', '-')}" for name in QUADRANTS]
    for question in ("What does the image show?", "Where is what each pixel shows?"):
        assert question in page.text
    assert "Not measured" not in page.text
    assert set(quadrants) <= {link[1:] for link in page.links}


def test_quadrants_without_tasks_are_named(demo):
    _, page = demo
    assert "Not measured: pixelwise semantic, pixelwise structural." in page.text


def test_every_column_stands_once_and_the_final_embedding_apart_from_the_best_layer(world):
    lab, page = world
    found = matrix(lab.records, lab.outcomes)
    assert len(page.all("span", **{"class": "task"})) == len(found.columns)
    labels = [text for text in page.seen if text in ("final embedding", "stage4") or text.startswith("best of")]
    assert labels.count("best of 5 layers, chosen on select") == 2, "image-level semantic and structural"
    text = page.text
    assert text.index("logistic final embedding") < text.index("logistic (best layer) best of 5 layers")


def test_where_headlines_differ_in_their_probe_they_stand_together_and_name_it(world):
    _, page = world
    after = page.text.split("How is the scene laid out? image-level structural")[1].split("What does each pixel")[0]
    assert "headline final embedding Encoder Camera motion synthetic logistic accuracy, %" in after
    assert "Steps to the target synthetic ridge mae, steps, lower is better" in after


def test_units_directions_and_regimes_are_said(world):
    _, page = world
    for words in ("depth-l1, m, lower is better", "epe, px, lower is better", "miou, %", "5 a class"):
        assert words in page.text
    figures = json.loads(page.scripts[0])
    titles = {figure["layout"]["xaxis"]["title"]["text"] for figure in figures}
    assert {"depth-l1, m, lower is better", "epe, px, lower is better", "miou, %", "accuracy, %"} <= titles
    assert any("\u00a0m, interval 0.2" in a.get("aria-label", "") for a in page.all("a"))
    assert "seed 0, 5 a class" in page.text


def test_synthetic_tasks_are_marked_wherever_their_scores_stand(world, demo):
    lab, page = world
    found = matrix(lab.records, lab.outcomes)
    synthetic = [column for column in found.columns if column.experiment.task.synthetic]
    tasks = {column.title for column in synthetic}
    sections = {(column.title, column.probe) for column in synthetic}
    # At the top; in heads, figures and findings; on cards; over records; over galleries.
    wanted = 1 + 3 * len(synthetic) + len(tasks) + len(sections) + 3
    assert len(page.all("span", **{"class": "tag"})) == wanted
    assert "synthetic The images of Objects, Camera motion" in page.text
    assert demo[1].all("span", **{"class": "tag"}) == []
    assert "drawn by a program" not in demo[1].text


def test_when_all_is_synthetic_the_top_says_so():
    lab = Lab()
    lab.run(make_encoder("a"), make_task("one", synthetic=True))
    for name, words in (("two", "both tasks"), ("three", "all 3 tasks")):
        lab.run(make_encoder("a"), make_task(name, synthetic=True))
        assert f"The images of {words} are drawn by a program" in Page(build(lab.records, lab.outcomes)).text


def test_galleries_show_images_of_the_page_alone_each_with_words(world):
    _, page = world
    images = page.all("img")
    assert len(images) == 4 * (1 + 1 + 4) * 2 + 4 * (2 + 1 + 4) + 2
    assert all(a["src"].startswith("data:image/png;base64,") for a in images)
    assert all(a["alt"] for a in images)
    alts = [a["alt"] for a in images]
    assert len([alt for alt in alts if alt.startswith("predicted depth by efficientnet-lite0 on example ")]) == 4
    assert len([alt for alt in alts if "<b>ball</b>" in alt]) > 4
    assert sum(len(a["src"]) for a in images) < 1_500_000
    assert "4 test examples, read by dense-linear" in page.text


def test_without_kept_predictions_there_is_no_gallery(world):
    lab, _ = world
    page = Page(build(lab.records, lab.outcomes))
    assert page.all("img") == []
    assert page.all("figure", **{"class": "gallery"}) == []


def test_hostile_names_of_classes_and_encoders_are_text_in_galleries():
    target = Classes(count=4, dense=True, ignore=255, names=(HOSTILE, '" onerror="alert(1)', "'><img src=x>", "d"))
    lab = Lab()
    lab.measure(make_encoder(HOSTILE), parts_task(target=target, title=HOSTILE), 0.8)
    text = build(lab.records, lab.outcomes, predictions=lab.predictions)
    page = Page(text)
    assert len(page.all("img")) == 12
    assert {name for tag, attrs in page.tags for name in attrs if name.startswith("on")} == set()
    assert all(a["src"].startswith("data:image/png") for a in page.all("img"))
    assert any(HOSTILE in a["alt"] for a in page.all("img"))
    assert text.count("<script>alert") == 0


def test_a_quadrant_lists_only_encoders_that_were_asked_in_it():
    lab = Lab()
    lab.run(make_encoder("a"), make_task())
    lab.measure(make_encoder("b"), parts_task(), 0.8)
    page = Page(build(lab.records, lab.outcomes))
    assert page.text.count("1 encoder without an experiment here is not listed.") == 2
    assert page.all("td", **{"class": "gap"}) == []


def test_a_store_with_kept_predictions_has_a_gallery(tmp_path):
    store = dense_store(tmp_path)
    page = Page(write(store.folder, tmp_path / "report.html").read_text(encoding="utf-8"))
    assert len(page.all("img")) == 4 * 4 + 1
    for file in (store.folder / "predictions").iterdir():
        file.unlink()
        break
    page = Page(write(store.folder, tmp_path / "report.html").read_text(encoding="utf-8"))
    assert len(page.all("img")) == 4 * 3 + 1
    assert "its predictions were not kept" in page.text


def test_a_broken_predictions_file_is_named_and_the_old_report_stays(tmp_path):
    store, out = dense_store(tmp_path), tmp_path / "report.html"
    out.write_text("old")
    broken = next((store.folder / "predictions").iterdir())
    broken.write_bytes(b"half a file")
    with pytest.raises(UserError, match=broken.name):
        write(store.folder, out)
    assert out.read_text() == "old"


def dense_store(folder):
    lab = Lab()
    for name, skill in (("a", 0.9), ("b", 0.7)):
        lab.measure(make_encoder(name), depth_task(), skill)
    store = Store(folder / "store")
    for record in lab.records:
        files = {
            "outcomes": store.attach(lab.npz(record)),
            "predictions": store.attach(packed(lab.predictions(record)), "predictions"),
        }
        store.publish(record.model_copy(update=files))
    return store


def test_a_gallery_shows_the_best_layer_where_it_was_measured():
    """The last map of a network is three cells wide at 96 px: its predictions say little to the eye."""
    lab = Lab()
    lab.measure(make_encoder("a"), parts_task(), 0.8)
    final = lab.records[-1]
    probe = final.experiment.probe.model_copy(update={"layers": ("stage1", "stage4"), "joint": False})
    lab.records.append(final.model_copy(update={"experiment": final.experiment.model_copy(update={"probe": probe})}))
    page = Page(build(lab.records, lab.outcomes, predictions=lab.predictions))
    assert "read by dense-linear (best layer)" in page.text
    assert len(page.all("img")) == 12
