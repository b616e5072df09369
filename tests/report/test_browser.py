"""The page in a browser: it draws, it fits, it is inert, and it asks nobody for anything."""

import shutil

import pytest
from grid_factory import grid_lab, trained
from playwright.sync_api import sync_playwright
from record_factory import HOSTILE, Lab, demo_lab, make_encoder, make_task, world_lab
from toy_scenes import parts_task

from virb.report import build
from virb.spec import Classes

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESK = 390, 1440

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    """A browser of this machine, or Playwright's own: `make browser` installs one."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


def hostile_lab():
    """The demo, an encoder and a task with the worst names, a very long name, and a failure with a long reason."""
    lab = demo_lab()
    task = make_task("hostile", title=HOSTILE, about=HOSTILE, data=HOSTILE)
    lab.run(make_encoder(HOSTILE, weights=HOSTILE), task, 0.9, notes=(HOSTILE,), bad_images=(HOSTILE,))
    lab.run(make_encoder("a" * 300), task, 0.4, size=96)
    lab.fail(make_encoder("failing"), task, HOSTILE + "x" * 2000)
    return lab


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    lab = hostile_lab()
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(build(lab.records, lab.outcomes, f"Report {HOSTILE}"), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module", params=[(DESK, "light")], ids=["desk"])
def loaded(browser, address, request):
    """One page for many tests: it weighs megabytes. Whatever it complains of at any time fails the tests after."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.heard = []
    page.on("console", lambda message: page.heard.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: page.heard.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (page.heard.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda r: page.heard.append(r.url) if r.url not in (address, "data:,") else None)
    page.goto(address)
    yield page
    context.close()


@pytest.fixture
def page(loaded):
    loaded.evaluate("document.querySelectorAll('details').forEach(it => it.open = false)")
    loaded.locator(".views span").first.click()
    yield loaded
    assert loaded.heard == []


def draw_all(page):
    for plot in page.locator(".plot:visible").all():
        plot.scroll_into_view_if_needed()
        plot.locator("svg.main-svg").first.wait_for()


def test_it_draws_without_an_error_a_dialog_or_a_request(page):
    draw_all(page)
    quadrant = page.locator("#q-image-level-semantic")
    quadrant.locator("text=knn").and_(quadrant.locator(".views span")).click()
    draw_all(page)
    panels = quadrant.locator(".panels:visible")
    assert panels.count() == 1
    assert panels.locator(".scatterlayer .point").count() > 10
    assert page.heard == []


@pytest.mark.parametrize("loaded", [(DESK, "light"), (PHONE, "dark")], indirect=True, ids=["desk", "phone"])
def test_the_page_does_not_scroll_sideways_even_with_everything_open(page):
    draw_all(page)
    page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
    wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide == seen == page.viewport_size["width"]
    assert page.evaluate("document.body.scrollWidth") <= seen


def test_every_cell_links_to_a_record_that_opens(page):
    links = page.eval_on_selector_all(".matrix td a", "all => all.map(it => it.getAttribute('href'))")
    assert len(links) > 30
    assert page.evaluate("all => all.every(it => document.getElementById(it.slice(1)).matches('.record'))", links)
    page.locator(".matrix td.failed a").first.click()
    opened = page.locator("details.record[open]")
    assert opened.count() == 1
    assert opened.is_visible()
    assert "not finite" in opened.inner_text()


def test_hostile_text_is_shown_and_runs_nothing(page):
    assert page.title().startswith("Report <script>alert(1)</script>")
    assert HOSTILE.split()[0] in page.locator("h1").inner_text()
    assert page.evaluate("document.scripts.length") == 3
    assert page.evaluate("document.querySelectorAll('main script, main img, main iframe').length") == 0
    draw_all(page)
    ticks = page.locator(".ytick").all_text_contents()
    assert any("<script" in tick for tick in ticks)


def test_colours_follow_the_scheme_and_have_contrast_in_both(page):
    draw_all(page)
    assert contrasts(page) == []
    before = page.locator(".point").first.get_attribute("style")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("before => document.querySelector('.point').getAttribute('style') !== before", arg=before)
    assert contrasts(page) == []
    page.emulate_media(color_scheme="light")


def contrasts(page):
    """Colours of text with less than 4.5 to 1, what WCAG 2.1 AA asks for, by its relative luminance."""
    ratios = page.evaluate("""() => {
      const style = getComputedStyle(document.documentElement);
      const light = name => {
        const hex = style.getPropertyValue(name).trim().slice(1);
        const [r, g, b] = [0, 2, 4].map(k => parseInt(hex.slice(k, k + 2), 16) / 255)
          .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return ["--ink", "--quiet", "--accent", "--wrong", "--made"].concat(
        ["--first", "--second", "--third", "--fourth", "--fifth", "--sixth"]).flatMap(
        ink => ["--page", "--wash"].map(paper => [ink, paper, ratio(light(ink), light(paper))]));
    }""")
    assert len(ratios) == 22
    return [found for found in ratios if found[2] < 4.5]


def test_without_scripts_the_numbers_are_there(browser, address):
    context = browser.new_context(java_script_enabled=False, viewport={"width": DESK, "height": 900})
    page = context.new_page()
    page.goto(address)
    assert page.locator(".matrix td.best").first.is_visible()
    assert page.locator("noscript").count() == 1
    context.close()


def test_one_column_alone_fits_too(browser, tmp_path):
    lab = Lab()
    lab.run(make_encoder("a"), make_task())
    path = tmp_path / "one.html"
    path.write_text(build(lab.records, lab.outcomes), encoding="utf-8")
    page = browser.new_page(viewport={"width": PHONE, "height": 800})
    page.goto(path.as_uri())
    draw_all(page)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE
    page.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A page of all four quadrants with galleries, one of a hostile task among them."""
    lab = world_lab()
    target = Classes(count=4, dense=True, ignore=255, names=(HOSTILE, "y" * 200, '" onerror="alert(1)', "d"))
    lab.measure(make_encoder(HOSTILE), parts_task(name="x", title=HOSTILE, data="x", target=target), 0.8)
    path = tmp_path_factory.mktemp("world") / "report.html"
    path.write_text(build(lab.records, lab.outcomes, predictions=lab.predictions), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize(("width", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"])
def test_galleries_are_drawn_within_the_page_and_ask_for_nothing(browser, world, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, heard = context.new_page(), []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda r: heard.append(r.url) if r.url != world and not r.url.startswith("data:") else None)
    page.goto(world)
    draw_all(page)
    sizes = page.eval_on_selector_all("img", "all => all.map(it => [it.naturalWidth, it.clientWidth])")
    assert len(sizes) == 4 * (1 + 1 + 4) * 2 + 4 * (2 + 1 + 4) + 4 * 3 + 2
    assert all(natural > 0 and shown > 50 for natural, shown in sizes)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert heard == []
    context.close()


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    """A page of a grid of methods and data sets, with a hostile method on hostile data among them."""
    lab = grid_lab()
    for run in (1, 2, 3):
        lab.run(trained(HOSTILE, HOSTILE, run), make_task("world-object", 20, title="Objects", synthetic=True), 0.5)
    path = tmp_path_factory.mktemp("pilot") / "report.html"
    path.write_text(build(lab.records, lab.outcomes), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize(("width", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"])
def test_effects_of_method_and_data_are_drawn_within_the_page(browser, pilot, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, heard = context.new_page(), []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda r: heard.append(r.url) if r.url not in (pilot, "data:,") else None)
    page.goto(pilot)
    draw_all(page)
    assert page.locator("#effects .plot").count() == 7
    assert page.locator("#effects .plot").first.locator(".scatterlayer .point").count() == 11 + 33
    page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
    page.evaluate("document.querySelectorAll('button[data-block]').forEach(it => it.click())")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for place in ("figcaption", "p", "li", ".sources", ".gains", ".heat"):
        wide = page.eval_on_selector_all(f"#effects {place}", "all => Math.max(...all.map(it => it.offsetWidth))")
        assert wide <= width, place
    assert contrasts(page) == []
    assert heard == []
    context.close()


def test_runs_of_a_recipe_unfold_below_their_mean(browser, pilot):
    page = browser.new_page(viewport={"width": DESK, "height": 900})
    page.goto(pilot)
    table = page.locator("#q-image-level-semantic .view:visible table")
    assert table.locator("tbody tr:visible").count() == 12
    fold = table.locator("button[data-block]").first
    fold.focus()
    page.keyboard.press("Enter")
    assert fold.get_attribute("aria-expanded") == "true"
    assert table.locator("tbody tr:visible").count() == 15
    assert table.locator("tr.run:visible").first.inner_text().startswith(fold.inner_text().partition(" 3 runs")[0])
    fold.click()
    assert table.locator("tbody tr:visible").count() == 12
    page.close()


def test_each_quadrant_shows_one_way_of_reading_at_a_time(browser, world):
    page = browser.new_page(viewport={"width": DESK, "height": 900})
    page.goto(world)
    show, where = page.locator("#q-image-level-semantic"), page.locator("#q-image-level-structural")
    assert show.locator(".view:visible").count() == where.locator(".view:visible").count() == 1
    show.locator(".views span", has_text="best layer").click()
    assert "best of 5 layers" in show.locator(".view:visible").inner_text()
    assert "best of 5 layers" not in where.locator(".view:visible").inner_text()
    page.emulate_media(media="print")
    assert show.locator(".matrix:visible").count() == 3, "paper has no switch: all tables are printed"
    page.close()
