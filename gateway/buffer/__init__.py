"""The durable buffer of a gateway: a folder of segment files, one writer. The only SQL in the gateway.

    buffer = await Buffer.open(folder, boot=gateway_boot, mono_ms=clock, sealer=sealer)     # settings=Settings(...)
    result = await buffer.put([Arrival(...), ...])      # returns only after COMMIT with synchronous=FULL; then send
                                                        # result.acks; result.scans are for the place's own counts
    await buffer.add_samples([...]); await buffer.samples()                 # box clocks on ours (each call is a sync)
    await buffer.add_anchor(Anchor(...)); await buffer.anchors()            # our clock on UTC (the same)
    rows = await buffer.claim(1000, 1_000_000)          # -> [Held]: live lane and backlog lane, see claim.py
    await buffer.settle(keys, verdicts)                 # exactly these were answered for by the server
    await buffer.park(keys, reason)                     # set aside: these and no others break their batch
    await buffer.kept(after_key); await buffer.recount(is_counts_only); await buffer.quarantined(100)
    buffer.news                                         # asyncio.Event: set by every put that stored something
    await buffer.tend()                                 # a small step of housekeeping; call it about once a second
    await buffer.stats(); await buffer.take_damages()   # for health
    await buffer.close()

What lies on the disk is sealed (types.Sealer). A folder has segments `<8 digits>.seg` with an index each (`.idx`); only
the newest is written to; a segment whose rows are delivered, and have been kept as long as they must, goes as a whole.
`buffer.opening` says what was found: `new`, `clean`, `unclean` (checked and fine) or `salvaged` (see `Damage`).
Every failure is a `BufferFault` with a stable `.code` (errors.py): after `disk_full` or `io` nothing of that call was
kept, nothing may be acknowledged, and the same call works again once the cause is gone. After `damaged` the buffer is
to be closed and opened again, which salvages. All methods are coroutines of one event loop; they may overlap, each runs
whole on the one writer thread.
"""

from gateway.buffer.buffer import Buffer
from gateway.buffer.errors import BufferFault
from gateway.buffer.types import (
    Anchor,
    Arrival,
    Damage,
    Fresh,
    Held,
    Kept,
    Opening,
    PutResult,
    Quarantined,
    Refused,
    Sample,
    Sealer,
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
    "Fresh",
    "Held",
    "Kept",
    "Opening",
    "PutResult",
    "Quarantined",
    "Refused",
    "Sample",
    "Sealer",
    "Settings",
    "Stats",
    "Tip",
]
