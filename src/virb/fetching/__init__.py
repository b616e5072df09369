"""Files from the web: asked for in so many words, resumable, and there only when size and digest agree."""

from virb.fetching._digests import LEDGER, Digests, sha256_of
from virb.fetching._download import begins_with, download
from virb.fetching._size import remote_size

__all__ = ["LEDGER", "Digests", "begins_with", "download", "remote_size", "sha256_of"]
