"""Where virb keeps what it can make again and what was fetched for it, and where it looks for data."""

import os
from pathlib import Path

from platformdirs import user_cache_path, user_data_path


def cache_dir() -> Path:
    """The folder for caches: ``$VIRB_CACHE``, or the platform's own place for them.

    Everything in it can be deleted at any time. It is not created here: whoever writes creates it.
    """
    chosen = os.environ.get("VIRB_CACHE")
    return Path(chosen).expanduser() if chosen else user_cache_path("virb", appauthor=False)


def data_dir() -> Path | None:
    """The folder of data sources that do not ship inside packages: ``$VIRB_DATA``, or none."""
    chosen = os.environ.get("VIRB_DATA")
    return Path(chosen).expanduser() if chosen else None


def weights_dir() -> Path:
    """The folder of fetched weights: ``$VIRB_WEIGHTS``, or one in the platform's place for a user's data.

    Nothing in it is ever deleted by virb, and no budget holds for it: who fetched a file decides how long it stays.
    """
    chosen = os.environ.get("VIRB_WEIGHTS")
    return Path(chosen).expanduser() if chosen else user_data_path("virb", appauthor=False) / "weights"
