"""How large a file on the web is, asked before anybody decides to fetch it."""

import http.client
from urllib import request

from virb.fetching._web import opener


def remote_size(url: str, timeout: float = 5.0) -> int | None:
    """Bytes of a file, as its server declares them; None where it does not say, or cannot be reached."""
    asked = request.Request(url, method="HEAD", headers={"User-Agent": "virb", "Accept-Encoding": "identity"})  # noqa: S310
    try:
        with opener().open(asked, timeout=timeout) as answer:
            length = answer.headers["Content-Length"]
            page = answer.headers.get_content_type() == "text/html"
    except (OSError, ValueError, http.client.HTTPException):  # urllib's errors are of the first kind
        return None
    return int(length) if length and length.isdigit() and not page else None
