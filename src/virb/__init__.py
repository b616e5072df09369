"""virb: what is a visual representation good for?

The public names load on first use, so that ``import virb`` does not import torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "EncoderSpec": "virb.spec",
    "Experiment": "virb.spec",
    "InputPolicy": "virb.spec",
    "Record": "virb.spec",
    "Results": "virb.results",
    "Store": "virb.store",
    "Study": "virb.study",
    "Task": "virb.spec",
    "UserError": "virb.errors",
    "evaluate": "virb.results",
    "load_encoder": "virb.encoders",
}

__all__ = ["__version__", *sorted(_HOMES)]

if TYPE_CHECKING:
    from virb.encoders import load_encoder as load_encoder
    from virb.errors import UserError as UserError
    from virb.results import Results as Results
    from virb.results import evaluate as evaluate
    from virb.spec import EncoderSpec as EncoderSpec
    from virb.spec import Experiment as Experiment
    from virb.spec import InputPolicy as InputPolicy
    from virb.spec import Record as Record
    from virb.spec import Task as Task
    from virb.store import Store as Store
    from virb.study import Study as Study


def __getattr__(name: str) -> Any:
    """Import a public name from its home on first use."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'virb' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
