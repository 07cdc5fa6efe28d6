"""What the gateway must have counted after a fuzz, and whether it did: nothing that came may be without an account.

    received messages = handed on + kept or set aside      records in them = stored + duplicates + set aside + deferred

1. `Sent` is made by whoever throws: how many messages there were by topic, and what records the gateway's own reader
   finds in those for `scan`.
2. A message that a reader of the wire refuses is in quarantine, with its reason. What only the gateway can judge (an
   answer to a beacon of an earlier start, a result that nobody asked for) is handed on or in quarantine.
3. A conflict is a row of its own as long as its number has no more than a few of them; beyond it is only counted.
"""

import json
import re
from collections import Counter
from typing import Any, NamedTuple

from firmware.wire import beacon, command, status, update
from firmware.wire.errors import WireError
from gateway.buffer import Arrival
from gateway.buffer.reading import read

OPEN = ("heard", "result", "want")
"""Words of which a well-formed message may still be refused."""


class Sent:
    """What was thrown at the broker."""

    def __init__(self) -> None:
        self.messages: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        """By reason: what no reader of the wire takes."""
        self.open = 0
        """Well-formed, and yet the gateway may refuse it."""
        self.records = 0

    def add(self, box_id: str, word: str, payload: bytes) -> None:
        self.messages[word] += 1
        if word == "scan":
            reading = read(Arrival(box_id, "", payload, "", 0))
            self.records += len(reading.entries)
            self.refused.update(reason for reason, _ in reading.refused)
            return
        reason = _refusal(box_id, word, payload)
        if reason is not None:
            self.refused[reason] += 1
        elif word in OPEN:
            self.open += 1

    def dump(self) -> str:
        return json.dumps([self.messages, self.refused, self.open, self.records])

    def take(self, dumped: str) -> None:
        messages, refused, waiting, records = json.loads(dumped)
        self.messages.update(messages)
        self.refused.update(refused)
        self.open += waiting
        self.records += records


def _refusal(box_id: str, word: str, payload: bytes) -> str | None:
    try:
        if word == "status":
            return None if not payload or status.decode(payload)["box_id"] == box_id else "other_box"
        decode = {"heard": beacon.decode_heard, "result": command.decode_result, "want": update.decode_want}[word]
        said: Any = decode(payload)
        return None if said.box_id == box_id else "other_box"
    except WireError as error:
        return str(error.code)


class Counted(NamedTuple):
    """The gateway's own numbers."""

    messages: dict[str, int]
    refused: int
    quarantined: dict[str, int]
    stored: int
    duplicates: int
    conflicts: int
    unreadable: int
    deferred: int

    @property
    def received(self) -> int:
        return sum(self.messages.values())


def counted(metrics: str) -> Counted:
    """From the text of metrics.prom."""

    def single(name: str) -> int:
        found = re.search(rf"^{name} (\S+)$", metrics, re.MULTILINE)
        return int(float(found[1])) if found else 0

    def labelled(name: str) -> dict[str, int]:
        rows = re.findall(rf'^{name}{{[a-z]+="([^"]*)"}} (\S+)$', metrics, re.MULTILINE)
        return {label: int(float(value)) for label, value in rows}

    return Counted(
        labelled("tram_messages_total"),
        sum(labelled("tram_refused_total").values()),
        labelled("tram_quarantined_total"),
        *(single(f"tram_{word}_total") for word in ("stored", "duplicates", "conflicts", "unreadable", "deferred")),
    )


def differences(sent: Sent, has: Counted) -> list[str]:
    """What does not add up, in words; empty: everything that came is accounted for."""
    wrong = [
        f"{word}: {count} sent, {has.messages.get(word, 0)} received"
        for word, count in sorted(sent.messages.items())
        if has.messages.get(word, 0) != count
    ]
    aside, pure = sum(has.quarantined.values()), sum(sent.refused.values())
    epochs = has.quarantined.get("too_many_epochs", 0)
    wrong += [
        f"{reason}: {count} to be refused, {has.quarantined.get(reason, 0)} set aside"
        for reason, count in sorted(sent.refused.items())
        if has.quarantined.get(reason, 0) < count
    ]
    if not pure + epochs <= aside <= pure + epochs + sent.open:
        wrong.append(f"{pure} + {epochs} are to be set aside, and up to {sent.open} more; {aside} were")
    known = has.stored + has.duplicates + has.deferred + epochs
    if not known <= sent.records <= known + has.conflicts:
        wrong.append(f"{sent.records} records came, and {known} are accounted for, with {has.conflicts} conflicts")
    if has.unreadable > has.stored or "fault" in has.quarantined:
        wrong.append(f"{has.unreadable} unreadable of {has.stored} stored, {has.quarantined.get('fault', 0)} faults")
    return wrong
