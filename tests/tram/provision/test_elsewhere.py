"""Codes that are signed on another laptop, codes that somebody found, and the cards of attendants."""

import json
from pathlib import Path

import pytest

from firmware.gate import control
from firmware.provision.check import judge
from firmware.wire import provisioning
from scripts.provisioning import signing
from scripts.provisioning.code import make_code
from scripts.provisioning.key import FleetKey
from scripts.tram import exits
from tests.tram.paper.eye import codes
from tests.tram.provision.laptop import CA_DER, KEY, NEW_BOX, PASSWORD, made, picture_of


@pytest.fixture
def asked(tram):
    """A laptop without the private key has asked for a signature."""
    (tram.home / "fleet.pem").rename("away.pem")
    said = tram("provision", "code", "--gate", "cong-1", "--wifi-file", "wifi.json", "--request", "r.json")
    assert said.code == exits.OK
    assert Path("r.json").stat().st_mode & 0o777 == 0o600
    return tram


def test_a_code_that_is_signed_on_another_laptop_is_taken_by_a_box(asked):
    assert asked("keys", "sign", "r.json", "--key", "away.pem", "--yes").code == exits.OK
    said = asked("provision", "finish", "r.json", "r.signed", "--out", "c.txt")
    assert (said.code, said.end["codes"][0]["gate"]) == (exits.OK, "cong-1")
    assert judge(Path("c.txt").read_bytes().strip(), KEY.modulus, NEW_BOX, False, None)[0] is None


def test_signatures_that_do_not_fit_make_no_code(asked):
    answer = json.loads(signing.answer(KEY, Path("r.json").read_bytes()))
    other = FleetKey.make()
    wrong = {
        "other": {**answer, "fleet": other.fingerprint},
        "empty": {**answer, "items": []},
        "forged": {**answer, "items": [{**answer["items"][0], "signature": "A" * 342}]},
        "missing": json.loads(signing.answer(KEY, signing.request(KEY.modulus, [signing.Item("x", another_body())]))),
    }
    for name, content in wrong.items():
        Path("a.signed").write_text(json.dumps(content))
        said = asked("provision", "finish", "r.json", "a.signed", "--out", "c.txt")
        assert said.trouble == "answer_wrong", name
    assert asked("provision", "finish", "wifi.json", "a.signed", "--out", "c.txt").trouble == "answer_wrong"
    assert not Path("c.txt").exists()


def another_body():
    from scripts.provisioning.code import unsigned

    return unsigned(CA_DER, gate="cong-9")


def test_signatures_that_come_too_late_make_no_code(tram):
    from scripts.provisioning.code import unsigned

    body = unsigned(CA_DER, issued_ms=1_700_000_000_000, valid_s=60)
    Path("r.json").write_bytes(signing.request(KEY.modulus, [signing.Item("x", body)]))
    Path("r.signed").write_bytes(signing.answer(KEY, Path("r.json").read_bytes()))
    assert tram("provision", "finish", "r.json", "r.signed", "--out", "c.txt").trouble == "code_expired"
    assert not Path("c.txt").exists()


# Reading


def test_a_found_code_is_read_without_its_secrets(tram):
    made(tram, "--wifi-file", "wifi.json")
    token = provisioning.decode(Path("code.txt").read_bytes().strip())[0].token
    for as_person in (False, True):
        said = tram("provision", "read", "code.txt", as_person=as_person)
        assert said.code == exits.OK
        assert "Chợ Mới" in said.out
        assert PASSWORD not in said.everything
        assert token not in said.everything
    assert tram("provision", "read", "-", given=Path("code.txt").read_text()).end["is_signed"] is True


@pytest.mark.parametrize(
    "content, code",
    [
        (make_code(FleetKey.make(), CA_DER), "code_forged"),
        (make_code(KEY, CA_DER, issued_ms=1_700_000_000_000, valid_s=60), "code_expired"),
        (make_code(KEY, CA_DER)[:-1], "code_none"),
        (make_code(KEY, CA_DER).replace(b"TRAM1", b"TRAM2"), "code_none"),
        (b"", "code_none"),
        (b"citizen|card", "code_none"),
        (b"\x89PNG\r\n\x1a\n torn", "code_none"),
        (b"%PDF-1.4\n torn", "code_none"),
        (b"%PDF-", "code_none"),
    ],
)
def test_a_code_that_is_not_good_is_told(tram, content, code):
    Path("c.txt").write_bytes(content)
    said = tram("provision", "read", "c.txt")
    assert (said.code, said.trouble) == (exits.REFUSED, code)


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_what_was_made_to_be_printed_is_read(tram, kind):
    made(tram)
    assert tram("provision", "code", "--gate", "cong-1", "--out", f"code.{kind}").code == exits.OK
    said = tram("provision", "read", f"code.{kind}")
    assert (said.code, said.end["is_signed"], said.end["gate"]) == (exits.OK, True, "cong-1")


def test_without_the_fleets_public_half_nobody_is_said_to_have_signed(tram):
    made(tram)
    (tram.home / "fleet.key").unlink()
    assert tram("provision", "read", "code.txt").end["is_signed"] is None


# Control codes


@pytest.mark.parametrize("verb", control.VERBS)
@pytest.mark.parametrize("kind", ["pdf", "png", "txt"])
def test_a_keepers_card_turns_a_box_that_has_the_key(tram, verb, kind):
    Path("k").write_text("0123456789abcdef" * 2 + "\n")
    assert tram("provision", "control", verb, "--control-key", "k", "--out", f"c.{kind}").code == exits.OK
    file = Path(f"c.{kind}")
    text = file.read_bytes().strip() if kind == "txt" else codes(picture_of(file))[0]
    assert control.read(text, "0123456789abcdef" * 2) == (verb, "")
    assert control.read(text, "fedcba9876543210" * 2)[1] == "tag"


def test_a_new_control_key_is_made_once(tram):
    line = ["provision", "control", "out", "--control-key", "k", "--new-key", "--out", "c.pdf"]
    assert tram(*line).code == exits.OK
    key = Path("k").read_text().strip()
    assert (len(bytes.fromhex(key)), Path("k").stat().st_mode & 0o777) == (16, 0o600)
    assert tram(*line).trouble == "control_key_exists"
    assert Path("k").read_text().strip() == key


@pytest.mark.parametrize("content", ["", "too short", "0" * 31, "0" * 33, "zz" * 16, "ợ" * 32])
def test_a_control_key_that_is_none_is_refused(tram, content):
    Path("k").write_text(content)
    said = tram("provision", "control", "out", "--control-key", "k", "--out", "c.pdf")
    assert said.trouble == "control_key_wrong"
    assert content == "" or content not in said.everything


def test_a_verb_that_no_box_knows_is_refused(tram):
    assert tram("provision", "control", "up", "--control-key", "k", "--out", "c.pdf").trouble == "control_verb"
