"""A web server on the loopback that can misbehave in every way a download must survive."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """One address of the server, and how it answers. Tests may change it between requests.

    Attributes:
        content: the file.
        kind: its content type.
        etag: its validator; by default one of its content, and None for none.
        modified: the other validator.
        ranges: whether ``Range`` is understood.
        statuses: answered first, one a request, before the file is given.
        cuts: bytes after which the connection is closed, one a request, before the whole is given.
        stalls: as ``cuts``, but the connection stays open and silent.
        declared: what ``Content-Length`` says, where it lies; None leaves the header out.
        chunked: whether the body comes in chunks, without ``Content-Length``.
        location: where the address leads to.
    """

    content: bytes = b""
    kind: str = "application/octet-stream"
    etag: str | None = "content"
    modified: str | None = None
    ranges: bool = True
    statuses: list[int] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    stalls: list[int] = field(default_factory=list)
    declared: int | None = -1
    chunked: bool = False
    location: str = ""


class Loopback:
    """The server's addresses, and what was asked of it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.served: dict[str, Served] = {}
        self.asked: list[tuple[str, str | None]] = []
        """Path and ``Range`` of every request."""
        self.gate = threading.Event()
        """Set at the end, so that stalling answers end too."""

    def put(self, path: str, content: bytes = b"", **how) -> str:
        """Serve something, and return its URL."""
        self.served[path] = Served(content, **how)
        return self.address + path


@contextmanager
def loopback() -> Iterator[Loopback]:
    """Run a server on a free port of the loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    site = Loopback(f"http://127.0.0.1:{server.server_address[1]}")
    server.site = site
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        served = self.server.site.served.get(self.path)
        self.send_response(404 if served is None else 200)
        if served is not None:
            self.send_header("Content-Length", str(len(served.content)))
            self.send_header("Content-Type", served.kind)
        self.end_headers()

    def do_GET(self) -> None:
        self.close_connection = True
        site = self.server.site
        site.asked.append((self.path, self.headers["Range"]))
        served = site.served.get(self.path)
        if served is None or served.statuses:
            self._refuse(404 if served is None else served.statuses.pop(0))
        elif served.location:
            self.send_response(302)
            self.send_header("Location", served.location)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._give(served)

    def _refuse(self, status: int) -> None:
        page = b"<html><body>no</body></html>"
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def _give(self, served: Served) -> None:
        etag = f'"{sha256(served.content).hexdigest()[:8]}"' if served.etag == "content" else served.etag
        start = self._start(served, etag)
        if start is not None and start >= len(served.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(served.content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = served.content[start or 0 :]
        self.send_response(200 if start is None else 206)
        self.send_header("Content-Type", served.kind)
        if start is not None:
            self.send_header("Content-Range", f"bytes {start}-{len(served.content) - 1}/{len(served.content)}")
        for name, value in (("ETag", etag), ("Last-Modified", served.modified)):
            if value is not None:
                self.send_header(name, value)
        if served.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif served.declared is not None:
            self.send_header("Content-Length", str(len(body) if served.declared < 0 else served.declared))
        self.end_headers()
        stall = bool(served.stalls)
        end = (served.stalls or served.cuts or [len(body)]).pop(0)
        if served.chunked:
            self.wfile.write(b"%x\r\n%s" % (len(body), body[:end]))
            self.wfile.write(b"\r\n0\r\n\r\n" if end >= len(body) else b"")
        else:
            self.wfile.write(body[:end])
        self.wfile.flush()
        if stall:
            self.server.site.gate.wait(30)

    def _start(self, served: Served, etag: str | None) -> int | None:
        asked, condition = self.headers["Range"], self.headers["If-Range"]
        if not served.ranges or asked is None or (condition is not None and condition not in {etag, served.modified}):
            return None
        return int(asked.removeprefix("bytes=").rstrip("-"))

    def log_message(self, *_: object) -> None:
        """Say nothing."""
