"""Kept first, acknowledged after, in order; and nothing that comes in can stop it."""

import asyncio
import contextlib
from binascii import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.wire import beacon, command, message, record, status, topics, update
from firmware.wire.ack import Ack
from firmware.wire.beacon import Heard
from firmware.wire.command import Result
from firmware.wire.message import Pack
from firmware.wire.record import Scan
from firmware.wire.ruling import Ruling
from firmware.wire.update import Want
from gateway.mqtt.inbound import Inbound, Keeper, Limits, NotKept, Routes
from gateway.mqtt.session import Delivery
from tests.gateway.brokers import eventually

BOX, EPOCH, BOOT = "box-a", "aabbccddeeff", "0123456789ab"
ACK = Ack(BOX, EPOCH, 1, 1, [])


class World:
    """Everything around Inbound, in the order in which it was called."""

    def __init__(self, **limits: object) -> None:
        self.events: list = []
        self.kept: list = []
        self.refused: list = []
        self.heard: list[Heard] = []
        self.heard_reason: str | None = None
        self.faults: list[NotKept | Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.paused = False
        quick = {"retry_first_s": 0.001, "retry_most_s": 0.002} | limits
        keeper = Keeper(lambda *fields: fields, lambda *fields: fields, self._keep)
        self.statuses: list = []
        self.handed_on: list = []
        self.reason: str | None = None
        routes = Routes(lambda *said: self.statuses.append(said), self._hand_on, self._hand_on)
        limits = Limits()._replace(**quick)
        self.inbound = Inbound(keeper, self, self._send, self._on_heard, BOOT, limits, routes)

    async def _keep(self, arrivals, refused):
        self.events.append("keep")
        await self.gate.wait()
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            return fault
        self.kept += arrivals
        self.refused += refused
        self.events.append("commit")
        return [ACK] if arrivals else []

    def _send(self, acks):
        self.events.append(("acks", acks))

    def _on_heard(self, heard, _received_mono_ms):
        self.heard.append(heard)
        return self.heard_reason

    def _hand_on(self, said):
        self.handed_on.append(said)
        return self.reason

    def ack(self, deliveries):
        self.events.append(("puback", [one.mid for one in deliveries]))

    def flush(self):
        self.events.append("flush")

    def pause(self):
        self.paused = True

    def resume(self):
        self.paused = False

    def offer(self, topic: str, payload: bytes, mid: int = 1) -> None:
        self.inbound.offer(Delivery(1, mid, topic, payload, 5_000))

    @property
    def pubacks(self) -> list[int]:
        return [mid for one in self.events if one[0] == "puback" for mid in one[1]]

    @contextlib.asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.inbound.run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def born(session: int = 1, boot: int = 1, state: str = "online", box_id: str = BOX) -> bytes:
    if state == "gone":
        return status.will(box_id, boot, session)
    return status.encode(
        {
            "box_id": box_id,
            "state": "online",
            "boot": boot,
            "session": session,
            "epoch": EPOCH,
            "uptime_ms": 5,
            "first_held": 3,
            "last_seq": 9,
            "counters": {},
        }
    )


async def test_acknowledgements_come_after_the_commit_and_in_order_of_arrival():
    async with World().running() as it:
        for mid in (7, 3, 9):
            it.offer(topics.scan(BOX), b"x", mid)
        await asyncio.wait_for(it.inbound.drain(), 5)
        assert it.events == ["keep", "commit", ("puback", [7, 3, 9]), ("acks", [ACK]), "flush"]
        assert it.kept[0] == (BOX, topics.scan(BOX), b"x", BOOT, 5_000)


async def test_what_comes_while_a_commit_runs_is_the_next_commit():
    async with World().running() as it:
        it.gate.clear()
        it.offer(topics.scan(BOX), b"first", 1)
        await eventually(lambda: it.events == ["keep"])
        for mid in range(2, 200):
            it.offer(topics.scan(BOX), b"later", mid)
        it.gate.set()
        await asyncio.wait_for(it.inbound.drain(), 5)
        assert it.inbound.counters.commits == 2
        assert it.pubacks == list(range(1, 200))


@pytest.mark.parametrize("limits", [{"commit_messages": 10}, {"commit_bytes": 100}])
async def test_one_commit_is_bounded_in_messages_and_bytes(limits):
    async with World(**limits).running() as it:
        for mid in range(1, 101):
            it.offer(topics.scan(BOX), b"0123456789", mid)
        await asyncio.wait_for(it.inbound.drain(), 5)
        assert it.inbound.counters.commits == 10
        assert it.pubacks == list(range(1, 101))


@pytest.mark.parametrize("limits", [{"hand_messages": 10}, {"hand_bytes": 100}])
async def test_with_enough_in_hand_reading_stops_until_half_of_it_is_gone(limits):
    it = World(commit_messages=1, **limits)
    for mid in range(1, 10):
        it.offer(topics.scan(BOX), b"0123456789", mid)
    assert not it.paused
    it.offer(topics.scan(BOX), b"0123456789", 10)
    assert it.paused
    async with it.running():
        await eventually(lambda: not it.paused)
        assert it.inbound.in_hand <= 6
        await asyncio.wait_for(it.inbound.drain(), 5)
        assert it.inbound.in_hand == it.inbound.in_hand_bytes == 0


async def test_while_nothing_can_be_kept_nothing_is_acknowledged_and_then_everything():
    async with World(retry_first_s=0.03, retry_most_s=0.03).running() as it:
        it.faults = [NotKept("disk_full", "no room")] * 5
        it.offer(topics.scan(BOX), b"x", 4)
        await eventually(lambda: it.inbound.trouble is not None)
        assert it.pubacks == []
        await asyncio.wait_for(it.inbound.drain(), 5)
        assert it.pubacks == [4]
        assert it.inbound.trouble is None
        assert it.inbound.counters.not_kept == {"disk_full": 5}


async def test_a_failure_that_does_not_pass_ends_the_task_without_an_acknowledgement():
    it = World()
    it.faults = [RuntimeError("damaged")]
    it.offer(topics.scan(BOX), b"x", 4)
    with pytest.raises(RuntimeError):
        await asyncio.wait_for(it.inbound.run(), 5)
    assert it.pubacks == []


async def test_a_birth_is_kept_as_a_statement_so_the_box_gets_its_ack():
    async with World().running() as it:
        it.offer(topics.status(BOX), born())
        await asyncio.wait_for(it.inbound.drain(), 5)
        pack = message.decode_pack(it.kept[0][2])
        assert (pack.box_id, pack.epoch, pack.first_held, pack.last_seq, pack.records) == (BOX, EPOCH, 3, 9, [])
        assert ("acks", [ACK]) in it.events


async def test_a_will_is_acknowledged_and_keeps_nothing():
    async with World().running() as it:
        it.offer(topics.status(BOX), born(state="gone"), 8)
        await asyncio.wait_for(it.inbound.drain(), 5)
        assert it.kept == it.refused == []
        assert it.pubacks == [8]
        assert it.inbound.births[BOX]["state"] == "gone"


@pytest.mark.parametrize(
    "boot, session, counts", [(2, 5, True), (2, 6, True), (3, 0, True), (2, 4, False), (1, 9, False)]
)
async def test_a_will_older_than_the_last_birth_is_ignored(boot, session, counts):
    it = World()
    it.offer(topics.status(BOX), born(boot=2, session=5))
    it.offer(topics.status(BOX), born(boot=boot, session=session, state="gone"))
    assert it.inbound.births[BOX]["state"] == ("gone" if counts else "online")
    assert it.inbound.counters.old_wills == int(not counts)


async def test_a_status_that_was_taken_away_is_forgotten():
    it = World()
    it.offer(topics.status(BOX), born())
    it.offer(topics.status(BOX), b"")
    assert it.inbound.births == {}


async def test_an_answer_to_the_beacon_goes_to_the_clock_at_once():
    it = World()
    heard = Heard(BOX, EPOCH, 1, BOOT, 5, 6, 7)
    it.offer(topics.heard(BOX), beacon.encode_heard(heard), 0)
    assert it.heard == [heard]


def result(**changes) -> bytes:
    return command.encode_result(Result(BOX, "0123456789ab", "done", 1, 2, b'{"a":1}')._replace(**changes))


def want(**changes) -> bytes:
    return update.encode_want(Want(BOX, 7, "firmware/a.mpy", 0, 1024)._replace(**changes))


async def test_a_result_and_a_want_are_handed_on_and_acknowledged_and_kept_nowhere():
    async with World().running() as it:
        it.offer(topics.of(BOX, "result"), result(), 6)
        it.offer(topics.of(BOX, "want"), want(), 7)
        await asyncio.wait_for(it.inbound.drain(), 5)
        assert it.handed_on == [
            Result(BOX, "0123456789ab", "done", 1, 2, b'{"a":1}'),
            Want(BOX, 7, "firmware/a.mpy", 0, 1024),
        ]
        assert it.kept == it.refused == []
        assert it.pubacks == [6, 7]
        assert (it.inbound.counters.messages["result"], it.inbound.counters.messages["want"]) == (1, 1)


async def test_what_is_refused_behind_is_set_aside_with_that_reason():
    it = World()
    it.reason = "unknown_command"
    async with it.running():
        it.offer(topics.of(BOX, "result"), result(), 6)
        await asyncio.wait_for(it.inbound.drain(), 5)
        assert it.refused == [(topics.of(BOX, "result"), result(), "unknown_command", BOOT, 5_000)]
        assert it.pubacks == [6]


async def test_a_status_is_told_and_one_that_is_out_of_date_is_not():
    it = World()
    for one in (born(boot=2), born(boot=1, state="gone"), born(boot=2, state="gone"), born(box_id="box-b")):
        it.offer(topics.status(BOX), one)
    assert [(box_id, said["state"]) for box_id, said in it.statuses] == [(BOX, "online"), (BOX, "gone")]


async def test_where_nobody_asked_results_and_wants_are_refused():
    refused = []
    keeper = Keeper(lambda *fields: fields, lambda *fields: refused.append(fields[2]), None)
    inbound = Inbound(keeper, World(), lambda _acks: None, lambda *_: None, BOOT)
    inbound.offer(Delivery(1, 1, topics.of(BOX, "result"), result(), 5))
    inbound.offer(Delivery(1, 2, topics.of(BOX, "want"), want(), 5))
    assert refused == ["nobody_asked", "nothing_offered"]


def recrc(data: bytes) -> bytes:
    """With the checksum that belongs to it."""
    line, _, body = data.partition(b"\n")
    head = line.rpartition(b" ")[0]
    return head + b" %08x\n" % crc32(body, crc32(head)) + body


@pytest.mark.parametrize(
    "payload, reason",
    [
        (b"", "header"),
        (b"\n", "header"),
        (result()[:10], "header"),
        (b"2" + result()[1:], "version"),
        (b"x" + result()[1:], "header"),
        (result().replace(b"result", b"command"), "word"),
        (want(), "word"),
        (result(box_id="box-b"), "other_box"),
        (recrc(result().replace(b"box-a", b"BOX-A")), "field"),
        (recrc(result().replace(b"box-a", b"box-a box-a")), "header"),
        (recrc(result().replace(b"0123456789ab", b"0123456789AB")), "field"),
        (recrc(result().replace(b"0123456789ab", b"0123456789a")), "field"),
        (recrc(result().replace(b"0123456789ab", b"../../../etc")), "field"),
        (recrc(result().replace(b" done ", b" Done ")), "field"),
        (recrc(result().replace(b" done ", b" expired ")), "field"),
        (recrc(result().replace(b" 1 2 ", b" 0 2 ")), "field"),
        (recrc(result().replace(b" 1 2 ", b" 3 2 ")), "field"),
        (recrc(result().replace(b" 1 2 ", b" 1 0 ")), "field"),
        (recrc(result().replace(b" 1 2 ", b" 1 65 ")), "field"),
        (recrc(result().replace(b" 1 2 ", b" 01 2 ")), "field"),
        (recrc(result().replace(b" 1 2 ", b" -1 2 ")), "field"),
        (recrc(result().replace(b" 7 ", b" 8 ")), "length"),
        (recrc(result().replace(b" 7 ", b" 4097 ")), "field"),
        (recrc(result().replace(b'"a"', b'"\xff"')), "field"),
        (result()[:-1], "length"),
        (result() + b"x", "length"),
        (result().replace(b'"a":1', b'"a":2'), "crc"),
        (result().replace(b" done ", b" failed "), "crc"),
        (bytes(100_000), "header"),
    ],
)
async def test_a_result_that_is_none_is_named_set_aside_and_handed_to_nobody(payload, reason):
    async with World().running() as it:
        it.offer(topics.of(BOX, "result"), payload, 6)
        await asyncio.wait_for(it.inbound.drain(), 5)
        assert [one[2] for one in it.refused] == [reason]
        assert it.handed_on == []
        assert it.pubacks == [6]
        assert it.inbound.counters.refused == {reason: 1}


@pytest.mark.parametrize(
    "payload, reason",
    [
        (b"", "header"),
        (want()[:-1], "header"),
        (b"9" + want()[1:], "version"),
        (want().replace(b"want", b"piece"), "word"),
        (result(), "word"),
        (want(box_id="box-b"), "other_box"),
        (want() + b"x", "length"),
        (want().replace(b" 7 ", b" 0 "), "field"),
        (want().replace(b" 7 ", b" 4294967296 "), "field"),
        (want().replace(b" 7 ", b" -7 "), "field"),
        (want().replace(b" 0 1024", b" 0"), "header"),
        (want().replace(b" 0 1024", b" 4294967296 1024"), "field"),
        (want().replace(b" 0 1024", b" 0 0"), "field"),
        (want().replace(b" 0 1024", b" 0 4097"), "field"),
        (want().replace(b" 0 1024", b" 0 1e3"), "field"),
        *[
            (want().replace(b"firmware/a.mpy", path), "field")
            for path in (
                b"../../fleet.key",
                b"/etc/passwd",
                b"firmware//a.mpy",
                b"firmware/.hidden",
                b"firmware/",
                b".",
                b"",
                b"A.mpy",
                b"a" * 65,
                b"a\\b",
                b"a%2e",
                b"a\x00b",
                b"h\xe1\xbb\x99p",
            )
        ],
    ],
)
async def test_a_want_that_is_none_is_named_set_aside_and_handed_to_nobody(payload, reason):
    async with World().running() as it:
        it.offer(topics.of(BOX, "want"), payload, 0)
        await asyncio.wait_for(it.inbound.drain(), 5)
        assert [one[2] for one in it.refused] == [reason]
        assert it.handed_on == []


@pytest.mark.parametrize(
    "topic, payload, reason",
    [
        ("tram/1/box/box-a/other", b"x", "topic"),
        ("tram/1/box/box-a/command", b"x", "topic"),
        ("tram/1/box/box-a/settings", b"x", "topic"),
        ("tram/1/box/box-a/update", b"x", "topic"),
        ("tram/1/box/BOX/scan", b"x", "topic"),
        ("tram/1/box/box-a/ack", b"x", "topic"),
        ("?", b"x", "topic"),
        ("", b"x", "topic"),
        (topics.status(BOX), b"{", "json"),
        (topics.status(BOX), b'{"v":1,', "json"),
        (topics.status(BOX), b'{"v":2,"box_id":"box-a"}', "version"),
        (topics.status(BOX), b'{"v":1,"box_id":"box-a"}', "field"),
        (topics.status(BOX), b'{"v":1,' + b"[" * 4000, "json"),
        (topics.status(BOX), bytes(5000), "too_long"),
        (topics.status(BOX), born(box_id="box-b"), "other_box"),
        (topics.status(BOX), born(box_id="box-b", state="gone"), "other_box"),
        (topics.heard(BOX), b"\xff\xfe", "header"),
        (topics.heard(BOX), b"2 heard x\n", "version"),
        (topics.heard(BOX), b"1 scan x\n", "word"),
        (topics.heard(BOX), beacon.encode_heard(Heard("box-b", EPOCH, 1, BOOT, 5, 6, 7)), "other_box"),
    ],
)
async def test_what_cannot_be_read_is_quarantined_with_its_reason_and_acknowledged(topic, payload, reason):
    async with World().running() as it:
        it.offer(topic, payload, 6)
        it.offer(topics.scan(BOX), b"good", 7)
        await asyncio.wait_for(it.inbound.drain(), 5)
        assert it.refused == [(topic, payload, reason, BOOT, 5_000)]
        assert len(it.kept) == 1
        assert it.pubacks == [6, 7]
        assert it.inbound.counters.refused == {reason: 1}
        assert it.inbound.births == {}


async def test_an_answer_that_the_clock_refuses_is_quarantined():
    it = World()
    it.heard_reason = "heard_from_future"
    async with it.running():
        it.offer(topics.heard(BOX), beacon.encode_heard(Heard(BOX, EPOCH, 1, BOOT, 5, 6, 7)), 0)
        await asyncio.wait_for(it.inbound.drain(), 5)
        assert it.refused[0][2] == "heard_from_future"


async def test_a_bug_in_reading_one_message_costs_that_message_only(monkeypatch):
    monkeypatch.setattr(status, "decode", lambda _payload: 1 // 0)
    async with World().running() as it:
        it.offer(topics.status(BOX), born(), 6)
        it.offer(topics.scan(BOX), b"good", 7)
        await asyncio.wait_for(it.inbound.drain(), 5)
        assert it.refused[0][2] == "fault"
        assert it.pubacks == [6, 7]


TOPICS = st.one_of(st.sampled_from([topics.of(BOX, word) for word in topics.UP_WORDS] + [topics.BEACON]), st.text())
PAYLOADS = st.one_of(
    st.binary(max_size=300),
    st.builds(
        lambda head, rest: head + rest,
        st.sampled_from([b'{"v":1,', b"1 heard ", b"1 scan ", b"1 result ", b"1 want ", born()[:40]]),
        st.binary(max_size=100),
    ),
)


@given(st.lists(st.tuples(TOPICS, PAYLOADS), max_size=30))
def test_whatever_comes_everything_is_acknowledged_and_either_kept_or_refused_or_a_known_form(messages):
    async def go() -> None:
        async with World().running() as it:
            for mid, (topic, payload) in enumerate(messages, 1):
                it.offer(topic, payload, mid)
            await asyncio.wait_for(it.inbound.drain(), 5)
            assert it.pubacks == list(range(1, len(messages) + 1))
            scans = sum(topic == topics.scan(BOX) for topic, _ in messages)
            assert len(it.kept) >= scans
            assert len(it.kept) + len(it.refused) <= len(messages)

    asyncio.run(go())


# --- what the place says


class Judge:
    """Says what it is told to of every scan that it is shown."""

    def __init__(self, world: World, outcome: str | Exception | None = "welcome") -> None:
        self.world, self.outcome, self.asked = world, outcome, []
        routes = Routes(judge=self.judge, ruling=lambda one: world.events.append(("ruling", one)))
        world.inbound._routes = routes

    def judge(self, box_id, payload, received_mono_ms):
        self.asked.append((box_id, payload, received_mono_ms))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return None if self.outcome is None else Ruling(box_id, EPOCH, 4, self.outcome)


SCAN = record.encode_scan(Scan(BOX, EPOCH, 4, 1, 5, None, None, "dir=in", b"x"))


async def test_a_scan_that_comes_alone_is_judged_and_answered_before_it_is_kept():
    world = World()
    judge = Judge(world)
    world.gate.clear()
    async with world.running():
        world.offer(topics.scan(BOX), SCAN)
        await eventually(lambda: "flush" in world.events)
        assert world.events.index(("ruling", Ruling(BOX, EPOCH, 4, "welcome"))) < world.events.index("flush")
        assert "commit" not in world.events
        world.gate.set()
        await world.inbound.drain()
    assert judge.asked == [(BOX, SCAN, 5_000)]
    assert world.pubacks == [1]
    assert world.inbound.counters.rulings == 1


async def test_where_the_place_says_nothing_nothing_is_said():
    world = World()
    judge = Judge(world, None)
    async with world.running():
        world.offer(topics.scan(BOX), SCAN)
        await world.inbound.drain()
    assert len(judge.asked) == 1
    assert not [one for one in world.events if one[0] == "ruling"]
    assert world.inbound.counters.rulings == 0


async def test_a_rule_that_fails_keeps_no_scan_from_being_kept():
    world = World()
    Judge(world, ZeroDivisionError("the rule is wrong"))
    async with world.running():
        world.offer(topics.scan(BOX), SCAN)
        await world.inbound.drain()
    assert [one[2] for one in world.kept] == [SCAN]
    assert world.inbound.counters.judge_faults == 1
    assert world.refused == []


@pytest.mark.parametrize(
    "topic, payload",
    [
        (topics.scan(BOX), message.encode_pack(Pack(BOX, EPOCH, 4, 4, [SCAN]))),
        (topics.scan(BOX), b"2 scan box-a aabbccddeeff 4 new"),
        (topics.scan(BOX), b"1 lost box-a aabbccddeeff 4 4 flash 00000000\n"),
        (topics.scan(BOX), b""),
        (topics.status(BOX), SCAN),
        ("tram/1/box/box-a/other", SCAN),
    ],
)
async def test_packs_and_everything_else_are_not_judged(topic, payload):
    world = World()
    judge = Judge(world)
    async with world.running():
        world.offer(topic, payload)
        await world.inbound.drain()
    assert judge.asked == []
