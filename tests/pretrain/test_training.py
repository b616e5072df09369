"""A run from its recipe to its folder, interrupted wherever it can be."""

import csv
import errno
import json
import math
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

import pretraining_samples
from pretraining_samples import ARCH, BATCH, IMAGES, SIZE, Stopping, objective, recipe
from virb.data import open_data_recipe, open_pretraining_data
from virb.encoders import load_encoder
from virb.encoders._architectures import untrained
from virb.errors import ExperimentError, UserError
from virb.pretrain import METHODS, _folder, pretrain, settings_of
from virb.pretrain import _training as training
from virb.pretrain._images import Order, Source, seeded
from virb.pretrain._training import Training
from virb.pretrain.objectives.moco_v2 import MoCoV2Objective
from virb.pretrain.objectives.supervised import SupervisedObjective
from virb.progress import Quiet
from virb.spec import InputPolicy

STEPS, LEG = 10, 2
FILES = {"recipe.json", "weights.safetensors", "curves.csv", "card.json"}


class StoppedError(Exception):
    pass


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Noise around one colour a class, 24 pixels a side."""
    folder, draw = tmp_path_factory.mktemp("data") / "photos", np.random.default_rng(0)
    for number in range(IMAGES):
        path = folder / ("cat", "dog")[number % 2] / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = draw.integers(0, 156, (24, 24, 3)) + 100 * (number % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    return folder


@pytest.fixture(autouse=True)
def _a_row_a_step(monkeypatch):
    monkeypatch.setattr(training, "EVERY", 1)


@pytest.fixture(scope="module")
def finished():
    """What was trained in this module without an interruption."""
    return {}


@pytest.fixture
def whole(photos, tmp_path, finished):
    """Weights of a method's uninterrupted run."""

    def train(method):
        if method not in finished:
            finished[method] = weights(run(recipe(photos, method), tmp_path / "uninterrupted").folder)
        return finished[method]

    return train


def run(asked, folder, **more):
    return pretrain(asked, folder, threads=1, **more)


def weights(folder):
    return (folder / "weights.safetensors").read_bytes()


def curves(folder):
    with (folder / "curves.csv").open() as file:
        return list(csv.DictReader(file))


def names(folder):
    return {path.name for path in folder.iterdir()}


def refusal(asked, folder, **more):
    with pytest.raises(UserError) as caught:
        run(asked, folder, **more)
    return str(caught.value)


# ---------------------------------------------------------------------------------------------- what is trained


@pytest.fixture
def one_thread():
    """Sums in another order end in other weights after a few steps of Adam, and runs here take one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("method", METHODS.names())
def test_a_run_is_a_plain_loop_of_its_objective_under_adamw(method, photos, whole):
    asked = recipe(photos, method)
    settings = settings_of(asked)
    dataset = open_pretraining_data(asked.data, None)
    labels = np.asarray(dataset.columns["label"], np.int64)
    source = Source(dataset, labels, SIZE, "bilinear", Quiet())
    start = untrained(ARCH, SIZE, asked.run)
    with torch.random.fork_rng():
        torch.manual_seed(seeded("heads", asked.run).initial_seed())
        one = METHODS.load(method).build(start.module, start.module.num_features, asked, IMAGES, 2)
    one.expect(start.preprocessing.mean, start.preprocessing.std)
    one.train().to(memory_format=torch.channels_last)
    trained = [weight for weight in one.parameters() if weight.requires_grad]
    descent = torch.optim.AdamW(
        [
            {"params": [weight for weight in trained if weight.ndim > 1], "weight_decay": settings["weight-decay"]},
            {"params": [weight for weight in trained if weight.ndim == 1], "weight_decay": 0},
        ]
    )
    device = torch.device("cpu")
    one.prepare((source.batch(rows, device) for rows in torch.arange(IMAGES).split(BATCH)), seeded("prepare", 1))
    order = Order(IMAGES, BATCH, asked.run)
    for step in range(STEPS):
        for group in descent.param_groups:
            group["lr"] = settings["lr"] * height(step, settings["warm-up"])
        descent.zero_grad()
        one(source.batch(order.rows(step), device), seeded("views", asked.run, step), step).loss.backward()
        one.before_update(step)
        descent.step()
        one.after_update(step)
    ended = safetensors.torch.load(whole(method))
    for name, value in one.trunk.state_dict().items():
        torch.testing.assert_close(
            ended[name], value, rtol=1e-4, atol=1e-5, msg=lambda text, name=name: f"{name}: {text}"
        )


def height(step, warm_up):
    rising = max(1, round(warm_up * STEPS))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / (STEPS - rising)))


@pytest.mark.parametrize("method", METHODS.names())
def test_batch_norm_sees_the_batches_it_learns_from(method, photos, whole):
    ended = safetensors.torch.load(whole(method))
    counts = {int(value) for name, value in ended.items() if name.endswith("num_batches_tracked")}
    assert min(counts) >= STEPS
    assert all(value.any() for name, value in ended.items() if name.endswith("running_mean"))


@pytest.mark.parametrize("method", METHODS.names())
def test_without_batch_statistics_the_trunk_keeps_those_it_starts_with_and_learns(method, photos, tmp_path):
    at_checkpoints = []
    done = run(
        recipe(photos, method, {"batch-statistics": 0.0}),
        tmp_path / "run",
        on_checkpoint=lambda trunk, seen: at_checkpoints.append(trunk.training),
    )
    start, ended = untrained(ARCH, SIZE, 1).module.state_dict(), safetensors.torch.load(weights(done.folder))
    assert not torch.equal(start["conv1.0.weight"], ended["conv1.0.weight"])
    for name, value in start.items():
        if "running" in name or "num_batches" in name:
            assert torch.equal(value, ended[name]), name
    assert at_checkpoints
    assert not any(at_checkpoints)


def test_a_folder_in_work_is_refused_to_others_and_free_again_afterwards(photos, tmp_path, whole):
    class Meanwhile(Quiet):
        refused = ""

        def advance(self, what, done, total):
            if what.startswith("moco") and not self.refused:
                self.refused = refusal(recipe(photos), tmp_path / "run")

    progress = Meanwhile()
    done = run(recipe(photos), tmp_path / "run", progress=progress)
    assert "Another process is training in" in progress.refused
    assert weights(done.folder) == whole("moco-v2")
    assert names(done.folder) == FILES


def test_others_may_read_the_weights(photos, tmp_path, finished):
    done = run(recipe(photos, "supervised"), tmp_path / "run")
    modes = {(done.folder / name).stat().st_mode for name in ("weights.safetensors", "card.json")}
    assert len(modes) == 1


def test_multiply_adds_count_a_pass_without_gradient_once(photos, tmp_path):
    done = run(recipe(photos, "moco-v2"), tmp_path / "moco")
    alone = run(recipe(photos, "supervised"), tmp_path / "supervised")
    adds = [json.loads((one.folder / "card.json").read_text())["multiply_adds_per_image"] for one in (done, alone)]
    # Query forward, backward twice that, key forward: 4 against 3; heads are small beside the trunk.
    assert adds[0] / adds[1] == pytest.approx(4 / 3, rel=0.05)


def test_every_part_is_in_training_mode_in_every_step(photos, tmp_path, monkeypatch):
    modes = []
    step = Training.training_step

    def watched(self, number, index):
        modes.append({name for name, part in self.objective.named_modules() if not part.training})
        return step(self, number, index)

    monkeypatch.setattr(Training, "training_step", watched)
    run(recipe(photos), tmp_path / "run")
    assert modes == [set()] * STEPS


def test_the_learning_rate_rises_in_a_line_and_falls_along_a_cosine(photos, tmp_path, monkeypatch):
    rates, groups = [], []

    def note(_self, optimizer):
        rates.append(optimizer.param_groups[0]["lr"])
        groups[:] = optimizer.param_groups

    monkeypatch.setattr(Training, "on_before_optimizer_step", note)
    run(recipe(photos, "supervised", {"lr": 1e-3, "warm-up": 0.3, "weight-decay": 0.2}), tmp_path / "run")
    assert rates == pytest.approx([1e-3 * height(step, 0.3) for step in range(STEPS)])
    assert rates[2] == pytest.approx(1e-3)
    decayed, held = groups
    assert (decayed["weight_decay"], held["weight_decay"]) == (0.2, 0)
    assert all(weight.ndim > 1 for weight in decayed["params"])
    assert all(weight.ndim == 1 for weight in held["params"])


def test_a_run_starts_as_the_random_encoder_of_its_number(photos, tmp_path):
    still = recipe(photos, settings={"lr": 1e-8, "weight-decay": 0}, run=3)
    ended = safetensors.torch.load(weights(run(still, tmp_path / "run").folder))
    start = load_encoder(f"random:{ARCH}@3", InputPolicy(size=SIZE))._trunk.module
    for name, weight in start.named_parameters():
        torch.testing.assert_close(ended[name], weight, rtol=0, atol=1e-6)
    other = load_encoder(f"random:{ARCH}@1", InputPolicy(size=SIZE))._trunk.module
    assert (ended["layer4.0.conv1.weight"] - other.layer4[0].conv1.weight).abs().max() > 1e-2


def test_the_same_run_gives_the_same_weights_and_another_number_others(photos, tmp_path, whole):
    torch.manual_seed(12345)
    assert weights(run(recipe(photos), tmp_path / "again").folder) == whole("moco-v2")
    assert weights(run(recipe(photos, run=2), tmp_path / "other").folder) != whole("moco-v2")


def test_only_the_first_images_are_learned_from(photos, tmp_path):
    done = run(recipe(photos, "supervised", images=12), tmp_path / "run")
    card = json.loads((done.folder / "card.json").read_text())
    assert card["images"] == 12
    assert refusal(recipe(photos, images=12), tmp_path / "moco").startswith("A queue of '16' is larger than the data")


# ---------------------------------------------------------------------------------------------- interruptions


@pytest.mark.parametrize("method", METHODS.names())
@pytest.mark.parametrize("step", [1, 5])
def test_a_run_that_was_interrupted_ends_in_the_same_bytes(method, step, photos, tmp_path, whole):
    with pytest.raises(StoppedError):
        run(recipe(photos, method), tmp_path / "run", progress=Stopping(step * BATCH, StoppedError()))
    assert (tmp_path / "run" / "last.ckpt").exists() == (step > LEG)
    assert not (tmp_path / "run" / "card.json").exists()
    done = run(recipe(photos, method), tmp_path / "run")
    assert done.trained
    assert weights(done.folder) == whole(method)
    assert names(done.folder) == FILES
    assert [int(row["step"]) for row in curves(done.folder)] == [*range(1, STEPS + 1)]
    assert [int(row["images_seen"]) for row in curves(done.folder)] == [*range(BATCH, STEPS * BATCH + 1, BATCH)]
    seconds = [float(row["seconds"]) for row in curves(done.folder)]
    assert seconds == sorted(seconds)


@pytest.mark.skipif(sys.platform == "win32", reason="ends a process by signal")
def test_a_run_that_was_killed_ends_in_the_same_bytes(photos, tmp_path, whole):
    asked, folder = recipe(photos), tmp_path / "run"
    (tmp_path / "asked.json").write_text(asked.model_dump_json())
    words = [sys.executable, pretraining_samples.__file__, str(tmp_path / "asked.json"), str(folder)]
    killed = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert names(folder) == {"recipe.json", "last.ckpt", "curves.csv", ".lock"}
    assert weights(run(asked, folder).folder) == whole("moco-v2")
    assert names(folder) == FILES


def test_a_run_interrupted_again_and_again_ends_in_the_same_bytes(photos, tmp_path, whole):
    for step in (3, 5, 7, 9):
        with pytest.raises(StoppedError):
            run(recipe(photos, "swav"), tmp_path / "run", progress=Stopping(step * BATCH, StoppedError()))
    assert weights(run(recipe(photos, "swav"), tmp_path / "run").folder) == whole("swav")
    assert len(curves(tmp_path / "run")) == STEPS


def test_lightlys_queues_survive_though_state_dicts_leave_them_out(photos, tmp_path, whole):
    assert not any("bank" in name for name in objective("moco-v2").state_dict())
    with pytest.raises(StoppedError):
        run(recipe(photos), tmp_path / "run", progress=Stopping(5 * BATCH, StoppedError()))
    last = tmp_path / "run" / "last.ckpt"
    kept = torch.load(last, weights_only=True)
    names_kept = set(kept["unsaved_buffers"])
    assert names_kept == {"objective.loss.memory_bank.bank", "objective.loss.memory_bank.bank_ptr"}
    torch.save({**kept, "unsaved_buffers": {}}, last)
    assert weights(run(recipe(photos), tmp_path / "run").folder) != whole("moco-v2")  # so they do matter


def test_ctrl_c_stops_a_run_that_goes_on_later_and_still_works_afterwards(photos, tmp_path, whole):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(recipe(photos), tmp_path / "run", progress=Stopping(5 * BATCH, KeyboardInterrupt()))
    assert signal.getsignal(signal.SIGINT) is before
    assert weights(run(recipe(photos), tmp_path / "run").folder) == whole("moco-v2")


def test_a_run_stopped_between_its_weights_and_its_card_is_finished_without_a_step(
    photos, tmp_path, monkeypatch, whole
):
    def stop(*_):
        raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr(training, "write_card", stop)
        with pytest.raises(StoppedError):
            run(recipe(photos), tmp_path / "run")
    assert "last.ckpt" in names(tmp_path / "run")
    monkeypatch.setattr(MoCoV2Objective, "forward", stop)
    done = run(recipe(photos), tmp_path / "run")
    assert weights(done.folder) == whole("moco-v2")
    assert names(done.folder) == FILES
    assert len(curves(done.folder)) == STEPS
    assert json.loads((done.folder / "card.json").read_text())["multiply_adds_per_image"] > 0


def test_a_full_disk_leaves_the_last_good_checkpoint_and_the_run_goes_on_later(photos, tmp_path, monkeypatch, whole):
    synced, sync = [], os.fsync

    def full(file):
        synced.append(file)
        if len(synced) == 4:  # recipe, checkpoint, curves, checkpoint
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(file)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        text = refusal(recipe(photos), tmp_path / "run")
    assert "No space left on device" in text
    assert "goes on from the last checkpoint" in text
    assert names(tmp_path / "run") == {"recipe.json", "last.ckpt", "curves.csv"}
    assert torch.load(tmp_path / "run" / "last.ckpt", weights_only=True)["global_step"] == LEG
    assert weights(run(recipe(photos), tmp_path / "run").folder) == whole("moco-v2")


@pytest.mark.parametrize("how", ["cut", "text", "empty"])
def test_a_corrupt_checkpoint_is_named_and_left_alone(how, photos, tmp_path):
    with pytest.raises(StoppedError):
        run(recipe(photos, "supervised"), tmp_path / "run", progress=Stopping(5 * BATCH, StoppedError()))
    last = tmp_path / "run" / "last.ckpt"
    content = {"cut": last.read_bytes()[:-5000], "text": b"nothing", "empty": b""}[how]
    last.write_bytes(content)
    assert f"'{last}' is corrupt" in refusal(recipe(photos, "supervised"), tmp_path / "run")
    assert last.read_bytes() == content
    last.unlink()
    assert run(recipe(photos, "supervised"), tmp_path / "run").trained


def test_a_checkpoint_callback_sees_an_encoder_and_changes_nothing_of_the_run(photos, tmp_path, whole):
    seen = []

    def look(trunk, images_seen):
        seen.append((images_seen, trunk.training, torch.is_grad_enabled()))
        torch.manual_seed(0)
        trunk(torch.randn(4, 3, SIZE, SIZE))

    state = torch.random.get_rng_state()
    done = run(recipe(photos), tmp_path / "run", on_checkpoint=look)
    assert seen == [(step * BATCH, False, False) for step in range(LEG, STEPS + 1, LEG)]
    assert torch.equal(torch.random.get_rng_state(), state)
    assert weights(done.folder) == whole("moco-v2")


# ---------------------------------------------------------------------------------------------- what is found


def test_a_finished_run_is_found_again_even_without_its_data(photos, tmp_path, monkeypatch):
    first = run(recipe(photos, "supervised"), tmp_path / "run")
    monkeypatch.setattr(training, "open_data_recipe", None)
    again = run(recipe(photos, "supervised"), tmp_path / "run")
    assert (first.trained, again.trained) == (True, False)
    assert (again.folder, again.recipe, again.collapsed) == (first.folder, first.recipe, first.collapsed)


def test_a_card_says_what_was_trained_and_what_came_of_it(photos, tmp_path):
    done = run(recipe(photos, "pirl"), tmp_path / "run")
    card = json.loads((done.folder / "card.json").read_text())
    encoder = load_encoder(f"checkpoint:{done.folder}", InputPolicy(size=SIZE))
    rows = curves(done.folder)
    assert card["recipe"] == recipe(photos, "pirl").model_dump(mode="json")
    assert (card["steps"], card["images_seen"], card["images"]) == (STEPS, STEPS * BATCH, IMAGES)
    assert card["settings"] == settings_of(recipe(photos, "pirl"))
    assert card["weights"] == encoder.digest
    assert card["data"]["digest"] == open_pretraining_data(f"folder:{photos}", None).digest
    assert card["final_loss"] == pytest.approx(float(rows[-1]["loss"]), rel=1e-5)
    assert card["threads"] == 1
    assert card["seconds"] == done.seconds
    assert {"torch", "lightly", "pytorch-lightning", "timm"} <= set(card["versions"])
    assert list(rows[0]) == ["step", "images_seen", "seconds", "loss", "lr", "spread", "rank"]


def test_threads_are_given_back(photos, tmp_path):
    before = torch.get_num_threads()
    with pytest.raises(StoppedError):
        pretrain(recipe(photos), tmp_path / "run", threads=before + 1, progress=Stopping(BATCH, StoppedError()))
    assert torch.get_num_threads() == before


def test_a_collapse_is_recorded_and_said(photos, tmp_path, monkeypatch):
    def dead(*given):
        built = untrained(*given)
        for weight in built.module.parameters():
            torch.nn.init.zeros_(weight)
        return built

    monkeypatch.setattr(training, "untrained", dead)
    listener = Stopping(10**9, StoppedError())
    done = run(recipe(photos), tmp_path / "run", progress=listener)
    assert done.collapsed
    assert json.loads((done.folder / "card.json").read_text())["collapsed"]
    assert any("collapsed" in text and done.recipe.label in text for text in listener.said)


def test_a_loss_that_is_no_number_ends_the_run_as_a_failed_experiment(photos, tmp_path, monkeypatch):
    forward = SupervisedObjective.forward

    def broken(self, batch, draw, step):
        outcome = forward(self, batch, draw, step)
        return outcome._replace(loss=outcome.loss * float("nan")) if step == 3 else outcome

    monkeypatch.setattr(SupervisedObjective, "forward", broken)
    with pytest.raises(ExperimentError, match=r"supervised on folder:.*the loss is nan at step 3"):
        run(recipe(photos, "supervised"), tmp_path / "run")
    assert "card.json" not in names(tmp_path / "run")


# ---------------------------------------------------------------------------------------------- what is refused


def test_another_recipe_is_refused_with_the_difference(photos, tmp_path):
    run(recipe(photos, "supervised"), tmp_path / "run")
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    text = refusal(recipe(photos, "supervised", {"lr": 0.5}, run=2), tmp_path / "run")
    assert "run is 1 there and 2 here" in text
    assert "'lr': 0.5" in text
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_another_recipe_is_refused_in_an_unfinished_run_too(photos, tmp_path):
    with pytest.raises(StoppedError):
        run(recipe(photos), tmp_path / "run", progress=Stopping(5 * BATCH, StoppedError()))
    assert "batch is 8 there and 16 here" in refusal(
        recipe(photos, settings={"queue": 16.0}, batch=16), tmp_path / "run"
    )


@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_place_that_holds_something_else_is_refused_and_left_alone(what, photos, tmp_path):
    place = tmp_path / "mine"
    if what == "folder":
        place.mkdir()
    note = place / "note.txt" if what == "folder" else place
    note.write_text("mine")
    assert "is not empty and is no pre-training run" in refusal(recipe(photos), place)
    assert note.read_text() == "mine"
    assert what == "file" or names(place) == {"note.txt"}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"batch": 40, "images_seen": 400, "settings": {"group": 4}}, "32 images, fewer than a batch of '40'"),
        ({"settings": {"queue": 33}}, "'33' is larger than the data: 32 images"),
        ({"method": "swav", "settings": {"queue": 33}}, "'33' is larger than the data: 32 images"),
        ({"method": "pirl", "settings": {"negatives": 32}}, "'32' negatives"),
        ({"images": 33}, "32 images, fewer than '33'"),
    ],
    ids=["batch", "moco queue", "swav queue", "negatives", "images"],
)
def test_data_that_are_too_few_are_refused_once_they_are_counted(asked, says, photos, tmp_path):
    assert says in refusal(recipe(photos, **asked), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_labels_are_asked_for_where_they_are_learned(photos, tmp_path, monkeypatch):
    from dataclasses import replace

    def unlabelled(*given):
        return replace(open_data_recipe(*given), columns={}, class_names={})

    monkeypatch.setattr(training, "open_data_recipe", unlabelled)
    assert "has no labels, and supervised learns them" in refusal(recipe(photos, "supervised"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_corrupt_image_is_named_and_the_run_begins_once_it_is_mended(write_folder, tmp_path):
    photos = write_folder(tmp_path / "photos", {"cat": 8, "dog": 8}, size=24)
    broken = photos / "dog" / "003.png"
    content = broken.read_bytes()
    broken.write_bytes(content[:60])
    assert "dog/003.png" in refusal(recipe(photos, "supervised"), tmp_path / "run")
    broken.write_bytes(content)
    assert run(recipe(photos, "supervised"), tmp_path / "run").trained


def test_an_unknown_architecture_is_refused_before_the_folder_is_taken(photos, tmp_path):
    odd = recipe(photos).model_copy(update={"arch": "narow_resnet10_w8"})
    assert "narrow_resnet10_w8" in refusal(odd, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_place_that_cannot_be_written_is_a_user_error(photos, tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot be written" in refusal(recipe(photos), tmp_path / "file" / "run")


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    (tmp_path / "a").write_text("before")

    def save(path):
        path.write_text("half")
        raise RuntimeError("PytorchStreamWriter failed writing file\nand more")

    with pytest.raises(UserError, match="PytorchStreamWriter failed writing file"):
        _folder.write(tmp_path / "a", save)
    assert names(tmp_path) == {"a"}
    assert (tmp_path / "a").read_text() == "before"
