"""Files from the web: asked for in so many words, resumable, and there only when size and digest agree."""

from virb.fetching._digests import LEDGER, Digests, sha256_of
from virb.fetching._download import download

__all__ = ["LEDGER", "Digests", "download", "sha256_of"]
