"""The report: one HTML file that needs nothing else, from records and the small files beside them."""

from virb.report.page import build, write

__all__ = ["build", "write"]
