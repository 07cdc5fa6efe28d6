"""The fleet's key: what it signs boxes can check, and its file is locked."""

import hashlib
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from firmware.wire import rsa as boxes_rsa
from scripts.provisioning.key import FleetKey, Locked, fingerprint_of, modulus_of

KEY = FleetKey.make()
PASSPHRASE = "mật khẩu của trạm".encode()
PLAIN, LOCKED = KEY.content(), KEY.content(PASSPHRASE)


def test_a_box_can_check_what_the_fleet_has_signed():
    signature = KEY.sign(b"text")
    assert boxes_rsa.verify(KEY.modulus, hashlib.sha256(b"text").digest(), signature)
    assert not boxes_rsa.verify(KEY.modulus, hashlib.sha256(b"another").digest(), signature)
    assert not boxes_rsa.verify(FleetKey.make().modulus, hashlib.sha256(b"text").digest(), signature)


def test_the_key_is_written_for_its_owner_alone_and_never_over_another(tmp_path):
    path = tmp_path / "fleet.pem"
    KEY.save(path, PASSPHRASE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert FleetKey.load(path, PASSPHRASE).modulus == KEY.modulus
    with pytest.raises(FileExistsError):
        FleetKey.make().save(path)
    assert FleetKey.load(path, PASSPHRASE).modulus == KEY.modulus


def test_a_locked_file_opens_with_its_passphrase_alone():
    assert FleetKey.read(LOCKED, PASSPHRASE).modulus == KEY.modulus
    for wrong in (b"another", b"", None, PASSPHRASE + b" "):
        with pytest.raises(Locked) as caught:
            FleetKey.read(LOCKED, wrong)
        assert caught.value.is_wrong == bool(wrong)


def test_openssl_reads_what_is_written_here(tmp_path):
    path = tmp_path / "fleet.pem"
    path.write_bytes(LOCKED)
    command = ["openssl", "pkey", "-in", str(path), "-passin", "stdin", "-noout", "-check"]
    done = subprocess.run(command, input=PASSPHRASE + b"\n", capture_output=True)
    assert b"Key is valid" in done.stdout, done.stderr
    shown = subprocess.run(["openssl", "asn1parse", "-in", str(path)], capture_output=True).stdout
    assert b"scrypt" in shown
    assert b"aes-256-cbc" in shown


def test_no_two_locked_files_of_a_key_are_alike():
    assert KEY.content(PASSPHRASE) != LOCKED


def test_a_passphrase_for_a_file_that_has_none_does_no_harm():
    assert FleetKey.read(PLAIN, PASSPHRASE).modulus == KEY.modulus


OTHER_KINDS = [
    rsa.generate_private_key(public_exponent=3, key_size=2048),
    rsa.generate_private_key(public_exponent=65537, key_size=1024),
    ec.generate_private_key(ec.SECP256R1()),
]
BROKEN = {
    "nothing": b"",
    "text": b"no key",
    "an empty frame": b"-----BEGIN %s-----\nAAAA\n-----END %s-----\n" % (b"PRIVATE KEY", b"PRIVATE KEY"),
    "half of it": LOCKED[: len(LOCKED) // 2],
    "a line is missing": b"\n".join(LOCKED.split(b"\n")[:4] + LOCKED.split(b"\n")[5:]),
    "not base64": LOCKED.replace(b"MII", b"M*I", 1),
    "the public half": KEY.modulus.hex().encode(),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_holds_no_key_is_refused_and_not_called_locked(what):
    with pytest.raises(ValueError) as caught:
        FleetKey.read(BROKEN[what], PASSPHRASE)
    assert not isinstance(caught.value, Locked)


def test_a_key_that_an_older_openssl_locked_is_locked_and_opens_with_its_passphrase():
    private = load_pem_private_key(PLAIN, None)
    old = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(PASSPHRASE))
    with pytest.raises(Locked):
        FleetKey.read(old)
    assert FleetKey.read(old, PASSPHRASE).modulus == KEY.modulus


@pytest.mark.parametrize("other", OTHER_KINDS, ids=["exponent 3", "1024 bits", "elliptic"])
def test_a_key_that_boxes_could_not_check_with_is_refused(other):
    with pytest.raises(ValueError):
        FleetKey.read(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def test_the_primes_give_the_key_back():
    assert FleetKey.of_primes(*KEY.primes).modulus == KEY.modulus


@pytest.mark.parametrize(
    "primes", [(3, 5), (0, 0), (2**1024, 2**1023), (KEY.primes[0],) * 2, (KEY.primes[0] + 2, KEY.primes[1])]
)
def test_numbers_that_are_no_primes_of_a_key_give_none(primes):
    with pytest.raises(ValueError):
        FleetKey.of_primes(*primes)


def test_the_public_half_goes_through_its_file():
    text = KEY.modulus.hex() + "\n"
    assert modulus_of(text) == KEY.modulus
    assert KEY.fingerprint == fingerprint_of(modulus_of(text)) == hashlib.sha256(KEY.modulus).hexdigest()


@pytest.mark.parametrize("text", ["", "zz", "00" * 256, "ff" * 255, "ff" * 257, "7f" + "ff" * 255, "ff" * 255 + "fe"])
def test_what_is_no_public_half_is_refused(text):
    with pytest.raises(ValueError):
        modulus_of(text)


def test_a_key_shows_nothing_of_itself():
    p, q = KEY.primes
    assert repr(KEY) == f"FleetKey({KEY.fingerprint[:16]}, ***)"
    assert str(p) not in repr(KEY) + str(KEY.__dict__.keys())
    assert str(q) not in f"{KEY}"
