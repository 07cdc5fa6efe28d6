"""Bundles of firmware from the server: each fetched once, for all boxes of this place.

1. Fetched is what the server lists, some box here should have, and is not on the shelf. The lowest version first.
2. The manifest comes first: it must be the one that the wishes name, and signed by the fleet's key, before anything
   else is asked for. Then its files, in pieces of PIECE_BYTES, each from where the last one ended: also after a cut, a
   restart, or at another of the server's addresses.
3. A file counts when its length and SHA-256 are right; one that is not is thrown away and fetched anew, MOST_ODD times.
   A bundle counts when it is on the shelf (central.py). Only then can it be offered to a box.
4. What is wrong with a bundle itself (`manifest`, `signature`, `file`, `version`, `too_long`) is said, and it is left
   alone for BAD_S; others go on. What is wrong with the line or the server is tried again as uploads are.
5. What was fetched and is neither listed nor wanted any more goes.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import structlog

from firmware.wire.manifest import Manifest
from firmware.wire.update import MANIFEST
from gateway import files
from gateway.downlink.bundle import BundleError
from gateway.downlink.desired import Listed
from gateway.downlink.store import Store
from gateway.server import Backoff, Link, Outcome, Way, outcome

log = structlog.get_logger()

PATH = "/api/v1/fleet/bundles"
PIECE_BYTES = 65_536
PARTS = frozenset((200, 206))
BAD_S = 3600.0
DISK_S = 30.0
LOOK_S = 60.0
MOST_ODD = 2
Alert = Callable[[str, str, str], None]


class _LineFault(Exception):
    """The server could not be asked, or did not give it."""

    def __init__(self, got: Outcome) -> None:
        super().__init__(got.detail)
        self.got = got


class Collect:
    """look() says that wishes may have changed; run() is the task."""

    def __init__(
        self, store: Store, way: Way, backoff: Backoff, spread_s: float, on_news: Callable[[], None], alert: Alert
    ) -> None:
        self._store = store
        self._way = way
        self._spread_s = spread_s
        self._on_news = on_news
        self._alert = alert
        self._news = asyncio.Event()
        self._backoff = backoff
        self._bad: dict[Listed, int] = {}
        """Until when it is left alone."""
        self._odd: Counter[Listed] = Counter()
        """Files of it that came and were not what was named."""
        self.troubles: dict[int, str] = {}
        """By version: why it is not on the shelf yet."""
        self.received_bytes = 0
        self.fetched = 0

    def look(self) -> None:
        self._news.set()

    async def run(self) -> None:
        while True:
            self._news.clear()
            wait_s = await self._round()
            try:
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _round(self) -> float:
        """Fetch what is missing; -> so long until it is looked at again."""
        try:
            missing = await asyncio.to_thread(self._missing)
            if not missing:
                return LOOK_S
            await asyncio.sleep(self._way.random() * self._spread_s)
            async with self._way.link() as link:
                for listed in missing:
                    await self._one(link, listed)
        except _LineFault as fault:
            return self._backoff.failed(fault.got, self._way.mono_ms())
        except OSError as error:
            self.troubles[0] = f"disk: {error.strerror or error}"
            return DISK_S
        self._backoff.succeeded()
        return 0.0 if not self.troubles else LOOK_S

    def _missing(self) -> list[Listed]:
        """In another thread. What nobody wants any more goes at the same time."""
        listed = self._store.central.desired().bundles
        wishes = self._store.wishes()
        wanted = {version for version in wishes.wanted.values() if version}
        self._store.central.drop(wanted | listed.keys())
        now_ms = self._way.mono_ms()
        self._bad = {one: until for one, until in self._bad.items() if until > now_ms and one in listed.values()}
        missing = [listed[version] for version in sorted(wanted & listed.keys()) if version not in wishes.bundles]
        names = {one.version for one in missing}
        self.troubles = {version: why for version, why in self.troubles.items() if version in names}
        for version in wishes.mismatched:
            self.troubles[version] = "version: another firmware of this number is here"
        return [one for one in missing if one not in self._bad]

    async def _one(self, link: Link, listed: Listed) -> None:
        try:
            await self._fetch(link, listed)
            await asyncio.to_thread(self._store.central.shelve, listed.version)
        except BundleError as error:
            self._odd.pop(listed, None)
            self.troubles[listed.version] = str(error)
            self._bad[listed] = self._way.mono_ms() + int(BAD_S * 1000 * (0.5 + self._way.random()))
            self._alert("firmware", error.code, f"version {listed.version}: {error}"[:300])
            return
        except _LineFault as fault:
            self.troubles[listed.version] = f"{fault.got.code}: {fault.got.detail}"
            raise
        self.troubles.pop(listed.version, None)
        self._odd.pop(listed, None)
        self.fetched += 1
        log.info("firmware fetched", version=listed.version)
        self._on_news()

    async def _fetch(self, link: Link, listed: Listed) -> None:
        """All of it beside the shelf."""
        if not self._store.central.can_verify:
            raise BundleError("signature", "without `enrol.fleet_key_file` no signature can be checked")
        part = self._store.central.part(listed.version)
        await asyncio.to_thread(files.make_folder, part)
        await self._file(link, listed, MANIFEST, listed.manifest_bytes, listed.manifest_sha256)
        said = await asyncio.to_thread(self._signed, part, listed)
        for path, length, sha256 in said.files:
            await self._file(link, listed, path, length, sha256)

    def _signed(self, part: Path, listed: Listed) -> Manifest:
        said = self._store.central.signed((part / MANIFEST).read_bytes())
        if said.version != listed.version:
            raise BundleError("manifest", f"a manifest of version {said.version}")
        return said

    async def _file(self, link: Link, listed: Listed, name: str, length: int, sha256: str) -> None:
        path = self._store.central.part(listed.version) / name
        if await asyncio.to_thread(_is_there, path, length, sha256):
            return
        have = await asyncio.to_thread(_begun, path, length)
        while have < length:
            got = await self._piece(link, f"{PATH}/{listed.version}/{name}", have, length)
            have += await asyncio.to_thread(_append, path, got)
            self.received_bytes += len(got)
        if not await asyncio.to_thread(_is_there, path, length, sha256):
            await asyncio.to_thread(files.remove, path)
            self._odd[listed] += 1
            if self._odd[listed] <= MOST_ODD:  # on the way, perhaps
                raise _LineFault(Outcome(outcome.BAD_ANSWER, f"{self._way.address()}: {name}: not what was named"))
            raise BundleError("manifest" if name == MANIFEST else "file", f"{name}: not what was named")

    async def _piece(self, link: Link, target: str, have: int, length: int) -> bytes:
        """Bytes from there on, as many as have come; at least one."""
        last = min(have + PIECE_BYTES, length) - 1
        ranged = (("Range", f"bytes={have}-{last}"),)
        got = await link.ask("GET", target, headers=ranged, good=PARTS, most_bytes=PIECE_BYTES)
        is_whole = got.code == outcome.ANSWERED and got.status == 200 and have == 0 and len(got.body) == length
        is_part = got.code in (outcome.ANSWERED, outcome.CUT) and got.status == 206
        if (is_whole or is_part) and got.body:
            return got.body[: last + 1 - have]
        if got.code == outcome.ANSWERED:
            got = got._replace(code=outcome.BAD_ANSWER, detail=f"{self._way.address()}: not the piece asked for")
        raise _LineFault(got)


def _is_there(path: Path, length: int, sha256: str) -> bool:
    try:
        content = path.read_bytes() if path.stat().st_size == length else None
    except FileNotFoundError:
        return False
    return content is not None and hashlib.sha256(content).hexdigest() == sha256


def _begun(path: Path, length: int) -> int:
    """So much of it is there; what cannot be the beginning of it is thrown away."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    have = path.stat().st_size if path.exists() else 0
    if have >= length:
        files.remove(path)
        have = 0
    if not length:
        files.write(path, b"")
    return have


def _append(path: Path, data: bytes) -> int:
    with open(path, "ab") as file:
        file.write(data)
    return len(data)
