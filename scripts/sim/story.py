"""The life of one box, told and checked: scripts/demo --headless --story box.

From a blank image to the wall, through an outage, a prankster, settings that would cut it off, a bad update and a
power cut. Each step says what happens, makes it happen on the real parts, and checks what the box and the gateway say.
The end is the ledger: what went green is with the server, and nothing else is.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.downlink import roster
from scripts.bundle import bundle
from scripts.bundle.bundle import Release
from scripts.firmware_build import build, compile_module
from scripts.provisioning.key import FleetKey
from scripts.sim.people import citizen_card, payment_code
from scripts.sim.site import WIFI_PASSWORD, SiteBox
from scripts.sim.telling import SETTLE_S, Broken, Step, Tell, Telling

PRANK_S = 60.0
AUTHORITY_S = 120.0
PRANK = b"TRAM-SIM-SETUP 0000=D4 0060=01 SAVE"
CUT_EXIT = 87
CUT_AT = 150
"""Flash operations: the box is in the middle of writing its other slot."""


class Story(Telling):
    """`await run()` -> the report; `broken` in it is empty when all went as it must."""

    def __init__(self, folder: Path, tell: Tell, seed: int = 7) -> None:
        super().__init__(folder, tell)
        self._draw = random.Random(f"story {seed}")
        self.box: SiteBox

    async def run(self) -> dict[str, Any]:
        steps: list[Step] = [
            ("A blank box asks for its code", self._blank),
            ("A forged code is refused", self._forged),
            ("An expired code is refused by the gateway", self._expired),
            ("Its own code: it enrols over TLS and is mounted", self._enrols),
            ("The same code again is refused", self._replayed),
            ("People come", self._people_come),
            ("A payment code is not taken", self._payment),
            ("An outage: gateway and broker are gone, scanning goes on", self._outage),
            ("A prankster shows the reader a set-up code", self._prankster),
            ("Settings from afar: the gate gets its name and direction", self._settings),
            ("Settings that would cut it off come back by themselves", self._bad_settings),
            ("A command is done once", self._command),
            ("An update that breaks goes back by itself", self._bad_update),
            ("A power cut in the middle of a good update", self._cut_update),
            ("An older version is refused", self._downgrade),
            ("A new password", self._new_password),
            ("Another authority, and nobody visits the box", self._new_authority),
            ("Everything arrives", self._arrives),
        ]
        return await self.tell_all(steps)

    # Mounting

    async def _blank(self) -> str:
        self.box = await self.site.new_box("box-1")
        await self.box.until(event="newcomer", provisioned=False)
        await self.box.until(face="unprovisioned")
        await self.box.until(event="reader", state="ready")
        return f"it calls itself {self.box.box_id}, and shows that it has no place yet"

    async def _forged(self) -> str:
        other = await asyncio.to_thread(FleetKey.make)
        await self._refused(self.site.code(key=other), "signature")
        return "signed by somebody else's key: refused, and the face says why"

    async def _expired(self) -> str:
        old_ms = int(time.time() * 1000) - 7200_000
        await self._refused(self.site.code(issued_ms=old_ms, valid_s=3600), "expired")
        return "the box knows no time, the gateway does: refused, and the box asks again"

    async def _enrols(self) -> str:
        self._code = self.site.code(direction="in")
        since = self.box.now()
        await self.box.show(self._code)
        enrolled = await self.box.until(since=since, event="enrolled")
        await self.site.known(self.box.box_id)
        await self.box.until(since=since, event="boot")
        await self.box.until(since=since, event="link", state="up")
        await self.box.until(since=since, event="reader", state="ready")
        secrets = (self._code.decode(), WIFI_PASSWORD)
        said = json.dumps(self.box.lines)
        self.check(not any(secret in said for secret in secrets), "a secret stands in what the box said")
        return f"it is at {enrolled['place']}, {enrolled['gate']}; its password it has drawn itself"

    async def _replayed(self) -> str:
        await self._refused(self._code, "replayed")
        return "a code works once"

    async def _refused(self, code: bytes, reason: str) -> None:
        since = self.box.now()
        await self.box.show(code)
        await self.box.until(since=since, face="provision_refused", reason=reason)

    # Every day

    async def _people_come(self) -> str:
        for _ in range(6):
            await self._scan()
        await self.box.until(face="delivered")
        return "6 codes shown, 6 green, delivered"

    async def _scan(self, count: int = 1) -> None:
        for _ in range(count):
            await self.shown_at(self.box, citizen_card(self._draw))

    async def _payment(self) -> str:
        since = self.box.now()
        before = self._last_seq()
        await self.box.show(payment_code(self._draw))
        seen = await self.box.until(since=since, face="wrong_kind")
        self.check(seen.get("kind") == "vietqr", f"it was taken for {seen.get('kind')}")
        self.check(self._last_seq() == before, "a payment code was stored")
        return "the face asks for the visitor's own code; nothing is kept"

    def _last_seq(self) -> int:
        return max((line["seq"] for line in self.box.lines if line.get("face") == "stored"), default=0)

    async def _outage(self) -> str:
        since = self.box.now()
        await self.site.broker.kill()
        await self.site.gateway.kill()
        await self.box.until(since=since, face="no_gateway")
        await self._scan(5)
        await self.box.box.kill()
        await self.box.box.start()
        await self.box.until(since=since, event="boot", cause="power")
        await self.box.until(since=since, event="reader", state="ready")
        await self._scan(2)
        await self.site.broker.start()
        await self.site.gateway.start()
        await self.box.until(since=since, face="delivered", complete_to=self._last_seq())
        return "7 scans while nobody listened, a power cut among them; all delivered when the gateway was back"

    async def _prankster(self) -> str:
        # A module fresh from its box obeys printed codes until ours has found it.
        since = self.box.now()
        await self.box.tell_reader(swap="gm861", baud=9600)
        seen = await self.box.show(PRANK)
        self.check("not_read" in seen, f"the module did not obey the set-up code: {seen}")
        begun = time.monotonic()
        while True:
            try:
                async with asyncio.timeout(6):
                    await self._scan()
                break
            except TimeoutError:
                self.check(time.monotonic() - begun < PRANK_S, "the reader was not put right within a minute")
        took_s = time.monotonic() - begun
        await self.box.until(PRANK_S, since=since, event="reader", state="ready")
        return f"a fresh module was turned to reading on demand; {took_s:.0f} s later a code is green again"

    # From afar

    async def _settings(self) -> str:
        since = self.box.now()
        await self._wish({"gate": {"name": "Cổng chính", "gate": "cong-chinh", "direction": "both"}})
        await self._settled(since, 1)
        await self._scan()
        scans = await self._stored()
        self.check(b"dir=both" in scans[-1] and b"gate=cong-chinh" in scans[-1], "the record does not say the new gate")
        return "tried, confirmed, reported: settings 1"

    async def _bad_settings(self) -> str:
        since = self.box.now()
        await self._wish({"wifi": [["no-such-network", "so-such-password"]]})
        await self.box.until(since=since, event="settings", outcome="trying")
        await self.box.until(60, since=since, event="settings", outcome="given_up")
        await self.box.until(since=since, event="link", state="up")
        row = await self._row(lambda row: row.get("settings_refused", {}).get("version") == 2)
        self.check(row.get("settings_version") == 1, f"settings {row.get('settings_version')} are in use")
        return f"a network that is not there: back to settings 1, reported as {row['settings_refused']['code']}"

    async def _wish(self, wish: dict[str, Any]) -> None:
        path = self._folder / "wish.json"
        path.write_text(json.dumps(wish, ensure_ascii=False))
        await self.site.order("settings", self.box.box_id, path)

    async def _settled(self, since: int, version: int) -> None:
        await self.box.until(since=since, event="settings", outcome="trying")
        await self.box.until(60, since=since, event="settings", outcome="good", version=version)

    async def _command(self) -> str:
        since = self.box.now()
        answer = await self._tell_box("self_test")
        for _ in range(5):  # it has just started: the gateway has not told it the time yet
            if json.loads(answer)["wrong"] != ["clock"]:
                break
            await asyncio.sleep(1)
            answer = await self._tell_box("self_test")
        await self.box.until(since=since, event="command", name="self_test", outcome="done")
        self.check(json.loads(answer)["wrong"] == [], f"the self-test finds wrong: {json.loads(answer)['wrong']}")
        log = await self._tell_box("fetch_log")
        self.check("settings" in log, "the log does not tell of the settings")
        self.check(WIFI_PASSWORD not in log + answer, "a secret came back")
        return f"self-test: nothing is wrong; its log was fetched, {len(log.splitlines())} lines"

    async def _tell_box(self, name: str) -> str:
        return await self.site.order("tell", self.box.box_id, name, "--wait", "--within", "30s")

    async def _bad_update(self) -> str:
        since = self.box.now()
        await self._offer(await asyncio.to_thread(self._broken_bundle, 2), 2)
        await self.box.until(60, since=since, event="update", state="restarting", version=2)
        await self.box.until(60, since=since, event="boot")
        row = await self._row(lambda row: row.get("firmware_refused", {}).get("version") == 2, 60)
        self.check(row.get("firmware_version") == 1, f"firmware {row.get('firmware_version')} runs")
        await self._scan(2)
        return f"firmware 2 could not run: 1 is back, reported as {row['firmware_refused']['code']}"

    async def _bundle(self, version: int, floor: int = 0) -> Path:
        out = self._folder / "release"
        await self.site.build(version, out=out, floor=floor)
        return out / f"linux-{version}"

    def _broken_bundle(self, version: int) -> Path:
        """Rightly signed, and it cannot run: what nobody noticed before it went out."""
        modules = build(self._folder / "broken")
        compile_module(b"raise RuntimeError('this firmware does not start')\n", modules / "firmware" / "start.mpy")
        folder = self._folder / "release" / f"linux-{version}"
        bundle.write_folder(bundle.make(modules, "linux", Release(version, 0, "broken"), self.site.key), folder)
        return folder

    async def _offer(self, folder: Path, version: int) -> None:
        await self.site.order("firmware", "add", folder)
        await self.site.order("firmware", "want", version)

    async def _cut_update(self) -> str:
        folder = await self._bundle(3, floor=2)
        self.box.cut_power_after(CUT_AT, system=True)
        await self._offer(folder, 3)
        async with asyncio.timeout(60):
            code = await self.box.box.wait()
        self.check(code == CUT_EXIT, f"the box ended with {code} instead of a power cut")
        await self._unlink_cut()
        at = self.box.now()
        await self.box.box.start()
        await self.box.until(60, since=at, event="update", state="restarting", version=3)
        await self.box.until(60, since=at, event="update", state="confirmed", version=3)
        row = await self._row(lambda row: row.get("firmware_version") == 3)
        await self._scan(2)
        return f"cut off at flash operation {CUT_AT}, resumed, tried, confirmed: {row['firmware']}"

    async def _unlink_cut(self) -> None:
        (self.box.folder / "cut").unlink(missing_ok=True)

    async def _downgrade(self) -> str:
        since = self.box.now()
        await self._offer(await self._bundle(1), 1)
        refused = await self.box.until(60, since=since, event="update", state="refused", version=1)
        return f"firmware 1 is below the floor: {refused['code']}"

    async def _new_password(self) -> str:
        since = self.box.now()
        await self._tell_box("rotate_password")
        await self.box.until(since=since, event="restart", why="password")
        await self.box.until(since=since, event="boot")
        await self.box.until(since=since, event="link", state="up")
        await self._scan()
        return "drawn by the box, told to the gateway over TLS, in use"

    async def _new_authority(self) -> str:
        before = (await self.site.order("ca")).splitlines()[0]
        await self.site.order("ca", "renew-authority")
        begun, most = time.monotonic(), 0
        while time.monotonic() - begun < AUTHORITY_S:
            trusts = self._roster_row().get("trust") or []
            most = max(most, len(trusts))
            after = (await self.site.order("ca")).splitlines()[0]
            if most == 2 and len(trusts) == 1 and after != before:
                await self._scan()
                took_s = round(time.monotonic() - begun)
                return f"trusted beside the old one, put in use, the old one forgotten, in {took_s} s"
            await asyncio.sleep(1.0)
        raise Broken(f"the box trusts {self._roster_row().get('trust')} after {AUTHORITY_S:.0f} s")

    def _roster_row(self) -> dict[str, Any]:
        """What the gateway says that the box said last."""
        return roster.read(self.site.config_path.parent / "data" / "boxes.json").get(self.box.box_id, {})

    # The end

    async def _arrives(self) -> str:
        green, stored = await self.arrived()
        return f"{green} green, {stored} with the server, nothing lost, nothing invented"

    async def _stored(self) -> list[bytes]:
        await self.box.until(face="delivered", complete_to=self._last_seq())
        begun = time.monotonic()
        while time.monotonic() - begun < SETTLE_S:
            for account in await self.site.central.accounts():
                found = await self.site.central.scans(account.box_id, account.epoch)
                if len(found) >= self._last_seq():
                    return [one.record for one in found]
            await asyncio.sleep(0.2)
        raise Broken("the server does not have the scans")

    async def _row(self, fits: Callable[[dict[str, Any]], bool], limit_s: float = 30.0) -> dict[str, Any]:
        """What the gateway says of the box, once it says that."""
        begun = time.monotonic()
        row: dict[str, Any] = {}
        while time.monotonic() - begun < limit_s:
            row = json.loads(await self.site.order("boxes", "--json")).get(self.box.box_id, {})
            if fits(row):
                return row
            await asyncio.sleep(0.3)
        raise Broken(f"the gateway says of the box: {json.dumps(row)}")
