"""Analysis: records and the small files beside them in, tables and sentences out. No torch; nothing is recomputed."""

from virb.analysis.effect_findings import effect_findings, task_findings
from virb.analysis.effect_tables import TABLES, effect_table
from virb.analysis.effects import ColumnEffects, Effects, effects
from virb.analysis.findings import Finding, Findings, findings
from virb.analysis.matrix import Cell, Matrix, matrix
from virb.analysis.outcomes import Outcomes, load_outcomes
from virb.analysis.table import render, table

__all__ = [
    "TABLES",
    "Cell",
    "ColumnEffects",
    "Effects",
    "Finding",
    "Findings",
    "Matrix",
    "Outcomes",
    "effect_findings",
    "effect_table",
    "effects",
    "findings",
    "load_outcomes",
    "matrix",
    "render",
    "table",
    "task_findings",
]
