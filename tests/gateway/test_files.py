"""A file is the old one or the new one, whenever the power goes; and one process at a time has the folder."""

import multiprocessing
import os
import stat

import pytest

from gateway import files
from tests.gateway.deaths import dies_at


def test_at_whatever_step_it_dies_the_file_is_the_old_or_the_new_one(tmp_path):
    path, old, new = tmp_path / "file", b"old", b"new" * 1000
    files.write(path, old)
    found = []
    for step in range(20):
        died = dies_at(step, lambda: files.write(path, new))
        found.append(path.read_bytes())
        if not died:
            break
    assert set(found) == {old, new}
    assert found == sorted(found, key=[old, new].index)
    assert not died
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_what_is_written_is_its_owners_alone(tmp_path):
    os.umask(0o000)
    try:
        files.write_json(files.make_folder(tmp_path / "a" / "b") / "file", {"x": "ầ"})
    finally:
        os.umask(0o022)
    modes = [stat.S_IMODE(one.stat().st_mode) for one in [tmp_path / "a", tmp_path / "a/b", tmp_path / "a/b/file"]]
    assert modes == [0o700, 0o700, 0o600]
    assert files.read_json(tmp_path / "a/b/file") == {"x": "ầ"}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"1", b"\xff", b'{"a":' + b"[" * 200_000, b'{"a": 1}' + b" " * files.MAX_JSON_BYTES + b"x"],
)
def test_what_is_no_object_is_nothing(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    found = files.read_json(tmp_path / "file")
    assert found is None or found == {"a": 1}


def test_what_is_not_there_is_nothing_and_can_be_removed(tmp_path):
    assert files.read_json(tmp_path / "file") is None
    files.remove(tmp_path / "file")


def test_where_it_cannot_be_written_the_old_one_stays(tmp_path):
    files.write(tmp_path / "file", b"old")
    (tmp_path / "file.new").mkdir()
    with pytest.raises(OSError):
        files.write(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"


def _count_up(path) -> None:
    for _ in range(50):
        with files.locked(path.parent):
            path.write_text(str(int(path.read_text()) + 1))


def test_one_process_at_a_time_has_the_folder(tmp_path):
    path = tmp_path / "count"
    path.write_text("0")
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        pool.map(_count_up, [path] * 3)
    assert path.read_text() == "150"
