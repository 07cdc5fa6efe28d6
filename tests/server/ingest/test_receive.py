"""Reading a batch: each item for itself, under its identity where that is readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.wire.batch import ClockSample
from server.errors import Refused
from server.ingest.receive import receive
from tests.server.rig import (
    BOX,
    EPOCH,
    FOREIGN_BOX,
    GATEWAY,
    NOW_MS,
    OTHER_GATEWAY,
    body,
    lost,
    scan,
    tip,
)

BROKEN = scan(3)[:-4] + b"zzz\n"
NEWER = b"2 scan box-0001 " + EPOCH.encode() + b" 4 something\nelse"


def read(records=(), **more):
    return receive(body(records, **more), GATEWAY, {BOX}, NOW_MS)


def test_items_keep_their_order_their_bytes_and_their_envelope():
    intake = read([scan(2), lost(5, 6), scan(1)], earliest_ms=10, latest_ms=20)
    assert [(one.kind, one.seq, one.earliest_ms, one.latest_ms) for one in intake.items] == [
        ("scan", 2, 10, 20),
        ("lost", 5, 10, 20),
        ("scan", 1, 10, 20),
    ]
    assert [one.raw for one in intake.items] == [scan(2), lost(5, 6), scan(1)]
    assert intake.items[1].lost == (5, 6)


@pytest.mark.parametrize(
    ("raw", "identity", "code", "counts"),
    [
        (BROKEN, (BOX, EPOCH, 3), "crc", True),
        (NEWER, (BOX, EPOCH, 4), "version", True),
        (scan(3)[:-1], (BOX, EPOCH, 3), "length", True),
        (scan(3) + b"\n", (BOX, EPOCH, 3), "length", True),
        (scan(3).replace(b"1 scan", b"1 skan"), (BOX, EPOCH, 3), "word", True),
        (scan(3).replace(b" 3 1 ", b" 03 1 "), (None, None, None), "crc", False),
        (scan(3, box_id="box-0002").replace(b"0002", b"____"), (None, None, None), "crc", False),
        (b"garbage", (None, None, None), "header", False),
        (b"\xff" * 100, (None, None, None), "header", False),
        (scan(3, box_id=FOREIGN_BOX), (FOREIGN_BOX, EPOCH, 3), "box_not_assigned", False),
        (NEWER.replace(b"box-0001", FOREIGN_BOX.encode()), (FOREIGN_BOX, EPOCH, 4), "box_not_assigned", False),
        (lost(3, 4, box_id=FOREIGN_BOX), (FOREIGN_BOX, EPOCH, 3), "box_not_assigned", False),
        (lost(3, 4).replace(b"flash", b"clash"), (BOX, EPOCH, 3), "crc", False),
        (b"2 lost box-0001 " + EPOCH.encode() + b" 0 whatever\n", (BOX, EPOCH, 0), "version", False),
        (b"2 scan box-0001 " + EPOCH.encode() + b" 0 whatever\n", (BOX, EPOCH, 0), "version", False),
    ],
)
def test_what_cannot_be_read_is_bad_with_its_code_and_touches_no_other(raw, identity, code, counts):
    first, bad, last = read([scan(1), raw, scan(2)]).items
    assert (first.kind, last.kind) == ("scan", "scan")
    assert (bad.kind, bad[1:4], bad.code, bad.counts, bad.raw) == ("bad", identity, code, counts, raw)


def test_clocks_and_tips_of_foreign_boxes_are_dropped_and_counted():
    clocks = [ClockSample(BOX, EPOCH, 1, 5, 10, 20), ClockSample(FOREIGN_BOX, EPOCH, 1, 5, 10, 20)]
    intake = read(clocks=clocks, tips=[tip(1, 5), tip(1, 5, box_id=FOREIGN_BOX)])
    assert intake.clocks == clocks[:1]
    assert intake.tips == [tip(1, 5)]
    assert intake.foreign_statements == 2


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "header"),
        (b"no batch\n", "header"),
        (b"2 batch gw-1 1 0\n", "version"),
        (b"1 bitch gw-1 1 0\n", "word"),
        (b"1 batch gw-1 1 1\n", "length"),
        (b"1 batch gw-1 1 0\nmore", "length"),
        (b"1 batch gw-1 1 5001\n", "too_long"),
        (body([scan(1)])[:-1], "length"),
        (body([scan(1)], gateway_id=OTHER_GATEWAY), "gateway_mismatch"),
    ],
)
def test_a_batch_that_is_none_is_refused_as_a_whole(data, code):
    with pytest.raises(Refused) as err:
        receive(data, GATEWAY, {BOX}, NOW_MS)
    assert err.value.code == code


@given(data=st.binary(max_size=500))
def test_random_bytes_are_refused_by_name(data):
    with pytest.raises(Refused):
        receive(data, GATEWAY, {BOX}, NOW_MS)


@given(raw=st.binary(min_size=1, max_size=400))
def test_a_random_record_is_quarantined_and_touches_no_other(raw):
    first, bad, last = read([scan(1), raw, scan(2)]).items
    assert (first.kind, bad.kind, last.kind) == ("scan", "bad", "scan")
    assert bad.raw == raw


@given(at=st.integers(0, 60), flip=st.integers(1, 255))
def test_a_flipped_byte_never_makes_another_scan(at, flip):
    raw = bytearray(scan(77, code=b"0123456789"))
    raw[at % len(raw)] ^= flip
    (item,) = read([bytes(raw)]).items
    assert item.kind == "bad"
