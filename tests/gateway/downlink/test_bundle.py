"""Only what the fleet has signed, whole, gets onto the shelf; and only what is named there can be read."""

import shutil

import pytest

from firmware.wire import manifest
from gateway.downlink import bundle as bundle_file
from gateway.downlink.bundle import BundleError, check, take_in
from tests.gateway.deaths import dies_at
from tests.gateway.fleet import bundle, fleet_key, stranger_key

KEY = fleet_key().modulus
CONTENT = {"a.mpy": b"a" * 5000, "firmware/b.mpy": b"", "firmware/c/d.bin": bytes(range(256))}


@pytest.fixture
def source(tmp_path):
    return bundle(tmp_path / "source", 7, CONTENT, floor=3)


def refused(folder, key=KEY) -> str:
    with pytest.raises(BundleError) as why:
        check(folder, key)
    return why.value.code


def test_a_good_bundle_is_on_the_shelf_with_all_its_bytes_and_nothing_else(source, tmp_path):
    (source / "notes.txt").write_text("not named")
    found = take_in(source, tmp_path / "shelf", KEY)
    assert (found.version, found.manifest.floor, found.folder) == (7, 3, tmp_path / "shelf" / "7")
    files = {path.relative_to(found.folder).as_posix() for path in found.folder.rglob("*") if path.is_file()}
    assert files == {"manifest", *CONTENT}
    assert {path: (found.folder / path).read_bytes() for path in CONTENT} == CONTENT


def test_the_same_again_is_the_same_and_another_of_that_version_is_refused(source, tmp_path):
    first = take_in(source, tmp_path / "shelf", KEY)
    assert take_in(source, tmp_path / "shelf", KEY) == first
    with pytest.raises(BundleError) as why:
        take_in(bundle(tmp_path / "other", 7), tmp_path / "shelf", KEY)
    assert why.value.code == "version"
    assert check(first.folder, KEY) == first


def test_another_fleets_is_refused(source, tmp_path):
    assert refused(source, stranger_key().modulus) == "signature"
    assert refused(source, b"") == "signature"
    assert refused(bundle(tmp_path / "theirs", 7, key=stranger_key())) == "signature"


def wrong(path, data):
    return lambda source: (source / path).write_bytes(data)


def in_manifest(old: bytes, new: bytes):
    def change(source) -> None:
        path = source / "manifest"
        assert old in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(old, new))

    return change


@pytest.mark.parametrize(
    "damage, code",
    [
        (wrong("a.mpy", b"a" * 4999), "file"),
        (wrong("a.mpy", b"a" * 5001), "file"),
        (wrong("a.mpy", b"b" + b"a" * 4999), "file"),
        (wrong("firmware/b.mpy", b"x"), "file"),
        (lambda source: (source / "a.mpy").unlink(), "missing"),
        (lambda source: shutil.rmtree(source / "firmware"), "missing"),
        (lambda source: (source / "manifest").unlink(), "missing"),
        (lambda source: shutil.rmtree(source), "missing"),
        (wrong("manifest", b""), "manifest"),
        (wrong("manifest", b"x" * 30_000), "manifest"),
        (in_manifest(b"1 manifest", b"2 manifest"), "manifest"),
        (in_manifest(b"manifest 7 3", b"manifest 7 8"), "manifest"),
        (in_manifest(b"a.mpy", b"../a"), "manifest"),
        (in_manifest(b"a.mpy", b"/a.my"), "manifest"),
        (in_manifest(b"manifest 7 3", b"manifest 8 3"), "signature"),
        (in_manifest(b"manifest 7 3", b"manifest 7 2"), "signature"),
        (in_manifest(b" linux ", b" esp32 "), "signature"),
        (in_manifest(b"a.mpy", b"b.mpy"), "signature"),
    ],
)
def test_what_is_wrong_with_a_bundle_is_named_and_the_shelf_stays_empty(source, tmp_path, damage, code):
    damage(source)
    assert refused(source) == code
    with pytest.raises(BundleError):
        take_in(source, tmp_path / "shelf", KEY)
    assert not (tmp_path / "shelf").exists()


def test_one_that_is_too_large_is_refused(source, monkeypatch):
    monkeypatch.setattr(bundle_file, "MAX_BUNDLE_BYTES", 5000)
    assert refused(source) == "too_long"


def test_a_death_at_any_step_leaves_no_half_bundle(source, tmp_path):
    died = 0
    for step in range(200):
        shelf = tmp_path / f"shelf-{step}"
        if not dies_at(step, lambda shelf=shelf: take_in(source, shelf, KEY)):
            break
        died += 1
        if (shelf / "7").exists():
            check(shelf / "7", KEY)
        assert take_in(source, shelf, KEY).version == 7
        assert [one.name for one in shelf.iterdir() if one.name.isdigit()] == ["7"]
    assert died > 10


def test_pieces_are_read_to_the_end_of_the_file(source):
    found = check(source, KEY)
    assert found.read("a.mpy", 0, 1024) == b"a" * 1024
    assert found.read("a.mpy", 4990, 1024) == b"a" * 10
    assert found.read("a.mpy", 0, 999_999) == b"a" * 4096
    data = (source / "manifest").read_bytes()
    assert found.read("manifest", 0, 4096) == data
    assert found.manifest_bytes == len(data)
    assert manifest.decode(data) == found.manifest


@pytest.mark.parametrize(
    "path, offset",
    [
        ("a.mpy", 5000),
        ("a.mpy", 2**32 - 1),
        ("a.mpy", -1),
        ("firmware/b.mpy", 0),
        ("notes.txt", 0),
        ("firmware", 0),
        ("../source/a.mpy", 0),
        ("firmware/../a.mpy", 0),
        ("/etc/hostname", 0),
        ("", 0),
    ],
)
def test_what_the_manifest_does_not_name_is_not_read(source, path, offset):
    (source / "notes.txt").write_text("not named")
    with pytest.raises(BundleError) as why:
        check(source, KEY).read(path, offset, 100)
    assert why.value.code == "missing"
