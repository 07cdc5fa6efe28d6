"""Which records the server answered for.

1. An answer counts for the batch that it names: this gateway, this number.
2. A verdict counts for the record at its own place in the batch, and only if it names that record.
3. Anything else in an answer (too few, too many, another order, a record that was not sent) is a `bad_answer`,
   whatever else matches.
"""

from collections.abc import Sequence
from typing import NamedTuple

from firmware.wire import answer
from firmware.wire.errors import WireError
from gateway.upload.types import Held


class Matched(NamedTuple):
    keys: list[int]
    """Answered for, in this very answer."""
    verdicts: list[str]
    server_utc_ms: int | None
    fault: str | None
    """What is wrong with the answer; None: every record has its verdict."""


def match(gateway_id: str, batch_no: int, sent: Sequence[Held], body: bytes) -> Matched:
    try:
        got = answer.decode(body)
    except WireError as err:
        return Matched([], [], None, f"unreadable: {err.code}")
    if got.gateway_id != gateway_id or got.batch_no != batch_no:
        return Matched([], [], None, "of another batch")
    keys: list[int] = []
    verdicts: list[str] = []
    for held, verdict in zip(sent, got.verdicts, strict=False):
        if (held.box_id, held.epoch, held.seq) == (verdict.box_id, verdict.epoch, verdict.seq):
            keys.append(held.key)
            verdicts.append(verdict.verdict)
    if len(got.verdicts) != len(sent):
        return Matched(keys, verdicts, got.server_utc_ms, f"{len(got.verdicts)} verdicts for {len(sent)} records")
    if len(keys) != len(sent):
        return Matched(keys, verdicts, got.server_utc_ms, "verdicts for other records")
    return Matched(keys, verdicts, got.server_utc_ms, None)
