"""The fleet's key and the codes that technicians make with it."""

import hashlib
import json

import pytest

from firmware.gate import control
from firmware.wire import provisioning, rsa
from firmware.wire.errors import WireError
from scripts.sim import provision_codes
from scripts.sim.provision_codes import FleetKey, ca_fingerprint, make_code

CA = b"the bytes of a certificate"
KEY = FleetKey.make()


def test_a_box_can_check_what_the_fleet_has_signed():
    signature = KEY.sign(b"text")
    assert rsa.verify(KEY.modulus, hashlib.sha256(b"text").digest(), signature)
    assert not rsa.verify(KEY.modulus, hashlib.sha256(b"another").digest(), signature)
    assert not rsa.verify(FleetKey.make().modulus, hashlib.sha256(b"text").digest(), signature)


def test_a_code_says_what_was_wished_and_is_signed():
    code = make_code(KEY, CA, gateway="gw-cho", wifi=[["Chợ Mới", "12345678"]], valid_s=60, issued_ms=1000)
    wanted, signed, signature = provisioning.decode(code)
    assert rsa.verify(KEY.modulus, hashlib.sha256(signed).digest(), signature)
    assert (wanted.gateway, wanted.wifi, wanted.issued_ms, wanted.expires_ms, wanted.box) == (
        "gw-cho", [["Chợ Mới", "12345678"]], 1000, 61_000, None,
    )  # fmt: skip
    assert wanted.ca == ca_fingerprint(CA)


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


def test_the_key_is_written_for_its_owner_alone_and_never_over_another(tmp_path):
    path = tmp_path / "fleet.pem"
    KEY.save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert FleetKey.load(path).modulus == KEY.modulus
    with pytest.raises(FileExistsError):
        FleetKey.make().save(path)
    assert FleetKey.load(path).modulus == KEY.modulus


NO_KEY = b"-----BEGIN %s-----\nAAAA\n-----END %s-----\n" % (b"PRIVATE KEY", b"PRIVATE KEY")


@pytest.mark.parametrize("content", [b"", b"no key", NO_KEY])
def test_a_file_that_holds_no_key_is_refused(tmp_path, content):
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(ValueError):
        FleetKey.load(path)


def test_the_commands_make_a_key_and_a_code_and_show_no_private_key(tmp_path, capsys):
    key, ca, wifi = tmp_path / "fleet.pem", tmp_path / "ca.der", tmp_path / "wifi.json"
    ca.write_bytes(CA)
    wifi.write_text(json.dumps([["Chợ Mới", "12345678"]]))
    assert provision_codes.main(["key", str(key)]) == 0
    shown = capsys.readouterr().out.strip()
    assert bytes.fromhex(shown) == FleetKey.load(key).modulus
    arguments = ["code", "--key", str(key), "--ca", str(ca), "--gateway", "gw-cho", "--host", "10.0.0.1"]
    arguments += ["--place", "cho-moi", "--gate", "cong-1", "--wifi", str(wifi)]
    assert provision_codes.main(arguments) == 0
    wanted, _, _ = provisioning.decode(capsys.readouterr().out.strip().encode())
    assert (wanted.gateway, wanted.wifi[0][0], wanted.port, wanted.enrol_port) == ("gw-cho", "Chợ Mới", 8883, 8884)
    picture = tmp_path / "code.png"
    assert provision_codes.main([*arguments, "--png", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("wrong", [["--place", "Chợ"], ["--wifi", "no-such-file"], ["--key", "no-such-key"]])
def test_a_wish_that_cannot_be_met_is_an_error_in_words(tmp_path, capsys, wrong):
    key, ca = tmp_path / "fleet.pem", tmp_path / "ca.der"
    KEY.save(key)
    ca.write_bytes(CA)
    arguments = ["code", "--key", str(key), "--ca", str(ca), "--gateway", "gw-cho", "--host", "10.0.0.1"]
    assert provision_codes.main([*arguments, "--place", "cho", "--gate", "cong-1", *wrong]) == 1
    assert capsys.readouterr().err.startswith("provision: ")


def test_a_control_code_is_one_that_a_box_with_that_key_takes(tmp_path, capsys):
    key = tmp_path / "control.key"
    key.write_text("0123456789abcdef" * 2 + "\n")
    assert provision_codes.main(["control", "--key", str(key), "out"]) == 0
    shown = capsys.readouterr().out.strip().encode()
    assert control.read(shown, "0123456789abcdef" * 2) == ("out", "")
    assert control.read(shown, "fedcba9876543210" * 2)[1] == "tag"


def test_a_control_key_that_is_none_is_an_error_in_words(tmp_path, capsys):
    key = tmp_path / "control.key"
    key.write_text("too short")
    assert provision_codes.main(["control", "--key", str(key), "out"]) == 1
    assert capsys.readouterr().err.startswith("provision: ")
