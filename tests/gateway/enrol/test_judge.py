"""Who is let in, and the one word why not; nothing changes for who is refused."""

import pytest

from firmware.wire import base64url
from firmware.wire.enrol import REFUSALS, Question
from gateway.enrol.judge import Judge, Refused
from gateway.enrol.registry import Registry
from gateway.mqtt.passwords import hash_of, matches
from tests.gateway.fleet import code_for, fleet_key, new_password, stranger_key

BOX, OTHER = "box-a", "box-b"
NOW_MS = 1_800_000_000_000
NOW = NOW_MS, NOW_MS + 100


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "boxes", hash_of, matches)


@pytest.fixture
def judge(registry):
    return Judge("gw-1", fleet_key().modulus, registry, lambda: {"box-l": "a password of the list"})


def asks(code: bytes, box_id: str = BOX, password: str | None = None) -> Question:
    return Question("enrol", box_id, password or new_password(), code=code)


def a_code(key=None, **values) -> bytes:
    return code_for(key, issued_ms=NOW_MS - 1000, **values)


def refused(judge, question, now=NOW) -> str:
    with pytest.raises(Refused) as why:
        judge.decide(question, now)
    assert why.value.code in REFUSALS
    return why.value.code


def test_a_good_code_buys_the_box_its_password(judge, registry):
    question = asks(a_code())
    judge.decide(question, NOW)
    assert registry.knows(BOX, question.password)


def test_a_code_for_this_very_box_is_good_for_it(judge, registry):
    judge.decide(asks(a_code(box=BOX)), NOW)
    assert BOX in registry.boxes()


def damaged(code: bytes, at: int) -> bytes:
    return code[:at] + (b"B" if code[at : at + 1] != b"B" else b"C") + code[at + 1 :]


@pytest.mark.parametrize(
    "make, why",
    [
        (lambda: b"", "form"),
        (lambda: b"x" * 1601, "form"),
        (lambda: b"TRAM2:" + a_code()[6:], "form"),
        (lambda: a_code()[:-1], "form"),
        (lambda: a_code() + b"A", "form"),
        (lambda: a_code() + b"." + a_code(), "form"),
        (lambda: a_code().replace(b".", b"=."), "form"),
        (lambda: b"TRAM1:e30." + a_code().split(b".")[1], "form"),
        (lambda: a_code(stranger_key()), "signature"),
        (lambda: damaged(a_code(), -100), "signature"),
        (lambda: a_code().split(b".")[0] + b"." + a_code().split(b".")[1], "signature"),
        (lambda: a_code().split(b".")[0] + b"." + base64url.encode(bytes(256)), "signature"),
        (lambda: a_code().split(b".")[0] + b"." + base64url.encode(b"\xff" * 256), "signature"),
        (lambda: a_code(stranger_key(), gateway="gw-2", box=OTHER), "signature"),
        (lambda: a_code(gateway="gw-2"), "other_gateway"),
        (lambda: a_code(gateway="gw-2", box=OTHER), "other_gateway"),
        (lambda: a_code(box=OTHER), "other_box"),
        (lambda: a_code(box=OTHER, valid_s=1), "other_box"),
        (lambda: code_for(issued_ms=NOW_MS - 90_000_000), "expired"),
        (lambda: code_for(issued_ms=1), "expired"),
    ],
)
def test_what_is_wrong_with_a_code_is_named_and_nothing_changes(judge, registry, make, why):
    assert refused(judge, asks(make())) == why
    assert registry.boxes() == {}


def test_a_code_whose_time_may_have_run_out_has_run_out(judge, registry):
    code = code_for(issued_ms=NOW_MS - 1000, valid_s=10)
    over_ms = NOW_MS + 9000
    assert refused(judge, asks(code), (over_ms - 100, over_ms)) == "expired"
    judge.decide(asks(code), (over_ms - 100, over_ms - 1))
    assert BOX in registry.boxes()


def test_who_knows_no_time_accepts_no_token_and_asks_for_patience(judge, registry):
    assert refused(judge, asks(a_code()), None) == "busy"
    assert registry.boxes() == {}


def test_a_token_is_good_for_one_box_once(judge, registry):
    code, first = a_code(), new_password()
    judge.decide(asks(code, BOX, first), NOW)
    assert refused(judge, asks(code, OTHER)) == "token_spent"
    assert refused(judge, asks(code, OTHER, first)) == "token_spent"
    assert refused(judge, asks(code, BOX)) == "token_spent"
    assert registry.boxes().keys() == {BOX}
    assert registry.knows(BOX, first)


@pytest.mark.parametrize("now", [NOW, None, (NOW_MS + 10**10, NOW_MS + 10**10)])
def test_who_was_cut_off_asks_again_and_is_in_whatever_time_it_is_by_now(judge, now):
    question = asks(a_code())
    judge.decide(question, NOW)
    judge.decide(question, now)


def test_the_same_again_is_not_enough_once_the_box_was_revoked(judge, registry):
    question = asks(a_code())
    judge.decide(question, NOW)
    registry.revoke(BOX)
    assert refused(judge, question) == "token_spent"
    judge.decide(asks(a_code()), NOW)


def test_a_password_changes_for_who_knows_the_old_one_whatever_time_it_is(judge, registry):
    old, new = new_password(), new_password()
    judge.decide(asks(a_code(), BOX, old), NOW)
    assert refused(judge, Question("rotate", BOX, new_password(), new)) == "password"
    assert refused(judge, Question("rotate", OTHER, old, new)) == "unknown_box"
    judge.decide(Question("rotate", BOX, old, new), None)
    judge.decide(Question("rotate", BOX, old, new), None)
    assert registry.knows(BOX, new)


def test_a_box_of_the_list_changes_its_password_too(judge, registry):
    new = new_password()
    assert refused(judge, Question("rotate", "box-l", "another", new)) == "password"
    judge.decide(Question("rotate", "box-l", "a password of the list", new), None)
    assert registry.knows("box-l", new)


@pytest.mark.parametrize("word", ["enrol", "rotate"])
def test_what_the_disk_refuses_is_busy(registry, tmp_path, word):
    judge = Judge("gw-1", fleet_key().modulus, registry, lambda: {BOX: "old"})
    (tmp_path / "boxes").write_text("no folder")
    question = asks(a_code()) if word == "enrol" else Question("rotate", BOX, "old", "new")
    assert refused(judge, question) == "busy"
