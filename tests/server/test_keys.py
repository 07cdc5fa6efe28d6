"""Keys in files: made once, for their owner alone, shown to nobody."""

import pytest

from server import keys
from server.app import read_keys
from server.errors import Unusable
from tests.server import rig, sealing
from tests.server.sealing import PRIVATE


def code(call, *arguments):
    with pytest.raises(Unusable) as err:
        call(*arguments)
    return err.value.code


GOOD = PRIVATE.hex() + "\n"


def private_file(path, text=GOOD, mode=0o600):
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_key_is_made_for_its_owner_alone_and_its_public_half_told(tmp_path):
    path = tmp_path / "key"
    public = keys.new(path)
    assert (path.stat().st_mode & 0o777, public) == (0o600, keys.public(path))
    assert (len(path.read_text()), keys.read(path).hex()) == (65, path.read_text().strip())


def test_a_key_is_never_written_over(tmp_path):
    keys.new(tmp_path / "key")
    before = (tmp_path / "key").read_bytes()
    assert code(keys.new, tmp_path / "key") == "key_file"
    assert (tmp_path / "key").read_bytes() == before


def test_the_public_half_is_that_of_the_key(tmp_path):
    assert keys.public(private_file(tmp_path / "key")) == sealing.public_hex()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_that_others_may_read_is_refused(tmp_path, mode):
    assert code(keys.read, private_file(tmp_path / "key", mode=mode)) == "key_file"


@pytest.mark.parametrize(
    "text", ["", "00", PRIVATE.hex()[:-1], PRIVATE.hex() + "0", PRIVATE.hex().upper(), "x" * 64, PRIVATE.hex() + "\n\n"]
)
def test_what_is_no_key_is_refused_and_not_shown(tmp_path, text):
    with pytest.raises(Unusable) as err:
        keys.read(private_file(tmp_path / "key", text))
    assert not text or text not in str(err.value).replace(str(tmp_path), "")


def test_where_there_is_no_file_it_is_said(tmp_path):
    assert code(keys.read, tmp_path / "none") == "key_file"
    assert code(keys.new, tmp_path / "none" / "key") == "key_file"


@pytest.mark.parametrize("text", ["", "0" * 511, "0" * 513, "g" * 512])
def test_what_is_no_fleet_key_is_refused(tmp_path, text):
    assert code(keys.read_fleet_key, private_file(tmp_path / "key", text)) == "key_file"


def test_the_settings_name_several_keys_and_show_none(tmp_path):
    private_file(tmp_path / "one")
    private_file(tmp_path / "two", sealing.OTHER_PRIVATE.hex())
    config = rig.config(tmp_path, before='sealing_key_files = ["one", "two"]')
    found = read_keys(config)
    assert found.ids() == [sealing.KEY_ID, sealing.OTHER_KEY_ID]
    assert PRIVATE.hex() not in repr(found) + repr(config)
