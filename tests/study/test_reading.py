"""Reading study files that are none."""

from contextlib import suppress

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from virb.errors import UserError
from virb.study._reading import read_form


def test_a_file_that_is_not_there_names_those_that_are(write_study):
    path = write_study("name: a", "pilot.yaml")
    with pytest.raises(UserError, match=r"There is no file '.*pilt.yaml'.\nThere are pilot.yaml."):
        read_form(path.with_name("pilt.yaml"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("- name: a\n", "holds a list"),
        ("name", "holds 'name'"),
        ("name: [a\ntasks: b", "line 2 is not YAML"),
        ("name: a\n\ttasks: b", "not YAML"),
        ("name: a\n---\nname: b", "not YAML"),
        ("name: !!python/object:os.system a", "not YAML"),
        ("name: 2024-13-45", "not YAML"),
        ("? [a, b]\n: c", "not YAML"),
        ("[" * 5000, "not YAML"),
        ("name: a\ntasks: [digits]\nname: b", "line 3: 'name' stands there twice"),
        ("1: a", "there is no field '1'"),
        ("name: a\nx: &x [y]\npretrain: *x", "there is no field 'x'"),
    ],
    ids=lambda value: value[:20],
)
def test_what_is_no_study_file_is_refused(write_study, text, says):
    with pytest.raises(UserError) as refused:
        read_form(write_study(text))
    assert says in str(refused.value)
    assert refused.value.remedy


def test_a_folder_and_bytes_and_a_large_file_are_refused(tmp_path, write_study):
    with pytest.raises(UserError, match="cannot be read"):
        read_form(tmp_path)
    path = write_study("")
    path.write_bytes(b"name: \xff\xfe")
    with pytest.raises(UserError, match="UTF-8"):
        read_form(path)
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(UserError, match="1,000,000 bytes"):
        read_form(path)


def test_a_byte_order_mark_is_no_part_of_a_name(write_study):
    path = write_study("")
    path.write_bytes(b"\xef\xbb\xbfname: a\ntasks: digits\n")
    assert read_form(path).form.name == "a"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["name", "pretrain", "methods", "data", "runs", "tasks", "x"]), inner)
        ),
        max_leaves=12,
    )
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_is_read_or_refused_in_words(write_study, value):
    path = write_study(yaml.safe_dump(value))
    with suppress(UserError):  # anything else is a bug
        assert read_form(path).form.tasks
