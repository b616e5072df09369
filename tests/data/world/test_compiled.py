"""What numba keeps on disk."""

import ast
from pathlib import Path

from virb.data.world import _compiled
from virb.data.world._compiled import FILES, entry, sources


def test_the_digest_counts_every_file_that_the_kernel_is_made_of():
    # Machine code kept for an older constant or kernel would draw other pictures without an error.
    folder = Path(_compiled.__file__).parent
    found, waiting = set(), ["_kernel"]
    while waiting:
        name = waiting.pop()
        found.add(name)
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("virb.data.world._"):
                other = node.module.rpartition(".")[2]
                if other not in found:
                    waiting.append(other)
    assert found == set(FILES)


def test_another_source_gives_another_digest(monkeypatch, tmp_path):
    for name in FILES:
        (tmp_path / f"{name}.py").write_text(name)
    monkeypatch.setattr(_compiled, "files", lambda package: tmp_path)
    before = sources()
    assert before == sources()
    (tmp_path / "_lattice.py").write_text("changed")
    assert before != sources()


def test_without_a_folder_to_write_to_each_process_compiles(monkeypatch):
    def njit(cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function")
        return lambda function: function

    monkeypatch.setattr(_compiled, "njit", njit)
    assert entry(abs) is abs
