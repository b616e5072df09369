"""Heads: networks on frozen features, many of one shape side by side. How they are fitted is the probes' business."""
