"""What is remembered between two runs lies in one file, and only in the folder that was handed in."""

from gateway.place import Memory


def test_what_was_saved_is_loaded_and_only_its_owner_may_read_it(tmp_path):
    memory = Memory(tmp_path)
    assert memory.load() == b""
    for data in (b"one", b"another"):
        memory.save(data)
        assert Memory(tmp_path).load() == data
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_folder_nothing_is_kept():
    memory = Memory(None)
    memory.save(b"one")
    assert memory.load() == b""


def test_what_a_save_that_was_cut_off_left_behind_is_taken_away(tmp_path):
    (tmp_path / "place.new").write_bytes(b"half")
    memory = Memory(tmp_path)
    assert memory.load() == b""
    memory.save(b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["place.state"]


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"secret")
    (tmp_path / "place.state").symlink_to(tmp_path / "elsewhere")
    assert Memory(tmp_path).load() == b""
    Memory(tmp_path).save(b"mine")
    assert (tmp_path / "elsewhere").read_bytes() == b"secret"
