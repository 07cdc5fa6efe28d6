"""What the server keeps of a scan is known again by its digest, and nothing else is."""

import hashlib

import pytest

from firmware.wire import envelope, record
from scripts.sim.evidence import Green, Shown, Stored
from scripts.sim.known_again import known_again, made_of

KEY = bytes(range(32))
EPOCH = "aabbccddeeff"


def made(code, seq=1, box_id="box-1"):
    return record.encode_scan(record.Scan(box_id, EPOCH, seq, 1, 5, None, None, "dir=in", code))


def kept(whole, digest_key=KEY):
    scan = record.decode(whole)
    digest = hashlib.blake2b(whole, key=digest_key, digest_size=16).hexdigest()
    return Stored(scan.box_id, EPOCH, scan.seq, envelope.encode_counted(scan), 1, 1, 1, digest)


def test_the_record_of_a_code_that_was_shown_there_comes_back_bit_for_bit():
    whole = made(b"somebody")
    shown = [Shown("box-1", b"nobody", 1), Shown("box-1", b"somebody", 1)]
    assert [one.record for one in known_again([kept(whole)], shown, [], KEY)] == [whole]


def test_a_green_light_for_another_code_does_not_hide_the_one_that_was_stored():
    whole, lit = made(b"somebody"), Green("box-1", EPOCH, 1, "00000000", 6, 1)
    assert known_again([kept(whole)], [Shown("box-1", b"somebody", 1)], [lit], KEY)[0].record == whole


@pytest.mark.parametrize(
    ("shown", "digest_key"),
    [
        ([], KEY),
        ([Shown("box-1", b"somebodY", 1)], KEY),
        ([Shown("box-1", b"somebody ", 1)], KEY),
        ([Shown("box-2", b"somebody", 1)], KEY),
        ([Shown("box-1", b"somebody", 1)], bytes(32)),
    ],
    ids=["nobody", "one bit", "one byte more", "at another box", "another key"],
)
def test_what_belongs_to_no_code_that_was_shown_there_stays_without_one(shown, digest_key):
    stored = kept(made(b"somebody"))
    assert known_again([stored], shown, [], digest_key) == [stored]


@pytest.mark.parametrize("header", [b"", b"1 counted nonsense\n", b"1 scan ", made(b"somebody")])
def test_a_header_that_is_none_makes_no_record(header):
    assert made_of(header, b"somebody", kept(made(b"somebody")).digest, KEY) is None


def test_a_scan_of_which_nothing_but_the_count_was_kept_stays_as_it_is():
    stored = kept(made(b"somebody"))._replace(digest=None)
    assert known_again([stored], [Shown("box-1", b"somebody", 1)], [], KEY) == [stored]
