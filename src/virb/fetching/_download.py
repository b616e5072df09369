"""One download: tries, resumption, and the checks before a file is published."""

import errno
import hashlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from typing import IO, final
from urllib import error, request
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from virb.cache import show_size
from virb.errors import UserError
from virb.fetching._web import is_page, opener
from virb.progress import Progress, Quiet

STALL = 30.0
"""Seconds without a byte after which a connection counts as broken."""
WAITS = (1.0, 3.0, 10.0, 30.0)
"""Seconds before each further try; the count starts anew after :data:`GAIN` more bytes."""
GAIN = 10**6
SHORTEST = 6
"""Digits of a digest below which it says nothing."""
_CHUNK, _CHECKED = 1 << 18, 1 << 22
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that may be another in a moment (RFC 9110 and 6585)."""


def download(
    url: str,
    target: Path,
    *,
    size: int | None = None,
    sha256: str | None = None,
    md5: str | None = None,
    progress: Progress | None = None,
    timeout: float = STALL,
) -> str:
    """Fetch a file, going on where an earlier try ended, and publish it by rename once it is whole.

    What has come so far is kept as ``target.part``, with the server's validator beside it, so that a file that was
    changed meanwhile is fetched from its start. A second caller waits for the first. A target that is there already
    is checked and not fetched.

    Args:
        url: http or https; proxies are taken from the environment.
        target: the file to be; its folder is made.
        size: bytes it must have.
        sha256: hexadecimal digest it must have, or its first digits where the publisher gives no more.
        md5: the same, where there is no better.
        progress: told megabytes.
        timeout: seconds without a byte after which the connection is tried anew.

    Returns:
        The SHA-256 of the file, hexadecimal.

    Raises:
        UserError: it cannot be had, or is not the file it should be. What has come stays only if it may be right.
    """
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise UserError(f"'{url}' is not a web address.", "Write http://… or https://….")
    job = _Job(url, target, size, sha256, md5, progress or Quiet(), timeout)
    with _disk(job):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(job):
            if not target.exists():
                _transfer(job)
                digest = _verified(job, job.part)
                os.replace(job.part, target)  # noqa: PTH105 - as in store.py
                job.note.unlink(missing_ok=True)
                return digest
            return _verified(job, target)


@final
@dataclass(frozen=True)
class _Job:
    url: str
    target: Path
    size: int | None
    sha256: str | None
    md5: str | None
    progress: Progress
    timeout: float

    @property
    def part(self) -> Path:
        return self.target.with_name(f"{self.target.name}.part")

    @property
    def note(self) -> Path:
        return self.target.with_name(f"{self.target.name}.part.json")

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def held(self) -> int:
        """Bytes of the part."""
        return self.part.stat().st_size if self.part.exists() else 0

    def forget(self) -> None:
        """Throw away what has come."""
        self.part.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def refused(self, problem: str) -> UserError:
        """An error that tells the way by hand."""
        return UserError(problem, f"By hand: fetch {self.url} and put it into '{self.target.parent}' as {self.name}.")

    def tell(self, what: str, done: int, total: int) -> None:
        """Say in megabytes how far it is; only the last byte makes it whole."""
        whole = max(total // 10**6, 1)
        self.progress.advance(what, whole if done >= total else min(done // 10**6, whole - 1), whole)

    @property
    def name(self) -> str:
        return self.target.name


@final
@dataclass(frozen=True)
class _Validator:
    """What tells whether a file on a server is still the one that the part came from (RFC 9110, section 8.8)."""

    url: str
    etag: str | None
    modified: str | None
    total: int | None

    @property
    def if_range(self) -> str | None:
        """A strong validator; weak ones may not be used for ranges."""
        strong = self.etag if self.etag and not self.etag.startswith("W/") else None
        return strong or self.modified

    def still(self, later: "_Validator") -> bool:
        """Whether a later answer is about the same bytes, as far as a server can tell."""
        return self.if_range == later.if_range and self.total in {None, later.total}

    @classmethod
    def of(cls, url: str, headers: Message, total: int | None) -> "_Validator":
        return cls(url, headers["ETag"], headers["Last-Modified"], total)

    @classmethod
    def beside(cls, job: _Job) -> "_Validator | None":
        try:
            found = cls(**json.loads(job.note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return found if found.url == job.url else None


@final
class _BrokenError(Exception):
    """The transfer ended early; another try may do better."""


@contextmanager
def _disk(job: _Job) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        if e.errno == errno.ENOSPC:
            raise UserError(
                f"The disk of '{job.target.parent}' is full.", "Make room; the same command goes on where it ended."
            ) from e
        raise UserError(f"'{job.target.parent}' cannot be written to: {e.strerror or e}.", "Choose another.") from e


@contextmanager
def _alone(job: _Job) -> Iterator[None]:
    """Hold the lock of the target. The operating system frees it when its holder dies."""
    lock = FileLock(job.target.with_name(f".{job.name}.lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        job.progress.say(f"{job.name}: another process fetches it; waiting")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _transfer(job: _Job) -> None:
    """Try until the part is whole."""
    left = list(WAITS)
    mark = job.held()
    while True:
        try:
            _attempt(job)
        except _BrokenError as broken:
            if job.held() >= mark + GAIN:
                left, mark = list(WAITS), job.held()
            if not left:
                kept = f" {show_size(job.held())} of it are kept: the same command goes on." if job.held() else ""
                raise job.refused(f"{job.host} does not give '{job.name}': {broken}.{kept}") from broken
            wait = left.pop(0)
            job.progress.say(f"{job.name}: {broken}; trying again in {wait:.0f} s")
            time.sleep(wait)
        else:
            return


def _attempt(job: _Job) -> None:
    held, known = job.held(), _Validator.beside(job)
    digest_known = job.sha256 is not None or job.md5 is not None
    headers = {"User-Agent": "virb", "Accept-Encoding": "identity"}
    if held and known is not None and (known.if_range or digest_known):
        headers["Range"] = f"bytes={held}-"
        if known.if_range:
            headers["If-Range"] = known.if_range
    else:
        held, known = 0, None
    try:
        answer = opener().open(request.Request(job.url, headers=headers), timeout=job.timeout)  # noqa: S310
    except error.HTTPError as e:
        with e:
            _explain_status(job, e, held, known)
        return
    except error.URLError as e:
        raise _unreachable(job, e.reason) from e
    except (OSError, http.client.HTTPException) as e:
        raise _BrokenError(_why(job, e)) from e
    with answer:
        _receive(job, answer, held, known)


def _receive(job: _Job, answer: http.client.HTTPResponse, held: int, known: _Validator | None) -> None:
    """Write an answer's body to the end of the part, or to a new one."""
    length = answer.headers["Content-Length"]
    total = int(length) if length and length.isdigit() else None
    if answer.status == HTTPStatus.PARTIAL_CONTENT:
        start, total = _content_range(answer.headers["Content-Range"])
        found = _Validator.of(job.url, answer.headers, total)
        if known is None or start != held or not known.still(found):
            job.forget()
            raise _BrokenError("it was changed on the server meanwhile")
    else:
        held, found = 0, _Validator.of(job.url, answer.headers, total)
    _require_right_kind(job, answer, total)
    if held == 0:
        job.forget()
        job.note.write_text(json.dumps(asdict(found)), encoding="utf-8")
    free = shutil.disk_usage(job.target.parent).free
    if total is not None and total - held > free:
        raise UserError(
            f"'{job.name}' takes {show_size(total - held)}, and '{job.target.parent}' has {show_size(free)} left.",
            "Make room, or choose another folder.",
        )
    limit = total if total is not None else job.size
    with job.part.open("ab") as part:
        _copy(job, answer, part, held, limit)
        part.flush()
        os.fsync(part.fileno())
    if limit is not None and job.held() < limit:
        raise _BrokenError(f"the connection ended after {show_size(job.held())} of {show_size(limit)}")


def _copy(job: _Job, answer: http.client.HTTPResponse, part: IO[bytes], done: int, limit: int | None) -> None:
    while block := _read(job, answer):
        if done == 0 and is_page(block) and not _wants_page(job):
            job.forget()
            raise job.refused(f"{job.host} gave a web page instead of '{job.name}'.")
        done += len(block)
        if limit is not None and done > limit:
            job.forget()
            raise job.refused(f"{job.host} gives more than the {limit:,} bytes that '{job.name}' should have.")
        part.write(block)
        if limit:
            job.tell(f"{job.name} (MB)", done, limit)


def _read(job: _Job, answer: http.client.HTTPResponse) -> bytes:
    try:
        # read1 hands over what has come; read would wait for a whole block, and lose it when the connection stalls.
        return answer.read1(_CHUNK)
    except (OSError, http.client.HTTPException) as e:
        raise _BrokenError(_why(job, e)) from e


def _require_right_kind(job: _Job, answer: http.client.HTTPResponse, total: int | None) -> None:
    """Refuse by the headers alone what cannot be the file."""
    headers = answer.headers
    if headers.get_content_type() == "text/html" and not _wants_page(job):
        raise job.refused(f"{job.host} gave a web page instead of '{job.name}'.")
    if (headers["Content-Encoding"] or "identity") != "identity":
        raise job.refused(f"{job.host} gives '{job.name}' only in the encoding '{headers['Content-Encoding']}'.")
    if total is not None and job.size is not None and total != job.size:
        job.forget()
        raise job.refused(f"'{job.name}' should have {job.size:,} bytes, and {job.host} has one of {total:,}.")
    chunked = (headers["Transfer-Encoding"] or "").lower() == "chunked"  # whose end is marked
    if total is None and not chunked and (job.size, job.sha256, job.md5) == (None, None, None):
        raise job.refused(f"{job.host} does not say how large '{job.name}' is: a part could pass for the whole.")


def _explain_status(job: _Job, answer: error.HTTPError, held: int, known: _Validator | None) -> None:
    """Turn an answer that is no file into an error, unless it says that the part is whole."""
    if answer.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        _, total = _content_range(answer.headers["Content-Range"])
        if known is not None and held == total and known.total in {None, total}:
            return
        job.forget()
        raise _BrokenError("what was kept does not fit the file on the server")
    if answer.code in _PASSING:
        raise _BrokenError(f"{job.host} answered {answer.code} ({answer.reason})")
    if 300 <= answer.code < 400:
        raise job.refused(f"{job.host} leads nowhere: {answer.reason}")
    raise job.refused(f"{job.host} answered {answer.code} ({answer.reason}) for '{job.name}'.")


def _unreachable(job: _Job, reason: str | BaseException) -> Exception:
    if isinstance(reason, socket.gaierror):
        return job.refused(f"{job.host} cannot be reached ({reason.strerror}).")
    if isinstance(reason, ssl.SSLCertVerificationError):
        return job.refused(f"{job.host} cannot prove that it is {job.host} ({reason.verify_message}).")
    return _BrokenError(_why(job, reason))


def _why(job: _Job, reason: str | BaseException) -> str:
    if isinstance(reason, TimeoutError):
        return f"{job.host} fell silent for {job.timeout:g} s"
    if isinstance(reason, OSError) and reason.strerror:
        return f"{job.host}: {reason.strerror}"
    return f"{job.host} broke off ({reason})"


def _content_range(text: str | None) -> tuple[int | None, int | None]:
    """First byte and length of the whole file from ``bytes 5-9/10``, ``bytes 5-9/*`` or ``bytes */10``."""
    match = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(?:(\d+)|\*)", (text or "").strip())
    if match is None:
        return None, None
    return (int(match[1]) if match[1] else None), (int(match[2]) if match[2] else None)


def _wants_page(job: _Job) -> bool:
    return job.target.suffix in {".html", ".htm"}


def _verified(job: _Job, path: Path) -> str:
    """The SHA-256 of a whole file that is as it should be; a part that is not is thrown away."""
    size = path.stat().st_size
    found = dict(_hashes(job, path, size))
    wrong = ""
    if job.size is not None and size != job.size:
        wrong = f"it has {size:,} bytes, and should have {job.size:,}"
    for name, wanted in (("sha256", job.sha256), ("md5", job.md5)):
        if wanted is not None and not begins_with(found[name], wanted):
            wrong = f"its {name} is {found[name]}, and should be {wanted.lower()}"
    if not wrong:
        return found["sha256"]
    if path == job.target:
        raise UserError(f"'{path}' is not the file it should be: {wrong}.", "Move it away and fetch it again.")
    job.forget()
    raise job.refused(f"{job.url} is not the file it should be: {wrong}. Nothing of it was kept.")


def begins_with(digest: str, wanted: str) -> bool:
    """Whether a digest is the wanted one, or begins with it where it is cut short."""
    assert len(wanted) >= SHORTEST, wanted
    return digest.startswith(wanted.lower())


def _hashes(job: _Job, path: Path, size: int) -> Iterator[tuple[str, str]]:
    hashes = [hashlib.sha256(), *([hashlib.md5(usedforsecurity=False)] if job.md5 else [])]
    done = 0
    with path.open("rb") as file:
        while block := file.read(_CHECKED):
            for each in hashes:
                each.update(block)
            done += len(block)
            job.tell(f"{job.name}: checking (MB)", done, size)
    for each in hashes:
        yield each.name, each.hexdigest()
