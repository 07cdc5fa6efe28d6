"""The durable buffer of a gateway: one SQLite file, one connection, one writer. The only SQL in the gateway.

    buffer = await Buffer.open(path, boot=gateway_boot, mono_ms=clock)      # Settings(...) where the defaults do not
    fit result = await buffer.put([Arrival(...), ...])      # returns only after COMMIT with synchronous=FULL; then
    send result.acks await buffer.add_samples([...]); await buffer.samples()                 # box clocks on ours
    (each call syncs the disk) await buffer.add_anchor(Anchor(...)); await buffer.anchors()            # our clock on
    UTC (the same) rows = await buffer.claim(1000, 1_000_000)          # -> [Held]: live lane and backlog lane, see
    claim.py await buffer.settle(keys, verdicts)                 # exactly these were answered for by the server await
    buffer.park(keys, reason)                     # set aside: these and no others break their batch buffer.news
    # asyncio.Event: set by every put that stored something await buffer.tend()                                 # a
    small step of housekeeping; call it about once a second await buffer.stats()                                # ->
    Stats, for health await buffer.close()

`buffer.opening` says what was found: `new`, `clean`, `unclean` (checked and fine) or `salvaged` (see `Damage`).
Every failure is a `BufferFault` with a stable `.code` (errors.py): after `disk_full` or `io` nothing of that call was
kept, nothing may be acknowledged, and the same call works again once the cause is gone. All methods are coroutines of
one event loop; they may overlap, each runs whole on the one writer thread.
"""

from gateway.buffer.buffer import Buffer
from gateway.buffer.errors import BufferFault
from gateway.buffer.types import (
    Anchor,
    Arrival,
    Damage,
    Held,
    Opening,
    PutResult,
    Refused,
    Sample,
    Settings,
    Stats,
    Tip,
)

__all__ = [
    "Anchor",
    "Arrival",
    "Buffer",
    "BufferFault",
    "Damage",
    "Held",
    "Opening",
    "PutResult",
    "Refused",
    "Sample",
    "Settings",
    "Stats",
    "Tip",
]
