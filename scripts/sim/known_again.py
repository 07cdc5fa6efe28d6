"""Whether what the server keeps of a scan belongs to a code that was shown: it keeps no code of a person, and a keyed
digest of the whole record. Who has the digest's key and the picture can tell, bit for bit. Pure.

1. A record is made of the header that the server gives out and a code that was shown at that box; where its digest is
   the server's, that is the record that the box made.
2. The green light says which code it was, by checksum and length; where no light was seen every code is tried.
3. What belongs to no code that was shown there stays without one: whoever judges finds an invented scan.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import chain
from zlib import crc32

from firmware.wire import envelope, record
from firmware.wire.errors import WireError
from scripts.sim.evidence import Green, Shown, Stored

DIGEST_BYTES = 16
Light = tuple[str, int]
"""Checksum and length of the code that went green."""
NO_LIGHT: Light = ("", 0)


def known_again(
    stored: Sequence[Stored], shown: Iterable[Shown], greens: Iterable[Green], digest_key: bytes
) -> list[Stored]:
    """The scans with their whole records, where a shown code makes one."""
    codes: dict[str, dict[bytes, None]] = {}
    by_light: dict[tuple[str, Light], list[bytes]] = {}
    for picture in shown:
        here = codes.setdefault(picture.box_id, {})
        if picture.code not in here:
            here[picture.code] = None
            light = f"{crc32(picture.code):08x}", len(picture.code)
            by_light.setdefault((picture.box_id, light), []).append(picture.code)
    lit = {(green.box_id, green.epoch, green.seq): (green.crc, green.length) for green in greens}
    found = []
    for one in stored:
        light = lit.get((one.box_id, one.epoch, one.seq), NO_LIGHT)
        first = by_light.get((one.box_id, light), [])
        found.append(_with_code(one, chain(first, codes.get(one.box_id, {})), digest_key))
    return found


def made_of(counted: bytes, code: bytes, digest: str | None, digest_key: bytes) -> bytes | None:
    """The record of that header and that code, where the server's digest says that it is the one that the box made."""
    made = _record(counted, code)
    if made is None or hashlib.blake2b(made, key=digest_key, digest_size=DIGEST_BYTES).hexdigest() != digest:
        return None
    return made


def _with_code(one: Stored, codes: Iterable[bytes], digest_key: bytes) -> Stored:
    """`codes`: the likeliest first."""
    if one.digest is None or not one.record.startswith(b"1 counted "):
        return one
    for code in codes:
        made = made_of(one.record, code, one.digest, digest_key)
        if made is not None:
            return one._replace(record=made)
    return one


def _record(counted: bytes, code: bytes) -> bytes | None:
    try:
        found = envelope.decode(counted)
        return record.encode_scan(record.Scan(*found[:8], code)) if isinstance(found, envelope.Counted) else None
    except WireError:
        return None
