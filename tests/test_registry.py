"""Shelves: listed without importing, loaded by name, open to other packages, and helpful about names."""

import sys
from pathlib import Path

import pytest

from virb.errors import UserError, unknown
from virb.registry import Shelf

ITEM = "print('imported', __name__)\nITEM = {value!r}\n"


@pytest.fixture
def shelf(tmp_path, monkeypatch, request):
    """A package of four items, two private files and a plug-in's package with three entry points."""
    package = f"shelf_of_{abs(hash(request.node.nodeid))}"
    folder = tmp_path / package
    folder.mkdir()
    for name, value in {"apple": "an apple", "red_pear": "a pear", "broken": 7, "fig": "a fig"}.items():
        (folder / f"{name}.py").write_text(ITEM.format(value=value))
    (folder / "__init__.py").touch()
    (folder / "_private.py").write_text(ITEM.format(value="a secret"))
    (folder / "notes.txt").touch()
    (tmp_path / f"{package}_plugin.py").write_text("PLUM = 'a plum'\nFIG = 'another fig'\nSTONE = 3\n")
    metadata = tmp_path / f"{package}_plugin-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}-plugin\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        f"[{package}]\nplum = {package}_plugin:PLUM\nfig = {package}_plugin:FIG\nstone = {package}_plugin:STONE\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield Shelf(package, "ITEM", "fruit", str)
    for name in [name for name in sys.modules if name.startswith(package)]:
        del sys.modules[name]


def test_names_are_the_files_and_entry_points_sorted_and_once(shelf):
    assert shelf.names() == ["apple", "broken", "fig", "plum", "red-pear", "stone"]


def test_listing_imports_nothing(shelf, capsys):
    shelf.names()
    assert capsys.readouterr().out == ""
    assert not [name for name in sys.modules if name.startswith(f"{shelf.package}.")]


def test_a_file_with_an_underscore_is_an_item_with_a_hyphen(shelf):
    assert shelf.load("red-pear") == "a pear"
    with pytest.raises(UserError, match="'red-pear'"):
        shelf.load("red_pear")


def test_loading_imports_one_item_once(shelf, capsys):
    assert shelf.load("apple") == shelf.load("apple") == "an apple"
    assert capsys.readouterr().out == f"imported {shelf.package}.apple\n"


def test_other_packages_add_items_but_do_not_replace_ours(shelf):
    assert shelf.load("plum") == "a plum"
    assert shelf.load("fig") == "a fig"


@pytest.mark.parametrize(("name", "kind"), [("broken", "int"), ("stone", "int")])
def test_an_item_of_another_type_is_refused_by_name(shelf, name, kind):
    with pytest.raises(UserError, match=f"The fruit '{name}' is a {kind}, not a str"):
        shelf.load(name)


@pytest.mark.parametrize("name", ["", "_private", "notes", "__init__", "a.b", "../apple", "apple:x", "größe"])
def test_what_is_no_item_is_an_unknown_name(shelf, name):
    with pytest.raises(UserError) as caught:
        shelf.load(name)
    assert caught.value.problem == f"There is no fruit '{name}'."
    assert caught.value.remedy.endswith("`virb fruits list` shows all.")


def test_a_shelf_that_no_command_lists_shows_its_names_instead(monkeypatch, shelf):
    monkeypatch.setattr(shelf, "command", "")
    with pytest.raises(UserError) as caught:
        shelf.load("zzz")
    assert caught.value.remedy.startswith("Known: ")
    assert "virb" not in caught.value.remedy


def test_a_slip_of_the_pen_is_answered_with_the_nearest_names(shelf):
    with pytest.raises(UserError, match="Did you mean 'apple'"):
        shelf.load("aple")


def test_items_yields_every_item_with_its_name(shelf):
    (Path(sys.path[0]) / shelf.package / "broken.py").write_text("ITEM = 'mended'\n")
    (Path(sys.path[0]) / f"{shelf.package}_plugin.py").write_text("PLUM = 'a plum'\nSTONE = 'a stone'\n")
    assert dict(shelf.items()) == {
        "apple": "an apple",
        "broken": "mended",
        "fig": "a fig",
        "plum": "a plum",
        "red-pear": "a pear",
        "stone": "a stone",
    }


def test_an_unknown_name_far_from_all_lists_some_known_ones():
    error = unknown("task", "qqqq", [f"t{n:02}" for n in range(20)], "`virb tasks list` shows all.")
    assert error.problem == "There is no task 'qqqq'."
    assert error.remedy.startswith("Known: t00, t01, ")
    assert "t11, …" in error.remedy
    assert "t12" not in error.remedy
    assert unknown("task", "x", []).problem == "There is no task 'x'."


def test_a_user_error_says_problem_then_remedy():
    assert str(UserError("This is wrong.", "Do that.")) == "This is wrong.\nDo that."
    assert str(UserError("This is wrong.")) == "This is wrong."
