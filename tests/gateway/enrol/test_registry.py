"""What is kept of a box: password and spent token together or not at all, and nothing that could be used."""

import json
import stat

import pytest

from firmware.wire import provisioning
from gateway.enrol.registry import FORGET_MS, Registry, digest_of
from gateway.mqtt.passwords import hash_of, matches
from tests.gateway.fleet import code_for, new_password

BOX, OTHER = "box-a", "box-b"
NOW_MS = 1_800_000_000_000


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "boxes", hash_of, matches)


def a_code(**values):
    return provisioning.decode(code_for(issued_ms=NOW_MS, **values))[0]


def test_a_box_that_has_enrolled_is_known_by_its_password_also_to_who_comes_later(registry, tmp_path):
    password, code = new_password(), a_code()
    assert registry.enrol(BOX, password, code, NOW_MS)
    later = Registry(tmp_path / "boxes", hash_of, matches)
    assert later.knows(BOX, password)
    assert not later.knows(BOX, new_password())
    assert not later.knows(OTHER, password)
    assert later.spent_by(code.token) == BOX
    assert (later.boxes()[BOX].place, later.boxes()[BOX].gate) == ("cho-moi", "cong-1")


def test_a_token_is_spent_once_and_then_nothing_changes(registry):
    code, first = a_code(), new_password()
    assert registry.enrol(BOX, first, code, NOW_MS)
    assert not registry.enrol(OTHER, new_password(), code, NOW_MS)
    assert not registry.enrol(BOX, new_password(), code, NOW_MS)
    assert registry.knows(BOX, first)
    assert OTHER not in registry.boxes()


def test_another_token_gives_the_box_another_password_and_the_first_stays_spent(registry):
    codes = a_code(), a_code()
    for code in codes:
        assert registry.enrol(BOX, new_password(), code, NOW_MS)
    assert [registry.spent_by(code.token) for code in codes] == [BOX, BOX]


def test_nothing_that_could_be_used_is_on_the_disk(registry, tmp_path):
    password, code = new_password(), a_code()
    registry.enrol(BOX, password, code, NOW_MS)
    (path,) = (tmp_path / "boxes").glob("*.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert password not in path.read_text()
    assert code.token not in path.read_text()
    assert digest_of(code.token) in path.read_text()


def test_a_token_is_forgotten_only_long_after_it_had_expired(registry):
    old, new = a_code(valid_s=60), a_code(valid_s=3_000_000_000)
    registry.enrol(BOX, new_password(), old, NOW_MS)
    registry.enrol(BOX, new_password(), new, NOW_MS)
    registry.enrol(BOX, new_password(), a_code(), old.expires_ms + FORGET_MS - 1)
    assert registry.spent_by(old.token) == BOX
    registry.enrol(BOX, new_password(), a_code(), old.expires_ms + FORGET_MS)
    assert registry.spent_by(old.token) is None
    assert registry.spent_by(new.token) == BOX


def test_who_knows_the_old_password_gets_another_and_may_ask_again(registry):
    old, new = new_password(), new_password()
    registry.enrol(BOX, old, a_code(), NOW_MS)
    assert registry.rotate(BOX, old, new) is True
    assert registry.rotate(BOX, old, new) is True
    assert registry.knows(BOX, new)
    assert not registry.knows(BOX, old)


def test_who_does_not_know_it_changes_nothing(registry):
    password = new_password()
    registry.enrol(BOX, password, a_code(), NOW_MS)
    assert registry.rotate(BOX, new_password(), new_password()) is False
    assert registry.rotate(OTHER, password, new_password()) is None
    assert registry.knows(BOX, password)


def test_a_box_of_the_list_by_hand_can_change_its_password(registry):
    new = new_password()
    assert registry.rotate(BOX, "wrong", new, "listed") is False
    assert registry.boxes() == {}
    assert registry.rotate(BOX, "listed", new, "listed") is True
    assert registry.rotate(BOX, "listed", new_password(), "listed") is False
    assert registry.knows(BOX, new)


def test_a_box_that_was_revoked_is_out_and_its_token_stays_spent(registry):
    password, code = new_password(), a_code()
    registry.enrol(BOX, password, code, NOW_MS)
    assert registry.revoke(BOX)
    assert not registry.revoke(BOX)
    assert not registry.knows(BOX, password)
    assert registry.rotate(BOX, password, new_password(), password) is None
    assert registry.spent_by(code.token) == BOX
    assert registry.hashes() == ({}, {BOX})
    assert registry.enrol(BOX, new_password(), a_code(), NOW_MS)
    assert registry.hashes()[1] == set()


def test_a_box_that_never_enrolled_can_be_kept_out(registry):
    assert registry.revoke(BOX)
    assert registry.hashes() == ({}, {BOX})


GOOD = {"v": 1, "box_id": BOX, "hashed": "$7$1000$AAAAAAAA$AAAAAAAA", "tokens": [["ab", 5]], "place": "", "gate": ""}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        json.dumps(GOOD | {"v": 2}),
        json.dumps(GOOD | {"box_id": OTHER}),
        json.dumps(GOOD | {"box_id": "BOX"}),
        json.dumps(GOOD | {"box_id": 5}),
        json.dumps(GOOD | {"hashed": 5}),
        json.dumps(GOOD | {"tokens": 5}),
        json.dumps(GOOD | {"tokens": [["ab"]]}),
        json.dumps(GOOD | {"tokens": [["ab", "x"]]}),
        json.dumps(GOOD | {"more": 1}),
        json.dumps({key: value for key, value in GOOD.items() if key != "tokens"}),
    ],
)
def test_a_file_that_cannot_be_read_lets_nobody_in_and_is_named_and_can_be_replaced(registry, tmp_path, content):
    (tmp_path / "boxes").mkdir()
    (tmp_path / "boxes" / f"{BOX}.json").write_text(content)
    assert registry.boxes() == {}
    assert registry.damaged == [f"{BOX}.json"]
    assert registry.rotate(BOX, "x", "y") is None
    password = new_password()
    assert registry.enrol(BOX, password, a_code(), NOW_MS)
    assert registry.knows(BOX, password)
    assert registry.boxes().keys() == {BOX}
    assert registry.damaged == []
