"""Trust lists: what is in them, and every way to get one wrong, by name and line."""

import datetime
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from server.codes import files, trust
from server.codes.rules import NO_RULES
from server.codes.trust import NO_TRUST
from server.errors import Unusable
from server.sim.certificates import Hc1Issuer, ShcIssuer

VN, SHC = Hc1Issuer("VN"), ShcIssuer("https://shc.example.vn")
GOOD = VN.trusted()
DAY_MS = 86_400_000


def pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def certificate():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")])
    first = datetime.datetime(2021, 12, 20, tzinfo=datetime.UTC)
    last = first + datetime.timedelta(days=365)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(first).not_valid_after(last)
    return made.sign(key, hashes.SHA256()), int(first.timestamp() * 1000)


def listed(*entries, name="keys"):
    return json.dumps({"source": "tests", name: list(entries)}, indent=1)


def test_a_bare_key_has_the_days_that_it_is_given_in_the_calendar_of_the_country() -> None:
    (found,) = trust.load_signers(listed({**GOOD, "from": "1970-01-02", "until": "1970-01-03"}), "f")[VN.kid]
    assert (found.country, found.from_ms, found.until_ms) == ("VN", DAY_MS - 25_200_000, 2 * DAY_MS - 25_200_000)
    assert repr(found) == "Signer(VN)"


def test_a_certificate_brings_its_days_and_its_name() -> None:
    made, first_ms = certificate()
    text = made.public_bytes(Encoding.PEM).decode()
    ((kid, (found,)),) = trust.load_signers(listed({"country": "VN", "certificate": text}), "f").items()
    assert kid == made.fingerprint(hashes.SHA256())[:8]
    assert (found.from_ms, found.until_ms) == (first_ms, first_ms + 365 * DAY_MS)


WRONG_SIGNERS = {
    "no country": ({**GOOD, "country": ""}, "trust_list"),
    "a country of three letters": ({**GOOD, "country": "VNM"}, "trust_country"),
    "a country in small letters": ({**GOOD, "country": "vn"}, "trust_country"),
    "a country that is a number": ({**GOOD, "country": 84}, "trust_list"),
    "a key of nobody's": ({**GOOD, "keys": 1}, "trust_list"),
    "no key": ({"country": "VN", "kid": "AA=="}, "trust_key"),
    "key and certificate": ({**GOOD, "certificate": "x"}, "trust_key"),
    "no PEM": ({**GOOD, "key": "x"}, "trust_key"),
    "a certificate that is none": ({"country": "VN", "certificate": "x"}, "trust_key"),
    "a key that is too short": ({**GOOD, "key": pem(rsa.generate_private_key(65537, 1024))}, "trust_key"),
    "a key of another curve": ({**GOOD, "key": pem(ec.generate_private_key(ec.SECP384R1()))}, "trust_key"),
    "a key that signs otherwise": ({**GOOD, "key": pem(ed25519.Ed25519PrivateKey.generate())}, "trust_key"),
    "no kid": ({key: value for key, value in GOOD.items() if key != "kid"}, "trust_kid"),
    "a kid that is no base64": ({**GOOD, "kid": "*"}, "trust_kid"),
    "a kid that is too long": ({**GOOD, "kid": "AAAA" * 22}, "trust_kid"),
    "a date that is none": ({**GOOD, "from": "2021-02-30"}, "trust_list"),
    "a date in another order": ({**GOOD, "until": "20/12/2021"}, "trust_list"),
    "an end before the beginning": ({**GOOD, "from": "2021-12-20", "until": "2021-12-19"}, "trust_dates"),
}


@pytest.mark.parametrize("entry, code", WRONG_SIGNERS.values(), ids=WRONG_SIGNERS)
def test_a_wrong_entry_is_named_with_its_line_and_nothing_of_it_is_shown(entry, code) -> None:
    other = Hc1Issuer("FR").trusted()
    with pytest.raises(Unusable) as caught:
        trust.load_signers(listed(other, entry), "trust.json")
    assert caught.value.code == code
    assert caught.value.detail.startswith("trust.json, line 9: ")
    assert "BEGIN" not in caught.value.detail


def test_the_same_key_twice_is_a_mistake_and_another_key_of_that_name_is_not() -> None:
    with pytest.raises(Unusable) as caught:
        trust.load_signers(listed(GOOD, GOOD), "f")
    assert caught.value.code == "trust_kid"
    assert len(trust.load_signers(listed(GOOD, {**Hc1Issuer("VN").trusted(), "kid": GOOD["kid"]}), "f")[VN.kid]) == 2


WRONG_FILES = {
    "nothing": ("", 1),
    "a list": ("[]", 1),
    "no list of that name": ('{"source": "x"}', 1),
    "the list twice": ('{"keys": [],\n"keys": []}', 2),
    "something beside it": ('{"keys": [],\n\n"more": 1}', 3),
    "something behind it": ('{"keys": []}\n{}', 2),
    "no end": ('{"keys": [', 1),
    "a number in the list": ('{"keys": [\n7]}', 2),
    "no comma": ('{"keys": [{}\n{}]}', 2),
    "a comma too many": ('{"keys": [{},\n]}', 2),
    "a key that is a number": ("{1: []}", 1),
    "a map for the list": ('{"keys": {}}', 1),
    "nested too deeply": ('{"keys": [' + "[" * 100_000, None),
}


@pytest.mark.parametrize("text, line", WRONG_FILES.values(), ids=WRONG_FILES)
def test_a_file_that_is_no_such_list_is_refused_with_the_line(text, line) -> None:
    with pytest.raises(Unusable) as caught:
        trust.load_signers(text, "trust.json")
    assert caught.value.code == "trust_list"
    assert line is None or f"line {line}:" in caught.value.detail


def test_an_empty_list_trusts_nobody() -> None:
    assert trust.load_signers('{"keys": []}', "f") == {}


def test_an_issuer_has_its_keys_by_name() -> None:
    found = trust.load_issuers(listed(SHC.trusted(), name="issuers"), "f")
    assert list(found) == [SHC.iss]
    assert list(found[SHC.iss]) == [SHC.kid]


def with_key(**changed):
    entry = SHC.trusted()
    (key,) = entry["keys"]
    return {**entry, "keys": [{name: value for name, value in {**key, **changed}.items() if value is not ...}]}


WRONG_ISSUERS = {
    "no address": ({**SHC.trusted(), "iss": ""}, "trust_list"),
    "an address without its lock": ({**SHC.trusted(), "iss": "http://shc.example.vn"}, "trust_issuer"),
    "an address with a slash": ({**SHC.trusted(), "iss": SHC.iss + "/"}, "trust_issuer"),
    "no keys": ({**SHC.trusted(), "keys": []}, "trust_key"),
    "keys that are no list": ({**SHC.trusted(), "keys": {}}, "trust_key"),
    "a key that is no map": ({**SHC.trusted(), "keys": [7]}, "trust_kid"),
    "a key without a name": (with_key(kid=...), "trust_kid"),
    "a private part": (with_key(d="AAAA"), "trust_key"),
    "another kind of key": (with_key(kty="RSA"), "trust_key"),
    "another curve": (with_key(crv="P-384"), "trust_key"),
    "another algorithm": (with_key(alg="ES384"), "trust_key"),
    "half of a point": (with_key(y=...), "trust_key"),
    "no point of the curve": (with_key(x="AAAA"), "trust_key"),
    "a point in numbers": (with_key(x=7), "trust_key"),
    "two keys of one name": ({**SHC.trusted(), "keys": SHC.trusted()["keys"] * 2}, "trust_kid"),
}


@pytest.mark.parametrize("entry, code", WRONG_ISSUERS.values(), ids=WRONG_ISSUERS)
def test_a_wrong_issuer_is_named(entry, code) -> None:
    with pytest.raises(Unusable) as caught:
        trust.load_issuers(listed(entry, name="issuers"), "issuers.json")
    assert caught.value.code == code
    assert caught.value.detail.startswith("issuers.json, line 4: ")


def test_one_issuer_stands_once() -> None:
    with pytest.raises(Unusable) as caught:
        trust.load_issuers(listed(SHC.trusted(), SHC.trusted(), name="issuers"), "f")
    assert caught.value.code == "trust_issuer"


def test_files_are_read_and_none_is_no_trust_and_no_rules(tmp_path: Path) -> None:
    (tmp_path / "signers.json").write_text(listed(GOOD))
    (tmp_path / "issuers.json").write_text(listed(SHC.trusted(), name="issuers"))
    found = files.load_trust(tmp_path / "signers.json", tmp_path / "issuers.json")
    assert (list(found.signers), list(found.issuers)) == ([VN.kid], [SHC.iss])
    assert files.load_trust() == NO_TRUST
    assert files.load_rules() == NO_RULES


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff")
    for path in (tmp_path / "none", tmp_path, tmp_path / "bytes"):
        with pytest.raises(Unusable) as caught:
            files.load_trust(path)
        assert caught.value.code == "codes_file"
        assert str(path) in caught.value.detail
