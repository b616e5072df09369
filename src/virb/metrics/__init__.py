"""Metrics: from predictions and truth to numbers. NumPy only; names and directions are in ``virb.spec.METRICS``."""
