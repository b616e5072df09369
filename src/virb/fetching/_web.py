"""How virb opens an address: http and https alone, through the environment's proxies, with few redirects."""

from email.message import Message
from typing import IO, final
from urllib import error, request
from urllib.parse import urlsplit

REDIRECTS = 5


@final
class _Redirects(request.HTTPRedirectHandler):
    """Follows a few redirects, to the web alone, and never from https to http."""

    max_repeats = 2
    max_redirections = REDIRECTS
    inf_msg = "too many redirects; the last answer was "

    def redirect_request(
        self, req: request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> request.Request | None:
        """See the base class."""
        wanted = {"https"} if req.type == "https" else {"http", "https"}
        if urlsplit(newurl).scheme not in wanted:
            raise error.HTTPError(newurl, code, f"a redirect to '{newurl}' is not followed", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]  # HTTPMessage


def opener() -> request.OpenerDirector:
    """An opener that knows neither file: nor ftp: nor data:, whatever an address or a redirect says.

    Made anew for each use: proxies are read from the environment when it is made.
    """
    made = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.UnknownHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        made.add_handler(handler)
    return made


def is_page(start: bytes) -> bool:
    """Whether the first bytes of a file are those of an HTML page."""
    text = start[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return text.startswith((b"<!doctype html", b"<html")) or (text.startswith(b"<?xml") and b"<html" in text)
