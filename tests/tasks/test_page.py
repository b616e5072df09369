"""The page about tasks says what their cards say."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_about_tasks_is_as_its_script_writes_it():
    spec = spec_from_file_location("make_tasks", DOCS / "make_tasks.py")
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    written = (DOCS / "tasks.md").read_text(encoding="utf-8")
    assert written == script.page(), "cards have changed: python docs/make_tasks.py"
