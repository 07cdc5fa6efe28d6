"""Commands of the server's as orders to boxes: an instant of UTC becomes one of this machine's monotonic clock.

1. A box is told a deadline on our clock, and obeys it. So it is set for the latest instant that it may be now: on time
   or early, never late.
2. While UTC is not known here nothing can be said: the command waits.
"""

import json
from collections.abc import Iterable
from typing import Any

from firmware.wire.fields import MS_MAX
from gateway.downlink.desired import Asked
from gateway.downlink.store import Order


def as_orders(asked: Iterable[Asked], boot: str, mono_ms: int, utc: tuple[int, int] | None) -> dict[str, Order]:
    """`utc`: between which instants it is now. In the order in which they were asked for."""
    if utc is None:
        return {}
    orders = {}
    for one in asked:
        deadline_ms = min(max(0, mono_ms + one.expires_utc_ms - utc[1]), MS_MAX)
        orders[one.id] = Order(one.id, one.box_id, one.name, one.argument, boot, deadline_ms)
    return orders


def body_of(name: str, body: bytes) -> dict[str, Any] | str | None:
    """What a box answered, as it goes to the server: an object where it is one, else text."""
    if not body:
        return None
    text = body.decode(errors="replace")
    if name == "fetch_log":
        return text
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return said if isinstance(said, dict) else text
