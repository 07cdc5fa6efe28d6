"""HC1, the certificate of the EU and of Vietnam: base45, zlib, COSE_Sign1, CWT, and one proof inside.

1. Unpacked it is 16 KiB at most; a code that unpacks to more is refused by name (`hc1_bomb`).
2. Claims: 1 issuing country, 4 expiry, 6 issued at, -260 {1: certificate}. The certificate holds exactly one
   vaccination, test or recovery, with its identifier (UVCI), by which alone it is known again.
3. Kept: identifier, name, year of birth, verdict. A date of birth may be a year, a year and a month, or empty.
4. The identifier begins with its version and the country that gave it; where that is another country than the one that
   signed, it is said (`identifier_country`): a warning and no verdict, since territories sign by another's key. An
   identifier that names no country is taken as it is.
Source: hcert_spec v1.0.5 §3; eHN schema 1.3; eHN Guidelines on vaccination certificates, release 2, annex 2 (country
prefix: ISO 3166-1 alpha-2); Quyết định 5772/QĐ-BYT; codes.md §2.8.
"""

import math
import re
import zlib
from typing import Any

from base45 import b45decode  # type: ignore[import-untyped]

from server.codes import cose, names
from server.codes.cbor import CborError
from server.codes.dates import instant_ms, span, year_of
from server.codes.errors import CodeError
from server.codes.health_rules import RECOVERY, TEST, VACCINATION, HealthRule, Proof
from server.codes.trust import Trust
from server.codes.types import Parsed
from server.codes.verdict import NOT_TRUSTED, WRONG_SIGNATURE, Claims, parsed

KIND = "hc1"
MOST_UNPACKED_BYTES = 16 * 1024
ISSUER, EXPIRES, ISSUED, CERTIFICATES = 1, 4, 6, -260
COVID_19 = "840539006"  # SNOMED CT
NOT_DETECTED = "260415000"  # SNOMED CT
SERIES_INCOMPLETE, TEST_NOT_NEGATIVE = "series_incomplete", "test_not_negative"
MOST_TIME_S = 32_503_680_000  # the year 3000
IDENTIFIER_COUNTRY = "identifier_country"
_UVCI = re.compile(r"[!-~]{1,80}")
_OF_COUNTRY = re.compile(r"[0-9]{2}[:/]?([A-Z]{2})[:/]")
_COUNTRY = re.compile(r"[A-Z]{2}")
_PROOFS = {"v": VACCINATION, "t": TEST, "r": RECOVERY}


def read(code: bytes, rules: tuple[HealthRule, ...], trust: Trust, at_ms: int) -> Parsed:
    """A code that kind_of() names hc1. Raises `CodeError`: `hc1_base45`, `hc1_zlib`, `hc1_bomb`, `hc1_cose`,
    `hc1_claims`."""
    try:
        signed = cose.decode(_unpacked(code[4:]))
    except CborError:
        raise CodeError("hc1_cose") from None
    warnings: list[str] = []
    try:
        claims = _claims(signed.claims, at_ms, warnings)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        raise CodeError("hc1_claims") from None
    return parsed(KIND, claims, _doubt(signed, claims, trust), rules, at_ms, warnings)


def _unpacked(text: bytes) -> bytes:
    try:
        packed: bytes = b45decode(text)
    except ValueError:
        raise CodeError("hc1_base45") from None
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(packed, MOST_UNPACKED_BYTES + 1)
    except zlib.error:
        raise CodeError("hc1_zlib") from None
    if len(data) > MOST_UNPACKED_BYTES:
        raise CodeError("hc1_bomb")
    if not unpacker.eof or unpacker.unused_data:
        raise CodeError("hc1_zlib")
    return data


def _doubt(signed: cose.Signed, claims: Claims, trust: Trust) -> str | None:
    known = trust.signers.get(signed.kid, ())
    if not known:
        return NOT_TRUSTED
    signer = next((one for one in known if cose.is_signed_by(signed, one.key)), None)
    if signer is None:
        return WRONG_SIGNATURE
    is_early = signer.from_ms is not None and claims.from_ms < signer.from_ms
    is_late = signer.until_ms is not None and claims.from_ms > signer.until_ms
    return NOT_TRUSTED if is_early or is_late or signer.country != claims.issuer else None


def _claims(found: dict[Any, Any], at_ms: int, warnings: list[str]) -> Claims:
    certificate = found[CERTIFICATES][1]
    given = [(key, certificate[key]) for key in _PROOFS if certificate.get(key)]
    (key, (entry,)) = given[0]
    if len(given) != 1 or entry["tg"] != COVID_19:
        raise ValueError("not exactly one proof")
    identifier = _text(entry["ci"]).strip().upper().removeprefix("URN:UVCI:")
    issuer = _text(found[ISSUER])
    if not _UVCI.fullmatch(identifier) or not _COUNTRY.fullmatch(issuer):
        raise ValueError("no identifier or no country")
    if (named := _OF_COUNTRY.match(identifier)) is not None and named[1] != issuer:
        warnings.append(IDENTIFIER_COUNTRY)
    return Claims(
        identifier,
        _name(certificate["nam"], warnings),
        _born(_text(certificate["dob"]), at_ms),
        issuer,
        _time_ms(found[ISSUED]),
        _time_ms(found[EXPIRES]),
        {"v": _vaccination, "t": _test, "r": _recovery}[key](entry),
    )


def _vaccination(entry: dict[str, Any]) -> Proof:
    doses, series = entry["dn"], entry["sd"]
    if not all(type(one) is int and 0 < one < 100 for one in (doses, series)):
        raise ValueError("no doses")
    first, last = span(_text(entry["dt"]))
    doubts = (SERIES_INCOMPLETE,) if doses < series else ()
    return Proof(VACCINATION, first, last, doses, not doubts, _text(entry["mp"]), doubts=doubts)


def _test(entry: dict[str, Any]) -> Proof:
    is_negative = _text(entry["tr"]) == NOT_DETECTED
    doubts = () if is_negative else (TEST_NOT_NEGATIVE,)
    sampled_ms = instant_ms(_text(entry["sc"]))
    return Proof(TEST, type=_text(entry["tt"]), sampled_ms=sampled_ms, is_negative=is_negative, doubts=doubts)


def _recovery(entry: dict[str, Any]) -> Proof:
    first, last = span(_text(entry["fr"]))
    return Proof(
        RECOVERY, first, last, own_first_day=span(_text(entry["df"]))[1], own_last_day=span(_text(entry["du"]))[0]
    )


def _name(given: dict[str, Any], warnings: list[str]) -> str | None:
    parts = [_text(given[key]) for key in ("fn", "gn") if given.get(key)]
    if not parts:
        parts = [_text(given[key]).replace("<", " ") for key in ("fnt", "gnt") if given.get(key)]
    return names.cleaned(" ".join(parts), warnings)


def _born(text: str, at_ms: int) -> str | None:
    if not text:
        return None
    span(text)
    year = year_of(text[:4], at_ms)
    if year is None:
        raise ValueError("born later, or never")
    return year


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _time_ms(value: Any) -> int:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise TypeError("no time")
    if not 0 <= value <= MOST_TIME_S:
        raise ValueError("no time")
    return int(value * 1000)
