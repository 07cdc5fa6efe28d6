"""The store: kept together or not at all, and the ledger rebuilt is the ledger counted."""

import asyncio
import random
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from firmware.wire.batch import ClockSample
from server.errors import Refused, Unavailable
from server.ingest.receive import receive
from server.store import ledgers, scans, tables
from server.store.shelf import Shelf
from tests.server.rig import BOX, EPOCH, FOREIGN_BOX, GATEWAY, NOW_MS, OTHER_BOX, body, lost, scan, tip

OTHER_EPOCH = "ffffffffffff"


@pytest.fixture
async def shelf(place):
    made = Shelf(place, lambda: NOW_MS)
    made.start()
    yield made
    made.close()


@pytest.fixture
async def on_sqlite(tmp_path):
    made = Shelf(tmp_path / "server.db", lambda: NOW_MS)
    made.start()
    yield made
    made.close()


def intake(records=(), boxes=(BOX, OTHER_BOX), **more):
    return receive(body(records, **more), GATEWAY, set(boxes), NOW_MS)


async def keep(shelf, records=(), **more):
    found = await shelf.keep(intake(records, **more))
    return [(one.seq, one.verdict, one.code) for one in found.verdicts]


async def dump(shelf):
    """Every ledger as it is stored."""
    rows = await shelf.database.read(lambda connection: connection.execute(select(tables.ledgers)).all())
    return sorted(rows)


async def count(shelf, table):
    return len(await shelf.database.read(lambda connection: connection.execute(select(table)).all()))


async def test_what_was_kept_is_read_back_bit_for_bit_with_its_envelope(shelf):
    code = bytes(range(256))
    await keep(shelf, [scan(7, code=code, marks="dir=in")], batch_no=3, earliest_ms=NOW_MS - 9, latest_ms=NOW_MS - 5)
    (one,) = await shelf.scans(BOX, EPOCH, 0, 10)
    assert one.stored.raw == scan(7, code=code, marks="dir=in")
    assert (one.scan.code, one.scan.marks) == (code, "dir=in")
    assert (one.stored.gateway_id, one.stored.received_ms) == (GATEWAY, NOW_MS)
    assert (one.instant.earliest_ms, one.instant.latest_ms) == (NOW_MS - 9, NOW_MS - 5)


async def test_verdicts_hold_across_batches_and_a_restart(shelf, place):
    await keep(shelf, [scan(1), scan(2)])
    shelf.close()
    again = Shelf(place, lambda: NOW_MS)
    again.start()
    assert await keep(again, [scan(2), scan(1, code=b"other"), scan(3)]) == [
        (2, "duplicate", None),
        (1, "conflict", "conflict"),
        (3, "accepted", None),
    ]
    again.close()


async def test_the_same_conflict_again_adds_no_row_but_counts(shelf):
    await keep(shelf, [scan(1)])
    for _ in range(5):
        assert await keep(shelf, [scan(1, code=b"other")]) == [(1, "conflict", "conflict")]
    (row,) = await shelf.quarantine(0, 10)
    assert (row.code, row.times, row.counts, row.raw) == ("conflict", 5, False, scan(1, code=b"other"))
    await keep(shelf, [scan(1, code=b"a third")])
    assert len(await shelf.quarantine(0, 10)) == 2


async def test_a_foreign_box_is_quarantined_and_has_no_ledger(shelf):
    assert await keep(shelf, [scan(1, box_id=FOREIGN_BOX)]) == [(1, "quarantined", "box_not_assigned")]
    assert await shelf.ledgers(None, None, None, 10) == []
    assert (await shelf.quarantine(0, 10))[0].box_id == FOREIGN_BOX
    assert await keep(shelf, [scan(1, box_id=FOREIGN_BOX)], boxes=[FOREIGN_BOX]) == [(1, "accepted", None)]


async def test_what_has_no_identity_is_kept_without_one(shelf):
    assert await keep(shelf, [b"\x00garbage"]) == [(None, "quarantined", "header")]
    assert (await shelf.quarantine(0, 10))[0][1:4] == (None, None, None)


async def test_concurrent_batches_of_the_same_scans_accept_each_once(shelf):
    records = [scan(seq) for seq in range(1, 101)]
    results = await asyncio.gather(*(keep(shelf, random.sample(records, 60)) for _ in range(20)))
    accepted = [seq for found in results for seq, verdict, _ in found if verdict == "accepted"]
    duplicates = sum(verdict == "duplicate" for found in results for _, verdict, _ in found)
    assert len(accepted) == len(set(accepted))
    assert len(accepted) + duplicates == 20 * 60
    assert await count(shelf, tables.scans) == len(accepted)


async def test_a_job_that_fails_in_a_group_fails_alone(shelf):
    def fails(connection):
        connection.execute(tables.scans.delete())
        raise ValueError("mine alone")

    await keep(shelf, [scan(1)])
    good, bad, other = await asyncio.gather(
        shelf.keep(intake([scan(2)])),
        shelf.database.write(fails),
        shelf.keep(intake([scan(3)])),
        return_exceptions=True,
    )
    assert isinstance(bad, ValueError)
    assert [good.verdicts[0].verdict, other.verdicts[0].verdict] == ["accepted", "accepted"]
    assert await count(shelf, tables.scans) == 3


async def test_too_many_waiting_writers_are_told_that_it_is_busy(place):
    shelf = Shelf(place, lambda: NOW_MS, waiting=2)
    shelf.start()
    results = await asyncio.gather(*(shelf.beat() for _ in range(5)), return_exceptions=True)
    shelf.close()
    assert [getattr(one, "code", None) for one in results] == [None, None, *["store_busy"] * 3]


async def test_a_database_locked_by_another_is_busy_and_nothing_is_kept(tmp_path):
    shelf = Shelf(tmp_path / "server.db", lambda: NOW_MS, busy_timeout_ms=20)
    shelf.start()
    other = sqlite3.connect(tmp_path / "server.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable) as err:
        await keep(shelf, [scan(1)])
    assert err.value.code == "store_busy"
    assert await shelf.scans(BOX, EPOCH, 0, 10) == []
    other.execute("ROLLBACK")
    other.close()
    assert await keep(shelf, [scan(1)]) == [(1, "accepted", None)]
    shelf.close()


async def test_a_full_database_keeps_nothing_of_a_batch_and_goes_on_when_there_is_room(on_sqlite):
    await keep(on_sqlite, [scan(1)])
    await on_sqlite.database.alone(lambda one: one.exec_driver_sql("PRAGMA max_page_count = 40").scalar())
    with pytest.raises(Unavailable) as err:
        await keep(on_sqlite, [scan(seq, code=b"x" * 3000) for seq in range(1, 101)], tips=[tip(1, 200)])
    assert err.value.code == "store_full"
    (row,) = await on_sqlite.ledgers(None, None, None, 10)
    assert (row.account.stored, row.ledger.last_seq) == (1, None)
    assert await count(on_sqlite, tables.scans) == 1
    await on_sqlite.database.alone(lambda one: one.exec_driver_sql("PRAGMA max_page_count = 100000").scalar())
    found = await keep(on_sqlite, [scan(seq, code=b"x" * 3000) for seq in range(2, 101)])
    assert {verdict for _, verdict, _ in found} == {"accepted"}


async def test_after_it_is_closed_it_says_so(shelf):
    shelf.close()
    with pytest.raises(Unavailable) as err:
        await shelf.beat()
    assert err.value.code == "store_failed"


async def test_a_ledger_that_disagrees_with_the_raw_scans_is_mended(shelf):
    await keep(shelf, [scan(1), scan(2)])
    await shelf.database.write(lambda connection: connection.execute(tables.ledgers.delete()) and None)
    assert await keep(shelf, [scan(2), scan(3), scan(1, code=b"other")]) == [
        (2, "duplicate", None),
        (3, "accepted", None),
        (1, "conflict", "conflict"),
    ]
    assert shelf.disagreed == 1
    (row,) = await shelf.ledgers(None, None, None, 10)
    assert row.account.complete_to == 3


async def test_a_ledger_that_claims_a_scan_that_is_not_there_does_not_lose_it(shelf):
    await keep(shelf, [scan(1), scan(2)])
    gone = tables.scans.delete().where(tables.scans.c.seq == 2)
    await shelf.database.write(lambda connection: connection.execute(gone) and None)
    assert await keep(shelf, [scan(2)]) == [(2, "accepted", None)]
    assert len(await shelf.scans(BOX, EPOCH, 0, 10)) == 2


async def test_clock_samples_narrow_what_is_read_and_are_bounded(shelf):
    await keep(shelf, [scan(1, uptime_ms=1000, boot=4)])
    assert (await shelf.scans(BOX, EPOCH, 0, 1))[0].instant.at_ms is None
    start_ms = NOW_MS - 1045
    samples = [
        ClockSample(BOX, EPOCH, 4, 1000 * at, start_ms + 990 * at - 900, start_ms + 1010 * at + 900) for at in range(60)
    ]
    await keep(shelf, clocks=samples)
    await keep(shelf, clocks=[ClockSample(BOX, EPOCH, 4, 1000, NOW_MS - 50, NOW_MS - 40)])
    await keep(shelf, clocks=[ClockSample(BOX, EPOCH, 5, 1000, 1, 2)])
    (one,) = await shelf.scans(BOX, EPOCH, 0, 1)
    assert (one.instant.earliest_ms, one.instant.latest_ms) == (NOW_MS - 50, NOW_MS - 40)
    assert await count(shelf, tables.clocks) <= 17


async def test_pages_of_ledgers_and_scans_join_without_gap_or_double(shelf):
    await keep(shelf, [scan(seq, epoch=epoch) for epoch in (EPOCH, OTHER_EPOCH) for seq in range(1, 6)])
    await keep(shelf, [scan(1, box_id=OTHER_BOX)])
    seen, after = [], None
    while rows := await shelf.ledgers(None, None, after, 1):
        after = (rows[0].ledger.box_id, rows[0].ledger.epoch)
        seen.append(after)
    assert seen == [(BOX, EPOCH), (BOX, OTHER_EPOCH), (OTHER_BOX, EPOCH)]
    assert [one.stored.seq for one in await shelf.scans(BOX, EPOCH, 2, 2)] == [3, 4]
    assert await shelf.epochs(BOX) == [EPOCH, OTHER_EPOCH]


async def test_boxes_that_need_attention_come_first(shelf):
    await keep(shelf, [scan(1), scan(1, box_id=OTHER_BOX), scan(3, box_id=OTHER_BOX)])
    page = await shelf.boxes("", 0, 10, 5)
    assert (list(page.boxes), page.found, page.totals.missing) == ([OTHER_BOX, BOX], 2, 1)
    assert [one.stored.id for one in page.newest] == [3, 2, 1]
    assert list((await shelf.boxes("0002", 0, 10, 5)).boxes) == [OTHER_BOX]
    assert list((await shelf.boxes("%", 0, 10, 5)).boxes) == []


RECORD = st.one_of(
    st.builds(
        scan,
        st.integers(1, 12),
        code=st.sampled_from([b"one", b"two"]),
        box_id=st.sampled_from([BOX, OTHER_BOX, FOREIGN_BOX]),
        epoch=st.sampled_from([EPOCH, OTHER_EPOCH]),
    ),
    st.builds(lambda seq, more: lost(seq, seq + more), st.integers(1, 8), st.integers(0, 3)),
    st.sampled_from([lost(0, 0), lost(5, None), b"garbage"]),
    st.builds(lambda seq: scan(seq)[:-2] + b"?\n", st.integers(1, 12)),
)
TIP = st.builds(lambda first, held: tip(first, first + held), st.integers(1, 12), st.integers(0, 5))
BATCHES = st.lists(st.tuples(st.lists(RECORD, max_size=8), st.lists(TIP, max_size=2)), max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=BATCHES)
async def test_ledgers_rebuilt_from_raw_are_those_that_were_counted(fresh_place, batches):
    shelf = Shelf(fresh_place(), lambda: NOW_MS)
    shelf.start()
    for records, tips in batches:
        await keep(shelf, records, tips=tips)
    counted = await dump(shelf)
    assert await shelf.rebuild() == len(counted)
    assert await dump(shelf) == counted
    spools = {(row.box_id, row.epoch) for row in counted}
    stored = await shelf.database.read(lambda connection: scans.newest(connection, 1000))
    assert {(one.box_id, one.epoch) for one in stored} <= spools
    sums = (await shelf.sums())[0]
    assert sums.stored == len(stored)
    assert sums.accepted == sums.stored + sums.quarantined + sums.declared_lost + sums.waiting + sums.missing
    shelf.close()


async def test_totals_of_nothing_are_zero(shelf):
    assert tuple(await shelf.database.read(lambda one: ledgers.totals(one, NOW_MS))) == (0,) * 9


async def test_a_hole_that_stands_still_becomes_overdue_and_one_that_moves_does_not(place):
    now_ms = NOW_MS
    shelf = Shelf(place, lambda: now_ms)
    shelf.start()

    async def later(records, seconds):
        nonlocal now_ms
        now_ms += seconds * 1000
        await shelf.keep(receive(body(records), GATEWAY, {BOX}, now_ms))
        (row,) = await shelf.ledgers(None, None, None, 10)
        return row.account.missing, (await shelf.sums())[0].overdue

    assert await later([scan(1), scan(3)], 0) == (1, 0)
    assert await later([scan(5)], 50) == (2, 0)
    assert await later([scan(6)], 11) == (2, 2)
    assert await later([scan(2)], 5) == (1, 0)
    assert await later([scan(7)], 61) == (1, 1)
    assert await shelf.rebuild() == 1
    assert (await shelf.sums())[0].overdue == 1
    assert await shelf.boxes_missing(10) == [BOX]
    assert await later([scan(4)], 1) == (0, 0)
    assert await later([scan(9)], 500) == (1, 0)
    shelf.close()


@pytest.mark.parametrize("values", [{"box_id": "a\x00b"}, {"seq": 1 << 70}])
async def test_what_no_database_takes_is_the_senders_fault_and_not_a_mistake_of_ours(shelf, values):
    row = {"box_id": BOX, "epoch": EPOCH, "seq": 1, "raw": b"x", "gateway_id": GATEWAY, "batch_no": 1, "received_ms": 1}
    if "box_id" in values and shelf.database.place.__class__.__name__ != "Cluster":
        values = {"seq": 1 << 70}  # SQLite takes a NUL
    with pytest.raises(Refused, match="field"):
        await shelf.database.write(lambda one: one.execute(tables.scans.insert(), [row | values]))
