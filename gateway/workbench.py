"""What a technician sees and does through gateway/tech, gathered from the rooms."""

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from firmware.wire import message, record, topics
from firmware.wire.ack import Ack
from firmware.wire.errors import WireError
from gateway import files
from gateway.addresses import names_of_this_machine
from gateway.buffer import Arrival
from gateway.certs import CertError, succession
from gateway.certs.authority import CA_PUBLIC_NAME, fingerprint_of
from gateway.downlink import BundleError, StoreError
from gateway.downlink.store import EVERY_BOX
from gateway.mqtt.inbound import NotKept
from gateway.reasons import of, sentence
from gateway.reporting import software
from gateway.tech.masked import masked, unmasked
from gateway.tech.parcel import unpack
from gateway.tech.types import COMMANDS, Parcel, Refused

if TYPE_CHECKING:
    from gateway.app import Gateway
    from gateway.config import Config

log = structlog.get_logger()

INCOMING_NAME = "incoming"
SPARE_BYTES = 64 * 1024 * 1024
"""What a bundle may take on the disk while it is unpacked and copied: scans must not feel it."""
DOCTOR_S = 15.0
_SAID = {
    "box": "no_box",
    "command": "no_command",
    "argument": "no_argument",
    "settings": "no_settings",
    "version": "no_version",
    "too_many": "no_turn",
}
"""StoreError's codes as the API's."""


class Workbench:
    """tech.Bench of this gateway."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._unpacking = asyncio.Lock()
        self._examining: asyncio.Task[list[dict[str, Any]]] | None = None
        self._software = software()

    # --- what it is

    def facts(self) -> dict[str, Any]:
        gateway, config = self._gateway, self._gateway.config
        names = names_of_this_machine()
        coming = self._coming()
        return {
            "gateway": config.gateway_id,
            "host": next((name for name in names if name.endswith(".local")), next(iter(names), "")),
            "hosts": list(names),
            "port": config.broker.tls_port,
            "enrol_port": config.enrol.port,
            "ca": fingerprint_of(self.authority()),
            "next_ca": fingerprint_of(coming) if coming else None,
            "place": self._place(),
            "place_name": gateway.keeping.place_name,
            "software": self._software,
            "utc_ms": gateway.hours.utc_ms(),
        }

    def authority(self) -> bytes:
        try:
            return (self._gateway.admission.certs_folder / CA_PUBLIC_NAME).read_bytes()
        except FileNotFoundError as error:
            raise Refused("no_answer", "no authority") from error

    def _coming(self) -> bytes | None:
        try:
            return succession.look(self._gateway.admission.certs_folder, self._gateway.config.gateway_id).coming
        except CertError:
            return None

    def _place(self) -> str:
        """As most boxes were told that it is called; the gateway's id, where none was told anything."""
        named = Counter(box.place for box in self._gateway.admission.registry.boxes().values() if box.place)
        return named.most_common(1)[0][0] if named else self._gateway.config.gateway_id

    # --- boxes

    async def boxes(self) -> list[dict[str, Any]]:
        gateway = self._gateway
        enrolled = await asyncio.to_thread(gateway.admission.registry.boxes)
        rows = {row["box_id"]: row for row in gateway.reporting.health.rows(gateway.reporting.births)}
        last, held = gateway.roster.rows(), gateway.reporting.held_by_boxes()
        wishes = await asyncio.to_thread(gateway.store.wishes)
        found = []
        for box_id in sorted({*rows, *last, *enrolled}):
            row, said = rows.get(box_id), last.get(box_id, {})
            known = enrolled.get(box_id)
            one: dict[str, Any] = {"box": box_id, "state": "never_heard" if not said else "away"}
            if row is not None:
                one |= {"state": row["state"], "since_s": round(row["since_s"])}
                if row["reason"]:
                    one["why"] = {lang: sentence(row["reason"], lang) for lang in ("vi", "en")}
            if known is not None:
                one |= {"place": known.place, "gate": known.gate}
                if known.hashed is None:
                    one["state"] = "revoked"
            if one["state"] != "ok" and "why" not in one:
                one["why"] = _why(one["state"])
            wished = wishes.settings.get(box_id)
            one["waiting"] = held.get(box_id, said.get("waiting") if row is None else None)
            one["wanted_settings"] = None if wished is None else wished.version
            one["wanted_firmware"] = wishes.wanted_by(box_id)
            one["heard_s"] = self._heard_s(said)
            one["said"] = {key: value for key, value in said.items() if key not in _NOT_SHOWN}
            found.append(one)
        return found

    def _heard_s(self, said: Mapping[str, Any]) -> int | None:
        """How long ago; None: before this machine's restart, or never."""
        machine, then_ms = self._gateway.machine, said.get("heard_mono_ms")
        if said.get("heard_boot") != machine.boot or not isinstance(then_ms, int):
            return None
        return max(0, (machine.mono_ms() - then_ms) // 1000)

    async def knows(self, box_id: str) -> bool:
        gateway = self._gateway
        if box_id in gateway.reporting.births or box_id in gateway.roster.rows():
            return True
        admission = gateway.admission
        return await asyncio.to_thread(lambda: box_id in admission.registry.boxes() or box_id in admission.listed())

    # --- commands, settings

    async def order(self, box_id: str, name: str, argument: str, within_ms: int) -> str:
        machine, store = self._gateway.machine, self._gateway.store
        deadline_ms = machine.mono_ms() + within_ms
        try:
            made = await asyncio.to_thread(store.order, box_id, name, argument, machine.boot, deadline_ms)
        except StoreError as error:
            raise Refused(_SAID[error.code], error.code) from error
        self._gateway.downlink.on_status()
        return made.id

    async def result(self, order_id: str) -> dict[str, Any] | None:
        found = await asyncio.to_thread(self._gateway.store.result, order_id)
        if found is None:
            if order_id in (await asyncio.to_thread(self._gateway.store.wishes)).orders:
                return None
            raise Refused("no_result")
        if found.get("name") not in COMMANDS:
            raise Refused("no_result")
        kept = ("id", "box_id", "name", "outcome", "said", "text")
        return {key: found[key] for key in kept if key in found}

    async def settings(self, box_id: str) -> dict[str, Any]:
        wished = (await asyncio.to_thread(self._gateway.store.wishes)).settings.get(box_id)
        said = self._gateway.roster.rows().get(box_id, {})
        shown = None
        if wished is not None:
            shown = {"version": wished.version, "settings": masked(json.loads(wished.body))}
        return {
            "wished": shown,
            "in_use": said.get("settings_version"),
            "refused": said.get("settings_refused"),
        }

    async def wish(self, box_id: str, settings: Mapping[str, Any]) -> int:
        store, said = self._gateway.store, self._gateway.roster.rows().get(box_id, {})
        wished = (await asyncio.to_thread(store.wishes)).settings.get(box_id)
        before = {} if wished is None else json.loads(wished.body)
        whole, lacking = unmasked(settings, before)
        if lacking:
            raise Refused("no_settings", f"{lacking}: ***")
        refused = said.get("settings_refused")
        named = [said.get("settings_version"), refused.get("version") if isinstance(refused, dict) else 0]
        highest = max([one for one in named if isinstance(one, int)], default=0)
        try:
            text = json.dumps(whole, ensure_ascii=False).encode()
            made = await asyncio.to_thread(store.wish, box_id, text, highest)
        except (StoreError, UnicodeError) as error:
            raise Refused(_SAID[error.code] if isinstance(error, StoreError) else "no_settings", str(error)) from error
        self._gateway.downlink.on_status()
        return int(made.version)

    # --- firmware

    async def firmware(self) -> dict[str, Any]:
        wishes = await asyncio.to_thread(self._gateway.store.wishes)
        bundles = [
            {
                "version": version,
                "name": one.manifest.name,
                "boards": list(one.manifest.boards),
                "bytes": sum(one.lengths.values()),
                "floor": one.manifest.floor,
            }
            for version, one in sorted(wishes.bundles.items())
        ]
        return {"bundles": bundles, "wanted": dict(wishes.wanted)}

    async def take_in(self, pieces: AsyncGenerator[bytes, None]) -> Parcel:
        """One at a time: a second technician waits for nobody and comes again."""
        if self._unpacking.locked():
            raise Refused("no_turn", "firmware")
        async with self._unpacking:
            spare = self._gateway.config.buffer.min_free_bytes + SPARE_BYTES
            if shutil.disk_usage(self._gateway.data_dir).free < spare:
                raise Refused("no_room", "disk")
            folder = self._gateway.data_dir / INCOMING_NAME
            shutil.rmtree(folder, ignore_errors=True)
            try:
                files.make_folder(folder)
                tar = await asyncio.to_thread(open, folder / "bundle.tar", "wb")
                with tar:
                    async for piece in pieces:
                        await asyncio.to_thread(tar.write, piece)
                return await asyncio.to_thread(self._take_in, folder)
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def _take_in(self, folder: Path) -> Parcel:
        try:
            taken = self._gateway.store.add(unpack(folder / "bundle.tar", files.make_folder(folder / "bundle")))
        except BundleError as error:
            raise Refused("no_bundle", error.code) from error
        self._gateway.downlink.on_status()
        return Parcel(taken.version, str(taken.manifest.name), tuple(taken.manifest.boards))

    async def want(self, version: int, box_id: str | None) -> int:
        return await self._wanted(self._gateway.store.want, version, box_id)

    async def back(self, box_id: str | None) -> int:
        return await self._wanted(lambda _version, scope: self._gateway.store.back(scope), 0, box_id)

    async def _wanted(self, act: Any, version: int, box_id: str | None) -> int:
        try:
            found = await asyncio.to_thread(act, version, box_id or EVERY_BOX)
        except StoreError as error:
            raise Refused("no_version", str(version)) from error
        self._gateway.downlink.on_status()
        return version if found is None else int(found)

    # --- records that somebody brought

    async def rescue(self, box_id: str, payload: bytes) -> dict[str, Any]:
        """The same way as from the broker: kept, then answered for, to the box too."""
        gateway = self._gateway
        wrong = why_not(box_id, payload)
        if wrong:
            raise Refused("no_rescue", wrong)
        arrival = Arrival(box_id, topics.scan(box_id), payload, gateway.machine.boot, gateway.machine.mono_ms())
        result = await gateway.put([arrival], [])
        if isinstance(result, NotKept):
            raise Refused("no_room", result.code)
        gateway.send_acks(result.acks)
        log.info("records of a box were brought", box=box_id, stored=result.stored, conflicts=result.conflicts)
        counts = {key: getattr(result, key) for key in _COUNTS}
        return counts | {"acks": [_ack(one) for one in result.acks]}

    # --- health

    async def doctor(self) -> list[dict[str, Any]]:
        """It may take longer than one answer may: then whoever asked asks again, and gets what came of it."""
        if self._examining is None:
            self._examining = asyncio.create_task(asyncio.to_thread(_findings, self._gateway.config), name="doctor")
        task = self._examining
        await asyncio.wait({task}, timeout=DOCTOR_S)
        if not task.done():
            raise Refused("no_answer", "doctor")
        self._examining = None
        return task.result()


def _findings(config: "Config") -> list[dict[str, Any]]:
    from gateway.doctor import examine, texts  # not before somebody asks: it stays in memory

    languages: tuple[texts.Language, ...] = ("vi", "en")
    return [
        {
            "key": one.code,
            "level": one.level,
            **{lang: {"title": texts.title(one, lang), "todo": texts.advice(one, lang)} for lang in languages},
        }
        for one in examine(config)
    ]


_NOT_SHOWN = ("state", "waiting", "heard_boot", "heard_mono_ms")
_COUNTS = ("stored", "duplicates", "conflicts", "unreadable", "quarantined", "deferred")


_WHY = {
    "revoked": ("hộp đã bị thu hồi: trạm không cho nó vào nữa", "it was revoked: the gateway lets it in no longer"),
    "never_heard": (
        "hộp đã ghi danh nhưng trạm chưa từng nghe thấy nó",
        "it has enrolled, and was never heard of since",
    ),
}


def _why(state: str) -> dict[str, str]:
    """Of a state for which health gives no reason."""
    if state in _WHY:
        return dict(zip(("vi", "en"), _WHY[state], strict=True))
    return {lang: sentence(of("box_away"), lang) for lang in ("vi", "en")}


def why_not(box_id: str, payload: bytes) -> str:
    """Why this is no message of that box; empty: it is one. A record in a pack may be unreadable all the same."""
    try:
        if message.is_pack(payload):
            named = message.decode_pack(payload).box_id
        else:
            named = record.decode(payload).box_id
    except WireError as error:
        return str(error.code)
    return "" if named == box_id else "other_box"


def _ack(ack: Ack) -> dict[str, Any]:
    return {
        "epoch": ack.epoch,
        "complete_to": ack.complete_to,
        "highest": ack.highest,
        "missing": [list(one) for one in ack.missing],
    }
