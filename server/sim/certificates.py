"""Certificates of people who do not exist, signed by keys that are made when the program starts.

    issuer = Hc1Issuer("VN")                       # a key drawn now; its entry of the trust list: issuer.trusted()
    issuer.vaccination(one, doses=2, on="2021-11-01", issued_s=…, expires_s=…)   # HC1:…
    clinic = ShcIssuer("https://shc.example.vn")
    clinic.card(one, ["2021-09-01", "2021-11-01"], not_before_s=…)               # shc:/…

Written after hcert_spec v1.0.5 and smart-on-fhir/health-cards, apart from what reads them: base45 and CBOR are its own.
"""

import base64
import hashlib
import json
import struct
import zlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.sim.people import Person, plain

COVID_19 = "840539006"
NOT_DETECTED, DETECTED = "260415000", "260373001"
NUCLEIC_ACID, RAPID = "LP6464-4", "LP217198-3"
_BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


class Hc1Issuer:
    """One signer of a country; `is_rsa`: PS256 in the place of ES256."""

    def __init__(self, country: str, is_rsa: bool = False) -> None:
        self.country = country
        self._key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
        self._key = rsa.generate_private_key(65537, 2048) if is_rsa else ec.generate_private_key(ec.SECP256R1())
        public = self._key.public_key()
        self.pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.kid = hashlib.sha256(der).digest()[:8]

    def trusted(self, **more: Any) -> dict[str, Any]:
        """Its entry of a trust list."""
        return {"country": self.country, "kid": base64.b64encode(self.kid).decode(), "key": self.pem, **more}

    def vaccination(self, one: Person, doses: int, on: str, issued_s: int, expires_s: int, series: int = 2) -> bytes:
        """So many doses of a series, the last one on that day."""
        entry = {"vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215", "dn": doses, "sd": series, "dt": on}
        return self.certificate(one, {"v": [{**self._common(one), **entry}]}, issued_s, expires_s)

    def test(self, one: Person, sampled: str, issued_s: int, expires_s: int, result: str = NOT_DETECTED) -> bytes:
        """`sampled`: with an offset from UTC, 2021-11-01T08:00:00+07:00."""
        entry = {"tt": NUCLEIC_ACID, "nm": "", "sc": sampled, "tr": result, "tc": "Trạm y tế Mẫu"}
        return self.certificate(one, {"t": [{**self._common(one), **entry}]}, issued_s, expires_s)

    def recovery(self, one: Person, first: str, valid: tuple[str, str], issued_s: int, expires_s: int) -> bytes:
        """`first`: the first positive test; `valid`: from, until."""
        entry = {"fr": first, "df": valid[0], "du": valid[1]}
        return self.certificate(one, {"r": [{**self._common(one), **entry}]}, issued_s, expires_s)

    def certificate(self, one: Person, proof: dict[str, Any], issued_s: int, expires_s: int) -> bytes:
        """Any proof, in the claims of a CWT."""
        family, _, given = one.name.partition(" ")
        name = {"fn": family, "gn": given, "fnt": plain(family), "gnt": plain(given).replace(" ", "<")}
        body = {"ver": "1.3.0", "nam": name, "dob": one.born.isoformat(), **proof}
        return self.signed({1: self.country, 4: expires_s, 6: issued_s, -260: {1: body}})

    def signed(self, claims: Any) -> bytes:
        """Any claims, signed and packed."""
        return packed(self.cose(cbor(claims)))

    def cose(self, payload: bytes, protected: bytes | None = None) -> bytes:
        """The COSE_Sign1 of a payload."""
        is_rsa = isinstance(self._key, rsa.RSAPrivateKey)
        if protected is None:
            protected = cbor({1: -37 if is_rsa else -7, 4: self.kid})
        signature = self._sign(cbor(["Signature1", protected, b"", payload]))
        return b"\xd2" + cbor([protected, {}, payload, signature])

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
        r, s = decode_dss_signature(self._key.sign(data, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def _common(self, one: Person) -> dict[str, str]:
        identifier = f"URN:UVCI:01:{self.country}:{hashlib.sha256(one.number.encode()).hexdigest()[:24].upper()}"
        return {"tg": COVID_19, "co": self.country, "is": "Bộ Y tế (mẫu)", "ci": identifier}


class ShcIssuer:
    """One issuer of SMART Health Cards, with one key."""

    def __init__(self, iss: str) -> None:
        self.iss = iss
        self._key = ec.generate_private_key(ec.SECP256R1())
        at = self._key.public_key().public_numbers()
        self.jwk = {"kty": "EC", "crv": "P-256", "x": _based(at.x.to_bytes(32, "big"))}
        self.jwk["y"] = _based(at.y.to_bytes(32, "big"))
        thumb = json.dumps(self.jwk, sort_keys=True, separators=(",", ":"))
        self.kid = _based(hashlib.sha256(thumb.encode()).digest())

    def trusted(self) -> dict[str, Any]:
        """Its entry of the list of issuers."""
        return {"iss": self.iss, "keys": [{**self.jwk, "kid": self.kid, "use": "sig", "alg": "ES256"}]}

    def card(self, one: Person, vaccinated: list[str], not_before_s: float, **claims: Any) -> bytes:
        """One patient, and a completed vaccination for each day."""
        return numeric(self.jws(bundle(self.iss, one, vaccinated, not_before_s, **claims)))

    def jws(self, payload: Any, **header: Any) -> str:
        """Any payload, deflated and signed."""
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        text = payload if isinstance(payload, bytes) else json.dumps(payload, separators=(",", ":")).encode()
        return self.signed(packer.compress(text) + packer.flush(), **header)

    def signed(self, body: bytes, **header: Any) -> str:
        """A JWS of these very bytes."""
        head = json.dumps({"zip": "DEF", "alg": "ES256", "kid": self.kid, **header}, separators=(",", ":"))
        to_sign = f"{_based(head.encode())}.{_based(body)}"
        r, s = decode_dss_signature(self._key.sign(to_sign.encode(), ec.ECDSA(SHA256())))
        return f"{to_sign}.{_based(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def bundle(iss: str, one: Person, vaccinated: list[str], not_before_s: float, **claims: Any) -> dict[str, Any]:
    """The payload of a health card."""
    family, _, given = one.name.partition(" ")
    patient = {"resourceType": "Patient", "name": [{"family": family, "given": given.split()}]}
    patient["birthDate"] = one.born.isoformat()
    doses = [
        {
            "resourceType": "Immunization",
            "status": "completed",
            "occurrenceDateTime": day,
            "patient": {"reference": "0"},
        }
        for day in vaccinated
    ]
    entry = [{"fullUrl": f"resource:{at}", "resource": found} for at, found in enumerate([patient, *doses])]
    subject = {"fhirVersion": "4.0.1", "fhirBundle": {"resourceType": "Bundle", "type": "collection", "entry": entry}}
    kind = ["https://smarthealth.cards#health-card"]
    return {"iss": iss, "nbf": not_before_s, "vc": {"type": kind, "credentialSubject": subject}, **claims}


def packed(cose: bytes) -> bytes:
    """HC1: and what follows it."""
    return b"HC1:" + base45(zlib.compress(cose, 9))


def numeric(jws: str) -> bytes:
    """shc:/ and two digits for each character."""
    return b"shc:/" + "".join(f"{ord(one) - 45:02}" for one in jws).encode()


def base45(data: bytes) -> bytes:
    """RFC 9285."""
    text = ""
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, 45)
            text += _BASE45[digit]
    return text.encode()


def cbor(value: Any) -> bytes:
    """RFC 8949, of what certificates hold: numbers, texts, bytes, lists, maps, nothing."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(cbor(key) + cbor(one) for key, one in value.items())
    return _head(4, len(value)) + b"".join(cbor(one) for one in value)


def _head(major: int, count: int) -> bytes:
    if count < 24:
        return bytes([major << 5 | count])
    size = next(size for size in (1, 2, 4, 8) if count < 1 << 8 * size)
    return bytes([major << 5 | 23 + size.bit_length()]) + count.to_bytes(size, "big")


def _based(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
