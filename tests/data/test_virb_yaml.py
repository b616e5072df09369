"""What masks mean, in a small file: what it may say, and what is refused of it."""

import math
import re
from pathlib import Path

import pytest

from virb.data._virb_yaml import MasksForm, read_form
from virb.errors import UserError


def read(folder, text):
    (folder / "virb.yaml").write_text(text, encoding="utf-8")
    return read_form(folder)


def refused(folder, text):
    with pytest.raises(UserError) as caught:
        read(folder, text)
    assert f"'{folder / 'virb.yaml'}'" in caught.value.problem
    return caught.value


def test_without_the_file_nothing_is_said(tmp_path):
    assert read_form(tmp_path) is None


def test_classes_are_a_list_or_have_ids_of_their_own_and_several_may_be_one(tmp_path):
    form = read(tmp_path, "classes: [ground, pet]\nignore: 255")
    assert (form.names, form.values, form.ignore) == (("ground", "pet"), {0: 0, 1: 1}, (255,))
    form = read(tmp_path, "classes: {7: road, 24: person, 25: person}\nignore: [0, 255]")
    assert (form.names, form.values, form.ignore) == (("road", "person"), {7: 0, 24: 1, 25: 1}, (0, 255))
    assert read(tmp_path, "classes: [1, 2]").names == ("1", "2")


def test_colours_are_written_in_either_way(tmp_path):
    form = read(tmp_path, 'colours: {road: "#804080", sky: [70, 130, 180]}\nignore: [0, 0, 0]')
    assert form.values == {0x804080: 0, 70 << 16 | 130 << 8 | 180: 1}
    assert form.ignore == (0,)
    form = read(tmp_path, 'colours: {road: "#804080", sky: "#0000FF"}\nignore: ["#000000", [1, 2, 3]]')
    assert form.ignore == (0, 0x010203)
    assert read(tmp_path, 'colours: {road: "#804080", sky: "#0000FF"}\nignore: "#ffffff"').ignore == (0xFFFFFF,)


def test_depth_has_a_scale_a_unit_and_what_is_missing(tmp_path):
    depth = read(tmp_path, "depth: {scale: 0.001, unit: m, missing: 0}").depth
    assert (depth.scale, depth.unit, depth.missing, depth.bits) == (0.001, "m", (0,), 16)
    missing = read(tmp_path, "depth: {scale: 1, unit: none, missing: [nan, -1]}").depth.missing
    assert math.isnan(missing[0])
    assert missing[1] == -1


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("clases: [a, b]", "there is no field 'clases'", "Did you mean 'classes'?"),
        ("depth: {scael: 1, unit: m}", "there is no field 'scael'", "Did you mean 'scale'?"),
        ("depth: {scale: 0.001}", "'unit' of depth is missing", "m, or none"),
        ("depth: {unit: m}", "'scale' of depth is missing", "millimetres"),
        ("depth: {scale: 0, unit: m}", "'scale' is '0'", "above 0"),
        ("depth: {scale: 1, unit: m, bits: 12}", "'bits' is '12'", "8 or 16"),
        ("depth: 3", "'depth' is '3'", "scale: 0.001"),
        ("depth: {scale: 1, unit: m}\nignore: 0", "'ignore' is for classes", "'missing'"),
        ("classes: [a, no]", "'classes' is '['a', False]'", "names of ids"),
        ("classes: [a, b, a]", "'classes' is '['a', 'b', 'a']'", "each once"),
        ("classes: {a: 0, b: 1}", "'classes' is '{'a': 0, 'b': 1}'", "{ID: NAME"),
        ("classes: {0: a, 99999: b}", "'classes' is", "0 to 65535"),
        ("classes: {0: a, 0: b}", "'0' stands there twice", "classes: [background, pet]"),
        ("classes: [a]", "'classes' names 1 class", "at least two"),
        ("classes: [a, b]\nignore: 1", "'1' is a class and ignored", "one of the two"),
        ("classes: [a, b]\nignore: true", "'ignore' is 'True'", "id or colour"),
        ("classes: [a, b]\nignore: '#000000'", "'ignore' is '#000000'", "id or colour"),
        ('colours: {a: "#80480", b: [1, 2, 3]}', "'colours' is", "in quotes"),
        ("colours: {a: [1, 2, 256], b: [1, 2, 3]}", "'colours' is", "[red, green, blue]"),
        ("colours: {a: '#000000', b: [0, 0, 0]}", "'#000000' is the colour of two classes", "its own"),
        ("colours: {a: '#000000', b: [1, 2, 3]}\nignore: [1, 2, 3]", "'#010203' is a class and ignored", "one"),
        ("colours:\n  #000000: a", "says neither classes, nor colours, nor depth", "One of:"),
        ("classes: [a, b]\ndepth: {scale: 1, unit: m}", "says classes, depth at once", "One of:"),
        ("classes: [a, b", "line 1 is not YAML", "One of:"),
        ("", "says nothing about masks", "One of:"),
        ("- a", "says nothing about masks", "One of:"),
    ],
)
def test_what_it_cannot_say_is_told_with_what_it_can(text, problem, remedy, tmp_path):
    error = refused(tmp_path, text)
    assert problem in error.problem
    assert remedy in error.remedy


def test_bytes_that_are_no_text_and_another_ending_are_refused(tmp_path):
    (tmp_path / "virb.yaml").write_bytes(b"classes: [\xff]")
    with pytest.raises(UserError, match="not YAML in UTF-8"):
        read_form(tmp_path)
    (tmp_path / "virb.yaml").rename(tmp_path / "virb.yml")
    with pytest.raises(UserError, match=r"(?s)virb.yml' is not read.*Call it virb.yaml"):
        read_form(tmp_path)


def test_what_the_page_about_own_data_shows_is_read(tmp_path):
    page = (Path(__file__).parents[2] / "docs/own-data.md").read_text(encoding="utf-8")
    shown = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(shown) == 4
    for text in shown:
        assert read(tmp_path, text) is not None


def test_a_form_can_be_made_without_a_file():
    assert MasksForm(classes={3: "a", 4: "b"}).values == {3: 0, 4: 1}
