"""Unpacking: right in all three encodings, and never more than the limit."""

import gzip
import tracemalloc

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Refused
from server.ingest.body import unpack

LIMIT = 100_000


def zstd(data, **how):
    return zstandard.ZstdCompressor(**how).compress(data)


def zstd_without_size(data):
    packer = zstandard.ZstdCompressor().compressobj()
    return packer.compress(data) + packer.flush()


PACKERS = {"identity": bytes, "gzip": gzip.compress, "zstd": zstd}


@pytest.mark.parametrize("encoding", PACKERS)
@given(data=st.binary(max_size=2000))
def test_what_was_packed_comes_out(encoding, data):
    assert unpack(encoding, PACKERS[encoding](data), LIMIT) == data


@given(data=st.binary(max_size=2000), checksum=st.booleans())
def test_zstd_with_and_without_size_and_checksum_comes_out(data, checksum):
    assert unpack("zstd", zstd_without_size(data), LIMIT) == data
    assert unpack("zstd", zstd(data, write_checksum=checksum), LIMIT) == data


@pytest.mark.parametrize("encoding", PACKERS)
def test_exactly_the_limit_is_taken_and_one_more_is_not(encoding):
    assert len(unpack(encoding, PACKERS[encoding](b"x" * LIMIT), LIMIT)) == LIMIT
    with pytest.raises(Refused) as err:
        unpack(encoding, PACKERS[encoding](b"x" * (LIMIT + 1)), LIMIT)
    assert err.value.code == "batch_too_large"


@pytest.mark.parametrize(
    ("encoding", "bomb"),
    [
        ("gzip", gzip.compress(bytes(200_000_000), mtime=0)),
        ("zstd", zstd(bytes(200_000_000))),
        ("zstd", zstd_without_size(bytes(200_000_000))),
    ],
)
def test_a_bomb_is_refused_without_being_held(encoding, bomb):
    tracemalloc.start()
    with pytest.raises(Refused) as err:
        unpack(encoding, bomb, 1_000_000)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert err.value.code == "batch_too_large"
    assert peak_bytes < 8_000_000


def lying_size():
    """A frame that says 5 bytes and holds 300."""
    honest = zstd(b"y" * 300, write_content_size=True)
    at = zstandard.frame_header_size(honest)
    return honest[:4] + bytes([0x20, 5]) + honest[at:]


@pytest.mark.parametrize(
    ("encoding", "packed", "code"),
    [
        ("br", b"", "encoding"),
        ("", b"", "encoding"),
        ("zstd, gzip", b"", "encoding"),
        ("gzip", b"", "encoding_broken"),
        ("gzip", b"not gzip", "encoding_broken"),
        ("gzip", gzip.compress(b"abc" * 100, mtime=0)[:-5], "encoding_broken"),
        ("gzip", gzip.compress(b"abc", mtime=0) + b"more", "encoding_broken"),
        ("gzip", gzip.compress(b"abc", mtime=0)[:-8] + bytes(8), "encoding_broken"),
        ("gzip", zstd(b"abc"), "encoding_broken"),
        ("zstd", b"", "encoding_broken"),
        ("zstd", b"not zstd", "encoding_broken"),
        ("zstd", zstd(b"abc" * 100)[:-3], "encoding_broken"),
        ("zstd", zstd(b"abc")[:7], "encoding_broken"),
        ("zstd", zstd_without_size(b"abc" * 100)[:-3], "encoding_broken"),
        ("zstd", zstd(b"abc") + b"more", "encoding_broken"),
        ("zstd", zstd(b"abc") + zstd(b"def"), "encoding_broken"),
        ("zstd", lying_size(), "encoding_broken"),
        ("zstd", gzip.compress(b"abc", mtime=0), "encoding_broken"),
        ("zstd", b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd", "encoding_broken"),
    ],
)
def test_what_is_not_what_its_header_says_is_refused(encoding, packed, code):
    with pytest.raises(Refused) as err:
        unpack(encoding, packed, LIMIT)
    assert err.value.code == code


def outcome(encoding, data):
    try:
        unpack(encoding, data, LIMIT)
    except Refused as err:
        return err.code
    return "unpacked"


@given(data=st.binary(max_size=300), encoding=st.sampled_from(["zstd", "gzip"]))
def test_random_bytes_give_bytes_or_a_named_error(data, encoding):
    assert outcome(encoding, data) in ("unpacked", "encoding_broken", "batch_too_large")


@given(at=st.integers(0, 200), flip=st.integers(1, 255), encoding=st.sampled_from(["zstd", "gzip"]))
def test_a_flipped_byte_gives_bytes_or_a_named_error(at, flip, encoding):
    packed = bytearray(PACKERS[encoding](bytes(range(256)) * 4))
    packed[at % len(packed)] ^= flip
    assert outcome(encoding, bytes(packed)) in ("unpacked", "encoding_broken", "batch_too_large")
