"""SMART Health Card: shc:/ and two digits for each character of a JWS, whose payload is a deflated FHIR bundle.

1. The older form in several codes (shc:/1/3/…) is refused by name: `shc_chunk`.
2. The JWS is ES256 with zip DEF; unpacked it is 64 KiB at most (`shc_bomb`).
3. Kept: a hash of what was signed as identifier (not of the signature, which can be written in several ways), the name
   and year of birth of the one patient, how many vaccinations were completed. A card without any is one of a test or
   of something else, of which nothing but that is looked at.
Source: smart-on-fhir/health-cards docs/index.md (digits: ord - 45; iss, nbf, exp, vc.credentialSubject.fhirBundle).
"""

import base64
import binascii
import hashlib
import json
import math
import re
import zlib
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from server.codes import names
from server.codes.dates import span, year_of
from server.codes.errors import CodeError
from server.codes.health_rules import TEST, VACCINATION, HealthRule, Proof
from server.codes.trust import Trust
from server.codes.types import Parsed
from server.codes.verdict import NOT_TRUSTED, WRONG_SIGNATURE, Claims, parsed

KIND = "shc"
MOST_UNPACKED_BYTES = 64 * 1024
MOST_TIME_S = 32_503_680_000  # the year 3000
COUNTED = ("completed",)
_JWS = re.compile(r"[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]{2,}")
_ISSUER = re.compile(r"https://[!-~]{1,192}")
_REGISTRY = JWSRegistry(algorithms=["ES256"], strict_check_header=False)


def read(code: bytes, rules: tuple[HealthRule, ...], trust: Trust, at_ms: int) -> Parsed:
    """A code that kind_of() names shc. Raises `CodeError`: `shc_chunk`, `shc_digits`, `shc_jws`, `shc_deflate`,
    `shc_bomb`, `shc_claims`."""
    digits = code[5:]
    if b"/" in digits:
        raise CodeError("shc_chunk")
    text = _jws(digits)
    header, payload = _opened(text)
    warnings: list[str] = []
    try:
        claims = _claims(payload, text, at_ms, warnings)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        raise CodeError("shc_claims") from None
    return parsed(KIND, claims, _doubt(text, header, claims, trust), rules, at_ms, warnings)


def _jws(digits: bytes) -> str:
    if len(digits) % 2:
        raise CodeError("shc_digits")
    numbers = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    if max(numbers) > 77:  # 'z'
        raise CodeError("shc_digits")
    text = "".join(chr(number + 45) for number in numbers)
    if not _JWS.fullmatch(text):
        raise CodeError("shc_jws")
    return text


def _opened(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    head, body, _ = text.split(".")
    try:
        header = json.loads(_unbased(head).decode())
        packed = _unbased(body)
    except (ValueError, RecursionError):
        raise CodeError("shc_jws") from None
    if not isinstance(header, dict) or header.get("alg") != "ES256" or header.get("zip") != "DEF":
        raise CodeError("shc_jws")
    if not isinstance(header.get("kid"), str) or "b64" in header or "crit" in header:
        raise CodeError("shc_jws")
    try:
        payload = json.loads(_inflated(packed).decode())
    except (ValueError, RecursionError):
        raise CodeError("shc_claims") from None
    if not isinstance(payload, dict):
        raise CodeError("shc_claims")
    return header, payload


def _inflated(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=-15)
    try:
        data = unpacker.decompress(packed, MOST_UNPACKED_BYTES + 1)
    except zlib.error:
        raise CodeError("shc_deflate") from None
    if len(data) > MOST_UNPACKED_BYTES:
        raise CodeError("shc_bomb")
    if not unpacker.eof or unpacker.unused_data:
        raise CodeError("shc_deflate")
    return data


def _unbased(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as err:
        raise ValueError("no base64url") from err


def _doubt(text: str, header: dict[str, Any], claims: Claims, trust: Trust) -> str | None:
    key = trust.issuers.get(claims.issuer, {}).get(header["kid"])
    if key is None:
        return NOT_TRUSTED
    try:
        jws.deserialize_compact(text, key, registry=_REGISTRY)
    except (JoseError, ValueError):
        return WRONG_SIGNATURE
    return None


def _claims(payload: dict[str, Any], text: str, at_ms: int, warnings: list[str]) -> Claims:
    issuer = payload["iss"]
    if not isinstance(issuer, str) or not _ISSUER.fullmatch(issuer):
        raise ValueError("no issuer")
    resources = [one["resource"] for one in payload["vc"]["credentialSubject"]["fhirBundle"]["entry"]]
    (patient,) = [one for one in resources if one["resourceType"] == "Patient"]
    days = [
        span(one["occurrenceDateTime"])
        for one in resources
        if one["resourceType"] == "Immunization" and one["status"] in COUNTED
    ]
    what = VACCINATION if days else TEST
    first, last = max(days, default=(0, 0))
    return Claims(
        "shc:" + hashlib.sha256(text.rpartition(".")[0].encode()).hexdigest()[:32],
        _name(patient["name"][0], warnings),
        _born(patient["birthDate"], at_ms),
        issuer,
        _time_ms(payload["nbf"]),
        _time_ms(payload["exp"]) if "exp" in payload else None,
        Proof(what, first, last, len(days)),
    )


def _name(given: dict[str, Any], warnings: list[str]) -> str | None:
    text = given.get("text")
    if text is None:
        text = " ".join([given.get("family", ""), *given.get("given", [])])
    if not isinstance(text, str):
        raise TypeError("no name")
    return names.cleaned(text, warnings)


def _born(text: Any, at_ms: int) -> str | None:
    if not isinstance(text, str):
        raise TypeError("no date")
    span(text)
    year = year_of(text[:4], at_ms)
    if year is None:
        raise ValueError("born later, or never")
    return year


def _time_ms(value: Any) -> int:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise TypeError("no time")
    return int(min(max(value, 0), MOST_TIME_S) * 1000)
