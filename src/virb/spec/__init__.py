"""What is declared, and what was found: the data types every other file speaks in. No torch, no NumPy.

An :class:`Experiment` is a request. Its id hashes what is *declared*, so a study can be planned before any weight
or image exists. A :class:`Record` is the answer: the experiment, what was *found* when it ran, and the scores.
"""

from virb.spec._experiment import LAYERS, EncoderSpec, Experiment, Pretraining, ProbeSpec, Regime
from virb.spec._identity import Spec, digest_of
from virb.spec._inputs import InputPolicy, Sides, input_policy, show_sides
from virb.spec._metrics import CLASS_METRICS, FAMILIES, METRICS, Family, Metric
from virb.spec._preprocessing import Overrides, Preprocessing
from virb.spec._recipe import MIXTURE, Balance, DataRecipe, Recipe, share_of
from virb.spec._record import MIGRATIONS, SCHEMA, Cost, Found, Record, Resolved, Trial
from virb.spec._task import Classes, Quadrant, Splits, Target, Task, Values

__all__ = [
    "CLASS_METRICS",
    "FAMILIES",
    "LAYERS",
    "METRICS",
    "MIGRATIONS",
    "MIXTURE",
    "SCHEMA",
    "Balance",
    "Classes",
    "Cost",
    "DataRecipe",
    "EncoderSpec",
    "Experiment",
    "Family",
    "Found",
    "InputPolicy",
    "Metric",
    "Overrides",
    "Preprocessing",
    "Pretraining",
    "ProbeSpec",
    "Quadrant",
    "Recipe",
    "Record",
    "Regime",
    "Resolved",
    "Sides",
    "Spec",
    "Splits",
    "Target",
    "Task",
    "Trial",
    "Values",
    "digest_of",
    "input_policy",
    "share_of",
    "show_sides",
]
