"""Wish and status are compared until both agree; a command is answered once or expires; the disk may refuse."""

import asyncio
import contextlib
import json

import pytest

from firmware.wire.command import Result
from firmware.wire.update import Want
from gateway.downlink.downlink import AGAIN_MS, LINGER_MS, Downlink, Limits
from gateway.downlink.pace import Waits
from gateway.downlink.store import Store
from tests.gateway.brokers import eventually
from tests.gateway.fleet import bundle, fleet_key

BOX, BOOT = "box-a", "aabbccddeeff"
WAITS = Waits(first_ms=1_000, longest_ms=4_000, least_ms=200)


class World:
    """A downlink with a real store, a voice that is written down, and boxes that say what a test wants."""

    def __init__(self, tmp_path) -> None:
        self.now_ms = 1_000_000
        self.goes = True
        self.said: list = []
        self.statuses: dict = {}
        self.tmp_path = tmp_path
        self.store = Store(tmp_path / "downlink", fleet_key().modulus)
        self.new()
        self.is_there()

    def new(self) -> None:
        """A gateway that was started anew."""
        limits = Limits(0.02, WAITS, 1000.0)
        store = Store(self.tmp_path / "downlink", fleet_key().modulus)
        self.downlink = Downlink(
            store, self, lambda: self.statuses, lambda: self.said.append("beacon"), BOOT, lambda: self.now_ms, limits
        )

    def is_there(self, box_id: str = BOX, session: int = 1, state: str = "online", **more) -> None:
        self.statuses[box_id] = {"box_id": box_id, "state": state, "boot": 1, "session": session} | more

    def bundle(self, version: int) -> None:
        self.store.add(bundle(self.tmp_path / f"v{version}", version))

    def order(self, within_ms: int = 60_000, box_id: str = BOX, boot: str = BOOT, name: str = "identify"):
        return self.store.order(box_id, name, "", boot, self.now_ms + within_ms)

    def answers(self, order, outcome: str = "done", body: bytes = b"{}", **changes) -> str | None:
        return self.downlink.on_result(Result(order.box_id, order.id, outcome, 1, 1, body)._replace(**changes))

    async def looks(self, for_ms: int = 0, every_ms: int = 100) -> list:
        """What is said in that time."""
        begin = len(self.said)
        end_ms = self.now_ms + for_ms
        await self.downlink.look()
        while self.now_ms < end_ms:
            self.now_ms += every_ms
            await self.downlink.look()
        return self.said[begin:]

    # --- the voice

    def command(self, one) -> bool:
        self.said.append(one)
        return self.goes

    settings = offer = piece = command

    def flush(self) -> None: ...


@pytest.fixture
def it(tmp_path):
    return World(tmp_path)


async def test_nothing_wished_is_nothing_said(it):
    assert await it.looks(10_000) == []


# --- settings


async def test_settings_are_sent_less_and_less_often_until_the_box_names_them(it):
    wished = it.store.wish(BOX, b"{}")
    assert await it.looks(8_000) == [wished] * 4
    it.is_there(settings_version=wished.version)
    assert await it.looks(20_000) == []


async def test_a_box_that_names_another_version_higher_or_lower_gets_the_wished_one(it):
    wished = it.store.wish(BOX, b"{}", 6)
    for version in (6, 8):
        it.is_there(session=version, settings_version=version)
        it.now_ms += WAITS.least_ms
        assert await it.looks() == [wished]


async def test_a_refused_version_is_not_sent_again_but_the_next_is(it):
    first = it.store.wish(BOX, b"{}")
    await it.looks()
    it.is_there(settings_version=0, settings_refused={"version": first.version, "code": "config_value", "key": "marks"})
    assert await it.looks(20_000) == []
    assert it.downlink.refusing() == [f"{BOX}: settings {first.version}: config_value marks"]
    assert it.downlink.behind() == {"settings": 1, "firmware": 0}
    second = it.store.wish(BOX, b'{"a":1}')
    assert await it.looks() == [second]
    assert it.downlink.refusing() == []


@pytest.mark.parametrize("strange", ["x", {"version": "1"}, {"version": True}, {}, [], {"version": 99}])
async def test_a_refusal_that_is_none_hides_nothing(it, strange):
    wished = it.store.wish(BOX, b"{}")
    it.is_there(settings_refused=strange)
    assert await it.looks() == [wished]


async def test_nothing_is_sent_to_a_box_that_is_not_there(it):
    it.store.wish(BOX, b"{}")
    it.order()
    it.is_there(state="gone")
    assert await it.looks(5_000) == []
    it.statuses.clear()
    assert await it.looks(5_000) == []


async def test_a_box_that_comes_again_gets_it_again_at_once(it):
    wished = it.store.wish(BOX, b"{}")
    await it.looks(5_000)
    it.is_there(session=2)
    assert await it.looks() == [wished]


async def test_what_did_not_go_is_due_at_once(it):
    wished = it.store.wish(BOX, b"{}")
    it.goes = False
    assert len(await it.looks(500)) > 3
    assert it.downlink.sent["settings"] == 0
    it.goes = True
    assert await it.looks(500) == [wished]
    assert it.downlink.sent["settings"] == 1


async def test_one_boxs_settings_go_to_no_other(it):
    it.is_there("box-b")
    wished = it.store.wish(BOX, b"{}")
    assert await it.looks() == [wished]


# --- firmware


async def test_firmware_is_offered_until_the_box_runs_it(it):
    it.bundle(7)
    assert await it.looks() == []
    it.store.want(7)
    offers = await it.looks(2_500)
    assert [offer[:2] for offer in offers] == [(BOX, 7)] * 2
    found = it.downlink.wishes.bundles[7]
    assert offers[0][2:] == (found.manifest_bytes, found.manifest_sha256)
    assert it.downlink.behind()["firmware"] == 1
    it.is_there(firmware_version=7)
    assert await it.looks(10_000) == []
    assert it.downlink.behind()["firmware"] == 0


async def test_refused_firmware_is_not_offered_again_and_the_one_before_is(it):
    for version in (7, 8):
        it.bundle(version)
        it.store.want(version)
    it.is_there(firmware_version=7, firmware_refused={"version": 8, "code": "went_back", "detail": "x"})
    assert await it.looks(10_000) == []
    assert it.downlink.refusing() == [f"{BOX}: firmware 8: went_back"]
    it.is_there(firmware_version=8)
    it.store.back()
    assert [offer.version for offer in await it.looks()] == [7]


async def test_a_box_in_safe_mode_is_offered_the_version_that_its_safe_mode_is_of(it):
    it.bundle(7)
    it.store.want(7)
    it.is_there(firmware_version=7, mode="safe")
    assert [offer.version for offer in await it.looks()] == [7]
    assert it.downlink.behind()["firmware"] == 1


async def test_where_none_is_wished_any_more_the_offer_is_taken_back_once_per_connection(it):
    it.bundle(7)
    it.store.want(7)
    await it.looks()
    it.store.want(0)
    assert [offer[1:] for offer in await it.looks(20_000)] == [(0, 0, "")]
    it.is_there(session=2)
    assert [offer[1:] for offer in await it.looks(20_000)] == [(0, 0, "")]
    it.store.want(7)
    assert [offer.version for offer in await it.looks()] == [7]


async def test_one_box_may_have_another_than_all(it):
    it.is_there("box-b")
    for version in (7, 8):
        it.bundle(version)
    it.store.want(7)
    it.store.want(8, "box-b")
    assert {(offer.box_id, offer.version) for offer in await it.looks()} == {(BOX, 7), ("box-b", 8)}


async def test_a_bundle_that_rotted_is_offered_to_nobody(it):
    it.bundle(7)
    it.store.want(7)
    (it.tmp_path / "downlink/firmware/7/manifest").write_bytes(b"rot")
    assert await it.looks(5_000) == []
    assert it.downlink.damaged == ["7"]


# --- commands


async def test_a_command_goes_behind_a_beacon_until_it_is_answered(it):
    order = it.order()
    said = await it.looks(2_500)
    assert said == ["beacon", order.on_the_wire(), "beacon", order.on_the_wire()]
    assert it.answers(order, body=b'{"light":"on"}') is None
    assert await it.looks(5_000) == []
    assert it.store.result(order.id)["said"] == {"light": "on"}
    assert it.downlink.outcomes == {"done": 1}
    assert it.answers(order, body=b'{"light":"off"}') is None
    await it.looks()
    assert it.store.result(order.id)["said"] == {"light": "on"}


@pytest.mark.parametrize("outcome", ["done", "refused", "failed", "interrupted"])
async def test_whatever_the_outcome_it_is_the_end_of_it(it, outcome):
    order = it.order()
    await it.looks()
    it.answers(order, outcome, b'{"code":"argument"}')
    assert await it.looks(10_000) == []
    assert it.store.result(order.id)["outcome"] == outcome


@pytest.mark.parametrize("code", ["no_beacon", "busy"])
async def test_what_the_box_could_not_do_just_now_it_is_told_again_soon(it, code):
    order = it.order()
    await it.looks()
    it.answers(order, "refused", b'{ "code" : "%s" }' % code.encode())
    assert len(await it.looks(AGAIN_MS - 100)) == 0
    assert order.on_the_wire() in await it.looks(200)
    assert it.store.result(order.id) is None
    it.answers(order, "done")
    await it.looks()
    assert it.store.result(order.id)["outcome"] == "done"


async def test_a_deadline_ends_it_and_nothing_is_sent_from_then_on(it):
    order = it.order(within_ms=1_500)
    await it.looks(1_400)
    assert await it.looks(30_000) == []
    assert it.store.result(order.id)["outcome"] == "expired"
    assert it.downlink.outcomes == {"expired": 1}


async def test_an_answer_that_was_under_way_counts_more_than_the_deadline(it):
    order = it.order(within_ms=1_500)
    await it.looks(3_000)
    it.answers(order, "done", b'{"late":true}')
    await it.looks()
    assert it.store.result(order.id)["outcome"] == "done"
    assert it.store.wishes().orders == {}


async def test_a_refusal_for_the_deadline_is_no_reason_to_ask_again(it):
    order = it.order(within_ms=500)
    await it.looks(600)
    it.answers(order, "refused", b'{"code":"no_beacon"}')
    assert await it.looks(5_000) == []
    assert it.store.result(order.id)["outcome"] == "refused"


async def test_one_that_nobody_answers_is_forgotten_and_its_end_is_kept(it):
    order = it.order(within_ms=1_000)
    await it.looks(1_100)
    assert order.id in it.store.wishes().orders
    it.new()
    await it.looks(LINGER_MS + 2_000, 50_000)
    assert it.store.wishes().orders == {}
    assert it.store.result(order.id)["outcome"] == "expired"
    assert it.answers(order) == "unknown_command"


async def test_one_from_before_a_restart_of_the_machine_has_expired(it):
    order = it.order(boot="0123456789ab")
    assert await it.looks(2_000) == []
    assert it.store.result(order.id)["outcome"] == "expired"
    assert it.store.wishes().orders == {}


async def test_a_gateway_that_was_started_anew_asks_again_and_takes_the_answer(it):
    order = it.order()
    await it.looks()
    it.new()
    assert order.on_the_wire() in await it.looks()
    it.answers(order)
    await it.looks()
    assert it.store.result(order.id)["outcome"] == "done"


@pytest.mark.parametrize(
    "wrong, reason",
    [
        ({"id": "ffffffffffff"}, "unknown_command"),
        ({"box_id": "box-b"}, "unknown_command"),
        ({"part": 2, "parts": 2}, "order"),
    ],
)
async def test_a_wrong_answer_changes_nothing(it, wrong, reason):
    order = it.order()
    await it.looks()
    assert it.answers(order, **wrong) == reason
    await it.looks()
    assert it.store.result(order.id) is None
    assert it.downlink.outcomes == {}


async def test_a_thousand_answers_at_once_are_one(it):
    order = it.order()
    await it.looks()
    for _ in range(1_000):
        assert it.answers(order) is None
    await it.looks()
    assert it.downlink.outcomes == {"done": 1}
    assert len(list((it.tmp_path / "downlink/results").iterdir())) == 1


# --- the task


@contextlib.asynccontextmanager
async def running(it):
    task = asyncio.create_task(it.downlink.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_the_disk_refuses_is_named_and_done_when_it_works_again(it):
    order = it.order()
    async with running(it):
        await eventually(lambda: order.on_the_wire() in it.said)
        results = it.tmp_path / "downlink" / "results"
        results.write_text("no folder")
        it.answers(order)
        await eventually(lambda: it.downlink.trouble)
        results.unlink()
        await eventually(lambda: it.downlink.trouble is None)
        await eventually(lambda: it.store.result(order.id))
    assert it.downlink.outcomes == {"done": 1}


async def test_a_wish_and_a_status_are_noticed_within_a_moment_and_pieces_are_served(it):
    it.bundle(7)
    async with running(it):
        wished = it.store.wish(BOX, b"{}")
        await eventually(lambda: wished in it.said, timeout_s=2)
        it.store.want(7)
        await eventually(lambda: any(getattr(one, "version", 0) == 7 for one in it.said), timeout_s=2)
        assert it.downlink.on_want(Want(BOX, 7, "manifest", 0, 100)) is None
        assert it.downlink.on_want(Want(BOX, 8, "manifest", 0, 100)) is None
        await eventually(lambda: it.downlink.pieces.sent == 1)
        assert it.downlink.pieces.refused == {"not_wanted": 1}
        it.is_there("box-c")
        it.downlink.on_status()
        await eventually(lambda: [one for one in it.said if getattr(one, "box_id", "") == "box-c"], timeout_s=2)


def test_what_is_kept_of_a_command_is_for_people_too(it):
    order = it.order()
    assert json.loads((it.tmp_path / "downlink/commands" / f"{order.id}.json").read_text())["name"] == "identify"
