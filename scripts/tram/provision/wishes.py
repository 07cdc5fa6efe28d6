"""What a set-up code is to say: from a gateway's card and from the command line, judged with the option's name."""

import re
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.tram import exits
from scripts.tram.home import home
from scripts.tram.provision.words import WORDS
from scripts.tram.trouble import Trouble

_ID = re.compile(r"[a-z0-9][a-z0-9-]{2,31}")
_NAME = re.compile(r"[a-z0-9-]{1,32}")
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
_SPAN = re.compile(r"([0-9]{1,5})\s*(m|h|d)")
_SPAN_S = {"m": 60, "h": 3600, "d": 86400}
_LEAST_S, _MOST_S = 300, 90 * 86400
_MOST_CA_BYTES = 64 * 1024
MOST_TITLE = 120
DIRECTIONS = ("in", "out", "both")


@dataclass(frozen=True)
class Where:
    """The gateway that boxes are to find."""

    gateway: str
    host: str
    port: int
    enrol_port: int
    ca: str
    place: str


@dataclass(frozen=True)
class Wish:
    """One code. `title`: for people, on paper."""

    gate: str
    place: str
    direction: str = "in"
    box: str | None = None
    title: str = ""


def where(
    gateway: str | None, host: str | None, port: int | None, enrol_port: int | None, ca: Path | None, place: str | None
) -> Where:
    """The options, and for what they do not say the gateway's card. Trouble: wish_*, ca_wrong, those of the cards."""
    from scripts.tram.gateways.cards import Card, card

    # Who names the authority by hand knows the gateway without a card.
    known = Card(gateway or "", "") if ca is not None else card(gateway)
    found = Where(
        gateway=gateway or known.gateway,
        host=host or known.host,
        port=port or known.port,
        enrol_port=enrol_port or known.enrol_port,
        ca=fingerprint(ca) if ca is not None else known.ca,
        place=place or known.place,
    )
    for option, value in (("--gateway", found.gateway), ("--host", found.host)):
        if not value:
            raise Trouble("wish_missing", exits.USAGE, WORDS, option=option)
    _id("--gateway", found.gateway)
    if not _HOST.fullmatch(found.host):
        raise Trouble("wish_host", exits.REFUSED, WORDS, value=found.host[:80])
    return found


def wish(at: Where, gate: str, place: str | None, direction: str, box: str | None, title: str = "") -> Wish:
    """Trouble wish_*."""
    place = place or at.place
    if not place:
        raise Trouble("wish_missing", exits.USAGE, WORDS, option="--place")
    for option, value in (("--place", place), ("--gate", gate)):
        if not _NAME.fullmatch(value):
            instead = slug(value) or "cong-1"
            raise Trouble("wish_name", exits.REFUSED, WORDS, option=option, value=value[:60], instead=instead)
    if direction not in DIRECTIONS:
        raise Trouble("wish_direction", exits.REFUSED, WORDS, value=direction[:20])
    if box:
        _id("--box", box)
    return Wish(gate, place, direction, box or None, title[:MOST_TITLE])


def bodies(at: Where, wishes: list[Wish], networks: list[list[str]], valid_s: int) -> list[bytes]:
    """The bytes to sign, one for each. Trouble: code_long, wish_refused."""
    from firmware.wire.errors import WireError
    from firmware.wire.provisioning import SIGNATURE_BYTES, join
    from scripts.provisioning.code import unsigned

    found = []
    for one in wishes:
        values: dict[str, Any] = {"gateway": at.gateway, "host": at.host, "port": at.port, "enrol_port": at.enrol_port}
        values |= {"ca": at.ca, "place": one.place, "gate": one.gate, "direction": one.direction, "box": one.box}
        try:
            body = unsigned(None, wifi=networks, valid_s=valid_s, **values)
            join(body, bytes(SIGNATURE_BYTES))
        except WireError as bad:
            if bad.code == "too_long":
                raise Trouble("code_long", exits.REFUSED, WORDS) from None
            raise Trouble("wish_refused", exits.REFUSED, WORDS, what=str(bad)) from None
        found.append(body)
    return found


def span_s(text: str) -> int:
    """30m, 12h, 7d -> seconds. Trouble valid_wrong."""
    parts = _SPAN.fullmatch(text.strip().lower())
    seconds = int(parts[1]) * _SPAN_S[parts[2]] if parts else 0
    if not _LEAST_S <= seconds <= _MOST_S:
        raise Trouble("valid_wrong", exits.REFUSED, WORDS, value=text[:20])
    return seconds


def fingerprint(file: Path) -> str:
    """Of an authority's certificate, DER or PEM. Trouble ca_wrong."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    from scripts.provisioning.code import ca_fingerprint

    with open(file, "rb") as opened:
        content = opened.read(_MOST_CA_BYTES)
    try:
        is_pem = content.lstrip().startswith(b"-----BEGIN CERT")
        certificate = x509.load_pem_x509_certificate(content) if is_pem else x509.load_der_x509_certificate(content)
    except ValueError:
        raise Trouble("ca_wrong", exits.REFUSED, WORDS, file=str(file)) from None
    return ca_fingerprint(certificate.public_bytes(Encoding.DER))


def slug(text: str) -> str:
    """Chợ Mới -> cho-moi"""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "d")).lower()
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:32]


def check_clock(key: Path | None = None) -> None:
    """Trouble: clock_behind, clock_ahead."""
    from scripts.provisioning import clock

    folder = home()
    witnesses = [folder / "release" / "release.json", folder / "fleet.key", *sorted((folder / "gateways").glob("*"))]
    wrong = clock.judged([*witnesses, *([key] if key else [])])
    if wrong is None:
        return
    facts = {"now": _day(wrong.now_s), "known": _day(wrong.known_s), "file": wrong.file or WORDS("tram_itself")}
    raise Trouble(f"clock_{wrong.code}", exits.REFUSED, WORDS, **facts)


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def _id(option: str, value: str) -> None:
    if not _ID.fullmatch(value):
        raise Trouble("wish_id", exits.REFUSED, WORDS, option=option, value=value[:60])
