"""Settings are wished from a file or a pipe; what is wrong with them is named, and what was wished before stays."""

import pytest

from gateway.downlink.roster import Roster
from gateway.downlink.store import Store


@pytest.fixture
def store(gateway):
    return Store(gateway.folder / "data" / "downlink", None)


def heard(gateway, **more) -> None:
    """The box said this."""
    (gateway.folder / "data").mkdir(exist_ok=True)
    roster = Roster(gateway.folder / "data" / "boxes.json", "aabbccddeeff", lambda: 5, lambda: None)
    said = {"state": "online", "boot": 1, "session": 1, "first_held": 1, "last_seq": 0}
    roster.heard("box-a", said | more)
    roster.write()


def test_a_file_is_wished_under_a_number_past_the_boxs(gateway, store, tmp_path):
    heard(gateway, settings_version=4, settings_refused={"version": 6, "code": "x"})
    (tmp_path / "wish.json").write_text('{\n "marks": "cổng=1"\n}\n')
    done = gateway.call("settings", "box-a", tmp_path / "wish.json")
    assert (done.returncode, done.stdout, done.stderr) == (0, "box-a: settings 7\n", "")
    assert store.settings_of("box-a").body == '{"marks":"cổng=1"}'.encode()


@pytest.mark.parametrize(
    "given", [b"", b"{", b"[]", b"\xff", b"{} {}", b'{"a":"' + b"x" * 8190 + b'"}', b" " * 200_000]
)
def test_what_are_no_settings_is_named_and_the_wish_stays(gateway, store, given):
    gateway.call("settings", "box-a", "-", given=b'{"marks":"a"}')
    done = gateway.call("settings", "box-a", "-", given=given)
    assert done.returncode == 78
    assert done.stderr.startswith("gateway: settings: ")
    assert store.settings_of("box-a").version == 1


def test_a_file_that_is_not_there_and_a_box_that_is_none_are_named(gateway):
    done = gateway.call("settings", "box-a", "/nowhere.json")
    assert (done.returncode, "nowhere" in done.stderr) == (78, True)
    done = gateway.call("settings", "../box", "-", given=b"{}")
    assert (done.returncode, "not a box id" in done.stderr) == (78, True)


def test_what_is_wished_and_what_the_box_says_of_it_is_shown(gateway):
    assert gateway.call("settings", "box-a", "show").returncode == 1
    gateway.call("settings", "box-a", "-", given=b'{"marks":"a"}')
    heard(gateway, settings_version=0, settings_refused={"version": 1, "code": "config_value", "key": "marks"})
    done = gateway.call("settings", "box-a", "show")
    assert done.returncode == 0
    assert "1: config_value marks" in done.stdout
    assert '{"marks":"a"}' in done.stdout
