"""The folder of a pre-training run is an encoder."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

import fake_pretraining
from pretraining_samples import IMAGES, SIZE, recipe
from virb.encoders import load_encoder, parse_encoder
from virb.encoders._architectures import untrained
from virb.encoders._runs import is_run, read_recipe, read_run
from virb.errors import UserError
from virb.pretrain import pretrain
from virb.spec import InputPolicy

POLICY = InputPolicy(size=SIZE)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder, draw = tmp_path_factory.mktemp("data") / "photos", np.random.default_rng(0)
    for number in range(IMAGES):
        path = folder / ("cat", "dog")[number % 2] / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw.integers(0, 256, (24, 24, 3)).astype(np.uint8)).save(path)
    return folder


@pytest.fixture(scope="module")
def trained(photos, tmp_path_factory):
    """A finished run, and its trunk as it was at the last checkpoint."""
    seen = {}

    def keep(trunk, images_seen):
        seen["trunk"] = {name: value.clone() for name, value in trunk.state_dict().items()}

    folder = tmp_path_factory.mktemp("runs") / "a run"
    pretrain(recipe(photos, "supervised"), folder, threads=1, on_checkpoint=keep)
    return folder, seen["trunk"]


def refusal(name):
    with pytest.raises(UserError) as caught:
        load_encoder(name, POLICY)
    return str(caught.value)


def test_a_run_loads_as_the_trunk_that_was_trained(trained):
    folder, state = trained
    encoder = load_encoder(f"checkpoint:{folder}", POLICY)
    built = untrained(encoder.spec.arch, SIZE, 0)
    built.module.load_state_dict(state)
    images = torch.randint(0, 256, (5, 3, SIZE, SIZE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    mean, std = (
        torch.tensor(values).view(1, 3, 1, 1) for values in (built.preprocessing.mean, built.preprocessing.std)
    )
    with torch.inference_mode():
        expected = built.module.eval()((images / 255 - mean) / std)
    torch.testing.assert_close(encoder.encode(images)["embedding"], expected, rtol=0, atol=1e-6)
    assert encoder.notes == ()


def test_an_encoder_is_its_recipe_wherever_its_folder_lies(trained, tmp_path):
    folder, _ = trained
    moved = tmp_path / "elsewhere" / "renamed"
    shutil.copytree(folder, moved)
    here, there = parse_encoder(f"checkpoint:{folder}"), parse_encoder(f"checkpoint:{moved}")
    assert here.path != there.path
    assert here == there.model_copy(update={"path": here.path})
    assert here.declared() == there.declared()
    assert here == read_recipe(folder).encoder(folder)
    assert load_encoder(here, POLICY).digest == load_encoder(f"checkpoint:{moved}", POLICY).digest


def test_records_of_a_run_that_was_moved_are_found_again(trained, photos, tmp_path, write_folder):
    import virb

    folder, _ = trained
    moved = tmp_path / "moved"
    shutil.copytree(folder, moved)
    task = f"folder:{write_folder(tmp_path / 'task', {'cat': 20, 'dog': 20})}"
    asked = {"size": SIZE, "layers": "final", "output": tmp_path / "out"}
    first = virb.evaluate(f"checkpoint:{folder}", task, **asked)
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out" / "records").glob("*.json")}
    again = virb.evaluate(f"checkpoint:{moved}", task, **asked)
    assert {record.id for record in first.records} == {record.id for record in again.records}
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out" / "records").glob("*.json")} == kept
    assert kept
    assert first.records[0].experiment.encoder.pretraining.method == "supervised"


def test_a_run_says_what_it_is_before_it_is_finished_and_is_not_loaded(tmp_path):
    asked = recipe("nowhere")
    fake_pretraining.begin(asked, tmp_path / "run")
    assert is_run(tmp_path / "run")
    assert not is_run(tmp_path)
    assert parse_encoder(f"checkpoint:{tmp_path / 'run'}").weights == f"run:{asked.id}"
    assert "is not finished" in refusal(f"checkpoint:{tmp_path / 'run'}")
    (tmp_path / "run" / "card.json").write_text("{cut off")
    assert "is not finished" in refusal(f"checkpoint:{tmp_path / 'run'}")


def test_another_run_in_the_same_place_is_refused(tmp_path):
    fake_pretraining.finish(recipe("nowhere"), tmp_path / "run")
    spec = parse_encoder(f"checkpoint:{tmp_path / 'run'}")
    assert load_encoder(spec, POLICY)
    fake_pretraining.finish(recipe("nowhere", run=2), tmp_path / "run")
    with pytest.raises(UserError, match=r"holds another run than 'moco-v2 on folder:nowhere, run 1'.*run 2"):
        load_encoder(spec, POLICY)


def test_a_collapsed_run_tells_so_where_its_scores_are_read(tmp_path):
    fake_pretraining.finish(recipe("nowhere"), tmp_path / "run", collapsed=True)
    (note,) = load_encoder(f"checkpoint:{tmp_path / 'run'}", POLICY).notes
    assert "collapsed" in note


def test_a_folder_that_is_no_run_and_a_recipe_that_is_none_are_named(tmp_path):
    with pytest.raises(UserError, match=r"it has no recipe\.json"):
        read_run(tmp_path)
    fake_pretraining.finish(recipe("nowhere"), tmp_path / "run")
    form = json.loads((tmp_path / "run" / "recipe.json").read_text())
    (tmp_path / "run" / "recipe.json").write_text(json.dumps({**form, "of tomorrow": 1}))
    with pytest.raises(UserError, match=r"is no recipe: .*\n?.*newer virb"):
        read_run(tmp_path / "run")


def test_a_finished_run_is_read_whole(photos, trained):
    run = read_run(trained[0])
    assert run.recipe == recipe(photos, "supervised")
    assert run.card["collapsed"] in (True, False)
    assert run.weights.is_file()
