"""A download is whole and right, or it is not there; and what has come is not fetched twice."""

import errno
import hashlib
import os
import socket
import threading
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import Request

import pytest

from loopback import loopback
from virb.errors import UserError
from virb.fetching import download, remote_size
from virb.fetching._web import opener

CONTENT = bytes(range(256)) * 400
SHA = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr("virb.fetching._download.WAITS", (0.0, 0.0, 0.0))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with loopback() as site:
        yield site


class Told:
    def __init__(self):
        self.lines, self.steps = [], []

    def say(self, text):
        self.lines.append(text)

    def advance(self, what, done, total):
        self.steps.append((what, done, total))


def refused(url, target, **wanted):
    with pytest.raises(UserError) as caught:
        download(url, target, **wanted)
    assert not target.exists()
    return str(caught.value)


def left(folder):
    """What lies in a folder, but for locks."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_a_file_arrives_whole_and_leaves_nothing_beside_it(site, tmp_path):
    told = Told()
    target = tmp_path / "new" / "w.pth"
    digest = download(site.put("/w.pth", CONTENT), target, size=len(CONTENT), sha256=SHA, md5=MD5, progress=told)
    assert digest == SHA
    assert target.read_bytes() == CONTENT
    assert left(target.parent) == ["w.pth"]
    assert {what for what, done, total in told.steps if done == total == 1} == {"w.pth (MB)", "w.pth: checking (MB)"}


def test_a_file_that_is_there_is_checked_and_not_fetched(site, tmp_path):
    target = tmp_path / "w.pth"
    target.write_bytes(CONTENT)
    assert download(site.put("/w.pth", CONTENT), target, sha256=SHA) == SHA
    assert site.asked == []
    with pytest.raises(UserError, match="not the file it should be"):
        download(site.address + "/w.pth", target, sha256="0" * 64)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("how", [{}, {"etag": None, "modified": "Sat, 28 Nov 2026 10:00:00 GMT"}])
def test_a_cut_connection_goes_on_where_it_ended(site, tmp_path, how):
    url = site.put("/w.pth", CONTENT, cuts=[1000, 2000], **how)
    assert download(url, tmp_path / "w.pth") == SHA
    assert [asked for _, asked in site.asked] == [None, "bytes=1000-", "bytes=3000-"]


def test_a_later_call_goes_on_too(site, tmp_path):
    url = site.put("/w.pth", CONTENT, cuts=[500, 500, 500, 500])
    assert "2.0 KB of it are kept" in refused(url, tmp_path / "w.pth")
    assert download(url, tmp_path / "w.pth") == SHA
    assert site.asked[-1] == ("/w.pth", "bytes=2000-")


def test_a_silent_connection_is_tried_anew(site, tmp_path):
    told = Told()
    url = site.put("/w.pth", CONTENT, stalls=[1000])
    assert download(url, tmp_path / "w.pth", progress=told, timeout=0.2) == SHA
    assert "fell silent for 0.2 s" in told.lines[0]
    assert site.asked[-1] == ("/w.pth", "bytes=1000-")


def test_a_file_that_changed_between_tries_starts_over(site, tmp_path):
    url = site.put("/w.pth", b"old" * 1000, cuts=[500] * 4)
    refused(url, tmp_path / "w.pth")
    site.put("/w.pth", CONTENT)
    assert download(url, tmp_path / "w.pth") == SHA


def test_a_part_of_the_old_file_and_the_rest_of_the_new_never_meet(site, tmp_path):
    """This server ignores If-Range and gives the rest of another file of the same length."""
    other = CONTENT[::-1]
    url = site.put("/w.pth", CONTENT, cuts=[500] * 4, etag='"one"')
    refused(url, tmp_path / "w.pth")
    site.put("/w.pth", other, etag='"two"', modified='"one"')
    assert download(url, tmp_path / "w.pth") == hashlib.sha256(other).hexdigest()


def test_without_a_validator_nothing_is_resumed_unless_a_digest_decides(site, tmp_path):
    url = site.put("/w.pth", CONTENT, cuts=[500], etag=None)
    assert download(url, tmp_path / "w.pth") == SHA
    assert [asked for _, asked in site.asked] == [None, None]
    url = site.put("/v.pth", CONTENT, cuts=[500], etag='W/"weak"')
    assert download(url, tmp_path / "v.pth", sha256=SHA) == SHA
    assert site.asked[-1] == ("/v.pth", "bytes=500-")


def test_a_server_that_ignores_ranges_starts_over(site, tmp_path):
    url = site.put("/w.pth", CONTENT, cuts=[500], ranges=False)
    assert download(url, tmp_path / "w.pth") == SHA


def test_a_part_that_is_whole_already_is_only_checked(site, tmp_path):
    url = site.put("/w.pth", CONTENT, cuts=[len(CONTENT) - 1] * 4, ranges=False)
    refused(url, tmp_path / "w.pth")
    with (tmp_path / "w.pth.part").open("ab") as part:
        part.write(CONTENT[-1:])
    site.put("/w.pth", CONTENT)
    assert download(url, tmp_path / "w.pth") == SHA


def test_a_server_that_declares_too_much_never_gives_a_file(site, tmp_path):
    url = site.put("/w.pth", CONTENT, declared=len(CONTENT) + 10)
    assert "does not give 'w.pth'" in refused(url, tmp_path / "w.pth")
    assert "w.pth" not in left(tmp_path)


def test_a_server_that_declares_too_little_is_found_out_by_size_and_by_digest(site, tmp_path):
    url = site.put("/w.pth", CONTENT, declared=len(CONTENT) - 10)
    assert "should have 102,400 bytes" in refused(url, tmp_path / "w.pth", size=len(CONTENT))
    assert "should be" in refused(url, tmp_path / "w.pth", sha256=SHA)
    assert left(tmp_path) == []


def test_more_bytes_than_there_should_be_are_not_taken(site, tmp_path):
    url = site.put("/w.pth", CONTENT, chunked=True)
    assert "more than the 1,000 bytes" in refused(url, tmp_path / "w.pth", size=1000)
    assert left(tmp_path) == []


def test_a_body_in_chunks_is_whole_when_its_end_is_marked(site, tmp_path):
    url = site.put("/w.pth", CONTENT, chunked=True, cuts=[1000])
    assert download(url, tmp_path / "w.pth") == SHA
    assert site.asked[-1][1] == "bytes=1000-"


def test_a_file_of_unknown_size_is_taken_only_with_a_size_or_a_digest(site, tmp_path):
    url = site.put("/w.pth", CONTENT, declared=None)
    assert "does not say how large" in refused(url, tmp_path / "w.pth")
    assert download(url, tmp_path / "w.pth", sha256=SHA) == SHA


@pytest.mark.parametrize("wanted", [{"sha256": "0" * 64}, {"md5": "0" * 32}])
def test_a_wrong_digest_keeps_nothing_and_says_so(site, tmp_path, wanted):
    message = refused(site.put("/w.pth", CONTENT), tmp_path / "w.pth", **wanted)
    assert "0" * 32 in message
    assert "Nothing of it was kept" in message
    assert left(tmp_path) == []


@pytest.mark.parametrize("how", [{"kind": "text/html"}, {}])
def test_a_web_page_is_not_taken_for_a_file(site, tmp_path, how):
    url = site.put("/w.pth", b"\n<!DOCTYPE html><html>Quota exceeded</html>", **how)
    message = refused(url, tmp_path / "w.pth")
    assert "web page" in message
    assert url in message
    assert str(tmp_path) in message
    assert left(tmp_path) == []


def test_a_file_that_is_not_there_is_said_with_the_way_by_hand(site, tmp_path):
    message = refused(site.address + "/no.pth", tmp_path / "w.pth")
    assert "404" in message
    assert f"put it into '{tmp_path}' as w.pth" in message
    assert len(site.asked) == 1


def test_a_busy_server_is_asked_again_a_few_times(site, tmp_path):
    url = site.put("/w.pth", CONTENT, statuses=[503, 429])
    assert download(url, tmp_path / "w.pth") == SHA
    url = site.put("/v.pth", CONTENT, statuses=[503] * 9)
    assert "503" in refused(url, tmp_path / "v.pth")


def test_a_few_redirects_are_followed_and_a_loop_is_not(site, tmp_path):
    site.put("/w.pth", CONTENT)
    site.put("/two", location="/w.pth")
    assert download(site.put("/one", location="/two"), tmp_path / "w.pth") == SHA
    site.put("/a", location="/b")
    assert "too many redirects" in refused(site.put("/b", location="/a"), tmp_path / "v.pth")


@pytest.mark.parametrize("where", ["file:///etc/passwd", "ftp://example.org/w.pth"])
def test_a_redirect_leads_to_the_web_or_nowhere(site, tmp_path, where):
    message = refused(site.put("/w.pth", location=where), tmp_path / "w.pth")
    assert where in message
    assert left(tmp_path) == []


def test_a_redirect_never_leaves_https():
    (redirects,) = (each for each in opener().handlers if "redirect_request" in type(each).__dict__)
    asked = Request("https://example.org/w.pth")
    assert redirects.redirect_request(asked, None, 302, "", {}, "https://cdn.example.org/w.pth") is not None
    with pytest.raises(HTTPError, match="not followed"):
        redirects.redirect_request(asked, None, 302, "", {}, "http://cdn.example.org/w.pth").close()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/w", "weights.pth", "https:///w.pth"])
def test_only_web_addresses_are_opened(url, tmp_path):
    assert url in refused(url, tmp_path / "w.pth")


def test_a_host_that_cannot_be_found_is_not_tried_again(site, tmp_path, monkeypatch):
    told = Told()

    def no_such_host(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", no_such_host)
    assert "weights.example.org cannot be reached (Name or service not known)" in refused(
        "http://weights.example.org/w.pth", tmp_path / "w.pth", progress=told
    )
    assert told.lines == []


def test_the_environments_proxy_is_asked(site, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", site.address)
    monkeypatch.delenv("no_proxy", raising=False)
    site.put("http://weights.example.org/w.pth", CONTENT)
    assert download("http://weights.example.org/w.pth", tmp_path / "w.pth") == SHA


def test_a_disk_without_room_is_said_before_anything_is_fetched(site, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=99))
    message = refused(site.put("/w.pth", CONTENT), tmp_path / "w.pth")
    assert "takes 102.4 KB" in message
    assert "has 99 B left" in message


def test_a_disk_that_fills_up_keeps_the_part(site, tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        message = refused(site.put("/w.pth", CONTENT, cuts=[1000]), tmp_path / "w.pth")
    assert "full" in message
    assert download(site.address + "/w.pth", tmp_path / "w.pth") == SHA
    assert site.asked[-1] == ("/w.pth", "bytes=1000-")


def test_a_folder_that_cannot_be_made_is_named(site, tmp_path):
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in refused(site.put("/w.pth", CONTENT), tmp_path / "file" / "w.pth")


def test_ctrl_c_keeps_what_has_come(site, tmp_path):
    class Impatient(Told):
        def advance(self, what, done, total):
            raise KeyboardInterrupt

    url = site.put("/w.pth", CONTENT)
    with pytest.raises(KeyboardInterrupt):
        download(url, tmp_path / "w.pth", progress=Impatient())
    kept = (tmp_path / "w.pth.part").stat().st_size
    assert kept > 0
    assert download(url, tmp_path / "w.pth") == SHA
    assert site.asked[-1][1] == f"bytes={kept}-"


def test_two_fetches_of_one_file_ask_for_it_once(site, tmp_path):
    url = site.put("/w.pth", CONTENT, stalls=[1000])
    digests = []
    fetches = [
        threading.Thread(target=lambda: digests.append(download(url, tmp_path / "w.pth", timeout=0.3))) for _ in "ab"
    ]
    for fetch in fetches:
        fetch.start()
    for fetch in fetches:
        fetch.join()
    assert digests == [SHA, SHA]
    assert [asked for _, asked in site.asked] == [None, "bytes=1000-"]


def test_a_size_is_asked_for_without_fetching(site):
    url = site.put("/w.pth", CONTENT)
    assert remote_size(url) == len(CONTENT)
    assert site.asked == []
    assert remote_size(site.put("/page", b"<html>", kind="text/html")) is None
    assert remote_size(site.address + "/no.pth") is None
    assert remote_size("http://127.0.0.1:9/w.pth") is None


def test_the_first_digits_of_a_digest_are_kept_to(site, tmp_path):
    """Some publishers print eight digits and no more."""
    url = site.put("/w.pth", CONTENT)
    assert download(url, tmp_path / "w.pth", sha256=SHA[:8].upper(), md5=MD5[:6]) == SHA
    assert "should be 000000" in refused(url, tmp_path / "v.pth", md5="000000")
