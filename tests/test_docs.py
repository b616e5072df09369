"""Documentation that fails when it lies: links, commands, names."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from virb import cli
from virb.data import list_cards
from virb.data.world.sets import SETS
from virb.encoders import ENCODERS
from virb.probes import PROBES
from virb.tasks import TASKS

ROOT = Path(__file__).parents[1]
SPLITS = ("fit", "select", "test")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_the_repository_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_command_is_documented():
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for name, command in get_command(cli.app).commands.items():
        parts = [f"virb {name} {sub}" for sub in getattr(command, "commands", {})] or [f"virb {name}"]
        for part in parts:
            assert part in page, part


@pytest.mark.parametrize("shelf", [TASKS, PROBES, ENCODERS], ids=lambda shelf: shelf.kind)
def test_every_task_probe_and_encoder_source_is_documented(shelf):
    for name in shelf.names():
        assert f"`{name}" in TEXT, name


def test_every_command_in_the_documentation_exists():
    known = get_command(cli.app).commands
    for word in re.findall(r"\bvirb ([a-z]+)\b", " ".join(re.findall(r"`([^`]*)`|^(virb .*)$", TEXT, re.MULTILINE)[0])):
        assert word in known, word


def test_the_readme_promises_what_the_makefile_has():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake ([a-z]+)\b", (ROOT / "README.md").read_text(encoding="utf-8"))):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_data_source_names_licence_and_citation():
    for name, card in list_cards().items():
        assert card.licence, name
        assert card.citation, name


def test_the_page_about_the_world_has_the_sizes_of_its_sets():
    page = (ROOT / "docs" / "world.md").read_text(encoding="utf-8")
    for name, scenes in SETS.items():
        sizes = " / ".join(f"{scenes.examples[split]:,}" if scenes.examples[split] else "–" for split in SPLITS)
        rows = [line for line in page.splitlines() if f"`world:{name}`" in line and line.startswith("| `world-")]
        assert rows, name
        assert all(sizes in row for row in rows), (name, sizes)
