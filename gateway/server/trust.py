"""Whose certificates are believed, and at what time.

1. With `ca_file` only what is signed by a certificate in it is believed (it may also hold the server's own); without
   it, what the system trusts. The name must be the address's in any case.
2. A Pi has no clock that survives a power cut, and the server's answers are one of its sources of time: a clock in 1970
   must not keep it from asking. So OpenSSL checks all but the times, and the times are checked here, against what is
   surely known of UTC: bounds where there are any, else the floor only, before which it cannot be. The floor is the
   latest instant that was ever known here, kept on the disk, and MADE_MS.
3. `expired`: its time is over even at the earliest instant that it may be. `clock`: its time has not begun even at the
   latest instant that it may be.
4. The price: who has stolen the key of a certificate that has expired since the floor can use it against a gateway that
   does not know the time. Who then names a time must name one at which its certificate is good (Outcome.admits).
5. The files are read again when they change.
"""

import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509

from gateway.server import outcome

MADE_MS = 1_735_689_600_000
"""2025-01-01: it has never been earlier for a gateway of this make."""
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of openssl/x509_vfy.h
_PARTIAL_CHAIN = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN: what is in ca_file is believed, root or not

Bounds = tuple[int, int]
Mark = tuple[tuple[int, int, int], ...]


class TrustError(Exception):
    """A file that cannot be used; `code` is stable: `ca_file` or `client_chain_file`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Fault(NamedTuple):
    """A certificate that is not believed: a code of outcome.py, and why."""

    code: str
    detail: str


class Trust:
    def __init__(
        self, ca_file: Path | None, client_chain_file: Path | None, utc_bounds: Callable[[], Bounds | None]
    ) -> None:
        self._ca_file = ca_file
        self._client_chain_file = client_chain_file
        self._utc_bounds = utc_bounds
        self._known_ms = MADE_MS
        self._made: tuple[Mark, ssl.SSLContext] | None = None

    def context(self) -> ssl.SSLContext:
        """For a new connection. Raises TrustError where there never was one that could be made."""
        try:
            mark = self._mark()
            if self._made is None or self._made[0] != mark:
                self._made = mark, self._make()
        except TrustError:
            if self._made is None:
                raise
        return self._made[1]

    def floor_ms(self) -> int:
        """It cannot be earlier than this. What is known just now goes before what was ever known."""
        bounds = self._utc_bounds()
        if bounds is not None:
            self._known_ms = max(MADE_MS, bounds[0])
        return self._known_ms

    def remember(self, known_ms: int) -> None:
        """The latest instant that an earlier run has known."""
        self._known_ms = max(self._known_ms, known_ms)

    def knows_time(self) -> bool:
        """Whether certificates are checked against the time, not against the floor alone."""
        return self._utc_bounds() is not None

    def judge(self, valid_ms: Bounds) -> Fault | None:
        begins_ms, ends_ms = valid_ms
        bounds = self._utc_bounds()
        if self.floor_ms() > ends_ms:
            return Fault(outcome.EXPIRED, f"the certificate was good until {_said(ends_ms)}")
        if bounds is not None and bounds[1] < begins_ms:
            late = f"the certificate is good from {_said(begins_ms)}, and here it is {_said(bounds[1])}"
            return Fault(outcome.CLOCK, late)
        return None

    def _mark(self) -> Mark:
        found = []
        for code, path in (("ca_file", self._ca_file), ("client_chain_file", self._client_chain_file)):
            try:
                status = path.stat() if path is not None else None
            except OSError as error:
                raise TrustError(code, f"{path}: {error.strerror}") from error
            found.append((status.st_ino, status.st_mtime_ns, status.st_size) if status else (0, 0, 0))
        return tuple(found)

    def _make(self) -> ssl.SSLContext:
        try:
            # where no file is named, the system's own store: what the ssl module takes, no list that came with Python
            made = ssl.create_default_context(cafile=None if self._ca_file is None else str(self._ca_file))
        except (OSError, ssl.SSLError) as error:
            raise TrustError("ca_file", f"{self._ca_file}: no certificates in PEM: {error}") from error
        made.verify_flags |= _NO_CHECK_TIME
        if self._ca_file is not None:
            made.verify_flags |= _PARTIAL_CHAIN
        if self._client_chain_file is not None:
            try:
                made.load_cert_chain(self._client_chain_file)
            except (OSError, ssl.SSLError) as error:
                raise TrustError(
                    "client_chain_file", f"{self._client_chain_file}: no key and certificate in PEM: {error}"
                ) from error
        return made


def valid_ms(tls: Any) -> Bounds:
    """Between which instants every certificate of the chain that was verified is good. `tls`: an ssl.SSLObject."""
    chain = [x509.load_der_x509_certificate(der) for der in _chain(tls)]
    begins = max(_ms(one.not_valid_before_utc) for one in chain)
    return begins, min(_ms(one.not_valid_after_utc) for one in chain)


def _chain(tls: Any) -> list[bytes]:
    """DER of the verified chain: public since Python 3.13, there under another name since 3.10."""
    if hasattr(tls, "get_verified_chain"):
        return list(tls.get_verified_chain())
    inner: Any = getattr(tls, "_sslobj", None)
    if inner is not None and hasattr(inner, "get_verified_chain"):
        return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in inner.get_verified_chain()]
    return [tls.getpeercert(binary_form=True)]


def _ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def _said(utc_ms: int) -> str:
    return datetime.fromtimestamp(utc_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M %Z")
