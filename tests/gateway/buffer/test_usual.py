"""The shortcut for usual messages takes what the decoder takes, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.wire import message, record
from firmware.wire.errors import WireError
from firmware.wire.message import Pack
from firmware.wire.record import Scan
from gateway.buffer import usual

BOX, EPOCH = "box-a", "aabbccddeeff"
OWNER = BOX.encode()
START = f"1 scan {BOX} {EPOCH} ".encode()
USUAL = st.builds(
    Scan,
    st.just(BOX),
    st.just(EPOCH),
    st.integers(1, 999_999_999),
    st.integers(1, 999_999_999),
    st.integers(0, 10**15 - 1),
    st.one_of(st.none(), st.integers(1, 10**14 - 1)),
    st.integers(0, 999_999_999),
    st.sampled_from(["", "dir=in", "a=", "-=-"]),
    st.binary(min_size=1, max_size=3072),
)


def encoded(scan: Scan) -> bytes:
    return bytes(record.encode_scan(scan if scan.utc_ms is not None else scan._replace(bound_ms=None)))


@given(USUAL)
def test_a_usual_record_is_known_by_its_number(scan):
    made = encoded(scan)
    assert usual.scan(OWNER, made) == (EPOCH, scan.seq, [made])
    assert usual.scan(b"box-b", made) is None


@given(USUAL, st.data())
def test_what_was_changed_anywhere_is_taken_only_if_the_decoder_takes_it(scan, data):
    made = bytearray(encoded(scan._replace(code=scan.code[:40])))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(made) - 1))
        how = data.draw(st.sampled_from(["change", "remove", "insert"]))
        new = data.draw(st.sampled_from(b"0123456789 -\n\xff\x00a+_"))
        made[at : at + (how != "insert")] = b"" if how == "remove" else bytes([new])
    _taken_only_if_decoded(bytes(made))


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": 0},
        {"boot": 0},
        {"seq": "01"},
        {"boot": "01"},
        {"uptime": "00"},
        {"seq": "+1"},
        {"seq": "1_0"},
        {"seq": "٣"},
        {"uptime": "-1"},
        {"uptime": ""},
        {"length": "04"},
        {"length": 5},
        {"length": 0},
        {"utc": "5"},
        {"bound": "5"},
        {"marks": ""},
        {"marks": "a=b,a=b"},
    ],
)
def test_a_record_with_a_right_checksum_over_a_wrong_header_is_not_taken(changes):
    fields = {"seq": 1, "boot": 1, "uptime": 5, "utc": "-", "bound": "-", "marks": "-", "length": 4} | changes
    head = START + " ".join(str(value) for value in fields.values()).encode()
    made = head + b" %08x\n" % record.crc32(b"code", record.crc32(head)) + b"code\n"
    assert usual.scan(OWNER, made) is None
    with pytest.raises(WireError):
        record.decode(made)


@pytest.mark.parametrize("data", [b"", b"\n", START, START + b"\n", START + b"1 1 5 - - - 4 00000000\ncode\n"])
def test_what_is_no_record_is_not_taken(data):
    assert usual.scan(OWNER, data) is None


def _taken_only_if_decoded(made: bytes) -> None:
    taken = usual.scan(OWNER, made)
    if taken is not None:
        found = record.decode(made)
        assert isinstance(found, Scan)
        assert (found.box_id, found.epoch, found.seq) == (BOX, *taken[:2])


def packed(first_seq: int, codes: list[bytes], **changes: object) -> bytes:
    records = [encoded(_scan(seq, code)) for seq, code in enumerate(codes, first_seq)]
    last_seq = first_seq + len(codes) - 1
    return bytes(message.encode_pack(Pack(BOX, EPOCH, 1, last_seq, records)._replace(**changes)))


def _scan(seq: int, code: bytes = b"code", **changes: object) -> Scan:
    return Scan(BOX, EPOCH, seq, 1, 5, None, None, "", code)._replace(**changes)


CODES = st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=128)


@given(st.integers(1, 999_999_000), CODES)
def test_a_usual_pack_is_read_as_the_decoder_reads_it(first_seq, codes):
    made = packed(first_seq, codes)
    taken, found = usual.pack(OWNER, made), message.decode_pack(made)
    assert taken == (found.first_held, found.last_seq, (found.epoch, first_seq, found.records))
    assert usual.pack(b"box-b", made) is None


@given(CODES, st.data())
def test_a_pack_that_was_changed_anywhere_is_taken_only_if_the_decoder_takes_all_of_it(codes, data):
    made = bytearray(packed(7, [code[:20] for code in codes[:4]]))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(made) - 1))
        how = data.draw(st.sampled_from(["change", "remove", "insert"]))
        new = data.draw(st.sampled_from(b"0123456789 -\n\xff\x00a+_"))
        made[at : at + (how != "insert")] = b"" if how == "remove" else bytes([new])
    taken = usual.pack(OWNER, bytes(made))
    if taken is None:
        return
    found = message.decode_pack(bytes(made))
    scans = [record.decode(one) for one in found.records]
    assert (taken.first_held, taken.last_seq, taken.run.records) == (found.first_held, found.last_seq, found.records)
    assert [(one.box_id, one.epoch, one.seq) for one in scans] == [
        (BOX, taken.run.epoch, taken.run.first_seq + n) for n in range(len(scans))
    ]


@pytest.mark.parametrize(
    "records",
    [
        [],
        [_scan(1), _scan(3)],
        [_scan(1), _scan(1)],
        [_scan(2), _scan(1)],
        [_scan(1), _scan(2, box_id="box-b")],
        [_scan(1), _scan(2, epoch="0" * 12)],
        [_scan(1, epoch="0" * 12), _scan(2, epoch="0" * 12)],
        [_scan(1), _scan(2, marks="a=b,c=d")],
    ],
)
def test_records_that_are_not_one_run_of_the_packs_stream_are_left_to_the_decoder(records):
    made = message.encode_pack(Pack(BOX, EPOCH, 1, 9, [encoded(one) for one in records]))
    assert usual.pack(OWNER, made) is None


@pytest.mark.parametrize(
    "odd",
    [record.encode_lost(record.Lost(BOX, EPOCH, 2, 2, "flash")), b"junk", b"1", encoded(_scan(2))[:-1] + b"x"],
)
def test_one_record_that_is_not_usual_leaves_the_whole_pack_to_the_decoder(odd):
    made = message.encode_pack(Pack(BOX, EPOCH, 1, 9, [encoded(_scan(1)), odd, encoded(_scan(3))]))
    assert usual.pack(OWNER, made) is None


@pytest.mark.parametrize(
    "head",
    [
        b"1 scans box-a aabbccddeeff 0 1 1 %d\n",
        b"1 scans box-a aabbccddeeff 3 1 1 %d\n",
        b"1 scans box-a aabbccddeeff 01 1 1 %d\n",
        b"1 scans box-a aabbccddeeff 1 1 2 %d\n",
        b"1 scans box-a aabbccddeeff 1 1 1 %d 1\n",
        b"1 scans box-a aabbccddeeff 1 1 1\n",
        b"1 scans box-a aabbccddeef 1 1 1 %d\n",
        b"1 scans box-a aabbccddeeff 1 1 1  %d\n",
        b"1 scans box-a aabbccddeeff 1 1 1 0%d\n",
        b"2 scans box-a aabbccddeeff 1 1 1 %d\n",
    ],
)
def test_a_pack_with_a_wrong_header_over_a_good_record_is_not_taken(head):
    made = encoded(_scan(1))
    assert usual.pack(OWNER, (head % len(made) if b"%d" in head else head) + made) is None
