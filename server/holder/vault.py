"""What a holder does, call by call: opens, reads, seals, hashes. `LocalHolder` and the process stand before it.

1. What is sealed is bound to the scan's identity, its day and its class: in another row it does not open.
2. `sealed` = a format byte, a nonce of 12 random bytes, AES-256-GCM over msgpack, filled up to a multiple of 64 bytes:
   the length of a name does not show.
3. The day of a scan is that of its instant; where that is not known, or lies ahead, of its arrival.
4. A code that is nobody's, or could not be read, is sealed whole in class `code`. Of a code that is turned away by its
   kind alone (a payment, a place) nothing is kept.
5. Tokens are HMAC-SHA256 under the pepper, 16 bytes; digests BLAKE2b under a key of their own.
6. A new pepper makes new tokens of everything. The old one is kept until what was derived has been made anew from the
   sealed scans, which can all be read inside the time of retention: no link is lost.
"""

import hashlib
import hmac
import os
from binascii import crc32
from collections.abc import Callable, Mapping

import msgspec
from cryptography.exceptions import InvalidTag

from firmware.codes import kind_of
from firmware.wire import envelope
from firmware.wire.envelope import Counted as CountedEnvelope
from firmware.wire.errors import WireError
from server.codes.errors import CodeError
from server.codes.types import CLASSES, CODE, Document, Parsed
from server.errors import Refused
from server.holder.day_keys import DayKeys
from server.holder.folder import Folder
from server.holder.holder import EXPIRED, SEALED, SEALED_KEY, Certificate, DayKey, PublicKeys
from server.ingest.meaning import KeepAsk, Kept, SealedRow
from server.ingest.seal import Closed, Keys
from server.persons import naming
from server.persons.retention import DAYS_KEPT, day_of
from server.persons.types import MAC_BYTES, Named, Token

FORMAT = b"\x01"
SCAN, COUNTED = b"1 scan ", b"1 counted "
NONCE_BYTES = 12
FILL_BYTES = 64
_WHOLE, _PARSED = b"c", b"p"
Read = Callable[[bytes, int], Parsed]
"""(code, at_ms) -> the minimum of it; raises `CodeError`."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Parsed).decode


class Vault:
    """Around a folder of keys. Not safe for several threads at once."""

    def __init__(
        self,
        folder: Folder,
        sealing_keys: Keys,
        read: Read,
        now_ms: Callable[[], int],
        days_kept: Mapping[str, int] = DAYS_KEPT,
    ) -> None:
        self._folder = folder
        self._sealing = (sealing_keys, Keys(folder.sealing_keys()))
        self._read = read
        self._days = DayKeys(folder.days, now_ms, days_kept)
        self._now_ms = now_ms
        self._digesting = hashlib.blake2b(key=folder.digest_key, digest_size=MAC_BYTES)

    def __repr__(self) -> str:
        return f"Vault({self._folder.path.name})"

    def open_all(self, closed: list[bytes]) -> list[bytes | str]:
        """Envelopes -> records, or why not."""
        return [self._open(raw) for raw in closed]

    def keep(self, asked: list[KeepAsk]) -> list[Kept]:
        """Read codes and seal what is kept of them."""
        self._days.look_again()
        now_ms = self._now_ms()
        return [self._keep(one, now_ms) for one in asked]

    def digest(self, raws: list[bytes]) -> list[bytes]:
        """16 bytes each."""
        return [self._digest(raw) for raw in raws]

    def read(self, rows: list[SealedRow]) -> list[Parsed | bytes | None]:
        """What is sealed."""
        self._days.look_again()
        return [self._row(row) for row in rows]

    def tokens(self, rows: list[SealedRow]) -> list[Named | None]:
        """Who each scan is for."""
        self._days.look_again()
        found = [self._row(row) for row in rows]
        return [naming.named(one, self._mac) if isinstance(one, Parsed) and one.documents else None for one in found]

    def tokens_of(self, documents: list[Document]) -> list[Token]:
        """The token of each document."""
        return [naming.token(document, self._mac) for document in documents]

    def days(self) -> list[DayKey]:
        """The data keys that are there."""
        return self._days.listed()

    def destroy(self, day: int, class_: str) -> Certificate:
        """Destroy a data key."""
        if class_ not in CLASSES:
            raise Refused("class_unknown", "no such class")
        return self._days.destroy(day, class_)

    def public_keys(self) -> PublicKeys:
        """What may be known outside."""
        folder = self._folder
        sealing = [one for keys in self._sealing for one in keys.ids()]
        mine = folder.pepper_fingerprint()
        return PublicKeys(sealing, mine, folder.pepper_fingerprints(), folder.digest_fingerprint())

    def wrap(self, purpose: str, data: bytes) -> bytes:
        """Seal a secret of the server's own."""
        nonce = os.urandom(NONCE_BYTES)
        return FORMAT + nonce + self._folder.wrapping.encrypt(nonce, _filled(data), b"wrap|" + purpose.encode())

    def unwrap(self, purpose: str, data: bytes) -> bytes:
        """Open it. Raises `Refused`: `sealed`."""
        try:
            plain = self._folder.wrapping.decrypt(data[1:13], data[13:], b"wrap|" + purpose.encode())
            return _emptied(plain)
        except (InvalidTag, ValueError) as err:
            raise Refused(SEALED, "it does not open") from err

    def seal_raw(self, rows: list[tuple[bytes, bytes, int]]) -> list[tuple[int, bytes]]:
        """(what it belongs to, bytes, received_ms) -> (day, sealed); sealed is empty where that day is gone."""
        self._days.look_again()
        found = []
        for belongs, data, received_ms in rows:
            day = day_of(min(received_ms, self._now_ms()))
            found.append((day, self._seal(day, CODE, _raw_aad(belongs, day), data) or b""))
        return found

    def open_raw(self, rows: list[tuple[bytes, int, bytes]]) -> list[bytes | None]:
        """(what it belongs to, day, sealed) -> bytes."""
        self._days.look_again()
        return [self._unseal(day, CODE, _raw_aad(belongs, day), sealed) for belongs, day, sealed in rows]

    def _open(self, raw: bytes) -> bytes | str:
        try:
            closed = envelope.decode(raw)
        except WireError:
            return SEALED
        if isinstance(closed, CountedEnvelope):
            return SEALED
        code = SEALED_KEY
        for keys in self._sealing:
            try:
                return keys.open(closed, raw)
            except Closed as err:
                code = err.code
                if code != SEALED_KEY:
                    break
        return code

    def _keep(self, asked: KeepAsk, now_ms: int) -> Kept:
        box_id, epoch, seq, raw, _, at_ms, received_ms, is_identified = asked
        counted = _counted(raw)
        if not is_identified:
            return Kept(counted, b"")
        digest = self._digest(raw)
        kind, class_, unread, plain = self._said(asked)
        if plain is None:
            return Kept(counted, digest, kind, unread)
        came_ms = min(received_ms, now_ms)
        day = day_of(came_ms if at_ms is None else min(at_ms, came_ms))
        sealed = self._seal(day, class_, _aad(box_id, epoch, seq, day, class_), plain)
        if sealed is None:
            return Kept(counted, digest, kind, EXPIRED)
        return Kept(counted, digest, kind, unread, day, class_, sealed)

    def _said(self, asked: KeepAsk) -> tuple[str, str, str | None, bytes | None]:
        """kind, class, why it could not be read, and what is to be sealed; None: nothing."""
        try:
            found = self._read(asked.code, asked.received_ms if asked.at_ms is None else asked.at_ms)
        except CodeError as err:
            plain = _WHOLE + asked.code if err.may_be_kept else None
            return kind_of(asked.code), CODE, err.code, plain
        if found.documents or found.health or found.rule:
            return found.kind, found.class_, None, _PARSED + _encode(found)
        return found.kind, CODE, None, _WHOLE + asked.code

    def _row(self, row: SealedRow) -> Parsed | bytes | None:
        aad = _aad(row.box_id, row.epoch, row.seq, row.day, row.class_)
        plain = self._unseal(row.day, row.class_, aad, row.sealed)
        if plain is None:
            return None
        return _decode(plain[1:]) if plain[:1] == _PARSED else plain[1:]

    def _seal(self, day: int, class_: str, aad: bytes, plain: bytes) -> bytes | None:
        key = self._days.for_sealing(day, class_)
        if key is None:
            return None
        nonce = os.urandom(NONCE_BYTES)
        return FORMAT + nonce + key.encrypt(nonce, _filled(plain), aad)

    def _unseal(self, day: int, class_: str, aad: bytes, sealed: bytes) -> bytes | None:
        key = self._days.for_opening(day, class_)
        if key is None or sealed[:1] != FORMAT:
            return None
        try:
            return _emptied(key.decrypt(sealed[1:13], sealed[13:], aad))
        except (InvalidTag, ValueError):
            return None

    def _digest(self, raw: bytes) -> bytes:
        begun = self._digesting.copy()  # the key has been taken in
        begun.update(raw)
        return begun.digest()

    def _mac(self, said: bytes) -> bytes:
        return hmac.digest(self._folder.pepper, said, "sha256")[:MAC_BYTES]


def _aad(box_id: str, epoch: str, seq: int, day: int, class_: str) -> bytes:
    return f"scan|{box_id}|{epoch}|{seq}|{day}|{class_}".encode()


def _raw_aad(belongs: bytes, day: int) -> bytes:
    return b"raw|%d|" % day + belongs


def _filled(plain: bytes) -> bytes:
    return plain + b"\x80" + bytes(-(len(plain) + 1) % FILL_BYTES)


def _emptied(plain: bytes) -> bytes:
    return plain[: plain.rindex(b"\x80")]


def _counted(raw: bytes) -> bytes:
    """The counted form of a scan that has been read: its fields have one spelling, so they are taken as they stand."""
    if not raw.startswith(SCAN):
        return raw
    head = COUNTED + raw[len(SCAN) : raw.index(b"\n")].rsplit(b" ", 2)[0]
    return head + b" %08x\n" % crc32(head)
