"""The codes that technicians make: signed, and only such as a box takes."""

import hashlib

import pytest

from firmware.wire import provisioning, rsa
from firmware.wire.errors import WireError
from scripts.provisioning.code import ca_fingerprint, make_code, unsigned
from scripts.provisioning.key import FleetKey

CA = b"the bytes of a certificate"
KEY = FleetKey.make()


def test_a_code_says_what_was_wished_and_is_signed():
    code = make_code(KEY, CA, gateway="gw-cho", wifi=[["Chợ Mới", "12345678"]], valid_s=60, issued_ms=1000)
    wanted, signed, signature = provisioning.decode(code)
    assert rsa.verify(KEY.modulus, hashlib.sha256(signed).digest(), signature)
    assert (wanted.gateway, wanted.wifi, wanted.issued_ms, wanted.expires_ms, wanted.box) == (
        "gw-cho", [["Chợ Mới", "12345678"]], 1000, 61_000, None,
    )  # fmt: skip
    assert wanted.ca == ca_fingerprint(CA)


def test_the_authority_may_be_given_by_its_fingerprint():
    wanted, _, _ = provisioning.decode(make_code(KEY, None, ca=ca_fingerprint(CA)))
    assert wanted.ca == ca_fingerprint(CA)
    with pytest.raises(WireError):
        make_code(KEY, None)


def test_no_two_codes_have_the_same_token():
    assert len({provisioning.decode(make_code(KEY, CA))[0].token for _ in range(20)}) == 20


def test_what_is_signed_elsewhere_is_the_same_code():
    body = unsigned(CA, gateway="gw-cho", issued_ms=1000)
    assert provisioning.decode(provisioning.join(body, KEY.sign(body)))[0].gateway == "gw-cho"


@pytest.mark.parametrize(
    "given",
    [
        {"gateway": "GW"},
        {"host": ""},
        {"port": 0},
        {"direction": "up"},
        {"valid_s": 0},
        {"wifi": [["a", "short"]]},
        {"wifi": [["a", ""]] * 4},
        {"place": "Chợ"},
        {"box": "x"},
        {"colour": "red"},
    ],
)
def test_a_code_that_no_box_would_take_is_not_made(given):
    with pytest.raises(WireError):
        make_code(KEY, CA, **given)


def test_the_longest_names_and_passwords_still_fit():
    wifi = [["ợ" * 10 + "aa", "ợ" * 21]] * 3
    given = {"host": "h" * 63, "wifi": wifi, "place": "p" * 32, "gate": "g" * 32, "gateway": "g" * 32, "box": "b" * 32}
    assert len(make_code(KEY, CA, **given)) <= provisioning.MAX_CODE_BYTES


def test_a_code_that_is_too_long_for_a_box_is_not_made():
    with pytest.raises(WireError) as caught:
        make_code(KEY, CA, host="h" * 253, wifi=[["\\" * 32, '"' * 63]] * 3)
    assert caught.value.code == "too_long"
