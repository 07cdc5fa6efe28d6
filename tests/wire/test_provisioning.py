"""Provisioning codes and the lines of an enrolment: what no example can show one by one."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.wire import base64url, enrol, provisioning, rsa
from firmware.wire.errors import WireError

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "wire" / "provisioning.json").read_text())
MODULUS = bytes.fromhex(VECTORS["modulus"])
VALID = [entry["text"].encode() for entry in VECTORS["valid"]]
SECRETS = ["AAECAwQFBgcICQoLDA0ODw", "mat-khau-1", "mật khẩu số 1"]


@pytest.mark.parametrize("text", VALID)
def test_the_valid_examples_are_signed_by_the_key_whose_public_half_stands_beside_them(text):
    _, signed, signature = provisioning.decode(text)
    assert signed == text.split(b".")[0]
    assert rsa.verify(MODULUS, sha256(signed).digest(), signature)
    assert not rsa.verify(MODULUS, sha256(signed + b"x").digest(), signature)


@given(
    st.binary(max_size=2000) | st.binary(max_size=1200).map(lambda body: b"TRAM1:" + base64url.encode(body) + b".AA")
)
def test_whatever_is_shown_is_a_code_or_a_wire_error(text):
    with pytest.raises(WireError):
        provisioning.decode(text)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists), st.data())
def test_whatever_stands_in_a_field_is_taken_or_a_wire_error(value, data):
    wanted, _, signature = provisioning.decode(VALID[3])
    values = {key: getattr(wanted, key) for key in provisioning.KEYS}
    values[data.draw(st.sampled_from(provisioning.KEYS))] = value
    body = json.dumps({"v": 1, **values}, ensure_ascii=False).encode(errors="surrogatepass")
    text = provisioning.PREFIX + base64url.encode(body) + b"." + base64url.encode(signature)
    try:
        again, _, _ = provisioning.decode(text)
    except WireError:
        return
    signed = provisioning.encode_body(again)
    assert provisioning.decode(provisioning.join(signed, signature))[1] == signed


@pytest.mark.parametrize("entry", VECTORS["invalid"], ids=lambda entry: entry["name"])
def test_no_error_tells_a_secret(entry):
    text = entry["text"].encode() if "text" in entry else None
    if text is None:
        text = provisioning.PREFIX + base64url.encode(entry["body"].encode()) + b"." + base64url.encode(b"\1" * 256)
    with pytest.raises(WireError) as caught:
        provisioning.decode(text)
    assert not [secret for secret in SECRETS if secret in f"{caught.value!r} {caught.value}"]


@pytest.mark.parametrize(
    "text, is_one",
    [
        (VALID[0], True),
        (b"TRAM1:", True),
        (b"TRAM2:x", True),
        (b"TRAM1234567890:x", True),
        (b"TRAM", False),
        (b"TRAM:", False),
        (b"TRAMWAY:1", False),
        (b"tram1:", False),
        (b"TRAM1", False),
        (b" TRAM1:", False),
        (b"", False),
        (b"TRAM12345678901234:x", False),
    ],
)
def test_a_provisioning_code_of_any_version_is_known_by_how_it_begins(text, is_one):
    assert provisioning.looks_like(text) is is_one


@given(st.binary(max_size=600))
def test_whatever_comes_on_the_enrolment_port_is_a_line_of_ours_or_a_wire_error(data):
    for read in (enrol.content_length, enrol.decode_question, enrol.decode_answer):
        try:
            read(data)
        except WireError:
            continue
        assert data.startswith(b"1 ")


@given(st.binary(max_size=64))
def test_base64url_is_read_back_and_has_one_spelling(data):
    text = base64url.encode(data)
    assert base64url.decode(text) == data
    for wrong in (text + b"=", text + b"\n", b" " + text, text + b"*"):
        with pytest.raises(WireError):
            base64url.decode(wrong)


def test_a_question_shows_no_secret_and_a_wrong_one_is_not_made():
    passwords = [base64url.encode(bytes([number]) * 32).decode() for number in (1, 2)]
    question = enrol.Question("rotate", "box-1", *passwords)
    assert not [one for one in passwords if one in repr(question)]
    for wrong in (
        enrol.Question("enrol", "box-1", "short", code=b"x"),
        enrol.Question("enrol", "BOX", passwords[0], code=b"x"),
        enrol.Question("enrol", "box-1", passwords[0], code=b""),
        enrol.Question("enrol", "box-1", passwords[0], code=b"x" * 1601),
        enrol.Question("rotate", "box-1", passwords[0], ""),
        enrol.Question("hello", "box-1", passwords[0]),
    ):
        with pytest.raises(WireError):
            enrol.encode_question(wrong)
    for wrong in (enrol.ca(b""), enrol.ca(b"x" * 4097), enrol.refused("Not a word"), enrol.enrolled("B")):
        with pytest.raises(WireError):
            enrol.encode_answer(wrong)
