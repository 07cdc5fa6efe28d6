"""What boxes and readers print becomes evidence; what cannot be read is told."""

import json

import pytest

from scripts.sim.evidence import Boot, Evidence, Green, Heap, Outcome, Sent
from scripts.sim.witness import Witness

EPOCH = "0123456789ab"
STORED = {"face": "stored", "epoch": EPOCH, "seq": 5, "crc": "0000abcd", "length": 112, "at_ms": 77, "took_ms": 9}
BOOT = {
    "event": "boot",
    "epoch": EPOCH,
    "boot": 2,
    "first_held": 4,
    "last_seq": 6,
    "micropython": "1.25.0",
    "heap_limit": 300000,
}


@pytest.fixture
def witness():
    return Witness(Evidence())


def box_says(witness, *said):
    for one in said:
        witness.box_line("box-1", json.dumps(one).encode() + b"\n")


def test_a_green_light_is_noted_with_its_identity(witness):
    box_says(witness, STORED)
    assert witness.evidence.greens == [Green("box-1", EPOCH, 5, "0000abcd", 112, 77)]


def test_refusals_are_counted_by_what_the_box_showed(witness):
    box_says(witness, {"face": "repeat"}, {"face": "repeat"}, {"face": "too_long"}, {"face": "ready"})
    assert witness.evidence.refused == {"repeat": 2, "too_long": 1}


def test_what_the_box_was_told_only_rises(witness):
    for number in (3, 7, 5):
        box_says(witness, {"face": "delivered", "epoch": EPOCH, "complete_to": number})
    assert witness.evidence.delivered == {("box-1", EPOCH): 7}


def test_a_boot_tells_what_is_kept_and_what_was_freed_before(witness):
    box_says(witness, BOOT)
    assert witness.evidence.boots == [Boot("box-1", EPOCH, 2, 6)]
    assert witness.evidence.delivered == {("box-1", EPOCH): 3}
    assert (witness.evidence.micropython, witness.evidence.heap_limit) == ("1.25.0", 300000)


def test_the_highest_heap_of_all_boxes_counts(witness):
    for peak in (5, 9, 7):
        box_says(witness, {"event": "heap", "peak": peak})
    assert witness.evidence.heap_peak == 9


def test_what_is_in_use_and_the_largest_block_are_kept_in_their_order(witness):
    for used, block in ((5, None), (9, 40), (7, 30)):
        box_says(witness, {"event": "heap", "peak": 9, "used": used, "block": block})
    assert witness.evidence.heaps == [Heap("box-1", 5, None), Heap("box-1", 9, 40), Heap("box-1", 7, 30)]


def test_a_box_that_starts_anew_is_starting_until_it_has_opened_its_spool(witness):
    box_says(witness, {"event": "restart", "why": "settings"})
    assert witness.restarting == {"box-1"}
    box_says(witness, BOOT)
    assert witness.restarting == set()


def test_what_became_of_a_wish_is_kept_and_a_step_that_is_told_again_is_one(witness):
    box_says(witness, {"event": "settings", "outcome": "refused", "version": 3, "code": "config_type", "key": "a"})
    for done in (1, 2):
        box_says(witness, {"event": "update", "state": "files", "version": 2, "done": done, "total": 2})
    assert witness.evidence.outcomes == [
        Outcome("box-1", "settings", 3, "refused", "config_type"),
        Outcome("box-1", "firmware", 2, "files", ""),
    ]


@pytest.mark.parametrize(
    "said",
    [
        {"event": "task", "reason": "MemoryError"},
        {"event": "refused", "code": "flash"},
        {"event": "late", "name": "link"},
    ],
)
def test_a_box_that_says_that_something_failed_is_told(witness, said):
    box_says(witness, said)
    assert len(witness.evidence.mishaps) == 1


@pytest.mark.parametrize(
    "line",
    [
        b"Traceback (most recent call last):\n",
        b"[]\n",
        b'{"face": "stored"}\n',
        b'{"face": "stored", "epoch": "0", "seq": "x", "crc": "", "length": 1, "at_ms": 1}\n',
        b'{"event": "boot"}\n',
        b'{"face": "delivered", "epoch": "0"}\n',
    ],
)
def test_a_line_that_cannot_be_read_is_told(witness, line):
    witness.box_line("box-1", line)
    assert len(witness.evidence.mishaps) == 1
    assert witness.evidence.greens == []


def test_a_line_cut_off_by_a_power_cut_is_no_green_light_and_no_mishap(witness):
    witness.box_line("box-1", json.dumps(STORED).encode()[:-3])
    assert witness.evidence.mishaps == []
    assert witness.evidence.greens == []


def test_a_reader_tells_when_its_last_byte_went_out(witness):
    witness.reader_line("box-1", b'{"sent": {"crc": "0000abcd", "length": 112, "last_byte_ms": 55}}\n')
    assert witness.evidence.sent == [Sent("box-1", "0000abcd", 112, 55)]


def test_a_reader_that_did_not_read_is_counted(witness):
    witness.reader_line("box-1", b'{"not_read": "mute", "crc": "0", "length": 3}\n')
    assert witness.evidence.unread == {"mute": 1}
    assert witness.evidence.sent == []


def test_a_reader_that_complains_is_told(witness):
    witness.reader_line("box-1", b'{"error": "no_file", "detail": "x.png"}\n')
    assert len(witness.evidence.mishaps) == 1
