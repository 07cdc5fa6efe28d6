"""The record of looks: entries, each of which holds the hash of the one before.

1. `hash` is SHA-256 over the entry's canonical bytes: `tram audit 1`, then number, time (UTC ms), node, actor, action,
   subjects, detail and the hash before, each with its length in four bytes. Numbers count from 1 without a gap.
2. `signature` is Ed25519 over the hash, by the key `key` (16 hex of SHA-256 of its public half). Who can write to the
   database, and has not that key, can add, change or remove nothing without its being seen.
3. What is cut off at the end is seen only by somebody who knows a later head: heads go to the log and can be exported;
   `Checker.against` takes them.
4. Time is the clock's, and may go back: that is not a fault, the numbers are the order.
5. An entry holds pseudonyms, ids and codes, never a name or a number of a person: what has to be forgotten is not
   in it, so nothing in it ever has to be changed. `detail` is ASCII, and a word of 9 to 15 digits, or one like an
   insurance number, is refused as a mistake of ours; so is a subject that is nothing but such a number.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from hmac import compare_digest
from typing import NamedTuple, Protocol

import msgspec

DOMAIN = b"tram audit 1"
START = bytes(32)
MOST_SUBJECTS = 5000
WORD = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
SUBJECT = re.compile(r"[A-Za-z0-9._:/-]{1,96}\Z")
PLAIN_NUMBER = re.compile(r"\+?[0-9]{9,15}\Z|[A-Z]{2}[0-9]{10,13}\Z")
BETWEEN = re.compile(r"[^A-Za-z0-9_+-]+")


class Entry(NamedTuple):
    """One look, or one change of who may look. `subjects`: separated by spaces; `detail`: JSON."""

    no: int
    at_ms: int
    node: str
    actor: str
    action: str
    subjects: str
    detail: bytes
    prev: bytes
    hash: bytes
    key: str
    signature: bytes


class Told(NamedTuple):
    """What an entry is to say: who did what to whom or what, and a few short facts."""

    actor: str
    action: str
    subjects: tuple[str, ...] = ()
    detail: Mapping[str, object] = {}


class Head(NamedTuple):
    """The last entry: with it everything before is fixed."""

    no: int
    hash: bytes


BEGINNING = Head(0, START)


class Fault(NamedTuple):
    """Something is wrong at an entry: `missing`, `changed`, `broken`, `forged`, `unknown_key`, `index`, `head`."""

    no: int
    code: str


class Signer(Protocol):
    """Who signs heads."""

    key_id: str

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""


class Verifier(Protocol):
    """Whose signatures are believed."""

    def verify(self, key_id: str, data: bytes, signature: bytes) -> bool | None:
        """None: no such key is known."""


def is_subject(text: str) -> bool:
    """Whether it may stand in an entry: an id or a pseudonym, and not what could be the number of a person."""
    return SUBJECT.match(text) is not None and PLAIN_NUMBER.match(text) is None


def said(actor: str, action: str, subjects: Sequence[str], detail: Mapping[str, object]) -> tuple[str, bytes]:
    """Subjects and detail as an entry holds them. Raises `ValueError`, which names no value: a mistake of ours."""
    if not WORD.match(action) or not SUBJECT.match(actor):
        raise ValueError("action or actor of a look is not in its form")
    if len(subjects) > MOST_SUBJECTS or not all(is_subject(one) for one in subjects):
        raise ValueError("a subject of a look is not in its form")
    for name, value in detail.items():
        for one in value if isinstance(value, (list, tuple)) else (value,):
            _check(name, one)
    return " ".join(dict.fromkeys(subjects)), msgspec.json.encode(detail, order="sorted")


def _check(name: str, value: object) -> None:
    if value is None or isinstance(value, (bool, int, float)):
        return
    if not isinstance(value, str) or len(value) > 120 or not value.isascii() or not (value.isprintable()):
        raise ValueError(f"detail {name} of a look is not in its form")
    if any(PLAIN_NUMBER.match(word) for word in BETWEEN.split(value)):
        raise ValueError(f"detail {name} of a look could be the number of a person")


def digest(entry: Entry) -> bytes:
    """The hash that belongs to an entry."""
    fields = (
        entry.no.to_bytes(8, "big", signed=True),
        entry.at_ms.to_bytes(8, "big", signed=True),
        entry.node.encode(),
        entry.actor.encode(),
        entry.action.encode(),
        entry.subjects.encode(),
        bytes(entry.detail),
        bytes(entry.prev),
        entry.key.encode(),
    )
    made = sha256(DOMAIN)
    for field in fields:
        made.update(len(field).to_bytes(4, "big") + field)
    return made.digest()


def append(
    head: Head, at_ms: int, node: str, actor: str, action: str, subjects: str, detail: bytes, signer: Signer
) -> Entry:
    """The next entry after this head."""
    bare = Entry(head.no + 1, at_ms, node, actor, action, subjects, detail, head.hash, b"", signer.key_id, b"")
    made = bare._replace(hash=digest(bare))
    return made._replace(signature=signer.sign(made.hash))


class Checker:
    """`for fault in checker.feed(entries)`, page by page in the order of their numbers; then `checker.head`."""

    def __init__(self, verifier: Verifier, head: Head = BEGINNING, heads: Iterable[Head] = ()) -> None:
        self.head = head
        self._verifier = verifier
        self._heads = {one.no: one.hash for one in heads}

    def feed(self, entries: Iterable[Entry]) -> Iterator[Fault]:
        """What is wrong with them."""
        for entry in entries:
            yield from self._one(entry)
            self.head = Head(entry.no, bytes(entry.hash))

    def end(self) -> Iterator[Fault]:
        """After the last one: heads that were known, and that the record does not reach any more."""
        for no in sorted(no for no in self._heads if no > self.head.no):
            yield Fault(no, "missing")

    def _one(self, entry: Entry) -> Iterator[Fault]:
        if entry.no <= self.head.no:  # there twice, or a line of before
            yield Fault(entry.no, "broken")
        elif entry.no != self.head.no + 1:
            for no in range(self.head.no + 1, min(entry.no, self.head.no + 1001)):
                yield Fault(no, "missing")
        elif not compare_digest(bytes(entry.prev), self.head.hash):
            yield Fault(entry.no, "broken")
        if not compare_digest(digest(entry), bytes(entry.hash)):
            yield Fault(entry.no, "changed")
        else:
            is_good = self._verifier.verify(entry.key, bytes(entry.hash), bytes(entry.signature))
            if not is_good:
                yield Fault(entry.no, "forged" if is_good is False else "unknown_key")
        known = self._heads.get(entry.no)
        if known is not None and not compare_digest(known, bytes(entry.hash)):
            yield Fault(entry.no, "head")
