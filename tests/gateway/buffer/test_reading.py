"""The shortcut for usual records takes what the decoder takes, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.wire import record
from firmware.wire.errors import WireError
from firmware.wire.record import Scan
from gateway.buffer.reading import usual

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
    assert usual(OWNER, encoded(scan)) == (EPOCH, scan.seq)
    assert usual(b"box-b", encoded(scan)) is None


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
    assert usual(OWNER, made) is None
    with pytest.raises(WireError):
        record.decode(made)


@pytest.mark.parametrize("data", [b"", b"\n", START, START + b"\n", START + b"1 1 5 - - - 4 00000000\ncode\n"])
def test_what_is_no_record_is_not_taken(data):
    assert usual(OWNER, data) is None


def _taken_only_if_decoded(made: bytes) -> None:
    taken = usual(OWNER, made)
    if taken is not None:
        found = record.decode(made)
        assert isinstance(found, Scan)
        assert (found.box_id, found.epoch, found.seq) == (BOX, *taken)
