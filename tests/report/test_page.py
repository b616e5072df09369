"""The page as text: complete, inert, linked, and about what is there."""

import html
import json
import re
from html.parser import HTMLParser

import pytest
from record_factory import HOSTILE, Lab, demo_lab, make_encoder, make_task

from virb.analysis import matrix
from virb.errors import UserError
from virb.report import build, write
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
    for probe in found.probes:
        for row in found.rows:
            for column in found.under(probe):
                cell = found.cell(column, row)
                if cell is None or cell.score is None:
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
    wanted = ["answer", "scores", "figure", "measured", "tasks", "encoders", "records"]
    assert [element["id"] for element in page.all("section")] == wanted


def test_tables_have_scopes_and_can_be_scrolled_by_keyboard(demo):
    _, page = demo
    assert {a.get("scope") for a in page.all("th")} == {"col", "row", "colgroup"}
    for element in page.all("div", **{"class": "scroll"}):
        assert element["tabindex"] == "0"
        assert element["aria-labelledby"] in page.ids


def test_the_headline_probe_is_shown_first(demo):
    _, page = demo
    assert page.text.index("multinomial logistic regression") < page.text.index("weighted vote")
    text = page.text
    assert text.index("logistic multinomial") < text.index("knn weighted")


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
    assert page.all("section", id="figure") == []
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
