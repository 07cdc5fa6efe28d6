"""The answers to commands: parts put together, and to which command they belong.

1. Parts come in order. The first one begins anew; one that came before, with the same bytes, is nothing new; any other
   is refused, and the box will be asked again.
2. What is in pieces is bounded in bytes: the oldest is let go, and that box will be asked again too.
3. An answer to a command that this gateway never gave, or gave another box, is refused.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

from firmware.wire.command import Result
from gateway.downlink.store import Order

MOST_BYTES = 8 * 1024 * 1024
MOST_KNOWN = 2_000


class Answer(NamedTuple):
    """A whole one."""

    order: Order
    outcome: str
    body: bytes


class Answers:
    """take() -> a whole answer, None for "not yet" or "known", or the word why it is refused."""

    def __init__(self) -> None:
        self._parts: OrderedDict[str, list[Result]] = OrderedDict()
        self._bytes = 0
        self._known: OrderedDict[str, str] = OrderedDict()
        self.duplicates = 0

    def take(self, result: Result, orders: Mapping[str, Order]) -> "Answer | str | None":
        order = orders.get(result.id)
        if self._known.get(result.id) == result.box_id:
            self.duplicates += 1
            return None
        if order is None or order.box_id != result.box_id:
            return "unknown_command"
        have = self._parts.get(result.id, [])
        if result.part <= len(have) and have[result.part - 1] == result:
            self.duplicates += 1
            return None
        if result.part == 1:
            self._drop(result.id)
            have = []
        elif result.part != len(have) + 1 or (have[0].parts, have[0].outcome) != (result.parts, result.outcome):
            return "order"
        have = self._parts[result.id] = [*have, result]
        self._bytes += len(result.body)
        self._bound(result.id)
        if result.part < result.parts:
            return None
        self._drop(result.id)
        return Answer(order, result.outcome, b"".join([one.body for one in have]))

    def finished(self, order: Order) -> None:
        """From now on another answer to it is nothing new."""
        self._known[order.id] = order.box_id
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def _drop(self, order_id: str) -> None:
        self._bytes -= sum(len(one.body) for one in self._parts.pop(order_id, []))

    def _bound(self, newest: str) -> None:
        while self._bytes > MOST_BYTES:
            oldest = next(iter(self._parts))
            if oldest == newest:
                return
            self._drop(oldest)
