"""Where the numbers are written: in memory where there is a folder for it, and found under their name in any case."""

import pytest

from gateway.health import write
from gateway.reporting import METRICS_NAME, numbers_path


@pytest.fixture
def folders(tmp_path, monkeypatch):
    data, memory = tmp_path / "data", tmp_path / "run"
    data.mkdir()
    memory.mkdir()
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(memory))
    return data, memory


def test_with_a_folder_in_memory_nothing_but_a_link_is_written_to_the_disk(folders):
    data, memory = folders
    for text in ("a 1\n", "a 2\n"):
        write(numbers_path(data), text)
    assert (data / METRICS_NAME).readlink() == memory / METRICS_NAME
    assert (data / METRICS_NAME).read_text() == (memory / METRICS_NAME).read_text() == "a 2\n"
    assert [one.name for one in data.iterdir()] == [METRICS_NAME]


def test_a_link_made_once_is_let_be(folders):
    data, _ = folders
    numbers_path(data)
    before = (data / METRICS_NAME).lstat().st_ino
    numbers_path(data)
    assert (data / METRICS_NAME).lstat().st_ino == before


@pytest.mark.parametrize("before", ["file", "dangling", "elsewhere"])
def test_whatever_stood_there_before_is_replaced_by_the_link(folders, before):
    data, memory = folders
    if before == "file":
        (data / METRICS_NAME).write_text("old 1\n")
    else:
        (data / METRICS_NAME).symlink_to(data / "nowhere" if before == "dangling" else memory / "another")
    write(numbers_path(data), "new 1\n")
    assert (data / METRICS_NAME).read_text() == "new 1\n"
    assert (data / METRICS_NAME).is_symlink()


def test_without_such_a_folder_the_numbers_lie_where_they_always_did(folders, monkeypatch):
    data, _ = folders
    monkeypatch.delenv("RUNTIME_DIRECTORY")
    write(numbers_path(data), "a 1\n")
    assert not (data / METRICS_NAME).is_symlink()


def test_the_last_numbers_take_the_place_of_the_link(folders):
    data, memory = folders
    write(numbers_path(data), "a 1\n")
    write(data / METRICS_NAME, "last 1\n")
    assert not (data / METRICS_NAME).is_symlink()
    assert (data / METRICS_NAME).read_text() == "last 1\n"
    assert (memory / METRICS_NAME).read_text() == "a 1\n"


def test_a_disk_that_takes_no_link_raises_what_the_caller_expects(folders):
    data, _ = folders
    data.rmdir()
    with pytest.raises(OSError):
        numbers_path(data)
