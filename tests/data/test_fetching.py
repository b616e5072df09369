"""Fetching a data source from a server on the loopback."""

import hashlib
import tarfile
from dataclasses import replace

import pytest

import miniatures
from loopback import loopback
from virb.data import Archive
from virb.data._fetching import fetch, terms
from virb.errors import UserError
from virb.progress import Quiet


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr("virb.fetching._download.WAITS", (0.0, 0.0, 0.0))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with loopback() as site:
        yield site


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The miniature: its source, its data set, and its two archives."""
    place = tmp_path_factory.mktemp("made")
    source = miniatures.write("pets", "official", place)
    packed = {}
    for part in ("images", "annotations"):
        with tarfile.open(place / f"{part}.tar.gz", "w:gz") as archive:
            archive.add(source.locate(place)[0] / part, part)
        packed[part] = (place / f"{part}.tar.gz").read_bytes()
    return source, source.open(place), packed


@pytest.fixture
def pets(site, made):
    """The source, whose archives lie on the server, and its data set."""
    source, data, packed = made
    archives = tuple(
        Archive(url=site.put(f"/{part}.tar.gz", content), size=len(content), md5=hashlib.md5(content).hexdigest())
        for part, content in packed.items()
    )
    return replace(source, card=source.card.model_copy(update={"archives": archives, "size": 1000})), data


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "data root é"
    folder.mkdir()
    return folder


def refused(source, root):
    with pytest.raises(UserError) as caught:
        fetch(source, root, Quiet())
    return str(caught.value)


def names(root):
    return sorted(path.name for path in root.iterdir() if not path.name.endswith(".lock"))


def test_what_is_fetched_is_whole_and_nothing_lies_beside_it(pets, root):
    source, data = pets
    assert fetch(source, root, Quiet()) == root / "pets"
    assert source.open(root).digest == data.digest
    assert names(root) == ["pets"]


def test_a_download_that_breaks_off_goes_on_where_it_was(pets, root, site):
    source, data = pets
    whole = len(site.served["/images.tar.gz"].content)
    site.served["/images.tar.gz"].cuts += [whole // 2]
    site.served["/annotations.tar.gz"].statuses += [404]
    assert "404" in refused(source, root)
    assert names(root) == [".pets.downloads"]
    asked = len(site.asked)
    fetch(source, root, Quiet())
    assert [path for path, _ in site.asked[asked:]] == ["/annotations.tar.gz"]
    assert source.open(root).digest == data.digest


def test_an_archive_with_another_digest_is_not_unpacked(pets, root, site):
    source, _ = pets
    served = site.served["/images.tar.gz"]
    served.content = served.content[:-1] + b"?"
    assert "images.tar.gz" in refused(source, root)
    assert "pets" not in names(root)


def test_archives_that_do_not_hold_the_whole_are_not_published(pets, root):
    source, _ = pets
    larger = source.sized({"fit": 1000, "test": 74}, source.card.images)
    assert "fit has 148 examples, not 1,000" in refused(larger, root)
    assert "pets" not in names(root)


def test_an_archive_in_an_archive_is_unpacked_where_it_lies(pets, made, root, site, tmp_path):
    source, data = pets
    (tmp_path / "images.tar.gz").write_bytes(made[2]["images"])
    with tarfile.open(tmp_path / "outer.tar", "w") as archive:
        archive.add(tmp_path / "images.tar.gz", "images.tar.gz")
    outer = Archive(url=site.put("/outer.tar", (tmp_path / "outer.tar").read_bytes()), inner=("images.tar.gz",))
    card = source.card.model_copy(update={"archives": (outer, source.card.archives[1])})
    fetch(replace(source, card=card), root, Quiet())
    assert source.open(root).digest == data.digest
    assert not (root / "pets/images.tar.gz").exists()


def test_an_archive_may_have_a_folder_of_the_sources_name_in_it(site, root, tmp_path):
    """CLEVR's has: what was unpacked was looked for one folder too high, and the source could not be fetched."""
    source = miniatures.write("clevr", "official", tmp_path / "made")
    with tarfile.open(tmp_path / "clevr.tar", "w") as archive:
        archive.add(source.locate(tmp_path / "made")[0], "CLEVR_v1.0")
    archives = (Archive(url=site.put("/clevr.tar", (tmp_path / "clevr.tar").read_bytes())),)
    fetched = replace(source, card=source.card.model_copy(update={"archives": archives, "size": 1000}))
    fetch(fetched, root, Quiet())
    assert fetched.open(root).digest == source.open(tmp_path / "made").digest


def test_files_that_are_no_archives_are_put_where_they_belong(site, root, tmp_path):
    source = miniatures.write("fashion-mnist", "official", tmp_path / "made")
    folder = source.locate(tmp_path / "made")[0]
    archives = tuple(
        Archive(url=site.put(f"/{path.name}", path.read_bytes()), unpack=False) for path in sorted(folder.iterdir())
    )
    fetched = replace(source, card=source.card.model_copy(update={"archives": archives}))
    fetch(fetched, root, Quiet())
    assert fetched.open(root).digest == source.open(tmp_path / "made").digest


def test_what_is_there_is_never_written_over(pets, root):
    source, _ = pets
    (root / "pets").mkdir()
    assert "is there already" in refused(source, root)
    assert names(root) == ["pets"]


def test_a_disk_that_is_too_small_is_told_before_anything_is_asked_for(pets, root, site):
    source, _ = pets
    larger = replace(source, card=source.card.model_copy(update={"size": 10**18}))
    assert "free" in refused(larger, root)
    assert site.asked == []


def test_what_may_not_be_fetched_says_how_one_gets_it(pets, root, site):
    source, _ = pets
    by_hand = replace(source, card=source.card.model_copy(update={"by_hand": "Its licence is signed on its page."}))
    text = refused(by_hand, root)
    assert "Its licence is signed on its page." in text
    assert source.card.homepage in text
    assert site.asked == []
    told = "\n".join(terms(by_hand.card))
    assert "pets/images/Abyssinian_1.jpg" in told
    assert source.card.licence in told
