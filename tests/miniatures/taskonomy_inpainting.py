"""Taskonomy without its truths: inpainting needs the images alone."""

from functools import partial

from miniatures import taskonomy

LAYOUTS = {name: partial(write, truths=False) for name, write in taskonomy.LAYOUTS.items()}
