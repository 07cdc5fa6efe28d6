"""Judged anew: what is good now is a scan, the rest stays, nothing comes twice, and the ledger is the ledger."""

import random

import pytest
from sqlalchemy import select

from server.holder.local import LocalHolder
from server.ingest.kept import Which
from server.ingest.receive import decode
from server.ingest.seal import Keys
from server.store import tables
from server.store.shelf import Shelf
from server.web.reception import Reception
from server.web.replays import NOTHING, Replays
from tests.server import sealing
from tests.server.rig import BOX, EPOCH, FOREIGN_BOX, GATEWAY, NOW_MS, OTHER_BOX, body, lost, scan
from tests.server.sealing import NO_KEYS, OTHER_PRIVATE, PRIVATE, opaque, sealed

BROKEN = scan(9)[:-4] + b"zzz\n"


@pytest.fixture
async def shelf(place, tmp_path):
    made = Shelf(place, lambda: NOW_MS)
    made.keys_folder = tmp_path / "keys"
    made.start()
    yield made
    made.close()


def reception(shelf, keys):
    """As the server takes in, with these sealing keys; digests and days' keys are the same whichever they are."""
    holder = LocalHolder(shelf.keys_folder, keys, now_ms=lambda: NOW_MS)
    return Reception(holder, shelf.deriving.seats, None, lambda: NOW_MS)


async def keep(shelf, records, keys=NO_KEYS, boxes=(BOX,), batch_no=1):
    batch = decode(body(records, batch_no=batch_no, earliest_ms=NOW_MS - 9, latest_ms=NOW_MS - 5), GATEWAY)
    intake = await reception(shelf, keys).batch(batch, set(boxes), await shelf.seating())
    return [(one.verdict, one.code) for one in (await shelf.keep(intake)).verdicts]


async def replay(shelf, keys=(PRIVATE,), boxes=(BOX,), which=Which(), limit=3):  # noqa: B008 - a value
    replays = Replays(shelf, reception(shelf, Keys(keys)), lambda gateway_id: frozenset(boxes))
    after_id, done = 0, NOTHING
    while after_id is not None:
        page, after_id = await replays.step(which, after_id, limit)
        done = done.plus(page)
    return done[:4]


async def aside(shelf):
    """What is in quarantine, as who holds the keys sees it."""
    return await reception(shelf, NO_KEYS).plain(await shelf.quarantine(0, 10))


async def codes(shelf):
    return [(one.code, one.seq, one.times) for one in await shelf.quarantine(0, 1000)]


async def numbers(shelf):
    return [
        (row.ledger.box_id, row.account.stored, row.account.quarantined, row.account.missing)
        for row in await shelf.ledgers(None, None, None, 100)
    ]


async def books(shelf):
    rows = await shelf.database.read(lambda connection: connection.execute(select(tables.ledgers)).all())
    return sorted(row[:5] for row in rows)


async def test_with_the_key_sealed_scans_become_scans_with_the_envelope_that_they_came_with(shelf):
    await keep(shelf, [sealed(scan(seq)) for seq in range(1, 8)], batch_no=7)
    assert await numbers(shelf) == [(BOX, 0, 7, 0)]
    assert await replay(shelf) == (7, 7, 0, 0)
    assert await codes(shelf) == []
    assert await numbers(shelf) == [(BOX, 7, 0, 0)]
    found = await shelf.scans(BOX, EPOCH, 0, 100)
    digests = await reception(shelf, NO_KEYS)._holder.digest([scan(seq) for seq in range(1, 8)])
    assert [one.stored.digest for one in found] == digests
    assert {one.stored[5:9] for one in found} == {(GATEWAY, NOW_MS, NOW_MS - 9, NOW_MS - 5)}


async def test_again_changes_nothing(shelf):
    await keep(shelf, [sealed(scan(1)), sealed(scan(2), OTHER_PRIVATE), BROKEN, scan(1, box_id=FOREIGN_BOX)])
    assert await replay(shelf) == (4, 1, 0, 3)
    before = await codes(shelf), await books(shelf)
    assert await replay(shelf) == (3, 0, 0, 3)
    assert (await codes(shelf), await books(shelf)) == before


async def test_without_the_key_everything_stays(shelf):
    await keep(shelf, [sealed(scan(1)), opaque(scan(2), seq=2)])
    assert await replay(shelf, keys=()) == (2, 0, 0, 2)
    assert await codes(shelf) == [("sealed_key", 1, 1), ("sealed_key", 2, 1)]
    assert await numbers(shelf) == [(BOX, 0, 2, 0)]


async def test_what_was_stored_in_the_meantime_is_a_duplicate_and_goes(shelf):
    await keep(shelf, [sealed(scan(1))])
    await keep(shelf, [scan(1)])
    assert await replay(shelf) == (1, 0, 1, 0)
    assert (await codes(shelf), await numbers(shelf)) == ([], [(BOX, 1, 0, 0)])


async def test_what_contradicts_what_is_stored_is_a_conflict_from_now_on(shelf):
    await keep(shelf, [sealed(scan(1, code=b"other"))])
    await keep(shelf, [scan(1)])
    assert await replay(shelf) == (1, 0, 0, 1)
    (found,) = await aside(shelf)
    assert (found.code, found.counts, found.raw) == ("conflict", False, scan(1, code=b"other"))
    (stored,) = await shelf.quarantine(0, 10)
    assert b"other" not in stored.raw
    assert await replay(shelf) == (1, 0, 0, 1)
    assert await codes(shelf) == [("conflict", 1, 1)]
    assert await numbers(shelf) == [(BOX, 1, 0, 0)]


async def test_what_opens_and_cannot_be_read_is_kept_under_its_own_reason(shelf):
    await keep(shelf, [opaque(BROKEN, seq=9), opaque(lost(4, 5).replace(b"flash", b"clash"), seq=4)])
    assert await numbers(shelf) == [(BOX, 0, 2, 7)]
    assert await replay(shelf) == (2, 0, 0, 2)
    assert [(one.code, one.counts, one.raw) for one in await aside(shelf)] == [
        ("crc", True, BROKEN),
        ("crc", False, lost(4, 5).replace(b"flash", b"clash")),
    ]
    assert await numbers(shelf) == [(BOX, 0, 1, 8)]


async def test_the_same_bytes_under_one_reason_are_one_row(shelf):
    await keep(shelf, [opaque(BROKEN, seq=9), opaque(BROKEN, seq=9), BROKEN])
    assert len(await codes(shelf)) == 3
    await replay(shelf)
    assert await codes(shelf) == [("crc", 9, 3)]
    assert await numbers(shelf) == [(BOX, 0, 1, 8)]


async def test_a_box_that_was_given_a_gateway_gets_its_scans(shelf):
    await keep(shelf, [scan(1, box_id=OTHER_BOX), sealed(scan(2, box_id=OTHER_BOX)), lost(3, 4, box_id=OTHER_BOX)])
    assert await numbers(shelf) == []
    assert await replay(shelf, boxes=(BOX, OTHER_BOX)) == (3, 3, 0, 0)
    assert await numbers(shelf) == [(OTHER_BOX, 2, 0, 0)]
    assert await codes(shelf) == []


async def test_a_box_of_another_record_that_an_envelope_held_stays_no_envelope(shelf):
    inner = sealing.counted(scan(3))
    await keep(shelf, [opaque(inner, seq=3)], keys=Keys([PRIVATE]))
    assert await codes(shelf) == [("word", 3, 1)]
    assert await replay(shelf) == (1, 0, 0, 1)
    assert await codes(shelf) == [("word", 3, 1)]


@pytest.mark.parametrize(
    ("which", "left"),
    [
        (Which(code="sealed_key"), 1),
        (Which(code="box_not_assigned"), 2),
        (Which(code="crc"), 2),
        (Which(gateway_id="gw-9"), 2),
        (Which(box_id=OTHER_BOX), 2),
        (Which(box_id=BOX), 1),
        (Which(code="sealed_key", gateway_id=GATEWAY, box_id=BOX), 1),
    ],
)
async def test_only_those_that_are_asked_for_are_judged(shelf, which, left):
    await keep(shelf, [sealed(scan(1)), BROKEN])
    await replay(shelf, which=which)
    assert len(await codes(shelf)) == left


async def test_a_row_that_went_in_between_is_passed_over(shelf):
    await keep(shelf, [sealed(scan(1))])
    rows = await shelf.to_replay(Which(), 0, 10)
    pairs = await reception(shelf, Keys([PRIVATE])).again(rows, lambda gateway_id: frozenset({BOX}))
    assert (await shelf.keep_again(pairs)).accepted == 1
    assert (await shelf.keep_again(pairs)).accepted == 0
    assert await numbers(shelf) == [(BOX, 1, 0, 0)]


async def test_a_ledger_that_disagrees_is_mended_on_the_way(shelf):
    await keep(shelf, [scan(1)])
    await keep(shelf, [sealed(scan(1))])
    await shelf.database.write(lambda connection: connection.execute(tables.ledgers.update().values(stored_spans="-")))
    assert await replay(shelf) == (1, 0, 1, 0)
    assert shelf.disagreed == 1
    assert await numbers(shelf) == [(BOX, 1, 0, 0)]


@pytest.mark.parametrize("seed", range(6))
async def test_the_ledger_after_a_replay_is_the_ledger_rebuilt_and_nothing_is_twice(shelf, seed):
    draw = random.Random(seed)
    boxes = [BOX, OTHER_BOX]
    for batch_no in range(12):
        records = []
        for _ in range(draw.randint(1, 8)):
            raw = scan(draw.randint(1, 30), code=draw.choice([b"a", b"a", b"b"]), box_id=draw.choice(boxes))
            seq, box_id = int(raw.split(b" ")[4]), raw.split(b" ")[2].decode()
            wrapped = [raw, sealed(raw), sealed(raw, OTHER_PRIVATE), opaque(raw[:-2], seq, box_id)]
            records.append(draw.choice([*wrapped, sealing.counted(raw), lost(seq, seq + 1, box_id=box_id)]))
        await keep(shelf, records, boxes=draw.choice([(BOX,), boxes]), batch_no=batch_no)
    for keys in ((), (PRIVATE,), (PRIVATE, OTHER_PRIVATE), (PRIVATE, OTHER_PRIVATE)):
        looked, accepted, duplicate, kept = await replay(shelf, keys=keys, boxes=boxes, limit=draw.randint(1, 9))
        assert looked == accepted + duplicate + kept
        before = await books(shelf)
        await shelf.rebuild()
        assert await books(shelf) == before
    assert {code for code, _, _ in await codes(shelf)} <= {"conflict", "length"}
