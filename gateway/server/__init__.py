"""The way to the server: addresses, TLS, one connection for each task that asks, and what an answer means.

    way = Way(Settings(urls=[...], token=...), data_dir / "way.json", mono_ms=clock, utc_bounds=clock_room.bounds,
              random=random.random)
    async with way.link() as link:                       # one task, one question at a time
        got = await link.ask("GET", "/api/v1/…")         # -> Outcome; never raises for what the world does
    await way.run()                                      # a task: keeps the count of bytes, and the time that was known
    way.meter.sent, way.meter.received, way.meter.months()

outcome.py: every code, and what follows from it. backoff.py: when to try again. addresses.py: which address.
trust.py: whose certificate is believed, also by a clock in 1970. bucket.py: no faster than is paid for. meter.py: how
much it was. connection.py and link.py speak HTTP.
"""

from gateway.server import outcome
from gateway.server.backoff import Backoff
from gateway.server.link import Link
from gateway.server.outcome import Outcome
from gateway.server.trust import TrustError
from gateway.server.way import Settings, Way

__all__ = ["Backoff", "Link", "Outcome", "Settings", "TrustError", "Way", "outcome"]
