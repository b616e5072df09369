"""Pre-training that takes no time, for tests of studies: importable by name, as workers need it."""

import json
import os
import signal

import safetensors.torch

from virb.encoders._architectures import untrained
from virb.encoders._runs import CARD, RECIPE, WEIGHTS
from virb.errors import ExperimentError


def begin(recipe, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECIPE).write_text(recipe.model_dump_json())


def finish(recipe, folder, collapsed=False):
    """Leave what a finished run leaves; the weights are those it started with."""
    begin(recipe, folder)
    state = untrained(recipe.arch, recipe.size, recipe.run).module.state_dict()
    safetensors.torch.save_file({name: value.contiguous() for name, value in state.items()}, folder / WEIGHTS)
    card = {"seconds": 2.0, "collapsed": collapsed, "weights": f"of {recipe.id}"}
    (folder / CARD).write_text(json.dumps(card))


def pretrain(recipe, folder, **_site):
    """As it should be: a finished run is found again."""
    if not (folder / CARD).exists():
        with (folder.parent / "trained.log").open("a") as log:
            log.write(f"{recipe.label}\n")
        finish(recipe, folder)


def failing_second(recipe, folder, **_site):
    if recipe.run == 2:
        raise ExperimentError("The loss became NaN.")
    finish(recipe, folder)


def collapsing_second(recipe, folder, **_site):
    finish(recipe, folder, collapsed=recipe.run == 2)


def killed_second(recipe, folder, **_site):
    """The process of run 2 is killed the first time, halfway through."""
    if recipe.run == 2 and not folder.exists():
        begin(recipe, folder)
        os.kill(os.getpid(), signal.SIGKILL)
    finish(recipe, folder)


def interrupted_second(recipe, folder, **_site):
    if recipe.run == 2 and not folder.exists():
        begin(recipe, folder)
        raise KeyboardInterrupt
    finish(recipe, folder)


def forbidden(recipe, folder, **_site):
    raise AssertionError(f"{recipe.label} is finished and was made again")
