"""What a put keeps, answers for and counts; what a claim gives; what a settle frees. On a real file throughout."""

import asyncio
from pathlib import Path

import pytest

from firmware.wire.ack import Ack
from firmware.wire.record import Lost, encode_lost
from gateway.buffer import Arrival, Buffer, BufferFault, Refused, Sample, Tip
from gateway.buffer.types import Anchor
from tests.gateway.buffer.conftest import SMALL, Clock, Opener
from tests.gateway.buffer.wire import BOOT, EPOCH, arrival, arrivals, lost, opened, pack, scan, sealer

DAY_MS = 86_400_000
TINY = SMALL._replace(segment_bytes=1)
OTHER_EPOCH = "ffffffffffff"


async def records(buffer: Buffer) -> list[bytes]:
    return [opened(held) for held in await buffer.claim(10_000, 1 << 30)]


async def days_pass(buffer: Buffer, clock: Clock) -> None:
    """Long enough for everything that is delivered to go."""
    for _ in range(4):
        clock.now_ms += DAY_MS
        await buffer.tend()


async def settle_all(buffer: Buffer) -> None:
    held = await buffer.claim(10_000, 1 << 30)
    await buffer.settle([one.key for one in held], ["accepted"] * len(held))


# --- put


async def test_a_scan_is_kept_unchanged_with_the_moment_it_came(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    result = await buffer.put([arrival(scan(1), mono_ms=77)])
    assert result.stored == 1
    assert result.acks == [Ack("box-1", EPOCH, 1, 1, [])]
    (held,) = await buffer.claim(10, 10_000)
    assert (opened(held), held.seq, held.received_boot, held.received_mono_ms) == (scan(1), 1, BOOT, 77)
    assert held.scan is not None
    assert (held.scan.boot, held.scan.uptime_ms) == (1, 1001)


@pytest.mark.parametrize("code", [b"\x00", b"\xff" * 3072, b"a\nb\n", bytes(range(256)), "Nguyễn".encode()])
async def test_a_code_of_any_bytes_comes_back_bit_for_bit(open_buffer: Opener, code: bytes) -> None:
    buffer = await open_buffer()
    await buffer.put([arrival(scan(1, code=code)), arrival(pack([scan(2, code=code)]))])
    assert await records(buffer) == [scan(1, code=code), scan(2, code=code)]


async def test_a_pack_keeps_every_record_and_the_statement(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    result = await buffer.put([arrival(pack([scan(7), scan(8)], first_held=7, last_seq=9))])
    assert result.acks == [Ack("box-1", EPOCH, 8, 8, [])]
    assert await buffer.tips() == [Tip("box-1", EPOCH, 7, 9)]


async def test_what_lies_below_a_statement_is_complete_but_not_ours(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    result = await buffer.put([arrival(pack([], first_held=50, last_seq=60))])
    assert result.acks == [Ack("box-1", EPOCH, 49, 49, [])]
    assert (await buffer.stats()).stored == 0


async def test_a_statement_that_is_overtaken_takes_nothing_back(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put([arrival(pack([], first_held=50, last_seq=60))])
    result = await buffer.put([arrival(pack([], first_held=10, last_seq=20))])
    assert result.acks == [Ack("box-1", EPOCH, 49, 49, [])]


async def test_an_ack_names_the_holes(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    result = await buffer.put(arrivals(1, 2, 5, 9))
    assert result.acks == [Ack("box-1", EPOCH, 2, 9, [(3, 4), (6, 8)])]


async def test_each_box_and_epoch_gets_an_ack_of_its_own(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    result = await buffer.put(
        [arrival(scan(1)), arrival(scan(4, epoch=OTHER_EPOCH)), arrival(scan(1, "box-2"), "box-2")]
    )
    assert {(one.box_id, one.epoch, one.complete_to) for one in result.acks} == {
        ("box-1", EPOCH, 1),
        ("box-1", OTHER_EPOCH, 0),
        ("box-2", EPOCH, 1),
    }


async def test_the_same_again_is_a_duplicate_and_is_answered_for_again(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1))
    result = await buffer.put([*arrivals(1), arrival(pack([scan(1), scan(1)]))])
    assert (result.stored, result.duplicates) == (0, 3)
    assert result.acks == [Ack("box-1", EPOCH, 1, 1, [])]
    assert await records(buffer) == [scan(1)]


async def test_the_same_twice_in_one_put_is_kept_once(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    result = await buffer.put([*arrivals(1, 1), arrival(pack([scan(1), scan(2)]))])
    assert (result.stored, result.duplicates) == (2, 2)


async def test_the_same_identity_with_other_bytes_is_a_conflict_and_both_go_to_the_server(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1))
    result = await buffer.put([arrival(scan(1, code=b"forged"))])
    assert (result.conflicts, result.stored) == (1, 1)
    assert result.acks == [Ack("box-1", EPOCH, 1, 1, [])]
    assert await records(buffer) == [scan(1), scan(1, code=b"forged")]
    assert (await buffer.stats()).conflicts == 1


async def test_a_conflict_sent_again_is_a_duplicate(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put([arrival(scan(1)), arrival(scan(1, code=b"forged"))])
    result = await buffer.put([arrival(scan(1, code=b"forged"))])
    assert (result.conflicts, result.duplicates, result.stored) == (0, 1, 0)


async def test_conflicts_beyond_measure_are_counted_and_not_kept(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    result = await buffer.put([arrival(scan(1, code=b"%d" % n)) for n in range(50)])
    assert result.conflicts == 49
    assert result.stored == 8


async def test_conflicts_are_found_in_closed_segments_too(open_buffer: Opener) -> None:
    buffer = await open_buffer(TINY)
    for start in range(1, 100, 7):
        await buffer.put(arrivals(*range(start, start + 7)))
        await buffer.tend()
    assert (await buffer.stats()).segments > 3
    result = await buffer.put([*arrivals(3, 50, 97), arrival(scan(3, code=b"x")), arrival(scan(50, code=b"x"))])
    assert (result.duplicates, result.conflicts) == (3, 2)
    await buffer.close()
    again = await open_buffer()
    result = await again.put([*arrivals(3, 97), arrival(scan(97, code=b"x"))])
    assert (result.duplicates, result.conflicts) == (2, 1)


@pytest.mark.parametrize(
    "broken",
    [
        scan(5)[:-2] + b"!\n",
        scan(5)[:-1],
        scan(5) + b"more",
        b"2 scan box-1 a1b2c3d4e5f6 5 all new\n",
        b"1 scan box-1 a1b2c3d4e5f6 5 garbage",
        b"7 story box-1 a1b2c3d4e5f6 5 \xff\x00",
    ],
    ids=["crc", "short", "long", "version", "garbage", "word"],
)
async def test_a_record_with_an_identity_that_cannot_be_read_is_kept_and_answered_for(
    open_buffer: Opener, broken: bytes
) -> None:
    buffer = await open_buffer()
    result = await buffer.put([arrival(pack([scan(4), broken, scan(6)], first_held=4, last_seq=6))])
    assert (result.unreadable, result.stored, result.quarantined) == (1, 3, 0)
    assert result.acks == [Ack("box-1", EPOCH, 6, 6, [])]
    assert await records(buffer) == [scan(4), broken, scan(6)]


async def test_a_good_record_after_an_unreadable_one_goes_up_as_well(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    broken = scan(1)[:-2] + b"!\n"
    result = await buffer.put([arrival(broken), arrival(scan(1))])
    assert (result.unreadable, result.stored, result.conflicts) == (1, 2, 0)
    assert await records(buffer) == [broken, scan(1)]


async def test_an_unreadable_record_after_a_good_one_is_a_conflict(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    broken = scan(1)[:-2] + b"!\n"
    result = await buffer.put([arrival(scan(1)), arrival(broken)])
    assert (result.conflicts, result.stored) == (1, 2)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "header"),
        (b"\xff" * 100, "header"),
        (b"{}", "header"),
        (b"hello world and more words here\n", "header"),
        (b"1 scan box-1", "header"),
        (b"1 scan box-1 zzzzzzzzzzzz 5 x\n", "header"),
        (b"1 scans box-1", "header"),
        (pack([scan(1)])[:-1], "length"),
        (pack([scan(1)]) + b"x", "length"),
        (b"2 scans box-1 a1b2c3d4e5f6 1 1 0\n", "version"),
        (b"x" * 65_537, "too_long"),
        (b"1 scan box-1 a1b2c3d4e5f6 5 " + b"x" * 60_000, "too_long"),
        (scan(1, "box-2"), "other_box"),
        (pack([scan(1, "box-2")], box_id="box-2"), "other_box"),
        (b"1 scan box-2 a1b2c3d4e5f6 5 garbage", "other_box"),
    ],
)
async def test_what_has_no_identity_of_this_box_is_quarantined_with_its_reason_and_not_answered(
    open_buffer: Opener, payload: bytes, reason: str
) -> None:
    buffer = await open_buffer()
    result = await buffer.put([arrival(payload), *arrivals(1)])
    assert (result.quarantined, result.stored) == (1, 1)
    assert result.acks == [Ack("box-1", EPOCH, 1, 1, [])]
    assert (await buffer.stats()).quarantined == {reason: 1}


async def test_one_record_of_another_box_in_a_pack_stops_none_of_the_others(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    result = await buffer.put([arrival(pack([scan(1), scan(2, "box-2"), scan(3)]))])
    assert (result.stored, result.quarantined) == (2, 1)
    assert result.acks == [Ack("box-1", EPOCH, 1, 3, [(2, 2)])]


async def test_quarantine_is_bounded_and_goes_on_counting(open_buffer: Opener) -> None:
    buffer = await open_buffer(SMALL._replace(quarantine_bytes=10_000))
    result = await buffer.put([arrival(b"\xff" * 1_000) for _ in range(50)])
    assert result.quarantined == 50
    await buffer.close()
    again = await open_buffer(SMALL._replace(quarantine_bytes=10_000))
    await again.put([arrival(b"\xff" * 1_000)])
    stats = await again.stats()
    assert stats.quarantined == {"header": 51}
    assert stats.quarantine_dropped == 51 - 8
    assert stats.file_bytes < 200_000


async def test_what_another_room_refuses_is_quarantined_in_the_same_put(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    result = await buffer.put(arrivals(1), [Refused("tram/1/box/box-1/status", b"{", "json", BOOT, 5)])
    assert (result.stored, result.quarantined) == (1, 1)
    assert (await buffer.stats()).quarantined == {"json": 1}


async def test_a_declaration_of_loss_is_answered_for_and_forwarded(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    result = await buffer.put([*arrivals(1, 2, 6), arrival(lost(3, 5))])
    assert result.acks == [Ack("box-1", EPOCH, 6, 6, [])]
    assert lost(3, 5) in await records(buffer)


async def test_a_scan_that_was_declared_lost_and_comes_after_all_is_kept(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    result = await buffer.put([arrival(lost(1, 5)), *arrivals(1, 3)])
    assert (result.stored, result.conflicts) == (3, 0)
    assert set(await records(buffer)) == {lost(1, 5), scan(1), scan(3)}


@pytest.mark.parametrize("last_seq", [None, 3])
async def test_a_declaration_without_an_end_covers_its_first_number(open_buffer: Opener, last_seq: int | None) -> None:
    buffer = await open_buffer()
    result = await buffer.put([arrival(encode_lost(Lost("box-1", EPOCH, 1, last_seq, "flash")))])
    assert result.acks[0].complete_to == (last_seq or 1)


async def test_the_declaration_that_an_earlier_spool_was_unreadable_is_answered_for(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    result = await buffer.put([arrival(lost(0, 0, epoch=OTHER_EPOCH))])
    assert result.acks == [Ack("box-1", OTHER_EPOCH, 0, 0, [])]
    assert await records(buffer) == [lost(0, 0, epoch=OTHER_EPOCH)]


async def test_a_stream_with_too_many_holes_is_left_unanswered_until_they_are_filled(
    open_buffer: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.buffer.plan.MAX_RANGES", 4)
    monkeypatch.setattr("gateway.buffer.streams.MAX_RANGES", 4)
    buffer = await open_buffer()
    result = await buffer.put(arrivals(1, 3, 5, 7, 9, 11))
    assert (result.stored, result.deferred) == (4, 2)
    assert result.acks[0].highest == 7
    result = await buffer.put(arrivals(2, 4, 6, 8, 9))
    assert (result.stored, result.deferred) == (5, 0)
    assert result.acks[0].complete_to == 9


async def test_a_box_cannot_make_up_epochs_without_end(open_buffer: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.buffer.streams.MAX_EPOCHS", 3)
    buffer = await open_buffer()
    result = await buffer.put([arrival(scan(1, epoch=f"{n:012x}")) for n in range(10)])
    assert (result.stored, result.quarantined, len(result.acks)) == (3, 7, 3)
    assert (await buffer.put(arrivals(1, box_id="box-2"))).stored == 1


async def test_an_empty_put_does_nothing(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    assert (await buffer.put([])).acks == []


async def test_puts_that_overlap_are_each_whole(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await asyncio.gather(*(buffer.put(arrivals(*range(n, n + 10))) for n in range(1, 200, 10)))
    assert (await buffer.stats()).waiting == 200


async def test_a_put_whose_caller_is_cancelled_is_kept_or_not_but_whole(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    task = asyncio.create_task(buffer.put(arrivals(*range(1, 101))))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await buffer.stats()).waiting in (0, 100)
    assert (await buffer.put(arrivals(101))).stored == 1


# --- across restarts


async def test_everything_that_counts_survives_a_restart(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put([*arrivals(1, 2, 5, 2), arrival(pack([], first_held=2, last_seq=9)), arrival(b"junk")])
    await buffer.settle([1], ["accepted"])
    await buffer.park([2], "upload_poison")
    await buffer.close()
    again = await open_buffer()
    assert again.opening.found == "clean"
    assert [held.seq for held in await again.claim(10, 10_000)] == [5]
    assert [held.seq for held in await again.claim_parked(10)] == [2]
    assert await again.tips() == [Tip("box-1", EPOCH, 2, 9)]
    stats = await again.stats()
    assert (stats.duplicates, stats.quarantined, stats.verdicts) == (1, {"header": 1}, {"accepted": 1})
    assert (await again.put(arrivals(3))).acks == [Ack("box-1", EPOCH, 3, 5, [(4, 4)])]


async def test_a_number_whose_row_is_gone_goes_up_again_as_a_new_item(open_buffer: Opener, clock: Clock) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1, 2))
    await settle_all(buffer)
    await days_pass(buffer, clock)
    assert (await buffer.stats()).rows == 0
    result = await buffer.put(arrivals(1))
    assert (result.stored, result.duplicates, result.scans) == (1, 0, [])
    assert result.acks == [Ack("box-1", EPOCH, 2, 2, [])]
    assert await records(buffer) == [scan(1)]


async def test_ids_are_not_given_again_after_everything_is_gone(open_buffer: Opener, clock: Clock) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1, 2, 3))
    await settle_all(buffer)
    await days_pass(buffer, clock)
    await buffer.close()
    again = await open_buffer()
    await again.put(arrivals(4))
    assert [held.key for held in await again.claim(10, 10_000)] == [4]


# --- claim


async def test_live_scans_go_ahead_of_a_backlog_and_both_progress(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put([arrival(pack([scan(seq) for seq in range(1, 101)]))])
    await buffer.put(arrivals(*range(200, 210)))
    held = await buffer.claim(10, 1 << 20)
    assert [one.seq for one in held] == [1, 2, 3, 4, 5, 205, 206, 207, 208, 209]


async def test_a_lane_takes_what_the_other_leaves(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put([arrival(pack([scan(seq) for seq in range(1, 101)])), *arrivals(200)])
    assert [one.seq for one in await buffer.claim(4, 1 << 20)] == [1, 2, 3, 200]


async def test_both_lanes_progress_under_a_limit_of_bytes(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put([arrival(pack([scan(seq) for seq in range(1, 11)])), *arrivals(*range(20, 30))])
    size = len((await buffer.claim(1, 1))[0].record)
    assert [one.seq for one in await buffer.claim(100, 4 * size + 20)] == [1, 2, 28, 29]


async def test_a_claim_gives_one_record_however_small_the_limit(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1, 2))
    assert len(await buffer.claim(10, 1)) == 1


async def test_a_claim_leaves_out_what_it_is_told_to_skip(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put([*arrivals(1, 2), arrival(pack([scan(3), scan(4)]))])
    assert [one.seq for one in await buffer.claim(10, 10_000, {1, 3})] == [2, 4]


async def test_a_claim_takes_nothing_away(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1, 2))
    assert await buffer.claim(10, 10_000) == await buffer.claim(10, 10_000)


# --- settle, park, prune


async def test_settling_frees_exactly_what_was_answered_for(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(*range(1, 11)))
    await buffer.settle([2, 3, 7, 10], ["accepted", "duplicate", "quarantined", "conflict"])
    assert [held.seq for held in await buffer.claim(100, 1 << 20)] == [1, 4, 5, 6, 8, 9]
    assert (await buffer.stats()).verdicts == {"accepted": 1, "conflict": 1, "duplicate": 1, "quarantined": 1}


async def test_settling_twice_changes_nothing(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1, 2, 3))
    for _ in range(2):
        await buffer.settle([2], ["accepted"])
    assert (await buffer.stats()).waiting == 2


@pytest.mark.parametrize("key", [0, -1, 4, 1 << 40])
async def test_settling_a_row_that_was_never_given_is_refused(open_buffer: Opener, key: int) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1, 2, 3))
    with pytest.raises(ValueError):
        await buffer.settle([1, key], ["accepted", "accepted"])
    assert (await buffer.stats()).waiting == 3


async def test_delivered_rows_stay_as_long_as_the_rule_says(open_buffer: Opener, clock: Clock) -> None:
    buffer = await open_buffer(SMALL._replace(keep_delivered_days=2))
    await buffer.put(arrivals(*range(1, 6)))
    clock.now_ms += DAY_MS
    await buffer.tend()
    await settle_all(buffer)
    await buffer.tend()
    clock.now_ms += 2 * DAY_MS - 1
    await buffer.tend()
    assert (await buffer.stats()).rows == 5
    clock.now_ms += 1
    await buffer.tend()
    assert (await buffer.stats()).rows == 0


async def test_a_segment_goes_as_a_whole_and_leaves_no_file(open_buffer: Opener, clock: Clock, tmp_path: Path) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(*range(1, 6)))
    await settle_all(buffer)
    await days_pass(buffer, clock)
    assert sorted(one.name for one in (tmp_path / "buffer").glob("0*")) == [
        "00000002.idx",
        "00000002.seg",
        "00000002.seg-wal",
    ]


async def test_what_is_not_delivered_never_goes_and_keeps_its_segment(open_buffer: Opener, clock: Clock) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1, 2, 3))
    await buffer.settle([2], ["accepted"])
    clock.now_ms += 10**9
    await days_pass(buffer, clock)
    assert await records(buffer) == [scan(1), scan(3)]
    assert (await buffer.stats()).rows == 3


async def test_what_is_delivered_goes_though_something_older_waits(open_buffer: Opener, clock: Clock) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1, 2))
    await buffer.settle([2], ["accepted"])
    clock.now_ms += DAY_MS
    await buffer.tend()
    await buffer.put(arrivals(3, 4))
    await buffer.settle([3, 4], ["accepted"] * 2)
    await days_pass(buffer, clock)
    assert (await buffer.stats()).rows == 2
    await buffer.close()
    again = await open_buffer()
    assert again.opening.found == "clean"
    assert await records(again) == [scan(1)]
    assert (await again.put(arrivals(5))).acks == [Ack("box-1", EPOCH, 5, 5, [])]


async def test_segments_go_one_at_a_time(open_buffer: Opener, clock: Clock) -> None:
    buffer = await open_buffer(TINY)
    for start in range(1, 400, 100):
        await buffer.put([arrival(pack([scan(seq) for seq in range(start, start + 100)]))])
        await buffer.tend()
    await settle_all(buffer)
    await buffer.tend()
    clock.now_ms += 2 * DAY_MS
    rows = []
    for _ in range(4):
        await buffer.tend()
        rows.append((await buffer.stats()).rows)
    assert rows == [300, 200, 100, 0]


async def test_time_without_power_does_not_count_as_kept(open_buffer: Opener, clock: Clock) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1))
    clock.now_ms += DAY_MS
    await buffer.tend()
    await settle_all(buffer)
    await buffer.tend()
    await buffer.close()
    clock.now_ms = 50
    again = await open_buffer(boot="ffffffffffff")
    await again.tend()
    assert (await again.stats()).rows == 1
    clock.now_ms += DAY_MS
    await again.tend()
    assert (await again.stats()).rows == 0


async def test_the_age_of_what_waits_goes_on_across_boots(open_buffer: Opener, clock: Clock) -> None:
    buffer = await open_buffer()
    await buffer.put([arrival(scan(1), mono_ms=1000)])
    clock.now_ms = 61_000
    assert (await buffer.stats()).oldest_waiting_s == 60.0
    await buffer.put([arrival(scan(2), mono_ms=61_000)])
    await buffer.close()
    clock.now_ms = 500
    again = await open_buffer(boot="ffffffffffff")
    assert (await again.stats()).oldest_waiting_s == 60.0
    await again.settle([1, 2], ["accepted"] * 2)
    assert (await again.stats()).oldest_waiting_s == 0.0


async def test_parked_records_wait_aside_and_are_freed_like_others(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1, 2, 3))
    await buffer.park([2], "upload_poison")
    assert [held.seq for held in await buffer.claim(10, 10_000)] == [1, 3]
    stats = await buffer.stats()
    assert (stats.waiting, stats.parked) == (2, 1)
    await buffer.settle([2], ["accepted"])
    stats = await buffer.stats()
    assert (stats.waiting, stats.parked) == (2, 0)


async def test_batch_numbers_rise_across_restarts(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    first = await buffer.take_batch_nos(10)
    await buffer.close()
    again = await open_buffer()
    assert await again.take_batch_nos(1) == first + 10


# --- clocks


async def test_samples_and_anchors_come_back_after_a_restart(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    sample = Sample("box-1", EPOCH, 3, 500, BOOT, 1000, 1010)
    await buffer.add_samples([sample])
    await buffer.add_anchor(Anchor(BOOT, 2000, 1_700_000_000_000, 1_700_000_000_100))
    await buffer.close()
    again = await open_buffer()
    assert await again.samples() == [sample]
    assert await again.anchors() == [Anchor(BOOT, 2000, 1_700_000_000_000, 1_700_000_000_100)]


async def test_samples_of_one_boot_are_bounded_the_newest_stay(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    for n in range(100):
        await buffer.add_samples([Sample("box-1", EPOCH, 3, n, BOOT, n, n)])
    kept = await buffer.samples()
    assert [one.uptime_ms for one in kept] == list(range(68, 100))


# --- refusals


async def test_a_second_gateway_on_the_same_buffer_is_refused(open_buffer: Opener, tmp_path: Path) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1))
    with pytest.raises(BufferFault) as refused:
        await open_buffer()
    assert refused.value.code == "in_use"
    assert (await buffer.put(arrivals(2))).stored == 1


async def test_after_close_every_call_is_refused_by_name(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.close()
    with pytest.raises(BufferFault) as refused:
        await buffer.put(arrivals(1))
    assert refused.value.code == "closed"


async def test_a_folder_that_is_not_there_is_refused_by_name(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(BufferFault) as refused:
        await Buffer.open(tmp_path / "nowhere" / "buffer", boot=BOOT, mono_ms=clock, sealer=sealer())
    assert refused.value.code == "io"


async def test_a_put_tells_the_new_scans_in_the_clear_and_no_other(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1))
    broken = scan(5)[:-2] + b"!\n"
    packed = pack([scan(1), scan(2), scan(1, code=b"forged"), broken, lost(6, 7)])
    result = await buffer.put([arrival(packed, mono_ms=9), arrival(scan(3), mono_ms=10)])
    assert [(one.scan.seq, one.scan.code, one.received_mono_ms, one.is_alone) for one in result.scans] == [
        (2, b"code 2", 9, False),
        (3, b"code 3", 10, True),
    ]


async def test_a_resent_record_whose_key_is_gone_becomes_a_row_for_the_server_to_judge(open_buffer: Opener) -> None:
    buffer = await open_buffer()
    await buffer.put(arrivals(1))
    buffer._store._sealer._digests._known.clear()
    buffer._store._sealer._digests._shelf.destroy("digest-0")
    buffer._store._sealer._digests._day = None
    result = await buffer.put(arrivals(1))
    assert (result.stored, result.duplicates, result.conflicts, result.scans) == (1, 0, 0, [])
    assert await records(buffer) == [scan(1), scan(1)]


async def test_what_is_kept_is_told_without_its_code(open_buffer: Opener) -> None:
    buffer = await open_buffer(TINY)
    await buffer.put([*arrivals(1, 2), arrival(lost(3, 4))])
    await buffer.tend()
    await buffer.put(arrivals(5))
    await buffer.settle([2], ["accepted"])
    kept = await buffer.kept()
    assert [(one.key, one.seq, one.boot, one.uptime_ms, one.is_answered) for one in kept] == [
        (1, 1, 1, 1001, False),
        (2, 2, 1, 1002, True),
        (4, 5, 1, 1005, False),
    ]
    assert [one.seq for one in await buffer.kept(after_key=1, limit=1)] == [2]


async def test_messages_in_quarantine_are_listed_newest_first_and_outlive_their_segment(
    open_buffer: Opener, clock: Clock
) -> None:
    buffer = await open_buffer()
    await buffer.put([*arrivals(1), arrival(b"junk", mono_ms=7), arrival(b"", mono_ms=8)])
    await settle_all(buffer)
    await days_pass(buffer, clock)
    assert (await buffer.stats()).rows == 0
    found = await buffer.quarantined(10)
    assert [(one.received_mono_ms, one.reason, one.length) for one in found] == [(8, "header", 0), (7, "header", 4)]
    assert len(await buffer.quarantined(1)) == 1


def test_an_arrival_is_made_of_what_the_contract_says() -> None:
    assert Arrival._fields == ("box_id", "topic", "payload", "received_boot", "received_mono_ms")
