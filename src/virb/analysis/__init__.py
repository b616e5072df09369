"""Analysis: records and the small files beside them in, tables and sentences out. No torch; nothing is recomputed."""

from virb.analysis.findings import Finding, Findings, findings
from virb.analysis.matrix import Cell, Matrix, matrix
from virb.analysis.outcomes import Outcomes, load_outcomes
from virb.analysis.table import render, table

__all__ = [
    "Cell",
    "Finding",
    "Findings",
    "Matrix",
    "Outcomes",
    "findings",
    "load_outcomes",
    "matrix",
    "render",
    "table",
]
