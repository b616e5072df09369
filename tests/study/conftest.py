"""Study files."""

import pytest

from virb.cache import Cache
from virb.study import Site


@pytest.fixture
def write_study(tmp_path):
    """Write a study file and return its path."""

    def write(text, name="study.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path / "out", cache=Cache(tmp_path / "cache", budget=10**9))
