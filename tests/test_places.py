"""Where caches and fetched weights go."""

from pathlib import Path

import pytest

from virb.places import cache_dir, weights_dir


def test_the_cache_is_where_the_variable_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIRB_CACHE", str(tmp_path / "here"))
    assert cache_dir() == tmp_path / "here"
    assert not cache_dir().exists()


def test_a_tilde_in_the_variable_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("VIRB_CACHE", "~/caches")
    assert cache_dir() == tmp_path / "caches"


def test_without_the_variable_it_is_a_folder_named_virb_below_an_absolute_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRB_CACHE", raising=False)
    assert cache_dir().is_absolute()
    assert "virb" in cache_dir().parts


def test_fetched_weights_are_no_part_of_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIRB_WEIGHTS", str(tmp_path / "here"))
    assert weights_dir() == tmp_path / "here"
    monkeypatch.delenv("VIRB_WEIGHTS")
    monkeypatch.delenv("VIRB_CACHE", raising=False)
    assert weights_dir().is_absolute()
    assert cache_dir() not in weights_dir().parents
