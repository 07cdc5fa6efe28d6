"""Records and the messages that carry them, with any content there can be."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firmware.wire import batch, message, record, status
from firmware.wire.errors import WireError
from firmware.wire.record import Lost, Scan

EPOCHS = st.integers(0, 2**48 - 1).map(lambda value: f"{value:012x}")
BOX_IDS = st.from_regex(r"[a-z0-9][a-z0-9-]{2,31}", fullmatch=True)
CODES = st.binary(min_size=1, max_size=3072)
U32 = st.integers(1, 2**32 - 1)
TIMES = st.one_of(st.just((None, None)), st.tuples(st.integers(1, record.UTC_MAX_MS), st.integers(0, 2**32 - 1)))
SCANS = st.builds(
    lambda box_id, epoch, seq, boot, uptime_ms, time, marks, code: Scan(
        box_id, epoch, seq, boot, uptime_ms, *time, marks, code
    ),
    BOX_IDS,
    EPOCHS,
    U32,
    U32,
    st.integers(0, 2**53 - 1),
    TIMES,
    st.sampled_from(["", "dir=in", "dir=out,gate=cong-1", "x="]),
    CODES,
)


@given(SCANS)
def test_a_scan_comes_back_bit_for_bit(scan):
    data = record.encode_scan(scan)
    assert record.decode(data) == scan
    assert len(data) <= record.MAX_RECORD_BYTES
    assert record.identity(data) == (1, "scan", scan.box_id, scan.epoch, scan.seq)


@given(SCANS, st.data())
def test_a_record_with_any_one_byte_changed_is_refused(scan, data):
    good = record.encode_scan(scan)
    at = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != good[at]))
    with pytest.raises(WireError):
        record.decode(good[:at] + bytes([other]) + good[at + 1 :])


@given(SCANS, st.data())
def test_a_record_cut_anywhere_is_refused(scan, data):
    good = record.encode_scan(scan)
    with pytest.raises(WireError):
        record.decode(good[: data.draw(st.integers(0, len(good) - 1))])


@given(st.one_of(st.binary(max_size=600), st.binary(max_size=200).map(lambda tail: b"1 scan " + tail)))
@example(b"1 lost ")
@settings(max_examples=500)
def test_random_bytes_raise_a_wire_error_and_nothing_else(data):
    for decode in (record.decode, record.identity, message.decode_pack, batch.decode, status.decode):
        with pytest.raises(WireError):
            decode(data)
    message.is_pack(data)


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=128), st.integers(0, 2**31))
def test_a_pack_delimits_records_whatever_they_hold(records, last_seq):
    pack = message.Pack("box-000001", "3fa2b1c0d9e8", 1, last_seq, records)
    data = message.encode_pack(pack)
    assert message.is_pack(data)
    assert message.decode_pack(data) == pack


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=300), st.booleans()), max_size=20))
def test_a_batch_delimits_records_whatever_they_hold(content):
    items = [batch.Item(data, 5 if timed else None, 9 if timed else None) for data, timed in content]
    made = batch.Batch("gw-cho-01", 7, items, [], [])
    assert batch.decode(batch.encode(made)) == made


SCAN = Scan("box-000001", "3fa2b1c0d9e8", 1, 1, 0, None, None, "", b"x")


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": b""},
        {"code": b"x" * 3073},
        {"seq": 0},
        {"seq": 2**32},
        {"seq": True},
        {"boot": 0},
        {"uptime_ms": -1},
        {"utc_ms": 5},
        {"bound_ms": 5},
        {"box_id": "Box"},
        {"box_id": "box 1"},
        {"box_id": "hộp-1"},
        {"box_id": "box\n1"},
        {"epoch": "3FA2B1C0D9E8"},
        {"marks": "dir=in out=1"},
        {"marks": "dir"},
    ],
    ids=str,
)
def test_what_could_not_be_read_is_not_written_either(wrong):
    with pytest.raises(WireError) as caught:
        record.encode_scan(SCAN._replace(**wrong))
    assert caught.value.code == "field"


@pytest.mark.parametrize("wrong", [{"seq": 0}, {"last_seq": 2}, {"reason": ""}, {"reason": "a b"}, {"epoch": "x"}])
def test_a_loss_that_is_no_range_is_not_written(wrong):
    with pytest.raises(WireError):
        record.encode_lost(Lost("box-000001", "3fa2b1c0d9e8", 3, 9, "flash")._replace(**wrong))


def test_an_error_names_its_code_and_shows_nothing_of_the_content():
    secret = b"084199012345"
    with pytest.raises(WireError) as caught:
        record.decode(record.encode_scan(SCAN._replace(code=secret))[:-2])
    assert caught.value.code == "length"
    assert "0841" not in str(caught.value)


def test_the_state_of_a_will_is_older_only_by_boot_and_then_session():
    birth = {"boot": 7, "session": 2}
    assert status.is_older({"boot": 7, "session": 1}, birth)
    assert status.is_older({"boot": 6, "session": 9}, birth)
    assert not status.is_older({"boot": 7, "session": 2}, birth)
    assert not status.is_older({"boot": 8, "session": 0}, birth)
