"""``virb data status|fetch|verify|list`` and a real task from the command line to a score."""

import json

import pytest
from typer.testing import CliRunner

import miniatures
from dense_samples import short
from virb import cli
from virb.errors import UserError
from virb.probes import PROBES
from virb.spec import METRICS
from virb.tasks import TASKS


def virb(*words, **how):
    return CliRunner().invoke(cli.app, [*map(str, words)], **how)


@pytest.fixture
def pets(tmp_path, monkeypatch):
    source = miniatures.write("pets", "official", tmp_path / "data")
    miniatures.put(monkeypatch, source)
    return source


def test_status_says_what_is_there_and_exits_accordingly(pets, tmp_path):
    done = virb("data", "status", "pets", "--data-root", tmp_path / "data", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    assert (said["state"], said["layout"], said["found"]) == ("there", "official", {"fit": 148, "test": 74})
    assert virb("data", "status", "pets", env={"VIRB_DATA": str(tmp_path / "data")}).exit_code == 0
    gone = virb("data", "status", "pets", "--data-root", tmp_path)
    assert gone.exit_code == 1
    assert "missing" in gone.output
    (tmp_path / "data/oxford-iiit-pet/images/beagle_1.jpg").unlink()
    partial = virb("data", "status", "pets", "--data-root", tmp_path / "data")
    assert partial.exit_code == 1
    assert "partial" in partial.output
    assert "images/beagle_1.jpg" in partial.output
    assert "virb data fetch pets" in partial.output


def test_a_typo_is_told_the_command_that_lists_data_sources():
    """It named `virb data sources list`, which is no command."""
    assert "`virb data list` shows all." in virb("data", "status", "pest").exception.remedy


def test_status_of_what_ships_is_there():
    assert virb("data", "status", "digits").exit_code == 0
    assert isinstance(virb("data", "status", "pet").exception, UserError)


def test_the_lists_say_what_lies_below_the_root_and_what_is_rendered(pets, tmp_path, monkeypatch):
    monkeypatch.setenv("VIRB_CACHE", str(tmp_path / "cache"))
    for group, key in (("data", "data"), ("tasks", "task")):
        rows = json.loads(virb(group, "list", "--data-root", tmp_path / "data", "--json").output)
        there = {row[key]: row["there"] for row in rows}
        assert there["pets"] == "official"
        assert there["digits"] == "ships"
        assert there["cifar-100"] == "–"
    without = {row["data"]: row["there"] for row in json.loads(virb("data", "list", "--json").output)}
    assert (without["pets"], without["world:flats"]) == ("–", "not rendered")


def test_fetch_tells_licence_and_size_before_it_asks_and_does_nothing_without_consent(tmp_path):
    refused = virb("data", "fetch", "pets", "--data-root", tmp_path)
    assert "CC BY-SA 4.0" in refused.output
    assert "811.1 MB to download" in refused.output
    assert "--yes" in str(refused.exception)
    assert list(tmp_path.iterdir()) == []
    assert "VIRB_DATA" in str(virb("data", "fetch", "pets", "--yes").exception)


def test_fetch_of_what_is_there_does_nothing(pets, tmp_path):
    done = virb("data", "fetch", "pets", "--data-root", tmp_path / "data")
    assert done.exit_code == 0
    assert "there and whole" in done.output
    assert "ships with scikit-learn" in virb("data", "fetch", "digits").output


def test_verify_counts_and_names_what_is_corrupt(pets, tmp_path):
    root = tmp_path / "data"
    done = virb("data", "verify", "pets", "--data-root", root, "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    assert said["images"] == 222
    assert set(said["classes"]["label"].values()) == {6}
    assert (said["problems"], said["in two splits"]) == ([], [])
    path = root / "oxford-iiit-pet/images/pug_2.jpg"
    path.write_bytes(path.read_bytes()[:150])
    copy = root / "oxford-iiit-pet/images/pug_5.jpg"
    copy.write_bytes((root / "oxford-iiit-pet/images/pug_1.jpg").read_bytes())
    spoilt = virb("data", "verify", "pets", "--data-root", root)
    assert spoilt.exit_code == 1
    assert str(path) in spoilt.output
    assert "'pug_1.jpg' in fit and 'pug_5.jpg' in test" in spoilt.output


def test_verify_reads_what_ships_too():
    assert virb("data", "verify", "digits").exit_code == 0


ON_FILES = [
    name
    for name, task in TASKS.items()
    if task.data in miniatures.file_sources() and name != "kinetics-400"  # decoding all its videos takes half a minute
]


@pytest.mark.parametrize("name", ON_FILES)
def test_an_encoder_gets_a_score_on_every_real_layout_from_the_command_line(name, tmp_path, monkeypatch):
    task, root = TASKS.load(name), tmp_path / "my data é"
    parents = [TASKS.load(task.trained_on)] if task.trained_on else []
    for one in (task, *parents):
        miniatures.put(monkeypatch, miniatures.write(one.data, "official", root))
    pairs = task.target.dense and task.images_per_example == 2
    probe = "dense-siamese" if pairs else "dense-knn" if task.target.dense else "knn"
    monkeypatch.setitem(PROBES._loaded, probe, short(PROBES.load(probe), 2))
    words = ["run", "--encoder", "pixels", "--task", name, "--data-root", root, "--size", 16, "--probe", probe]
    done = virb(*words, "--layers", "final", "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    records = [json.loads(path.read_text()) for path in (tmp_path / "out/records").glob("*.json")]
    assert [record["status"] for record in records] == ["ok"]
    assert records[0]["experiment"]["task"]["data"] == task.data
    assert 0 <= records[0]["scores"][task.primary] <= (1 if METRICS[task.primary].percent else records[0]["chance"] * 2)
    if name in ("pets", "fashion-mnist", "caltech-101"):  # one colour a class
        assert records[0]["scores"]["accuracy"] > 3 * records[0]["chance"]
