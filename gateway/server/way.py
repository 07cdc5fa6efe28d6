"""What everything that goes to the server shares: addresses, trust, the rate, the count of bytes.

1. Links are made here, one for each task that asks; they use the same address, and learn of each other's failures.
2. What must outlive a restart is in one small file, written every SAVE_S where something is new: the latest instant
   that was known (trust.py) and the bytes of each month (meter.py). What cannot be read of it begins anew.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from gateway import files
from gateway.server.addresses import Addresses, shown
from gateway.server.bucket import Bucket
from gateway.server.link import Link
from gateway.server.meter import Meter
from gateway.server.trust import Bounds, Trust

SAVE_S = 600.0
AGENT = "tram-gateway"


class Settings(NamedTuple):
    """`[server]` of the gateway's configuration, and what of `[upload]` is everybody's."""

    urls: Sequence[str]
    """The server's roots, such as `https://tram.example`; the paths of the API are added."""
    token: str
    ca_file: Path | None = None
    client_chain_file: Path | None = None
    timeout_s: float = 30.0
    """For a whole question, from connecting to the last byte of the answer."""
    bytes_per_s: int = 0

    def __repr__(self) -> str:
        return f"Settings(urls={[shown(url) for url in self.urls]!r}, token=…)"


class Way:
    """Raises TrustError where no certificate could ever be believed."""

    def __init__(
        self,
        settings: Settings,
        file: Path | None,
        *,
        mono_ms: Callable[[], int],
        utc_bounds: Callable[[], Bounds | None],
        random: Callable[[], float],
    ) -> None:
        self.settings = settings
        self.mono_ms = mono_ms
        self.random = random
        self._file = file
        self._utc_bounds = utc_bounds
        self._saved: dict[str, Any] | None = None
        self.addresses = Addresses(settings.urls, mono_ms, random)
        self.trust = Trust(settings.ca_file, settings.client_chain_file, utc_bounds)
        self.bucket = Bucket(settings.bytes_per_s, mono_ms)
        self.meter = Meter(self.utc_ms)
        self.headers = (
            ("Authorization", f"Bearer {settings.token}"),
            ("User-Agent", AGENT),
            ("Accept-Encoding", "identity"),
        )
        if any(url.startswith("https:") for url in settings.urls):
            self.trust.context()
        self._load()

    def link(self) -> Link:
        return Link(self)

    def utc_ms(self) -> int | None:
        bounds = self._utc_bounds()
        return None if bounds is None else (bounds[0] + bounds[1]) // 2

    def address(self) -> str:
        """The one in use, as it may be shown."""
        return shown(self.addresses.current())

    def troubles(self) -> dict[str, str]:
        """Address -> why it failed when last tried."""
        return {shown(url): why for url, why in self.addresses.troubles.items()}

    async def run(self) -> None:
        """Keep what must outlive a restart; what a full disk refuses is tried again."""
        try:
            while True:
                await asyncio.sleep(SAVE_S)
                with suppress(OSError):
                    await asyncio.to_thread(self.save)
        finally:
            with suppress(OSError):
                self.save()

    def save(self) -> None:
        months = {month: list(line) for month, line in self.meter.months().items()}
        found = {"v": 1, "known_ms": self.trust.floor_ms(), "months": months}
        if self._file is not None and found != self._saved:
            files.write_json(self._file, found)
            self._saved = found

    def _load(self) -> None:
        found = None if self._file is None else files.read_json(self._file)
        if found is None or found.get("v") != 1:
            return
        known_ms, months = found.get("known_ms"), found.get("months")
        if isinstance(known_ms, int) and not isinstance(known_ms, bool):
            self.trust.remember(known_ms)
        if isinstance(months, dict):
            self.meter.load(months)
