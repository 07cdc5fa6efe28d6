"""A certificate authority for one gateway, and the gateway's certificate: the files that they stand in.

1. Every box of this gateway pins the authority's certificate by its SHA-256, so it is made once; another one takes its
   place only after the boxes have been told (succession.py). A folder in which it is damaged, or gone while its work
   is still there, is refused with a name: whoever made a new one in silence would lock all boxes out.
2. A key and its certificate stand in one file, which is written whole or not at all: there is no half a pair. Files
   with a key are 0600, their folder is 0700.
3. The gateway's certificate is made anew, by the same authority, where it is damaged, is another's, has not the names
   that are asked for, or ends within RENEW_DAYS. No box has to be visited for that.
4. Two processes at once (the gateway, a command line) make one authority: a lock on the folder.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from gateway import files
from gateway.certs import issue
from gateway.certs.issue import Pair

CA_NAME = "ca.pem"
"""Key and certificate of the authority: the file to keep a copy of, in a safe place."""
CA_PUBLIC_NAME = "ca.der"
CHAIN_NAME = "gateway.pem"
RENEW_DAYS = 30


class CertError(Exception):
    """`code` is stable: `folder`, `ca_damaged`, `ca_missing`, `ca_exists` or `no_authority`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Papers(NamedTuple):
    """What the gateway shows, and what its boxes know it by."""

    ca_der: bytes
    chain_file: Path
    """PEM: the gateway's key, then its certificate."""
    ca_file: Path
    """DER: the authority's certificate alone; public."""

    @property
    def fingerprint(self) -> str:
        """43 characters base64url: what stands as `ca` in a provisioning code."""
        return fingerprint_of(self.ca_der)


def fingerprint_of(ca_der: bytes) -> str:
    """SHA-256 as base64url without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(ca_der).digest()).rstrip(b"=").decode()


def ensure(folder: Path, gateway_id: str, names: Sequence[str] | None = None) -> Papers:
    """The papers in `folder`, made where there are none; `names`: what the certificate names beside the id, None:
    whatever it does. Raises CertError."""
    with locked(folder):
        authority = in_use(folder, gateway_id)
        if not _is_good(folder / CHAIN_NAME, authority, gateway_id, names):
            write_leaf(folder, authority, gateway_id, names)
        return papers_of(folder, authority)


def renew(folder: Path, gateway_id: str, names: Sequence[str] | None = None) -> Papers:
    """Another key and certificate for the gateway, by the authority that its boxes know already."""
    with locked(folder):
        authority = in_use(folder, gateway_id)
        write_leaf(folder, authority, gateway_id, names)
        return papers_of(folder, authority)


def current(folder: Path) -> bytes | None:
    """The gateway's certificate, DER; None where there is none that can be read."""
    pair = read(folder / CHAIN_NAME)
    return None if pair is None else pair.der


def ends(folder: Path) -> datetime | None:
    """When the gateway's certificate ends."""
    pair = read(folder / CHAIN_NAME)
    return None if pair is None else pair.certificate.not_valid_after_utc


# --- for succession.py


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    try:
        with files.locked(folder):
            yield
    except OSError as error:
        raise CertError("folder", f"{folder}: {error.strerror}") from error


def in_use(folder: Path, gateway_id: str) -> Pair:
    """The authority, made where there never was one."""
    path = folder / CA_NAME
    if path.exists():
        pair = read(path)
        if pair is None:
            raise CertError("ca_damaged", f"{path} cannot be read; put the copy back that you keep of it")
        return pair
    if (folder / CHAIN_NAME).exists():
        raise CertError(
            "ca_missing",
            f"{path} is gone, and boxes know it: put the copy back that you keep of it"
            f" (or remove {CHAIN_NAME} too, and provision every box again)",
        )
    pair = issue.new_authority(gateway_id)
    files.write(path, pair.pem)
    return pair


def papers_of(folder: Path, authority: Pair) -> Papers:
    path = folder / CA_PUBLIC_NAME
    if not path.exists() or path.read_bytes() != authority.der:
        files.write(path, authority.der)
    return Papers(authority.der, folder / CHAIN_NAME, path)


def write_leaf(folder: Path, authority: Pair, gateway_id: str, names: Sequence[str] | None) -> None:
    path = folder / CHAIN_NAME
    if names is None:
        before = read(path)
        named = [] if before is None else issue.names_of(before.certificate)
        names = named[1:] if named[:1] == [gateway_id] else []
    files.write(path, issue.new_leaf(authority, gateway_id, names).pem)


def read(path: Path) -> Pair | None:
    return issue.read(path.read_bytes()) if path.exists() else None


def _is_good(path: Path, authority: Pair, gateway_id: str, names: Sequence[str] | None) -> bool:
    """Whether there is a certificate that is this gateway's and by this authority; what is not is made anew."""
    pair = read(path)
    if pair is None or not issue.is_by(pair.certificate, authority.certificate):
        return False
    named = issue.names_of(pair.certificate)
    if named[:1] != [gateway_id] or (names is not None and set(named) != {gateway_id, *names}):
        return False
    return pair.certificate.not_valid_after_utc - datetime.now(UTC) > timedelta(days=RENEW_DAYS)
