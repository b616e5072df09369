"""A study: which experiments a grid asks for, which of them are missing, and running those.

Planning imports no torch and opens no data: ``_grid.py`` multiplies, ``_running.py`` and ``_workshop.py`` run. A
``study.yaml`` (``declared.py``) asks for pre-training runs as well, and evaluates what they end as.
"""

from virb.study._grid import Layers, Plan, Rejected, Study
from virb.study._site import Ran, Site

__all__ = ["Layers", "Plan", "Ran", "Rejected", "Site", "Study"]
