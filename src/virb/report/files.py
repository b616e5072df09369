"""Files that appear whole or not at all."""

import os
from pathlib import Path


def replace(out: Path, content: bytes) -> None:
    """Write aside and rename, so that a reader sees the old file or the new one.

    Raises:
        OSError: the file cannot be written; what was there is unchanged.
    """
    aside = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        aside.write_bytes(content)
        aside.replace(out)
    finally:
        aside.unlink(missing_ok=True)
