"""What encoders cost, in words."""

from virb.spec import Cost


def in_words(cost: Cost) -> dict[str, str]:
    """Each part of a cost, by what it is; parts that are not known are left out.

    Speeds come with what they were measured on: they are no property of the encoder alone.
    """
    where = f"{cost.device}, {cost.threads} {'thread' if cost.threads == 1 else 'threads'}"
    words = {
        "parameters": scaled(cost.parameters),
        "multiply-adds": "" if cost.multiply_adds is None else f"{scaled(cost.multiply_adds)} an image",
        "features": ", ".join(f"{layer} {shaped(shape)}" for layer, shape in cost.shapes.items()),
        "forward pass": f"{rate(cost.forward)} images/s ({where}, batch {cost.batch}, over {cost.images:,} images)",
        "extraction": "" if cost.extraction is None else f"{rate(cost.extraction)} images/s, with reading and resizing",
        "peak memory": "" if cost.peak_memory is None else f"{cost.peak_memory / 2**20:,.0f} MiB ({cost.memory_of})",
    }
    return {name: text for name, text in words.items() if text}


def scaled(count: int) -> str:
    """A count to three digits: ``25.6 M``, ``4.09 G``."""
    for power, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= power:
            value = count / power
            return f"{value:.{max(0, 3 - len(str(int(value))))}f} {letter}"
    return str(count)


def rate(value: float) -> str:
    """Images a second: two digits are more than a measurement is worth, below a hundred."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def shaped(shape: tuple[int, ...]) -> str:
    """``512``, or ``512 x 7 x 7``."""
    return " x ".join(f"{side:,}" for side in shape)
