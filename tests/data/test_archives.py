"""Unpacking: what an archive may do to a disk, and what it may not."""

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from virb.data import _archives
from virb.data._archives import unpack
from virb.errors import UserError

FILES = {"a/one.txt": b"one", "a/b/two.bin": bytes(5000), "three é.txt": b"3"}


def tar(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def info(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(archive: Path, folder: Path, **how) -> str:
    with pytest.raises(UserError) as caught:
        unpack(archive, folder / "inside", **how)
    outside = [
        path for path in folder.rglob("*") if path != folder / "inside" and folder / "inside" not in path.parents
    ]
    assert outside in ([], [archive])
    return caught.value.problem


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_file_gives_its_files_whatever_its_name(mode, tmp_path):
    archive = tar(tmp_path / "name.bin", *((info(name), content) for name, content in FILES.items()), mode=mode)
    assert unpack(archive, tmp_path / "to") == sum(map(len, FILES.values()))
    assert files_of(tmp_path / "to") == FILES


def test_a_zip_file_gives_its_files(tmp_path):
    unpack(zipped(tmp_path / "name.tar.gz", FILES), tmp_path / "to")
    assert files_of(tmp_path / "to") == FILES


def test_modes_and_owners_are_not_taken_over(tmp_path):
    member = info("run.sh")
    member.mode, member.uid = 0o4777, 12345
    unpack(tar(tmp_path / "a.tar.gz", (member, b"#!")), tmp_path / "to")
    assert (tmp_path / "to/run.sh").stat().st_mode & 0o7111 == 0
    assert (tmp_path / "to/run.sh").stat().st_uid == os.getuid()


@pytest.mark.parametrize(
    "name", ["../out.txt", "a/../../out.txt", "/out.txt", "..\\out.txt", "C:/out.txt", "\\\\h\\s\\o"]
)
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_name_that_leads_out_is_refused(name, kind, tmp_path):
    archive = tmp_path / "bad"
    tar(archive, (info(name), b"x")) if kind == "tar" else zipped(archive, {name: b"x"})
    assert "would lead out of the folder" in refused(archive, tmp_path)


@pytest.mark.parametrize(
    ("kind", "link"),
    [
        (tarfile.SYMTYPE, "/etc"),
        (tarfile.SYMTYPE, "a"),
        (tarfile.LNKTYPE, "a"),
        (tarfile.CHRTYPE, ""),
        (tarfile.FIFOTYPE, ""),
    ],
)
def test_links_devices_and_pipes_in_a_tar_file_are_refused(kind, link, tmp_path):
    archive = tar(tmp_path / "bad", (info("a"), b""), (info("b", kind, link), b""))
    assert "'b' in it is" in refused(archive, tmp_path)


def test_a_link_in_a_zip_file_is_refused(tmp_path):
    entry = zipfile.ZipInfo("link")
    entry.create_system, entry.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "bad", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    assert "'link' in it is a link" in refused(tmp_path / "bad", tmp_path)


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_bomb_is_refused_before_it_fills_the_disk(kind, tmp_path):
    archive = tmp_path / "bomb"
    bomb = bytes(30_000_000)
    tar(archive, (info("zeros"), bomb)) if kind == "tar" else zipped(archive, {"zeros": bomb})
    assert "become more than 2.0 MB" in refused(archive, tmp_path, limit=2_000_000)
    assert sum(path.stat().st_size for path in (tmp_path / "inside").rglob("*")) <= 2_000_000
    assert unpack(archive, tmp_path / "to") == len(bomb)  # by default there is room for so few


def test_a_zip_file_that_lies_about_sizes_is_no_way_around_the_limit(tmp_path):
    archive = zipped(tmp_path / "bomb", {"zeros": bytes(3_000_000)})
    raw = archive.read_bytes()
    said = (3_000_000).to_bytes(4, "little")
    archive.write_bytes(raw.replace(said, (10).to_bytes(4, "little")))
    with pytest.raises(UserError):
        unpack(archive, tmp_path / "to", limit=1000)
    assert sum(path.stat().st_size for path in (tmp_path / "to").rglob("*")) <= 1000


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_archives, "MOST", 2)
    archive = tar(tmp_path / "many", *((info(f"{n}"), b"") for n in range(3)))
    assert "more than 2 files" in refused(archive, tmp_path)


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.95])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_damaged_archive_is_refused(kind, cut, tmp_path):
    archive, noise = tmp_path / "cut", os.urandom(200_000)
    tar(archive, (info("noise"), noise)) if kind == "tar" else zipped(archive, {"noise": noise})
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * cut)])
    assert "'" + str(archive) in refused(archive, tmp_path)


def test_an_empty_archive_is_refused(tmp_path):
    assert "it is empty" in refused(tar(tmp_path / "nothing"), tmp_path)


@pytest.mark.parametrize("content", [b"", b"<html>sign in</html>", b"\1" * 3000])
def test_what_is_no_archive_is_refused(content, tmp_path):
    (tmp_path / "page.tar.gz").write_bytes(content)
    assert "neither a tar nor a zip file" in refused(tmp_path / "page.tar.gz", tmp_path)


def test_a_name_that_is_a_file_and_a_folder_is_refused(tmp_path):
    archive = tar(tmp_path / "bad", (info("a"), b"x"), (info("a/b"), b"x"))
    assert "cannot be unpacked" in refused(archive, tmp_path)
