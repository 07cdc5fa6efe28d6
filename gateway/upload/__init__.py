"""From the buffer to the server: batches over HTTP, freeing only what the server answered for.

    upload = Upload(gateway_id, buffer, way, Settings(), mono_ms=clock, instant=clock_room.instant,
                    clocks=clock_room.samples, random=random.random, on_server_time=clock_room.server_said)
    await upload.run()          # for ever, until it is cancelled; raises only what the buffer raises
    upload.stats()              # -> Stats, for health; no await

The buffer is anything with the shape of types.Store (gateway.buffer.Buffer is): a put sets its `news`, and upload
sends at once.
`way`: gateway.server.Way, which others use too.
`instant(held) -> (earliest_ms | None, latest_ms | None)` is called on the event loop for every record that is sent.
`clocks(list of held) -> list of firmware.wire.batch.ClockSample`: what is known of the boots of these records. It is
asked with one record of every boot that was sent since the start, also when there is nothing else to send: what
becomes known later goes later.
`on_server_time(server_utc_ms, sent_mono_ms, received_mono_ms)` after every answer.
The rules: bisect.py (which record is to blame), pace.py (how much), verdicts.py (what is freed); when to try again and
what an answer means is gateway/server's. loop.py is dull.
"""

from gateway.upload.loop import Upload
from gateway.upload.types import Settings, Stats

__all__ = ["Settings", "Stats", "Upload"]
