"""From scans to contacts, told and checked: scripts/demo --headless --story tracing.

A market with a way in and a way out. A dozen people who do not exist come and go, one of them with two documents, one
with a code that nobody can read; the box at the way out is without power for a while. Then somebody has a case: an
administrator makes a tracer, the tracer opens a case and asks by the document that was shown only once. Who was met,
for how long at least, best and at most, and what is not known, is printed and compared with what was done here.
"""

import asyncio
import json
import random
import time
from functools import partial
from pathlib import Path
from typing import Any

from scripts.sim.office import Clerk, SaidNo, command, hired, new_password
from scripts.sim.people import Person, card_of, personal_code_of
from scripts.sim.settings import GATEWAY_ID
from scripts.sim.site import SiteBox
from scripts.sim.telling import SETTLE_S, Step, Tell, Telling
from scripts.sim.told_contacts import told_contact, told_hole
from scripts.sim.town import utc_minus_mono_ms

PLACE, WAY_IN, WAY_OUT = "cho-moi", "cong-vao", "cong-ra"
PLACES = f"place_id,name,kind,stay_min\n{PLACE},Chợ Mới,market,120\n"
GATES = f"place_id,gate_id,name,direction\n{PLACE},{WAY_IN},Cổng vào,in\n{PLACE},{WAY_OUT},Cổng ra,out\n"
GATEWAYS = f"gateway_id,place_id\n{GATEWAY_ID},{PLACE}\n"
DARK_S = 6.0
NO_DATE = b"00000000"
STAY_S = 35.0
GRACE_S = 62.0
"""A gateway says nothing of its boxes in its first minute."""
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
PEOPLE = 11


class TracingStory(Telling):
    """`await run()` -> the report; `broken` in it is empty when all went as it must."""

    def __init__(self, folder: Path, tell: Tell, seed: int = 7) -> None:
        super().__init__(folder, tell)
        draw = random.Random(f"tracing {seed}")
        self._people = [Person(draw) for _ in range(PEOPLE)]
        self._telephone = personal_code_of(self._people[0], draw)
        self._came: dict[int, int] = {}
        """Number in `_people` -> when, in ms of UTC. The first is the one who is asked for."""
        self._left: dict[int, int] = {}
        self._unseen: set[int] = set()
        self._boxes: dict[str, SiteBox] = {}
        self._dark_ms = (0, 0)
        self._begun_s = 0.0
        self._administrator: Clerk
        self._tracer: Clerk
        self._question = ""
        self._met: dict[int, dict[str, Any]] = {}
        self._holes: list[dict[str, Any]] = []

    async def run(self) -> dict[str, Any]:
        steps: list[Step] = [
            ("Quản trị viên đầu tiên; danh mục địa điểm\nThe first administrator; the register of places", self._opens),
            ("Hai hộp quét, cổng vào và cổng ra\nTwo boxes, a way in and a way out", self._boxes_hang),
            ("Mọi người đến, một mã không đọc được\nPeople come, and one code that cannot be read", self._come),
            ("Cổng ra mất điện; có người về không ai thấy\nThe way out has no power; some leave unseen", self._dark),
            ("Mọi người về, một người bằng giấy tờ khác\nPeople leave, one by another document", self._leave),
            ("Máy chủ có đủ mọi lượt quét\nThe server has every scan", self._arrives),
            ("Không có vụ việc thì không ai xem được ai\nWithout a case nobody sees anybody", self._nobody_looks),
            ("Một người truy vết, vụ việc, câu hỏi\nA tracer, a case, a question", self._asks),
            ("Ai đã gặp, và điều không biết\nWho was met, and what is not known", self._contacts),
            ("Đúng như đã xảy ra\nIt is what happened", self._compare),
            ("Mỗi lần xem đều được ghi lại\nEvery look is on record", self._looks),
        ]
        try:
            return await self.tell_all(steps)
        finally:
            for clerk in ("_administrator", "_tracer"):
                if hasattr(self, clerk):
                    await getattr(self, clerk).close()

    # The place

    async def _opens(self) -> str:
        site, self._begun_s = self.site, time.monotonic()
        await site.server.stop()
        token = await hired(site.folder / "server" / "server.toml", "quan-tri", "administrator")
        await site.server.start()
        await self._until(site.central.is_well, "the server does not answer")
        self._administrator = Clerk(site.central.url, token)
        for table in (PLACES, GATES, GATEWAYS):
            made = await self._administrator.ask(
                "POST", "/api/v1/places/import", content=table.encode(), headers={"Content-Type": "text/csv"}
            )
            self.check(made["is_kept"], f"the register was not taken: {made['problems']}")
        return "nhập ba bảng CSV: địa điểm, cổng, trạm\nthree CSV tables taken in: places, gates, gateways"

    async def _boxes_hang(self) -> str:
        for gate, direction in ((WAY_IN, "in"), (WAY_OUT, "out")):
            box = self._boxes[gate] = await self.site.new_box(f"box-{direction}")
            await box.until(event="reader", state="ready")
            since = box.now()
            await box.show(self.site.code(gate=gate, direction=direction))
            await box.until(since=since, event="enrolled")
            await self.site.known(box.box_id)
            await box.until(since=since, event="link", state="up")
            await box.until(since=since, event="reader", state="ready")
        await asyncio.sleep(max(0.0, self._begun_s + GRACE_S - time.monotonic()))
        return " · ".join(f"{gate}: {box.box_id}" for gate, box in self._boxes.items())

    # What happens, which is the truth

    async def _come(self) -> str:
        await self._comes(1)
        await self._leaves(1)
        for number in (0, 2, 3, 4):
            await self._comes(number)
        fields = card_of(self._people[2]).split(b"|")
        await self.shown_at(self._boxes[WAY_IN], b"|".join([*fields[:3], NO_DATE, *fields[4:]]))
        for number in (5, 6, 7):
            await self._comes(number)
        await self._leaves(2)
        return (
            f"{len(self._came)} người vào, 2 người đã về, 1 thẻ hỏng\n"
            f"{len(self._came)} people came in, 2 of them have left, 1 spoilt card"
        )

    async def _dark(self) -> str:
        box = self._boxes[WAY_OUT]
        since = box.now()
        begun_ms = _utc_ms()
        await box.box.kill()
        await self._until(partial(self._is_told, box, "away"), "the gateway does not miss the box")
        for number in (3, 4):
            self._left[number] = _utc_ms()
            self._unseen.add(number)
        await self._comes(8)
        await asyncio.sleep(DARK_S)
        await box.box.start()
        await box.until(since=since, event="boot", cause="power")
        await box.until(since=since, event="link", state="up")
        await box.until(since=since, event="reader", state="ready")
        self._dark_ms = (begun_ms, _utc_ms())
        await self._until(partial(self._is_told, box, "ok"), "the gateway does not see that the box is back")
        seconds = (self._dark_ms[1] - begun_ms) / 1000
        return (
            f"{box.box_id} mất điện {seconds:.0f} giây; 2 người về lúc đó\n"
            f"{box.box_id} without power for {seconds:.0f} s; 2 people left meanwhile"
        )

    async def _leave(self) -> str:
        await self._leaves(5)
        await asyncio.sleep(max(0.0, STAY_S - (_utc_ms() - self._came[0]) / 1000))
        self._left[0] = await self._passes(WAY_OUT, self._telephone)
        for number in (9, 10):
            await self._comes(number)
        for number in (6, 9):
            await self._leaves(number)
        stay_s = (self._left[0] - self._came[0]) / 1000
        return (
            f"người được hỏi ở {stay_s:.0f} giây: vào bằng thẻ, ra bằng mã trên điện thoại; 2 người đến sau đó\n"
            f"who will be asked for stayed {stay_s:.0f} s: in by card, out by telephone; 2 people came after that"
        )

    async def _comes(self, number: int) -> None:
        self._came[number] = await self._passes(WAY_IN, card_of(self._people[number]))

    async def _leaves(self, number: int) -> None:
        self._left[number] = await self._passes(WAY_OUT, card_of(self._people[number]))

    async def _passes(self, gate: str, code: bytes) -> int:
        return await self.shown_at(self._boxes[gate], code) + utc_minus_mono_ms()

    async def _is_told(self, box: SiteBox, state: str) -> bool:
        """Whether the server has heard of the gateway that the box is so."""
        return (box.box_id, state) in await self.site.central.box_alerts(GATEWAY_ID)

    # What the server makes of it

    async def _arrives(self) -> str:
        green, stored = await self.arrived()
        return f"{green} lượt báo xanh, {stored} ở máy chủ\n{green} green, {stored} with the server"

    async def _nobody_looks(self) -> str:
        said = []
        for asked in ("cases", f"places/{PLACE}/visits?case=none&from_ms=0&to_ms={HOUR_MS}"):
            try:
                await self._administrator.ask("GET", f"/api/v1/{asked}")
            except SaidNo as error:
                said.append(error.code)
        self.check(said == ["forbidden_role"] * 2, f"the administrator was told: {said}")
        return (
            "quản trị viên hỏi, máy chủ từ chối: forbidden_role\nthe administrator asks, and is refused: forbidden_role"
        )

    async def _asks(self) -> str:
        given = new_password()
        form = {"name": "truy-vet", "title": "Trần Thị Truy", "password": given, "roles": ["tracer"], "areas": ["*"]}
        await self._administrator.ask("POST", "/api/v1/users", json=form)
        self._tracer = Clerk(self.site.central.url)
        await self._tracer.log_in("truy-vet", given)
        parameters = {"min_overlap_min": 0}
        rules = {"name": "chỉ để xem thử", "since_ms": _utc_ms() - 24 * HOUR_MS, "parameters": parameters}
        await self._tracer.ask("POST", "/api/v1/rule-sets", json=rules)
        case = {"title": "Vụ thử", "legal_basis": "QĐ 01/QĐ-THỬ", "ends_ms": _utc_ms() + HOUR_MS}
        opened = await self._tracer.ask("POST", "/api/v1/cases", json=case)
        shown_once = self._telephone.split(b"|")[4].decode()
        documents = [{"type": "personal_qr", "value": shown_once}]
        question = {"documents": documents, "from_ms": self._came[1] - HOUR_MS}
        path = f"/api/v1/cases/{opened['id']}/questions"
        await self._until(self._is_derived, "not every scan was worked out")
        asked = await self._tracer.ask("POST", path, json=question, params={"wait_s": 30})
        self.check(asked["state"] == "done", f"the question is {asked['state']}: {asked['code']}")
        self._question = f"{path}/{asked['id']}"
        return (
            f"vụ {opened['id']}; hỏi bằng mã điện thoại, chỉ quét lúc ra; {asked['took_ms']} ms, "
            f"{asked['contacts']} người\n"
            f"case {opened['id']}; by the telephone's code, shown at the way out only; {asked['took_ms']} ms, "
            f"{asked['contacts']} contacts"
        )

    async def _is_derived(self) -> bool:
        asked = {"from_ms": self._came[1] - HOUR_MS, "to_ms": _utc_ms() + HOUR_MS}
        found = await self._tracer.ask("GET", f"/api/v1/places/{PLACE}/counts", params=asked)
        return sum(int(one["reads"]) for one in found["counts"]) == len(self.site.evidence.greens)

    async def _contacts(self) -> str:
        answer = await self._tracer.ask("GET", self._question)
        by_number = {person.number: number for number, person in enumerate(self._people)}
        lines = ["ít nhất – có lẽ – nhiều nhất, phút / at least – best – at most, minutes"]
        for one in answer["contacts"]:
            contact = one["contact"]
            opened = await self._tracer.ask("POST", f"{self._question}/contacts/{contact['pseudonym']}/open")
            numbers = [by_number.get(document["value"]) for document in opened["documents"]]
            self._met[next((number for number in numbers if number is not None), -1 - len(self._met))] = contact
            lines += told_contact(contact)
        self._holes = answer["summary"]["holes"]
        lines.append("không biết / not known:")
        return "\n".join(lines + [line for hole in self._holes for line in told_hole(hole)])

    async def _compare(self) -> str:
        truth = {
            number
            for number in self._came
            if number and self._came[number] < self._left[0] and self._left.get(number, 1 << 60) > self._came[0]
        }
        self.check(self._met.keys() == truth, f"met {sorted(self._met)}, and it was {sorted(truth)}")
        for number, contact in self._met.items():
            [meeting] = contact["meetings"]
            low, best, high = meeting["overlap_min"]
            began_ms = max(self._came[0], self._came[number])
            was_min = (min(self._left[0], self._left.get(number, 1 << 60)) - began_ms) / MINUTE_MS
            self.check(
                low - 0.55 <= was_min <= high + 0.55, f"{number} was met {was_min} min, told {low}-{best}-{high}"
            )
            is_seen = number in self._left and number not in self._unseen
            self.check((meeting["label"] == "measured") == is_seen, f"{number} is {meeting['label']}")
        away, unread = self._boxes[WAY_OUT].box_id, self._boxes[WAY_IN].box_id
        named = {(hole["code"], hole["box_id"]): hole for hole in self._holes}
        self.check(("silent", away) in named, f"the outage is not named: {sorted(named)}")
        hole = named["silent", away]
        gone, back = self._dark_ms
        is_there = hole["from_ms"] < back and hole["to_ms"] > gone
        self.check(is_there, f"the outage was {self._dark_ms}, and is told as {hole['from_ms']}-{hole['to_ms']}")
        self.check(("unread", unread) in named, f"the code that was not read is not named: {sorted(named)}")
        self.check(named["unread", unread]["most_scans"] == 1, f"{named['unread', unread]}")
        others = len(self._came) - 1 - len(truth)
        return (
            f"{len(truth)} người đã gặp, không thiếu ai, không thừa ai ({others} người khác); "
            "2 điều không biết có tên\n"
            f"{len(truth)} were met, nobody is missing and nobody else is there ({others} others); both holes are named"
        )

    async def _looks(self) -> str:
        actions: list[str] = []
        after: int | None = 0
        while after is not None:
            page = await self._administrator.ask("GET", "/api/v1/audit", params={"after": after})
            actions += [one["action"] for one in page["entries"]]
            after = page["next"]
        opened = actions.count("contact_opened")
        self.check(opened == len(self._met), f"{len(self._met)} were opened, and {opened} are on record")
        for action in ("case_opened", "trace_asked", "trace_read"):
            self.check(action in actions, f"{action} is not on record")
        await self.site.server.stop()
        said = await command(self.site.folder / "server" / "server.toml", "audit", "verify")
        self.check(json.loads(said)["is_whole"], f"the record of looks is not whole: {said}")
        return (
            f"{len(actions)} dòng, {opened} lần mở tên; chuỗi nguyên vẹn\n"
            f"{len(actions)} entries, {opened} of them names opened; the chain is whole"
        )

    async def _until(self, holds: Any, otherwise: str) -> None:
        begun = time.monotonic()
        while not await holds():
            self.check(time.monotonic() - begun < SETTLE_S, otherwise)
            await asyncio.sleep(0.2)


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000
