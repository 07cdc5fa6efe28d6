"""Keys lie in memory and nowhere else."""

import os
import threading
from pathlib import Path

import pytest

from gateway.seal import Shelf, is_in_memory, runtime_folder


def test_a_folder_on_a_disk_is_not_used(disk_path):
    assert not is_in_memory(disk_path)
    shelf = Shelf(disk_path)
    shelf.get("a")
    assert shelf.folder is None
    assert list(disk_path.iterdir()) == []
    assert Shelf(disk_path).names() == []


def test_a_folder_that_is_to_be_made_on_a_disk_is_not_made(disk_path):
    assert Shelf(disk_path / "deep" / "down").folder is None
    assert list(disk_path.iterdir()) == []


def test_a_key_survives_the_program_and_only_its_owner_may_read_it(memory_folder):
    shelf = Shelf(memory_folder / "keys")
    key = bytes(shelf.get("a-1"))
    (path,) = (memory_folder / "keys").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    again = Shelf(memory_folder / "keys")
    assert bytes(again.get("a-1")) == key != bytes(again.get("a-2"))
    assert again.names() == ["a-1", "a-2"]
    assert again.folder == memory_folder / "keys"


def test_a_destroyed_key_is_nowhere(memory_folder):
    shelf = Shelf(memory_folder)
    key = shelf.get("a")
    held = open(next(memory_folder.iterdir()), "rb")  # noqa: SIM115 - what is left of the file when its name is gone
    shelf.destroy("a")
    assert bytes(key) == bytes(32) == held.read()
    held.close()
    assert shelf.find("a") is None
    assert list(memory_folder.iterdir()) == []
    assert Shelf(memory_folder).names() == []


def test_destroying_what_is_not_there_does_nothing(memory_folder):
    Shelf(memory_folder).destroy("nobody")
    Shelf(None).destroy("nobody")


@pytest.mark.parametrize("content", [b"", b"x", bytes(31), bytes(33), bytes(5000)])
def test_a_file_that_is_no_key_is_replaced(memory_folder, content):
    path = memory_folder / "a.key"
    path.write_bytes(content)
    path.chmod(0o600)
    shelf = Shelf(memory_folder)
    assert shelf.names() == []
    key = bytes(shelf.get("a"))
    assert path.read_bytes() == key
    assert len(key) == 32


def test_a_key_that_others_may_read_is_replaced(memory_folder):
    path = memory_folder / "a.key"
    path.write_bytes(bytes(range(32)))
    path.chmod(0o644)
    assert bytes(Shelf(memory_folder).get("a")) != bytes(range(32))
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_to_elsewhere_is_not_followed(memory_folder, tmp_path):
    target = tmp_path / "target"
    target.write_bytes(bytes(range(32)))
    target.chmod(0o600)
    (memory_folder / "a.key").symlink_to(target)
    shelf = Shelf(memory_folder)
    assert bytes(shelf.get("a")) != bytes(range(32))
    shelf.destroy("a")
    assert target.read_bytes() == bytes(range(32))


def test_a_folder_that_others_may_write_is_not_used(memory_folder):
    memory_folder.chmod(0o777)
    shelf = Shelf(memory_folder)
    shelf.get("a")
    assert shelf.folder is None
    assert list(memory_folder.iterdir()) == []


def test_a_folder_that_goes_away_leaves_the_keys_in_the_process(memory_folder):
    shelf = Shelf(memory_folder / "keys")
    (memory_folder / "keys").rmdir()
    key = bytes(shelf.get("a"))
    assert bytes(shelf.get("a")) == key
    shelf.destroy("a")


def test_two_threads_get_the_same_key():
    shelf, got = Shelf(None), []
    ready = threading.Barrier(8)

    def work() -> None:
        ready.wait()
        got.append(bytes(shelf.get("a")))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(got)) == 1
    assert len(got) == 8


@pytest.mark.parametrize(
    "value, folder",
    [("", None), ("/run/tram", Path("/run/tram")), ("/run/tram:/run/other", Path("/run/tram")), (":/run/other", None)],
)
def test_the_folder_is_the_first_one_that_systemd_names(monkeypatch, value, folder):
    monkeypatch.setenv("RUNTIME_DIRECTORY", value)
    assert runtime_folder() == folder


def test_without_systemd_there_is_none(monkeypatch):
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    assert runtime_folder() is None


def test_what_cannot_be_asked_is_not_in_memory(tmp_path):
    assert not is_in_memory(tmp_path / "nowhere")
    assert os.path.ismount("/proc")
    assert not is_in_memory(Path("/proc"))
