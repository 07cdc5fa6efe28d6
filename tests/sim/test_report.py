"""The report must be able to fail: every way to break a promise, planted in evidence that is otherwise sound."""

from zlib import crc32

import pytest

from firmware.wire import record
from scripts.sim import report
from scripts.sim.evidence import Account, Boot, Evidence, Green, Injected, Sent, Shown, Stored

BOX, OTHER, EPOCH = "box-a", "box-b", "0123456789ab"
CODES = [b"one", b"two\x00\xff", b"three" * 500]
OFFSET_MS = 1_700_000_000_000


def scan(seq, code, box=BOX, epoch=EPOCH):
    return record.encode_scan(record.Scan(box, epoch, seq, 1, 100 * seq, None, None, "", code))


def stored(seq, code, box=BOX, epoch=EPOCH):
    utc = OFFSET_MS + 1000 * seq
    return Stored(box, epoch, seq, scan(seq, code, box, epoch), utc + 60, utc - 5, utc + 5)


def green(seq, code, box=BOX, epoch=EPOCH):
    return Green(box, epoch, seq, f"{crc32(code):08x}", len(code), 1000 * seq + 20)


def account(number, box=BOX, epoch=EPOCH, **changed):
    return Account(box, epoch, number, number, 0, number)._replace(**changed)


@pytest.fixture
def sound():
    """Three codes shown at one box, all green, all on the server."""
    return Evidence(
        shown=[Shown(BOX, code, 1000 * seq - 50) for seq, code in enumerate(CODES, 1)],
        sent=[Sent(BOX, f"{crc32(code):08x}", len(code), 1000 * seq) for seq, code in enumerate(CODES, 1)],
        greens=[green(seq, code) for seq, code in enumerate(CODES, 1)],
        boots=[Boot(BOX, EPOCH, 1, 0)],
        delivered={(BOX, EPOCH): 3},
        stored=[stored(seq, code) for seq, code in enumerate(CODES, 1)],
        accounts=[account(3)],
        utc_minus_mono_ms=OFFSET_MS,
        micropython="1.25.0",
        heap_limit=327680,
        heap_peak=90000,
    )


def test_a_sound_run_breaks_no_promise(sound):
    built = report.build(sound)
    assert built["broken"] == []
    assert (built["shown"], built["green"], built["stored"], built["accepted"]) == (3, 3, 3, 3)
    assert (built["lost"], built["invented"], built["ledger_complete"]) == (0, 0, True)


def test_the_latencies_run_from_the_readers_last_byte(sound):
    assert report.build(sound)["latency_ms"] == {
        "code_to_green": {"p50": 20, "p99": 20},
        "code_to_server": {"p50": 60, "p99": 60},
    }


def test_the_report_has_the_keys_that_others_rely_on(sound):
    counts = {"shown", "accepted", "refused", "green", "stored", "duplicates", "conflicts", "quarantined"}
    judged = {"declared_lost", "lost", "invented", "ledger_complete", "faults"}
    measured = {"latency_ms", "micropython", "box_heap", "seconds"}
    assert counts | judged | measured <= report.build(sound).keys()


def test_a_green_scan_that_is_not_on_the_server_is_lost(sound):
    del sound.stored[1]
    sound.accounts = [account(3, stored=2, complete_to=1, holes=1)]
    built = report.build(sound)
    assert (built["lost"], built["invented"], built["ledger_complete"]) == (1, 0, False)
    assert len(built["broken"]) == 2


def test_a_lost_scan_is_seen_even_where_the_ledger_says_that_all_is_well(sound):
    del sound.stored[2]
    built = report.build(sound)
    assert built["lost"] == 1
    assert not built["ledger_complete"]


def test_the_last_scan_of_a_box_that_the_server_never_heard_of_is_lost(sound):
    del sound.stored[2]
    sound.accounts = [account(2)]
    built = report.build(sound)
    assert built["lost"] == 1
    assert not built["ledger_complete"]


def test_one_changed_bit_makes_a_scan_lost_and_another_invented(sound):
    sound.stored[0] = stored(1, b"ooe")
    built = report.build(sound)
    assert (built["lost"], built["invented"]) == (1, 1)


def test_a_box_that_reads_a_picture_wrongly_is_found_though_all_parts_agree(sound):
    sound.stored[0] = stored(1, b"onf")
    sound.greens[0] = green(1, b"onf")
    built = report.build(sound)
    assert (built["lost"], built["invented"]) == (1, 1)


def test_a_code_that_was_never_shown_is_invented(sound):
    sound.stored.append(stored(4, b"four"))
    sound.accounts = [account(4)]
    sound.delivered = {(BOX, EPOCH): 4}
    built = report.build(sound)
    assert (built["lost"], built["invented"]) == (0, 1)


def test_a_code_that_was_shown_once_and_stored_twice_is_invented(sound):
    sound.stored.append(stored(4, CODES[0]))
    sound.greens.append(green(4, CODES[0]))
    sound.accounts = [account(4)]
    built = report.build(sound)
    assert (built["lost"], built["invented"]) == (0, 1)


def test_a_code_shown_twice_may_be_stored_twice(sound):
    sound.shown.append(Shown(BOX, CODES[0], 3900))
    sound.sent.append(Sent(BOX, f"{crc32(CODES[0]):08x}", 3, 4000))
    sound.stored.append(stored(4, CODES[0]))
    sound.greens.append(green(4, CODES[0]))
    sound.accounts = [account(4)]
    assert report.build(sound)["broken"] == []


def test_a_code_stored_for_another_box_than_the_one_it_was_shown_to_is_invented(sound):
    sound.stored.append(stored(1, CODES[0], box=OTHER))
    sound.boots.append(Boot(OTHER, EPOCH, 1, 1))
    sound.accounts.append(account(1, box=OTHER))
    assert report.build(sound)["invented"] == 1


def test_one_identity_handed_out_twice_is_invented(sound):
    sound.stored.append(sound.stored[0])
    built = report.build(sound)
    assert built["invented"] == 1
    assert built["stored"] == 3


def test_a_record_that_cannot_be_read_is_lost_and_invented(sound):
    sound.stored[1] = sound.stored[1]._replace(record=sound.stored[1].record[:-2])
    built = report.build(sound)
    assert (built["lost"], built["invented"]) == (1, 1)


def test_a_record_under_another_identity_than_its_own_is_lost_and_invented(sound):
    sound.stored[1] = sound.stored[1]._replace(record=scan(7, CODES[1]))
    built = report.build(sound)
    assert (built["lost"], built["invented"]) == (1, 1)


def test_a_scan_that_lost_only_its_green_light_to_a_power_cut_is_neither_lost_nor_invented(sound):
    del sound.greens[2]
    sound.boots.append(Boot(BOX, EPOCH, 2, 3))
    sound.faults.append(Injected("box", 2.0, {"box": BOX}))
    built = report.build(sound)
    assert built["broken"] == []
    assert (built["accepted"], built["green"], built["stored_without_green"]) == (3, 2, 1)


def test_a_scan_without_a_green_light_and_without_a_power_cut_breaks_a_promise(sound):
    del sound.greens[2]
    assert len(report.build(sound)["broken"]) == 1


def test_a_scan_that_a_box_kept_and_the_ledger_does_not_know_leaves_the_ledger_incomplete(sound):
    sound.boots.append(Boot(BOX, EPOCH, 2, 4))
    built = report.build(sound)
    assert (built["accepted"], built["ledger_complete"]) == (4, False)


@pytest.mark.parametrize(
    "changed",
    [
        {"complete_to": 2},
        {"holes": 1},
        {"stored": 2},
        {"stored": 4},
        {"highest": 4},
        {"highest": 2},
        {"quarantined": 1},
        {"declared_lost": 1},
        {"lost_unknown": True},
    ],
)
def test_a_ledger_that_does_not_add_up_is_not_complete(sound, changed):
    sound.accounts = [account(3, **changed)]
    built = report.build(sound)
    assert not built["ledger_complete"]
    assert built["broken"]


def test_a_box_that_the_ledger_does_not_know_leaves_it_incomplete(sound):
    sound.accounts = []
    assert not report.build(sound)["ledger_complete"]


def test_a_spool_that_no_box_has_leaves_the_ledger_incomplete(sound):
    sound.accounts.append(account(1, epoch="ffffffffffff"))
    assert not report.build(sound)["ledger_complete"]


@pytest.mark.parametrize("count", ["conflicts", "quarantined", "declared_lost"])
def test_a_conflict_a_quarantined_and_a_declared_loss_each_break_a_promise(sound, count):
    if count == "declared_lost":
        sound.accounts = [account(3, declared_lost=1)]
    else:
        setattr(sound, count, 1)
    assert any("1 " in sentence for sentence in report.build(sound)["broken"])


def test_a_declared_loss_of_a_green_scan_is_a_loss_all_the_same(sound):
    del sound.stored[1]
    sound.accounts = [account(3, stored=2, declared_lost=1)]
    built = report.build(sound)
    assert (built["lost"], built["declared_lost"], built["ledger_complete"]) == (1, 1, True)
    assert built["broken"]


def test_duplicates_on_the_way_break_nothing(sound):
    sound.duplicates = 17
    built = report.build(sound)
    assert (built["duplicates"], built["broken"]) == (17, [])


def test_two_codes_under_one_identity_break_a_promise(sound):
    sound.greens.append(green(3, CODES[0])._replace(at_ms=9000))
    built = report.build(sound)
    assert "a box gave one identity to two different codes" in built["broken"]
    assert (built["green"], built["lost"]) == (3, 1)


@pytest.mark.parametrize("shift_ms", [-1000, 1000])
def test_an_instant_that_does_not_hold_the_true_one_breaks_a_promise(sound, shift_ms):
    one = sound.stored[0]
    sound.stored[0] = one._replace(
        earliest_utc_ms=one.earliest_utc_ms + shift_ms, latest_utc_ms=one.latest_utc_ms + shift_ms
    )
    built = report.build(sound)
    assert built["instants"]["wrong"] == 1
    assert len(built["broken"]) == 1


def test_an_instant_that_is_not_known_breaks_nothing(sound):
    sound.stored[0] = sound.stored[0]._replace(earliest_utc_ms=None, latest_utc_ms=None)
    built = report.build(sound)
    assert (built["instants"]["known"], built["instants"]["unknown"], built["broken"]) == (2, 1, [])


def test_a_run_that_was_given_up_says_so(sound):
    sound.gave_up = "nothing arrived for 60 s"
    assert report.build(sound)["broken"] == ["nothing arrived for 60 s"]


def test_a_part_that_ended_by_itself_is_told(sound):
    sound.mishaps = ["gateway ended by itself with code 1"]
    assert report.build(sound)["broken"] == ["gateway ended by itself with code 1"]


def test_nothing_shown_is_no_loss_and_has_no_latency():
    built = report.build(Evidence())
    assert built["broken"] == []
    assert built["latency_ms"]["code_to_green"] == {"p50": None, "p99": None}


@pytest.mark.parametrize(
    ("values", "p50", "p99"), [([1], 1, 1), ([2, 1], 1, 2), (range(1, 101), 50, 99), (range(1, 201), 100, 198)]
)
def test_quantiles_are_by_nearest_rank(values, p50, p99):
    assert report.quantiles(values) == {"p50": p50, "p99": p99}
