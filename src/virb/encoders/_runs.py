"""The folder that a pre-training run leaves behind: weights, what they are, and how they came to be."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from virb.errors import UserError
from virb.spec import Recipe

RECIPE = "recipe.json"
"""What is trained: written first."""
CARD = "card.json"
"""What came of it: written last, so a folder that has it is finished."""
WEIGHTS = "weights.safetensors"
CURVES = "curves.csv"


class FinishedRun(NamedTuple):
    """A run that has its weights."""

    folder: Path
    recipe: Recipe
    card: dict[str, Any]

    @property
    def weights(self) -> Path:
        """The file of the trunk's weights, under the architecture's own names."""
        return self.folder / WEIGHTS


def is_run(path: Path) -> bool:
    """Whether a folder is a pre-training run, finished or not."""
    return (path / RECIPE).is_file()


def read_recipe(folder: Path) -> Recipe:
    """What is trained in a folder.

    Raises:
        UserError: it is no run folder, or a newer virb wrote it.
    """
    try:
        return Recipe.model_validate_json((folder / RECIPE).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(
            f"'{folder}' is no pre-training run: it has no {RECIPE}.",
            "Name the folder that was `virb pretrain`'s --output, or a file of weights with @ARCH.",
        ) from error
    except ValidationError as error:
        raise UserError(
            f"'{folder / RECIPE}' is no recipe: {error.errors()[0]['msg']}.", "Did a newer virb write it?"
        ) from error


def read_run(folder: Path) -> FinishedRun:
    """A finished run.

    Raises:
        UserError: the folder is no run, or the run is not finished.
    """
    recipe = read_recipe(folder)
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"The run in '{folder}' is not finished.", "The same `virb pretrain` command goes on with it."
        ) from error
    return FinishedRun(folder, recipe, card)
