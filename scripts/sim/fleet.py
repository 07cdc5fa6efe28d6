"""What it takes to look after the boxes of a town: a fleet's key, a system image, firmware to update to, the networks
around each box, and the gateway's command line, through which everything is wished.

1. The key is made for this one run. The image holds firmware 1; what a box can be updated to is the same code under
   other numbers, with a file of its own in each, so that there is something to fetch.
2. One wish after the other: the gateway's files are changed by one program at a time.
3. What a box has in the end is what the gateway says that the box said, and nothing else.
"""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.downlink.roster import read
from scripts.bundle import bundle, contents, image
from scripts.bundle.__main__ import flash_of
from scripts.bundle.bundle import Release
from scripts.firmware_build import ROOT, build
from scripts.provisioning.code import make_code
from scripts.provisioning.key import FleetKey
from scripts.sim.evidence import Outcome, Wish
from scripts.sim.ports import free_port
from scripts.sim.settings import GATEWAY_ID

BOARD = "linux"
SSID, WIFI_PASSWORD = "cho-moi", "mat-khau-thu"
VERSIONS = (2, 3, 4, 5)
FINAL_VERSION = VERSIONS[-1]
FILLER_BYTES = 16_384
CONFIRM_S, GIVE_UP_S = 2, 12
WATCHDOG_S = 4
KEPT = {"settings": "good", "firmware": "confirmed"}
"""What a box says when it has tried something and keeps it."""


class OrderRefused(Exception):
    """The gateway's command line did not do what it was told; says why."""


class Fleet:
    """`prepare()` before the town starts, `take_in()` when the gateway runs."""

    def __init__(self, folder: Path, box_ids: list[str], tls_address: str = "") -> None:
        """`tls_address`: there boxes enrol, and reach the broker over TLS; empty: they come with passwords of their
        own."""
        self._folder = folder
        self._box_ids = box_ids
        self._config = folder / "gateway" / "gateway.toml"
        self._image = b""
        self._turn = asyncio.Lock()
        self._enrol_port = free_port()
        self.tls_port = free_port() if tls_address else 0
        self._address = tls_address or "127.0.0.1"
        self._key = FleetKey.make()
        self.wishes: list[Wish] = []

    # Before the start

    def prepare(self) -> None:
        """Make the key, the image and the bundles."""
        key, compiled = self._key, build()
        first = Release(1, 0, "demo-1")
        files = bundle.make(compiled, BOARD, first, key)
        self._image = image.make(image.root_files(compiled, BOARD, files, first, key.modulus), *flash_of(BOARD))
        code = bundle.slot_files(bundle.compiled(compiled, contents.of_slot(BOARD)))
        for version in VERSIONS:
            one = {**code, "filler.bin": _filler(version)}
            head = bundle.manifest_of(one, [BOARD], Release(version, 0, f"demo-{version}"), key)
            bundle.write_folder({**one, "manifest": head}, self._bundle(version))

    def _bundle(self, version: int) -> Path:
        return self._folder / "release" / f"{BOARD}-{version}"

    @property
    def gateway_settings(self) -> tuple[str, str]:
        """What gateway.toml has for it: in its section `broker`, and in sections of its own."""
        tls = f'tls_listen = ["{self._address}"]\ntls_port = {self.tls_port}\n' if self.tls_port else ""
        return (
            f'folder = "broker"\n{tls}',
            f"""
[enrol]
fleet_key_file = "fleet.key"
listen = ["{self._address}"]
port = {self._enrol_port}
per_minute = 600
""",
        )

    def box_settings(self, folder: Path) -> dict[str, Any]:
        """What stands in the file of a box that is looked after."""
        return {
            **({} if self.tls_port else {"wifi": [[SSID, WIFI_PASSWORD]]}),
            "update": {"confirm_s": CONFIRM_S, "give_up_s": GIVE_UP_S},
            "health": {"watchdog_s": WATCHDOG_S},
            "test": {"control": str(folder / "power"), "world": str(folder / "world")},
        }

    def furnish(self, folder: Path) -> Path:
        """-> the system image of a new box."""
        path = folder / "system.img"
        path.write_bytes(self._image)
        return path

    def write_key(self) -> None:
        """The fleet's public key, for the gateway."""
        (self._config.parent / "fleet.key").write_text(self._key.modulus.hex() + "\n")

    def code(self, box_id: str, host: str, port: int) -> bytes:
        """The set-up code of one box, that finds the broker there."""
        ca = (self._config.parent / "data" / "certs" / "ca.der").read_bytes()
        return make_code(
            self._key,
            ca,
            gateway=GATEWAY_ID,
            host=host,
            port=port,
            enrol_port=self._enrol_port,
            wifi=[[SSID, WIFI_PASSWORD]],
            box=box_id,
            place="cho-moi",
            gate="cong-1",
            direction="in",
        )

    def world(self, state: str = "up") -> dict[str, Any]:
        """What is around a box whose network is in that state."""
        networks = {SSID: {"password": WIFI_PASSWORD, "state": state}}
        return {"wifi": {"faster": 20, "networks": networks}}

    # While it runs

    async def take_in(self) -> None:
        """Hand the bundles to the gateway."""
        for version in VERSIONS:
            await self.order("firmware", "add", self._bundle(version))

    async def want(self, box_id: str, version: int | None) -> int:
        """Firmware of that version, or (None) the one that was wanted before. -> which one it is now"""
        words: list[object] = ["back"] if version is None else ["want", version]
        said = await self.order("firmware", *words, "--box", box_id)
        wanted = int(said.rsplit(" ", 1)[1]) if said.rsplit(" ", 1)[1].isdigit() else 0
        self.wishes.append(Wish(box_id, "firmware", wanted, "good"))
        return wanted

    async def set(self, box_id: str, wish: dict[str, Any], nature: str) -> int:
        """Settings. -> the version under which they are wished"""
        path = self._folder / f"wish-{box_id}.json"
        path.write_text(json.dumps(wish, ensure_ascii=False))
        said = await self.order("settings", box_id, path)
        version = int(said.rsplit(" ", 1)[1])
        self.wishes.append(Wish(box_id, "settings", version, nature))
        return version

    async def order(self, *words: object) -> str:
        """`python -m gateway WORD …` -> what it prints. Raises OrderRefused."""
        command = [sys.executable, "-m", "gateway", *map(str, words), "--config", str(self._config)]
        async with self._turn:
            done = await asyncio.to_thread(
                subprocess.run,
                command,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            raise OrderRefused(f"{' '.join(command[3:-2])}: {done.returncode}: {done.stderr.strip()[-400:]}")
        return done.stdout.strip()

    async def rows(self) -> dict[str, dict[str, Any]]:
        """What the gateway says of each box."""
        rows = await asyncio.to_thread(read, self._config.parent / "data" / "boxes.json")
        return {box_id: rows.get(box_id, {}) for box_id in self._box_ids}

    # The end

    def last_good(self, box_id: str, what: str) -> int | None:
        """The version that was validly wished last; None: none was."""
        good = [one.version for one in self.wishes if (one.box_id, one.what, one.nature) == (box_id, what, "good")]
        return good[-1] if good else None


def unsettled(rows: dict[str, dict[str, Any]], wishes: Sequence[Wish], outcomes: Sequence[Outcome]) -> list[str]:
    """Which boxes neither have for good what was validly wished last, nor say why they do not; in sentences."""
    last = {(one.box_id, one.what): one.version for one in wishes if one.nature == "good"}
    kept = {one[:3] for one in outcomes if one.outcome == KEPT[one.what]}
    found = []
    for (box_id, what), version in sorted(last.items()):
        row = rows.get(box_id, {})
        refused = row.get(f"{what}_refused") or {}
        has = row.get(f"{what}_version")
        if refused.get("version") != version and (has != version or (box_id, what, version) not in kept):
            found.append(f"{box_id} has {what} {has}, wished is {version}")
    return found


def _filler(version: int) -> bytes:
    """What no other version has: reproducible, and not to be compressed."""
    blocks = range(FILLER_BYTES // 32)
    return b"".join(hashlib.sha256(f"{version} {number}".encode()).digest() for number in blocks)
