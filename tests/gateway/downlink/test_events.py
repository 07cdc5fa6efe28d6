"""Events are kept, numbered once, given up only where they may be; the file survives what files go through."""

import errno
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.downlink import events as events_file
from gateway.downlink.events import Events
from tests.gateway.deaths import dies_at

BOOT = "aabbccddeeff"


class World:
    def __init__(self, tmp_path: Path) -> None:
        self.path = tmp_path / "events.log"
        self.now_ms = 1_000
        self.open()

    def open(self) -> Events:
        self.events = Events(self.path, BOOT, lambda: self.now_ms)
        return self.events

    async def alert(self, number: int, part: str = "broker") -> None:
        await self.events.put("alert", {"part": part, "state": "down", "reason": f"{number}", "box_id": None})

    async def result(self, number: int, body: object = None) -> None:
        body = {"id": f"{number:012x}", "box_id": "box-1", "name": "identify", "outcome": "done", "body": body}
        await self.events.put("result", body)

    async def offered(self, most: int = 500, most_bytes: int = 10**6) -> list[tuple[int, str]]:
        found = await self.events.offer(most, most_bytes, lambda boot, mono_ms: (mono_ms, mono_ms + 1))
        return [(one.no, str(one.said["body"].get("reason", one.said["body"].get("id")))) for one in found]


@pytest.fixture
def it(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_events_are_numbered_from_one_in_the_order_in_which_they_happened(it: World) -> None:
    for number in range(3):
        await it.alert(number)
    assert await it.offered() == [(1, "0"), (2, "1"), (3, "2")]


async def test_what_was_kept_is_there_after_a_restart_with_the_same_numbers(it: World) -> None:
    await it.alert(1)
    await it.result(2)
    first = await it.offered()
    epoch = it.events.epoch
    it.open()
    assert it.events.epoch == epoch
    assert await it.offered() == first
    assert it.events.holds(f"{2:012x}")
    assert not it.events.holds(f"{3:012x}")


async def test_what_was_confirmed_is_not_said_again_and_the_numbers_go_on(it: World) -> None:
    for number in range(3):
        await it.alert(number)
    await it.offered()
    await it.events.confirm(2)
    it.open()
    await it.alert(3)
    assert await it.offered() == [(3, "2"), (4, "3")]
    assert it.events.waiting == 2


async def test_a_confirmation_of_what_was_never_said_is_refused(it: World) -> None:
    await it.alert(1)
    with pytest.raises(ValueError):
        await it.events.confirm(1)
    assert it.events.waiting == 1


async def test_an_old_confirmation_changes_nothing(it: World) -> None:
    for number in range(3):
        await it.alert(number)
    await it.offered()
    await it.events.confirm(3)
    await it.events.confirm(1)
    assert (it.events.confirmed, it.events.waiting) == (3, 0)


async def test_no_more_is_offered_than_asked_for_but_always_one(it: World) -> None:
    for number in range(10):
        await it.result(number, "x" * 1000)
    assert len(await it.offered(4)) == 4
    assert len(await it.offered(500, 3_500)) == 3
    assert len(await it.offered(500, 1)) == 1


async def test_the_instant_of_an_event_is_known_when_it_is_said(it: World) -> None:
    await it.alert(1)
    await it.events.put("alert", {"part": "x", "state": "y", "reason": "z", "box_id": None}, (5, 6))
    it.now_ms = 9_000
    unknown = await it.events.offer(9, 9999, lambda boot, mono_ms: None)
    assert [one.said["at_ms"] for one in unknown] == [None, [5, 6]]
    known = await it.events.offer(9, 9999, lambda boot, mono_ms: (mono_ms, mono_ms + 7) if boot == BOOT else None)
    assert [one.said["at_ms"] for one in known] == [[1_000, 1_007], [5, 6]]
    assert known[0].said.keys() == {"no", "kind", "at_ms", "body"}


async def test_what_was_added_is_on_the_disk_after_a_flush_and_its_place_is_behind_what_was_put(it: World) -> None:
    it.events.add("enrolled", {"box_id": "box-9"})
    assert it.events.news.is_set()
    assert it.events.waiting == 1
    await it.events.flush()
    await it.events.flush()
    it.open()
    assert [one.said["kind"] for one in await it.events.offer(9, 9999, lambda *_: None)] == ["enrolled"]


@pytest.mark.parametrize(
    "reason", ["Hộp số 5 không trả lời", "\ud800 half", "\x00\x1f", '"\\\n', "x" * 10_000, "\u2028\r\n\x85"]
)
async def test_any_text_comes_back_as_it_can_be_said(it: World, reason: str) -> None:
    await it.events.put("alert", {"part": "x", "state": "y", "reason": reason, "box_id": None})
    it.open()
    (found,) = await it.events.offer(9, 10**6, lambda *_: None)
    assert found.said["body"]["reason"] == reason.encode(errors="replace").decode()
    assert not it.events.was_damaged


async def test_an_event_of_no_kind_is_refused(it: World) -> None:
    with pytest.raises(ValueError):
        await it.events.put("gossip", {})


async def test_a_body_that_no_report_could_carry_is_cut(it: World) -> None:
    await it.result(1, "\x01" * 300_000)
    await it.result(2, {"x": "y" * 300_000})
    found = await it.events.offer(9, 10**9, lambda *_: None)
    assert set(found[0].said["body"]["body"]) == {"\x01"}
    assert found[1].said["body"]["body"] is None
    assert max(one.size for one in found) < 280_000


# --- bounds


async def test_the_oldest_alerts_become_one_and_no_result_is_given_up(it: World, monkeypatch) -> None:
    monkeypatch.setattr(events_file, "MOST", 40)
    monkeypatch.setattr(events_file, "MERGE", 10)
    for number in range(100):
        await it.alert(number)
        if number % 10 == 0:
            await it.result(number)
    it.open()
    found = await it.events.offer(500, 10**6, lambda *_: (1, 2))
    assert len(found) <= 40
    bodies = [one.said["body"] for one in found]
    assert [body["id"] for body in bodies if "id" in body] == [f"{number:012x}" for number in range(0, 100, 10)]
    merged = [body for body in bodies if body.get("state") == "merged"]
    assert merged[0]["reason"].startswith(f"{100 - sum(body.get('part') == 'broker' for body in bodies)} alerts in one")
    assert "broker down" in merged[0]["reason"]
    assert bodies[-1]["reason"] == "99"


async def test_what_was_offered_keeps_its_number_and_bytes_however_many_come(it: World, monkeypatch) -> None:
    monkeypatch.setattr(events_file, "MOST", 20)
    monkeypatch.setattr(events_file, "MERGE", 5)
    for number in range(10):
        await it.alert(number)
    first = await it.offered(5)
    for number in range(10, 60):
        await it.alert(number)
    assert (await it.offered())[:5] == first
    numbers = [number for number, _ in await it.offered()]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_results_that_find_no_room_are_refused_and_are_not_half_there(it: World, monkeypatch) -> None:
    monkeypatch.setattr(events_file, "MOST_BYTES", 5_000)
    for number in range(8):
        await it.result(number, "x" * 400)
    with pytest.raises(OSError) as why:
        await it.result(9, "x" * 1_400)
    assert why.value.errno == errno.ENOSPC
    it.open()
    assert it.events.waiting == 8


async def test_alerts_that_cannot_be_put_down_wait_bounded_and_the_newest_stay(it: World, monkeypatch) -> None:
    monkeypatch.setattr(events_file, "MOST_PENDING", 3)
    for number in range(5):
        it.events.add("alert", {"part": "x", "state": "y", "reason": f"{number}", "box_id": None})
    assert it.events.dropped == 2
    await it.events.flush()
    assert [reason for _, reason in await it.offered()] == ["2", "3", "4"]


async def test_a_full_disk_refuses_and_takes_up_again(it: World, monkeypatch) -> None:
    await it.alert(1)
    real = os.fsync

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    it.events.add("alert", {"part": "x", "state": "y", "reason": "2", "box_id": None})
    for _ in range(3):
        with pytest.raises(OSError):
            await it.events.flush()
    with pytest.raises(OSError):
        await it.result(9)
    monkeypatch.setattr(os, "fsync", real)
    await it.events.flush()
    it.open()
    assert await it.offered() == [(1, "1"), (2, "2")]


async def test_a_long_life_leaves_a_small_file(it: World) -> None:
    for round_ in range(30):
        for number in range(50):
            it.events.add("alert", {"part": "x", "state": "y", "reason": f"{round_} {number}", "box_id": None})
        await it.events.flush()
        await it.events.confirm((await it.offered())[-1][0])
    assert it.path.stat().st_size < 200_000
    assert it.events.confirmed == 1_500
    it.open()
    await it.alert(1)
    assert await it.offered() == [(1_501, "1")]


# --- damage


async def damaged(it: World, change) -> None:
    for number in range(5):
        await it.alert(number)
    await it.offered(2)
    it.path.write_bytes(change(it.path.read_bytes()))


async def test_a_line_that_a_power_cut_tore_is_no_event_and_no_damage(it: World) -> None:
    await damaged(it, lambda data: data + b'01234567 {"kind":"ale')
    epoch = it.events.epoch
    it.open()
    assert (it.events.epoch, it.events.was_damaged, it.events.waiting) == (epoch, False, 5)
    await it.alert(9)
    it.open()
    assert [number for number, _ in await it.offered()] == [1, 2, 3, 4, 5, 6]


async def test_room_that_was_never_written_is_no_damage(it: World) -> None:
    await damaged(it, lambda data: data + b"\0" * 4096)
    it.open()
    assert (it.events.was_damaged, it.events.waiting) == (False, 5)


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda data: data.replace(b'"1"', b'"7"'), 4),
        (lambda data: b"\xff" + data[1:], 5),
        (lambda data: data[data.index(b"\n") + 1 :], 5),
        (lambda data: b"", 0),
        (lambda data: b"nothing of ours\n", 0),
        (lambda data: data.replace(b"\n", b"\r"), 0),
    ],
    ids=["a bit", "the first line", "no first line", "empty", "another file", "no lines"],
)
async def test_damage_begins_a_new_epoch_with_what_can_be_read_and_says_so(it: World, change, left: int) -> None:
    await damaged(it, change)
    was_empty = not it.path.read_bytes()
    epoch = it.events.epoch
    it.open()
    assert it.events.epoch != epoch
    assert it.events.was_damaged == (not was_empty)
    assert it.events.waiting == left + (not was_empty)
    if not was_empty:
        assert f"{left} of them could be read" in (await it.offered())[-1][1]
    again = it.events.epoch
    it.open()
    assert (it.events.epoch, it.events.waiting) == (again, left + (not was_empty))


async def test_an_event_that_was_offered_and_is_gone_is_damage(it: World) -> None:
    for number in range(3):
        await it.alert(number)
    before = it.path.read_bytes()
    await it.offered()
    lines = it.path.read_bytes().splitlines(keepends=True)
    assert before == b"".join(lines[:-1])
    it.path.write_bytes(b"".join([*lines[:2], lines[-1]]))
    it.open()
    assert it.events.was_damaged
    assert it.events.waiting == 2


async def test_a_thousand_flipped_bits_and_truncations_never_stop_it_and_never_make_an_event_up(it: World) -> None:
    for number in range(20):
        await it.alert(number)
    await it.offered(7)
    await it.events.confirm(3)
    good = it.path.read_bytes()
    known = {f"{number}" for number in range(20)}
    for seed in range(1_000):
        dice = random.Random(seed)
        data = bytearray(good)
        if dice.random() < 0.3:
            del data[dice.randrange(len(data)) :]
        for _ in range(dice.randrange(3)):
            if data:
                data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        it.path.write_bytes(data)
        found = [reason for _, reason in await it_offered(it)]
        assert {reason for reason in found if "damaged" not in reason} <= known
        assert len(found) == len(set(found))


async def it_offered(it: World) -> list[tuple[int, str]]:
    it.open()
    return await it.offered()


# --- the server was set back; an event that it cannot take


async def test_a_new_epoch_has_what_waits_under_new_numbers(it: World) -> None:
    for number in range(4):
        await it.alert(number)
    await it.offered()
    await it.events.confirm(2)
    epoch = it.events.epoch
    await it.events.begin_anew()
    it.open()
    assert it.events.epoch != epoch
    assert await it.offered() == [(1, "2"), (2, "3")]


async def test_an_emptied_event_keeps_its_number_and_says_which_it_was(it: World) -> None:
    await it.result(1, "x" * 100)
    await it.alert(2)
    assert await it.events.blunt()
    assert not await it.events.blunt()
    it.open()
    (first, _) = await it.events.offer(9, 10**6, lambda *_: None)
    assert first.said["body"] == {
        "box_id": "box-1",
        "id": f"{1:012x}",
        "name": "identify",
        "outcome": "done",
        "body": None,
    }


# --- deaths

SCRIPT = """
import asyncio, sys
from pathlib import Path
from gateway.downlink.events import Events

async def main():
    events = Events(Path(sys.argv[1]), "aabbccddeeff", lambda: 1)
    number = events.confirmed + events.waiting
    while True:
        await events.put("result", {"id": f"{number:012x}", "n": number})
        print(number, flush=True)
        number += 1
        if number % 7 == 0:
            found = await events.offer(5, 10**6, lambda *_: None)
            await events.confirm(found[-1].no)

asyncio.run(main())
"""


def test_a_killed_process_has_every_result_that_it_was_told_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "events.log"
    told = -1
    for seed in range(4):
        process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(60 + random.Random(seed).randrange(60)):
            line = process.stdout.readline()
            told = int(line)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        told = int(rest[-1]) if rest else told
        process.wait()
        events = Events(path, BOOT, lambda: 1)
        assert not events.was_damaged
        assert events.confirmed + events.waiting >= told + 1


async def test_a_death_at_any_step_of_writing_anew_leaves_the_old_file_or_the_new(it: World, monkeypatch) -> None:
    monkeypatch.setattr(events_file, "CUT_OFF", 1)
    for number in range(5):
        await it.result(number)
    await it.offered(3)
    good, epoch = it.path.read_bytes(), it.events.epoch
    step, died = 0, True
    while died:
        it.path.write_bytes(good)
        died = dies_at(step, lambda: it.events._confirm(2))
        after = it.open()
        assert (after.epoch, after.was_damaged) == (epoch, False)
        assert after.confirmed in (0, 2)
        assert after.confirmed + after.waiting == 5
        it.path.write_bytes(good)
        it.open()
        step += 1
    assert step > 4
