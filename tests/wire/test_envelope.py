"""What a gateway keeps in a record's place: the record comes back bit for bit, or not at all."""

from binascii import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.wire import envelope, record
from firmware.wire.envelope import Counted, Opaque, Sealed
from firmware.wire.errors import WireError
from firmware.wire.record import Scan

KEY_ID = "0123456789abcdef"
U32 = 4294967295
times = st.one_of(st.just((None, None)), st.tuples(st.integers(1, record.UTC_MAX_MS), st.integers(0, U32)))
scans = st.builds(
    lambda seq, boot, uptime_ms, time, marks, code: Scan(
        "box-1", "aabbccddeeff", seq, boot, uptime_ms, *time, marks, code
    ),
    st.integers(1, U32),
    st.integers(1, U32),
    st.integers(0, 2**53 - 1),
    times,
    st.sampled_from(["", "dir=in", "dir=out,gate=cong-1", "k=" + "v" * 62]),
    st.binary(min_size=1, max_size=3072),
)


def sealed_of(scan: Scan, plain: bytes) -> Sealed:
    """The seal itself is not this module's: something that is as long."""
    return Sealed(*scan[:8], KEY_ID, bytes(32) + plain + bytes(16))


@given(scans)
def test_the_record_comes_back_bit_for_bit(scan):
    plain = envelope.plain_of(scan)
    data = envelope.encode_sealed(sealed_of(scan, plain))
    assert envelope.is_envelope(data)
    assert len(data) <= envelope.MAX_ENVELOPE_BYTES
    assert envelope.info_of(data) == envelope.sealed_info(scan, KEY_ID)
    opened = envelope.decode(data)
    assert envelope.record_of(opened, opened.sealed[32:-16]) == record.encode_scan(scan)


@given(scans, st.integers(0, 400))
def test_what_was_sealed_for_another_header_gives_no_record(scan, by):
    other = scan._replace(uptime_ms=(scan.uptime_ms + 1 + by) % 2**53)
    with pytest.raises(WireError) as raised:
        envelope.record_of(sealed_of(other, b""), envelope.plain_of(scan))
    assert raised.value.code == "crc"


@given(scans, st.data())
def test_any_changed_byte_is_noticed(scan, data):
    whole = envelope.encode_sealed(sealed_of(scan, envelope.plain_of(scan)))
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(WireError):
        envelope.decode(bytes(changed))


@given(scans)
def test_a_counted_scan_says_everything_but_the_code(scan):
    data = envelope.encode_counted(scan)
    assert envelope.decode(data) == Counted(*scan[:8])
    assert envelope.encode_counted(envelope.decode(data)) == data
    assert envelope.encode_counted(sealed_of(scan, envelope.plain_of(scan))) == data


@given(scans)
def test_neither_envelope_holds_the_checksum_of_the_record_in_the_clear(scan):
    whole = record.encode_scan(scan)
    crc = whole[: whole.index(b"\n")][-8:]
    body = envelope.encode_sealed(sealed_of(scan, bytes(4) + bytes(len(scan.code))))
    if crc not in (b"%08x" % scan.seq, b"%08x" % (crc32(body) & U32)):
        assert crc not in body.split(b"\n")[0]
        assert crc not in envelope.encode_counted(scan)


@given(st.integers(0, U32), st.binary(min_size=1, max_size=record.MAX_RECORD_BYTES))
def test_an_opaque_record_is_carried_as_it_is(seq, raw):
    data = envelope.encode_opaque(Opaque("box-1", "aabbccddeeff", seq, KEY_ID, bytes(32) + raw + bytes(16)))
    assert len(data) <= envelope.MAX_ENVELOPE_BYTES
    assert envelope.info_of(data) == envelope.opaque_info("box-1", "aabbccddeeff", seq, KEY_ID)
    assert envelope.decode(data).sealed[32:-16] == raw
    assert record.identity(data) == (1, "opaque", "box-1", "aabbccddeeff", seq)


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_raise_the_one_error(data):
    with pytest.raises(WireError):
        envelope.decode(data)


@pytest.mark.parametrize("plain", [b"", b"abcd"])
def test_nothing_sealed_is_no_record(plain):
    scan = Scan("box-1", "aabbccddeeff", 1, 1, 0, None, None, "", b"x")
    with pytest.raises(WireError) as raised:
        envelope.record_of(sealed_of(scan, b""), plain)
    assert raised.value.code == "length"


@pytest.mark.parametrize(
    "sealed, key_id",
    [
        (bytes(48), KEY_ID),
        (bytes(3125), KEY_ID),
        (bytes(60), "0123"),
        (bytes(60), KEY_ID.upper()),
        (bytes(60), "é" * 8),
    ],
)
def test_what_could_not_be_read_again_is_not_written(sealed, key_id):
    scan = Scan("box-1", "aabbccddeeff", 1, 1, 0, None, None, "", b"x")
    with pytest.raises(WireError):
        envelope.encode_sealed(Sealed(*scan[:8], key_id, sealed))


@pytest.mark.parametrize(
    "data", [b"", b"1", b"1 scan box-1", b"1 sealed", b"1 sealedx a", b"2  sealed", b"sealed 1 x", b"1 lost box-1"]
)
def test_what_is_no_envelope_is_not_called_one(data):
    assert not envelope.is_envelope(data) or data == b"1 sealed"
