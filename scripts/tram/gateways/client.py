"""The technician's API of one gateway, over HTTPS; its shape is in gateway/tech/api.py.

1. Only a gateway whose certificate is of the authority that the card names by its SHA-256 is spoken with, and only if
   that certificate names the card's gateway. Its address does not matter, nor what this computer trusts besides.
2. The authority's certificate is public: it is fetched once without a token, compared with the card, and kept.
3. The token goes into one header, to that gateway alone, and never over plain text beyond this computer itself.
"""

import base64
import hashlib
import json
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode, urlsplit

from scripts.tram import exits
from scripts.tram.gateways.cards import Card, authority_file, save
from scripts.tram.gateways.words import WORDS
from scripts.tram.home import write_whole
from scripts.tram.trouble import Trouble

PORT = 8443
CONNECT_S = 5.0
ANSWER_S = 30.0
WAIT_S = 15
"""So long one question for a command's answer may wait at the gateway."""
ROOT = "/tech/v1"
_MOST_BYTES = 16 * 1024 * 1024
_MOST_CA_BYTES = 4096
_EXIT = {401: exits.NO_RIGHT, 403: exits.NO_RIGHT, 429: exits.NO_RIGHT, 503: exits.NO_ANSWER, 507: exits.NO_ANSWER}
_DOCTOR_TURNS = 4
_CLOCK = (9, 10)
"""OpenSSL: not valid yet, not valid any more. Certificates of gateways are from 2000 to 9999."""


class Client:
    """Every method may raise Trouble: gateway_silent, gateway_other, not_a_gateway, or a code of the API."""

    def __init__(self, card: Card, connect_s: float = CONNECT_S, answer_s: float = ANSWER_S) -> None:
        self.card = card
        self._at = address(card.url)
        self._connect_s, self._answer_s = connect_s, answer_s

    # --- what the API offers

    def facts(self) -> dict[str, Any]:
        """What a set-up code needs: gateway, host, hosts, port, enrol_port, ca, place; and version, utc_ms."""
        return self.get("/facts")

    def boxes(self) -> list[dict[str, Any]]:
        """One object for each box: box, state, why ({"vi", "en"}), waiting (None: not known), said (its status)."""
        return list(self.get("/boxes")["boxes"])

    def box(self, box_id: str) -> dict[str, Any]:
        return self.get(f"/boxes/{quote(box_id, safe='')}")

    def command(self, box_id: str, name: str, argument: Mapping[str, Any] | None = None, within_s: int = 60) -> str:
        """Have the box told. -> the command's id"""
        wish = {"name": name, "argument": dict(argument or {}), "within_s": within_s}
        return str(self.post(f"/boxes/{quote(box_id, safe='')}/commands", wish)["id"])

    def result(self, command_id: str, wait_s: int = WAIT_S) -> dict[str, Any] | None:
        """{"outcome": "done" | "refused" | …, "said": {…}, "text"?}; None: not yet."""
        found = self.get(f"/commands/{quote(command_id, safe='')}", wait=wait_s)
        return None if found.get("outcome") is None else found

    def tell(
        self, box_id: str, name: str, argument: Mapping[str, Any] | None = None, within_s: int = 60
    ) -> dict[str, Any] | None:
        """A command and its answer; None: none came in time."""
        import time

        until_s = time.monotonic() + within_s + 5
        order = self.command(box_id, name, argument, within_s)
        while (left_s := until_s - time.monotonic()) > 0:
            found = self.result(order, max(0, min(WAIT_S, int(left_s))))
            if found is not None:
                return found
        return None

    def settings(self, box_id: str) -> dict[str, Any]:
        """{"wished": {"version", "settings"} or None, "in_use": version or None, "refused": …}; secrets are "***"."""
        return self.get(f"/boxes/{quote(box_id, safe='')}/settings")

    def wish(self, box_id: str, settings: Mapping[str, Any]) -> int:
        """All settings of this box, from now on. -> their version"""
        return int(self.put(f"/boxes/{quote(box_id, safe='')}/settings", settings)["version"])

    def firmware(self) -> dict[str, Any]:
        """{"bundles": [{"version", "name", "boards", "bytes", "floor"}], "wanted": {"*" or box: version}}"""
        return self.get("/firmware")

    def upload(self, bundle: BinaryIO, length: int, told: Callable[[int, int], None]) -> dict[str, Any]:
        """A tar with a manifest and its files. -> {"version", "name", "boards"}"""
        self.facts()  # a token that is not taken is told of before megabytes are sent
        pieces = _Told(bundle, length, told)
        headers = {"Content-Type": "application/x-tar", "Content-Length": str(length)}
        return self._object(self._ask("POST", "/firmware", pieces, headers))

    def want(self, version: int | None, box_id: str | None = None) -> int:
        """Which firmware is wanted: for that box, or every one that nothing else was said for; None: the one before."""
        wish = {"box": box_id} if version is None else {"box": box_id, "version": version}
        return int(self.post("/firmware/back" if version is None else "/firmware/want", wish)["version"])

    def rescue(self, box_id: str, message: bytes) -> dict[str, Any]:
        """Hand in records of a box, as it would have sent them: one message, SPEC §4. Kept, once it returns.

        -> {"stored", "duplicates", "conflicts", "unreadable", "quarantined", "deferred", "acks": […]}
        """
        path = f"/boxes/{quote(box_id, safe='')}/rescued"
        return self._object(self._ask("POST", path, message, {"Content-Type": "application/octet-stream"}))

    def doctor(self) -> list[dict[str, Any]]:
        """What the gateway's own doctor finds: key, level, sentence and what to do, in both languages."""
        turns = _DOCTOR_TURNS
        while True:
            try:
                return list(self.get("/doctor")["findings"])
            except Trouble as trouble:  # it is still at it: it looks at the disk, at the server, at every port
                turns -= 1
                if not turns or (trouble.code, trouble.facts.get("what")) != ("no_answer", "doctor"):
                    raise

    def events(self, box_id: str) -> Iterator[dict[str, Any]]:
        """What happens at that box, from now on: {"event", …}, and `pulse` where nothing does; the gateway ends it."""
        line, answer = self._send("GET", f"/boxes/{quote(box_id, safe='')}/events", None, {})
        try:
            if answer.status != 200:
                self._object((answer.status, answer.read(_MOST_BYTES)))
            while text := answer.readline(65536):
                found = json.loads(text[6:]) if text.startswith(b"data: ") else None
                if isinstance(found, dict):
                    yield found
                elif text.startswith(b":"):
                    yield {"event": "pulse"}
        except (OSError, HTTPException, ValueError) as bad:
            raise self._silent(bad) from bad
        finally:
            line.close()

    # --- asking

    def get(self, path: str, **query: object) -> dict[str, Any]:
        asked = f"{path}?{urlencode(query)}" if query else path
        return self._object(self._ask("GET", asked, None, {}))

    def post(self, path: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        return self._object(self._ask("POST", path, json.dumps(wish).encode(), {"Content-Type": "application/json"}))

    def put(self, path: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        return self._object(self._ask("PUT", path, json.dumps(wish).encode(), {"Content-Type": "application/json"}))

    def _ask(self, method: str, path: str, body: "bytes | _Told | None", headers: dict[str, str]) -> tuple[int, bytes]:
        line, answer = self._send(method, path, body, headers)
        try:
            return answer.status, answer.read(_MOST_BYTES)
        except (OSError, HTTPException) as bad:
            raise self._silent(bad) from bad
        finally:
            line.close()

    def _send(
        self, method: str, path: str, body: "bytes | _Told | None", headers: dict[str, str]
    ) -> tuple[HTTPConnection, HTTPResponse]:
        if not self.card.token:
            raise Trouble("no_token", exits.NO_RIGHT, WORDS, gateway=self.card.gateway)
        line = self._line()
        try:
            sent = {"Authorization": f"Bearer {self.card.token}", "Accept": "application/json", **headers}
            try:
                line.request(method, ROOT + path, body, sent)
            except (BrokenPipeError, ConnectionResetError):  # it may have answered before it had heard all
                if body is None:
                    raise
            return line, line.getresponse()
        except (OSError, HTTPException) as bad:
            line.close()
            raise self._silent(bad) from bad

    def _object(self, answer: tuple[int, bytes]) -> dict[str, Any]:
        status, body = answer
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        error = found.get("error") if isinstance(found, dict) else None
        if status == 200 and isinstance(found, dict):
            return found
        if not isinstance(error, dict) or not isinstance(error.get("code"), str):
            raise Trouble("not_a_gateway", exits.NO_ANSWER, WORDS, url=self.card.url)
        code = error["code"] if error["code"] in WORDS else "no_request"
        facts = {"gateway": self.card.gateway, "box": error.get("box", "?"), "wait_s": error.get("wait_s", "?")}
        what = error.get("what", "" if code == error["code"] else error["code"])
        raise Trouble(code, _EXIT.get(status, exits.REFUSED), WORDS, **facts, what=what)

    # --- the line

    def _line(self, may_follow: bool = True) -> HTTPConnection:
        """Connected, and known to be that gateway. `may_follow`: to the authority that it said would come next."""
        host, port, is_tls = self._at
        if not is_tls:
            return HTTPConnection(host, port, timeout=self._answer_s)
        context = self._trusting(self._authority())
        line = HTTPConnection(host, port, timeout=self._answer_s)
        try:
            plain = socket.create_connection((host, port), self._connect_s)
        except OSError as bad:
            raise self._silent(bad) from bad
        try:
            plain.settimeout(self._answer_s)
            line.sock = context.wrap_socket(plain, server_hostname=self.card.gateway)
        except ssl.SSLCertVerificationError as bad:
            plain.close()
            authority_file(self.card).unlink(missing_ok=True)
            if may_follow and self.card.next_ca and bad.verify_code not in _CLOCK:
                return self._line(may_follow=False)
            raise self._other(bad) from bad
        except OSError as bad:
            plain.close()
            raise self._silent(bad) from bad
        return line

    def _authority(self) -> bytes:
        file = authority_file(self.card)
        try:
            der = file.read_bytes()
        except OSError:
            der = b""
        if fingerprint(der) != self.card.ca:
            der = fetch_authority(self.card.url, self._connect_s)
            if fingerprint(der) == self.card.next_ca:
                self.card = replace(self.card, ca=self.card.next_ca, next_ca="")
                save(self.card)
            if fingerprint(der) != self.card.ca:
                raise Trouble("gateway_other", exits.REFUSED, WORDS, gateway=self.card.gateway, url=self.card.url)
            write_whole(file, der)
        return der

    def _trusting(self, der: bytes) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(cadata=der)
        return context

    def _other(self, bad: ssl.SSLCertVerificationError) -> Trouble:
        facts = {"gateway": self.card.gateway, "url": self.card.url}
        if bad.verify_code in _CLOCK:
            return Trouble("laptop_clock", exits.REFUSED, WORDS, date=date.today().isoformat(), **facts)
        return Trouble("gateway_other", exits.REFUSED, WORDS, **facts)

    def _silent(self, bad: Exception) -> Trouble:
        facts = {"gateway": self.card.gateway, "url": self.card.url, "text": why(bad)}
        return Trouble("gateway_silent", exits.NO_ANSWER, WORDS, **facts)


class _Told:
    """A file that is read while it is sent, and says how far it is."""

    def __init__(self, file: BinaryIO, length: int, told: Callable[[int, int], None]) -> None:
        self._file, self._length, self._told, self._done = file, length, told, 0

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._done += len(piece)
        self._told(self._done, self._length)
        return piece


def address(url: str) -> tuple[str, int, bool]:
    """Host, port, and whether it is TLS. Trouble url_wrong, not_secure."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not host or parts.scheme not in ("http", "https") or "@" in parts.netloc or not url.isascii() or port == 0:
        raise Trouble("url_wrong", exits.USAGE, WORDS, url=url)
    if parts.scheme == "http" and host not in ("127.0.0.1", "::1", "localhost"):
        raise Trouble("not_secure", exits.REFUSED, WORDS, url=url)
    return host, port or PORT, parts.scheme == "https"


def url_of(typed: str) -> str:
    """What a person types for a gateway, as a URL: a name, an address, with or without port. Trouble as address()."""
    text = typed.strip()
    if "://" not in text:
        bare = f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text
        text = f"https://{bare}"
    host, port, is_tls = address(text)
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if is_tls else 'http'}://{shown}:{port}"


def fetch_authority(url: str, connect_s: float = CONNECT_S) -> bytes:
    """The authority's certificate (DER), as whoever answers there shows it: not known to be right until compared."""
    host, port, is_tls = address(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is public, and compared with the card
    line = HTTPConnection(host, port, timeout=connect_s)
    try:
        plain = socket.create_connection((host, port), connect_s)
        line.sock = context.wrap_socket(plain, server_hostname=host) if is_tls else plain
        line.request("GET", ROOT + "/ca")
        answer = line.getresponse()
        der = answer.read(_MOST_CA_BYTES)
    except (OSError, HTTPException) as bad:
        raise Trouble("gateway_silent", exits.NO_ANSWER, WORDS, gateway=host, url=url, text=why(bad)) from bad
    finally:
        line.close()
    if answer.status != 200 or not der.startswith(b"\x30"):
        raise Trouble("not_a_gateway", exits.NO_ANSWER, WORDS, url=url)
    return der


def fingerprint(der: bytes) -> str:
    """SHA-256, base64url, as set-up codes name an authority."""
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def refreshed(card: Card, facts: Mapping[str, Any]) -> Card:
    """The card with what the gateway says of itself, saved. `facts`: of Client.facts()."""
    given = {key: facts[key] for key in ("host", "port", "enrol_port", "place", "ends") if facts.get(key)}
    fresh = replace(card, **given, next_ca=facts.get("next_ca") or "")
    if fresh != card:
        save(fresh)
    return fresh


def why(bad: Exception) -> str:
    """What the system says, short and without addresses of memory."""
    if isinstance(bad, TimeoutError):
        return "timeout"
    if isinstance(bad, ssl.SSLError):
        return bad.reason or "TLS"
    if isinstance(bad, OSError) and bad.strerror:
        return bad.strerror
    return type(bad).__name__
