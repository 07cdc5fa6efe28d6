"""A tar from somebody else's laptop: only plain files under simple names get out of it."""

import io
import tarfile

import pytest

from gateway.tech import parcel
from gateway.tech.types import Refused


def member(
    name: str, data: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data), kind, link
    return info, data


MANIFEST = member("manifest", b"1 manifest")


def tar_of(path, *members):
    with tarfile.open(path, "w") as packed:
        for info, data in members:
            packed.addfile(info, io.BytesIO(data))
    return path


def unpacked(tmp_path, *members):
    folder = tmp_path / "out"
    folder.mkdir()
    return parcel.unpack(tar_of(tmp_path / "b.tar", *members), folder)


@pytest.mark.parametrize("before", ["", "./", "bundle-7/"])
def test_a_bundle_comes_out_as_it_was(tmp_path, before):
    files = [member(before + "manifest", b"1 m"), member(before + "lib/firmware/__init__.mpy", b"\0" * 5000)]
    found = unpacked(tmp_path, *files)
    assert (found / "manifest").read_bytes() == b"1 m"
    assert (found / "lib/firmware/__init__.mpy").read_bytes() == b"\0" * 5000


BAD = [
    [member("../manifest")],
    [MANIFEST, member("/etc/passwd")],
    [MANIFEST, member("a/../../b")],
    [MANIFEST, member("a//b")],
    [MANIFEST, member(".hidden")],
    [MANIFEST, member("a\\b")],
    [MANIFEST, member("c:b")],
    [MANIFEST, member("tên")],
    [MANIFEST, member("a" * 65)],
    [MANIFEST, member("/".join("abcdefghij"))],
    [MANIFEST, member("link", b"", tarfile.SYMTYPE, "/etc/passwd")],
    [MANIFEST, member("link", b"", tarfile.LNKTYPE, "manifest")],
    [MANIFEST, member("pipe", b"", tarfile.FIFOTYPE)],
    [MANIFEST, member("disk", b"", tarfile.BLKTYPE)],
    [MANIFEST, member("a"), member("a")],
    [MANIFEST, member("a"), member("a/b")],
    [MANIFEST, member("a/b"), member("a")],
    [member("nothing")],
    [member("x/manifest"), member("y/manifest")],
    [],
]


@pytest.mark.parametrize("members", BAD)
def test_anything_odd_refuses_the_whole_and_nothing_lands_elsewhere(tmp_path, members):
    with pytest.raises(Refused) as found:
        unpacked(tmp_path, *members)
    assert found.value.code == "no_bundle"
    assert {path.name for path in tmp_path.iterdir()} == {"b.tar", "out"}


def test_too_many_files_and_too_many_bytes_are_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(parcel, "MOST_FILES", 3)
    with pytest.raises(Refused) as found:
        unpacked(tmp_path, *[member(f"f{number}") for number in range(5)])
    assert found.value.what == "too many files"
    monkeypatch.setattr(parcel, "MOST_BYTES", 1000)
    (tmp_path / "again").mkdir()
    with pytest.raises(Refused) as found:
        parcel.unpack(tar_of(tmp_path / "c.tar", member("manifest", b"x" * 1001)), tmp_path / "again")
    assert found.value.what == "too long"


@pytest.mark.parametrize("at", [0, 1, 100, 511, 512, 1023, 1500])
def test_a_part_of_a_tar_is_none(tmp_path, at):
    whole = tar_of(tmp_path / "b.tar", member("manifest", b"x" * 2000)).read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[:at])
    (tmp_path / "out").mkdir()
    with pytest.raises(Refused):
        parcel.unpack(tmp_path / "cut.tar", tmp_path / "out")


@pytest.mark.parametrize(
    "data", [b"\x1f\x8b" + b"\0" * 600, b"PK\x03\x04" + b"\0" * 600, b"hello" * 300, b"\xff" * 1024]
)
def test_what_is_no_tar_is_refused(tmp_path, data):
    (tmp_path / "b.tar").write_bytes(data)
    (tmp_path / "out").mkdir()
    with pytest.raises(Refused):
        parcel.unpack(tmp_path / "b.tar", tmp_path / "out")
