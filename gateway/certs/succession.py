"""Another authority in the place of the one in use, without a visit to any box.

    ca.next.pem     the next one: boxes are told to trust it too                      stage "spreading"
    ca.pem          the one in use; `switch` makes it the next one
    ca.old.pem      the one before: boxes are told to trust it no longer              stage "closing"

1. Which files there are is the stage; each is written whole, so a power cut leaves one stage or the other.
2. `switch` first keeps the old one, then puts the next one in use, then removes the next one's file. Cut off in
   between, it goes on where it stopped as soon as anybody asks: a next one that is in use already has been switched to.
3. The old one's key stays until `finish`: until no box needs it any more.
"""

import hashlib
from pathlib import Path
from typing import Literal, NamedTuple

from gateway import files
from gateway.certs import issue
from gateway.certs.authority import (
    CA_NAME,
    CHAIN_NAME,
    CertError,
    Papers,
    in_use,
    locked,
    papers_of,
    read,
    write_leaf,
)
from gateway.certs.issue import Pair

NEXT_NAME = "ca.next.pem"
OLD_NAME = "ca.old.pem"


class Succession(NamedTuple):
    """What there is; certificates as DER."""

    stage: Literal["settled", "spreading", "closing"]
    in_use: bytes
    coming: bytes | None
    """The one that boxes shall learn to trust."""
    going: bytes | None
    """The one that they shall trust no longer."""


def mark_of(ca_der: bytes) -> str:
    """As a box names an authority in its status: the first 8 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(ca_der).hexdigest()[:8]


def look(folder: Path, gateway_id: str) -> Succession:
    """Where things stand; a switch that was cut off is finished. Raises CertError."""
    with locked(folder):
        return _look(folder, in_use(folder, gateway_id))


def begin(folder: Path, gateway_id: str) -> Succession:
    """Make the next authority; where there is one, that one. Raises CertError while an old one is closed down."""
    with locked(folder):
        authority = in_use(folder, gateway_id)
        found = _look(folder, authority)
        if found.stage == "closing":
            raise CertError(
                "ca_exists", "the authority before this one is still known to boxes; wait, or `--forget-old`"
            )
        if found.stage == "settled":
            files.write(folder / NEXT_NAME, issue.new_authority(gateway_id).pem)
        return _look(folder, authority)


def cancel(folder: Path, gateway_id: str) -> Succession:
    """Do without the next one, as long as it is not in use."""
    with locked(folder):
        files.remove(folder / NEXT_NAME)
        return _look(folder, in_use(folder, gateway_id))


def switch(folder: Path, gateway_id: str) -> Papers:
    """The next one is in use from now on, with a certificate by it. Raises CertError where there is none."""
    with locked(folder):
        old = in_use(folder, gateway_id)
        found = _look(folder, old)
        coming = read(folder / NEXT_NAME)
        if found.stage != "spreading" or coming is None:
            raise CertError("no_authority", "there is no next authority to switch to")
        files.write(folder / OLD_NAME, old.pem)
        files.write(folder / CA_NAME, coming.pem)
        _look(folder, coming)
        write_leaf(folder, coming, gateway_id, None)
        return papers_of(folder, coming)


def finish(folder: Path, gateway_id: str) -> None:
    """Forget the old one."""
    with locked(folder):
        _look(folder, in_use(folder, gateway_id))
        files.remove(folder / OLD_NAME)
        files.sync_folder(folder)


def export(folder: Path) -> bytes:
    """What to keep in a safe place: every authority that a box may know, keys and certificates. Raises CertError."""
    pairs = [pair for name in (CA_NAME, NEXT_NAME, OLD_NAME) if (pair := read(folder / name)) is not None]
    if not pairs:
        raise CertError("no_authority", f"{folder}: there is no authority that could be kept")
    return b"".join(pair.pem for pair in pairs)


def put_back(folder: Path, kept: bytes, gateway_id: str, is_sure: bool = False) -> Papers:
    """From what `export` gave, the authority in use. Where another good one is there: `ca_exists`, unless `is_sure`."""
    pair = issue.read(kept)
    if pair is None or not issue.is_authority(pair):
        raise CertError("ca_damaged", "this is not a copy of an authority: no key with its certificate")
    with locked(folder):
        there = read(folder / CA_NAME)
        if there is not None and there.der != pair.der and not is_sure:
            raise CertError("ca_exists", f"{folder / CA_NAME} is another authority, and boxes may know it")
        files.write(folder / CA_NAME, pair.pem)
        leaf = read(folder / CHAIN_NAME)
        if leaf is None or not issue.is_by(leaf.certificate, pair.certificate):
            write_leaf(folder, pair, gateway_id, None)
        return papers_of(folder, pair)


def _look(folder: Path, authority: Pair) -> Succession:
    coming, going = read(folder / NEXT_NAME), read(folder / OLD_NAME)
    if coming is not None and coming.der == authority.der:
        files.remove(folder / NEXT_NAME)
        files.sync_folder(folder)
        coming = None
    if coming is not None:
        return Succession("spreading", authority.der, coming.der, None)
    if going is not None and going.der != authority.der:
        return Succession("closing", authority.der, None, going.der)
    return Succession("settled", authority.der, None, None)
