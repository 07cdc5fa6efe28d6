"""A server with a market in its store: people seen by boxes, and a tracer who asks."""

import hashlib

import pytest
from argon2 import PasswordHasher, Type

from server.access import passwords
from server.app import utc_ms
from server.codes.types import CITIZEN, PHONE, Document
from server.ingest.meaning import KeepAsk
from server.store.person_tables import tokens
from server.store.place_tables import place_boxes, place_versions, places
from server.store.tables import scans
from server.store.visit_tables import sightings, visits
from tests.server.access import users_in
from tests.server.postgres import cluster as cluster
from tests.server.postgres import migrated_template as migrated_template
from tests.server.postgres import place as place
from tests.server.postgres import postgres as postgres
from tests.server.rig import scan

MARKET, STATION = "cho-ben-xe", "ben-xe-mien-tay"
HOUR_MS = 3_600_000
CASE = {"title": "Ổ dịch chợ Bến Xe", "legal_basis": "QD 1-2026", "area": ""}


@pytest.fixture(autouse=True)
def fast_hashing(monkeypatch):
    """Hashing as in the field takes too long here."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1, 32, 16, type=Type.ID))


class Town:
    """Puts people, places and visits into the store; `base_ms` is two days ago, on the hour, and `day` its local day:
    what has an older one may be destroyed at any moment, as retention goes round as soon as the server is up."""

    def __init__(self, server):
        self.server = server
        self.base_ms = (utc_ms() - 48 * HOUR_MS) // HOUR_MS * HOUR_MS
        self.day = (self.base_ms + 7 * HOUR_MS) // (24 * HOUR_MS)
        self.seq = 0

    async def put(self, table, *rows):
        def job(connection):
            connection.execute(table.insert(), list(rows))
            connection.execute(place_versions.update().values(version=place_versions.c.version + 1))

        await self.server.shelf.database.write(job)

    async def place(self, place_id=MARKET, area="92", box_id="box-0001", name="Chợ Bến Xe"):
        facts = {"address": "", "opening": "", "operators": "", "capacity": 0, "stay_min": 0, "day_begins": "00:00"}
        row = {"place_id": place_id, "name": name, "kind": "market", "area": area, "version": 1, **facts}
        await self.put(places, row)
        if box_id:
            seat = {"box_id": box_id, "since_ms": 0, "place_id": place_id, "gate_id": "", "given_by": "t"}
            await self.put(place_boxes, {**seat, "given_ms": 0})

    async def person(self, number, name="Nguyễn Thị Hoa", phone=None):
        """-> the person's mac; one sealed scan says who it is."""
        documents = [Document(CITIZEN, f"0010990{number:05}")] + ([Document(PHONE, phone)] if phone else [])
        holder = self.server.holder
        macs = [one.mac for one in await holder.tokens_of(documents)]
        row = {"person": min(macs), "is_ambiguous": False, "last_day": self.day}
        await self.put(tokens, *({"mac": mac, "type": "citizen", **row} for mac in macs))
        return min(macs)

    async def visit(self, person, came_min, left_min, place_id=MARKET, has_phone=False, **more):
        self.seq += 1
        came, left = (self.base_ms + minutes * 60_000 for minutes in (came_min, left_min))
        row = {
            "id": hashlib.sha256(str(self.seq).encode()).digest()[:16],
            "person": person,
            "place_id": place_id,
            **dict.fromkeys(("gate_in", "gate_out", "zone"), ""),
            "is_inner": False,
            **dict.fromkeys(("in_low", "in_at", "in_high"), came),
            **dict.fromkeys(("out_low", "out_at", "out_high"), left),
            "label": "measured",
            "in_by": "scan",
            "out_by": "scan",
            "kind": "citizen_card",
            "on_behalf": False,
            "has_phone": has_phone,
            "reads": 2,
            "sources": "box",
            "day": self.day,
        }
        await self.put(visits, {**row, **more})

    async def sighting(self, person, at_min, place_id=MARKET, box_id="box-0001", epoch="0123456789ab", seq=None):
        self.seq += 1
        at_ms = self.base_ms + int(at_min * 60_000)
        row = {
            "box_id": box_id,
            "epoch": epoch,
            "seq": self.seq if seq is None else seq,
            "person": person,
            "place_id": place_id,
            "gate_id": "",
            "zone": "",
            "earliest_ms": at_ms,
            "at_ms": at_ms,
            "latest_ms": at_ms,
            "kind": "citizen_card",
            "source": "box",
            "on_behalf": False,
            "has_phone": False,
            "received_ms": at_ms,
        }
        await self.put(sightings, row)
        return row["seq"]

    async def sealed_scan(self, person, code, at_min=0):
        """A scan with a code that only the holder can read, and its sighting."""
        seq = await self.sighting(person, at_min)
        at_ms = self.base_ms + int(at_min * 60_000)
        ask = KeepAsk("box-0001", "0123456789ab", seq, scan(seq, code), code, at_ms, at_ms, True)
        (kept,) = await self.server.holder.keep([ask])
        row = {"box_id": "box-0001", "epoch": "0123456789ab", "seq": seq, "raw": kept.raw, "gateway_id": "gw-1"}
        row |= {"batch_no": 1, "received_ms": at_ms, "earliest_ms": at_ms, "latest_ms": at_ms, "digest": kept.digest}
        row |= {"kind": kept.kind, "unread": kept.unread, "day": kept.day, "class": kept.class_, "sealed": kept.sealed}
        await self.put(scans, row)


@pytest.fixture
def more_settings():
    """What is derived is put there by the tests; nobody derives beside them."""
    return {"more": "[deriving]\nenabled = false"}


@pytest.fixture
def town(server):
    return Town(server)


@pytest.fixture
async def tracer(server):
    """Headers of a tracer who is bounded by nothing."""
    return await users_in.token(server, await users_in.make(server, "an", ["tracer"]), ["tracer"])


@pytest.fixture
def ask(client, tracer):
    async def asked(method, path, status=200, headers=None, **how):
        answer = await client.request(method, path, headers=tracer if headers is None else headers, **how)
        assert answer.status_code == status, answer.text
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer

    return asked


@pytest.fixture
async def case(ask):
    """The id of an open case, of everywhere."""
    return (await ask("POST", "/api/v1/cases", 201, json={**CASE, "ends_ms": utc_ms() + 24 * HOUR_MS}))["id"]


@pytest.fixture
async def me(town):
    await town.place()
    found = await town.person(1)
    await town.visit(found, 0, 120)
    return found


@pytest.fixture
def holes(ask, case, me):
    """The holes of the answer, by code."""

    async def asked(**how):
        from tests.server.tracing.test_cases_web import WHO, answer_to

        found = await answer_to(ask, case, **WHO, **how)
        assert found["question"]["state"] == "done", found["question"]
        by_code = {}
        for one in found["summary"]["holes"]:
            by_code.setdefault(one["code"], []).append(one)
        return by_code

    return asked
