"""What dense probes refuse, in the same words."""

from virb.spec import Target

IN_WORDS = {1: "one image", 2: "two images"}


def rejected(target: Target, images: int, wanted: int = 1) -> str | None:
    """Why a dense probe that reads ``wanted`` images cannot read out the target from so many, or None."""
    if not target.dense:
        return "dense probes answer for each pixel, and the target has one answer an image"
    if images == wanted:
        return None
    return f"the probe reads {IN_WORDS[wanted]}, and an example has {IN_WORDS.get(images, f'{images} images')}"
