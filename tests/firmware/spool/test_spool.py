"""What a spool promises, one sentence a test, on the real interpreter."""

import pytest

from firmware.wire.spans import Spans
from tests.firmware.spool.rig import BLOCK_BYTES, Driver, SpoolFault

BLOCKS = 64
ZEROS = {"hex": "00", "times": BLOCK_BYTES}
ERASED = {"hex": "ff", "times": BLOCK_BYTES}


@pytest.fixture
def box():
    with Driver(blocks=BLOCKS) as driver:
        driver("open")
        yield driver


def fill(box, count, length=150):
    return [box("append", length=length) for _ in range(count)]


def fill_up(box, appended, length):
    """Append until it is refused; return why."""
    while True:
        try:
            appended.append(box("append", length=length))
        except SpoolFault as refused:
            return refused.code


def drain(box):
    """Answer everything beside the current epoch, as a gateway would; return the scans, by epoch and number."""
    served, spans = {}, {}
    for _ in range(200):
        others = [one for one in box("others") if one[1]]
        if not others:
            return served
        for epoch, seq, shown, word in others:
            if word == "1 scan":
                served[epoch, seq] = shown
            of = spans.setdefault(epoch, Spans())
            first_held = box("statement", epoch=epoch)[0]
            if first_held > 1:
                of.add(1, first_held - 1)
            of.add(seq)
        for epoch in {one[0] for one in others} - {box("facts")["epoch"]}:
            if spans[epoch].complete_to():
                box("ack", epoch=epoch, complete_to=spans[epoch].complete_to(), highest=spans[epoch].highest())
    raise AssertionError("it does not come to an end")


# Numbers, boots, epochs


def test_a_blank_flash_is_a_first_use_that_declares_nothing(box):
    facts = box("facts")
    assert (facts["state"], facts["boot"], facts["first_held"], facts["last_seq"], facts["lost"]) == ("ok", 1, 1, 0, [])


def test_an_epoch_is_twelve_hex_digits_and_another_one_on_every_flash(box):
    first = box("facts")["epoch"]
    box("blank")
    second = box("open")["epoch"]
    assert first != second
    assert all(len(one) == 12 and set(one) <= set("0123456789abcdef") for one in (first, second))


def test_numbers_rise_by_one_across_starts_and_each_start_counts_a_boot(box):
    seqs = []
    for boot in range(1, 6):
        assert box("facts")["boot"] == boot
        seqs += [seq for seq, _ in fill(box, 7)]
        box("open")
    assert seqs == list(range(1, 36))


def test_what_was_appended_is_served_bit_for_bit_after_a_start_whatever_its_length(box):
    appended = [box("append", length=length) for length in (1, 2, 100, 480, 481, 512, 1500, 3072, 150, 3072, 3072, 7)]
    box("open")
    assert box.all_held() == appended
    assert [[seq, box("read", seq=seq)] for seq, _ in appended] == appended


def test_a_record_that_is_too_long_for_the_wire_is_refused_and_takes_no_number(box):
    with pytest.raises(SpoolFault) as refused:
        box("oversize", length=3329)
    assert refused.value.code == "too_long"
    assert box("append", length=3)[0] == 1


# Serving


@pytest.mark.parametrize("first", [1, 2, 8, 9, 40, 93, 100])
def test_pick_begins_where_it_is_told_and_leaves_nothing_out(box, first):
    appended = fill(box, 100)
    assert box("pick", first=first, max_records=500, max_bytes=60000) == appended[first - 1 :]


def test_pick_keeps_its_limits_but_gives_one_record_at_least(box):
    appended = [box("append", length=2000) for _ in range(12)]
    assert box("pick", first=1, max_bytes=10) == appended[:1]
    assert box("pick", first=1, max_bytes=4300) == appended[:2]
    assert box("pick", first=11, max_bytes=10) == appended[10:11]
    assert box("pick", first=1, max_records=3) == appended[:3]
    assert box("pick", first=13) == []


def test_scans_may_be_appended_while_a_backlog_is_drained(box):
    appended = fill(box, 60)
    served = []
    while picked := box("pick", first=box("facts")["first_held"], max_records=7):
        served += picked
        if len(appended) < 90:
            appended += fill(box, 3)
        box.ack(picked[-1][0])
    assert served == appended


def test_what_is_freed_is_served_no_more(box):
    fill(box, 60)
    box.ack(41)
    assert [box("read", seq=seq) is None for seq in (1, 41, 42, 60, 61)] == [True, True, False, False, True]
    assert box("pick", first=1)[0][0] == 42


# Acks


def test_an_ack_frees_what_it_covers_once(box):
    fill(box, 30)
    assert (box.ack(20), box.ack(20), box.ack(12), box.ack(30)) == (20, 0, 0, 10)
    assert box("facts")["waiting"] == 0


@pytest.mark.parametrize(("complete_to", "highest"), [(0, 31), (31, 31), (30, 31), (5, 4_000_000_000), (7, 6)])
def test_an_ack_from_the_future_is_refused_and_changes_nothing(box, complete_to, highest):
    fill(box, 30)
    with pytest.raises(SpoolFault) as refused:
        box.ack(complete_to, highest)
    assert refused.value.code == "ack_from_future"
    assert box("facts")["waiting"] == 30


def test_an_ack_of_an_epoch_of_which_nothing_is_left_is_refused_and_changes_nothing(box):
    fill(box, 30)
    with pytest.raises(SpoolFault) as refused:
        box.ack(30, epoch="0123456789ab")
    assert refused.value.code == "ack_other_epoch"
    assert box("facts")["waiting"] == 30


def test_a_number_is_not_given_again_after_everything_was_freed(box):
    fill(box, 50)
    box.ack(50)
    box("open")
    box("open")
    assert box("append", length=20)[0] == 51


def test_a_start_serves_at_most_a_few_again_that_had_been_freed(box):
    fill(box, 50)
    for seq in range(51, 71):
        box("append", length=100)
        box.ack(seq)
    assert 62 <= box("open")["first_held"] <= 71


# Full


def test_a_full_spool_refuses_says_so_and_accepts_again_once_an_ack_has_freed_something(box):
    box("open", limit_bytes=20000)
    appended = []
    assert fill_up(box, appended, 200) == "full"
    assert box("facts")["state"] == "full"
    assert 15000 < box("facts")["stats"]["held_bytes"] <= 20000
    assert box.all_held() == appended
    box.ack(len(appended) - 5)
    assert box("facts")["state"] == "ok"
    assert box("append", length=200)[0] == len(appended) + 1


@pytest.mark.parametrize("length", [1, 110, 1500, 3072])
def test_without_a_limit_it_stops_before_littlefs_runs_out_of_blocks(box, length):
    appended = []
    assert fill_up(box, appended, length) == "full"
    count = len(appended)
    facts = box("open")
    assert (facts["waiting"], facts["state"]) == (count, "ok")
    box.ack(count)
    assert box("append", length=length)[0] == count + 1


# A flash that is not what it should be


def test_a_flash_of_another_box_is_refused_by_name_and_not_touched(box):
    fill(box, 20)
    before = box("facts")["programs"]
    with pytest.raises(SpoolFault) as refused:
        box("open", box_id="box-2")
    assert refused.value.code == "other_box"
    assert box("open")["waiting"] == 20
    assert before < box("facts")["programs"]


@pytest.mark.parametrize("blocks", [63, 60, 50, 47, 3])
def test_a_flash_of_another_size_is_refused_by_name_and_not_touched(box, blocks):
    fill(box, 20)
    erases = box("facts")["erases"]
    with pytest.raises(SpoolFault) as refused:
        box("open", blocks=blocks)
    assert refused.value.code == "geometry"
    facts = box("open", blocks=BLOCKS)
    assert (facts["waiting"], facts["erases"] - erases < 3) == (20, True)


@pytest.mark.parametrize("fill_hex", ["00", "a5", "5a3c01"])
def test_a_flash_full_of_something_else_is_made_new_and_the_loss_is_declared_until_it_is_answered(box, fill_hex):
    box("put", at=0, hex=fill_hex, times=BLOCKS * BLOCK_BYTES // (len(fill_hex) // 2))
    facts = box("open")
    assert facts["lost"] == [[facts["epoch"], 0, 0, "image_damaged"]]
    assert box("open")["lost"] == facts["lost"]
    box("append", length=100)
    box.ack(1)
    assert box("open")["lost"] == []


def test_a_flash_whose_file_system_is_gone_is_served_answered_and_only_then_made_new(box):
    appended = fill(box, 70)
    box.ack(30)
    old = box("facts")["epoch"]
    for block in (0, 1):
        box("put", at=block * BLOCK_BYTES, **ZEROS)
    facts = box("open")
    assert facts["state"] == "rescue"
    with pytest.raises(SpoolFault) as refused:
        box("append", length=10)
    assert refused.value.code == "rescue"
    assert box("open")["erases"] == facts["erases"]  # nothing has been written
    served = drain(box)
    assert [[seq, served[old, seq]] for seq in range(31, 71)] == appended[30:]
    assert {epoch for epoch, _ in served} == {old}
    facts = box("open")
    assert facts["state"] in ("ok", "damaged")
    assert facts["epoch"] != old
    assert box("append", length=100)[0] == 1


def test_what_may_have_been_above_the_last_number_found_is_declared_after_a_rescue_until_an_ack_covers_it(box):
    fill(box, 40)
    old = box("facts")["epoch"]
    for block in (0, 1):
        box("put", at=block * BLOCK_BYTES, **ZEROS)
    box("open")
    box.ack(40, epoch=old)
    assert box("facts")["lost"] == [[old, 41, None, "image_damaged"]]
    assert box("open")["lost"] == [[old, 41, None, "image_damaged"]]
    assert [[one[0], one[1], one[3]] for one in box("others")] == [[old, 41, "1 lost"]]
    box.ack(40, epoch=old)
    assert box("facts")["state"] == "damaged"
    box.ack(41, epoch=old)
    assert box("open")["lost"] == []


def test_an_epoch_that_was_answered_to_its_end_does_not_come_back_with_the_next_damage(box):
    old = []
    for _ in range(3):
        fill(box, 20)
        old.append(box("facts")["epoch"])
        for block in (0, 1):
            box("put", at=block * BLOCK_BYTES, **ZEROS)
        box("open")
        assert {epoch for epoch, _ in drain(box)} == {old[-1]}
    assert len(set(old)) == 3


@pytest.mark.parametrize("copies", [[0], [1], [0, 1]])
def test_the_state_may_be_lost_in_one_copy_or_both_and_is_made_again(box, copies):
    fill(box, 40)
    box.ack(10)
    before = box("facts")
    at = box("find", text="tram-state 1 ")
    for copy in at if len(copies) == 2 else at[copies[0] :: 2]:
        box("put", at=copy + 14, hex="00")
    facts = box("open")
    served = drain(box) if facts["state"] == "rescue" else dict(map(tuple, box.all_held()))
    assert len(served) >= 30
    if facts["state"] != "rescue":
        assert facts["epoch"] == before["epoch"]
        assert facts["boot"] > before["boot"]
        assert facts["last_seq"] == 40


def test_one_broken_record_is_searched_elsewhere_declared_and_the_others_go_on(box):
    appended = fill(box, 60, length=500)
    copies = box("find", text=f" {box('facts')['epoch']} 20 ")
    for at in copies:
        box("put", at=at + 30, hex="0000")
    assert box("open")["state"] == "ok"  # nobody has looked yet
    assert box.all_held() == appended[:19] + appended[20:]
    assert box("read", seq=20) is None
    facts = box("facts")
    assert facts["lost"] == [[facts["epoch"], 20, 20, "unreadable"]]
    assert (facts["state"], facts["waiting"]) == ("damaged", 59)
    assert box("open")["lost"] == facts["lost"]
    box.ack(19)
    assert box("facts")["state"] == "damaged"
    box.ack(20)
    assert box("open")["state"] == "ok"


def test_a_broken_record_of_which_an_older_copy_still_lies_in_the_flash_is_not_lost(box):
    appended = fill(box, 90)
    epoch = box("facts")["epoch"]
    mended = 0
    for seq in range(10, 80):
        copies = box("find", text=f" {epoch} {seq} ")
        if len(copies) < 2:
            continue
        for at in copies[1:] if seq % 2 else copies[:-1]:
            box("put", at=at + 60, hex="0000")
        box("open")
        assert box.all_held() == appended, seq
        mended += "spool_lost" in box("seen")
        if mended == 3:
            return
    raise AssertionError("no record had a second copy that was needed")


@pytest.mark.parametrize("overwritten", [False, True])
def test_the_scans_of_a_segment_that_vanished_are_found_in_the_flash_or_declared(box, overwritten):
    appended = fill(box, 150, length=500)
    epoch = box("facts")["epoch"]
    box("unlink", folder="/seg")
    if overwritten:
        for seq in range(1, 11):
            for at in box("find", text=f" {epoch} {seq} "):
                box("put", at=at + 30, hex="0000")
    box("open")
    facts = box("facts")
    served = dict(drain(box)) if facts["state"] == "rescue" else {(epoch, seq): crc for seq, crc in box.all_held()}
    after = box("facts")
    declared = Spans()
    for of, first, last, _ in [*facts["lost"], *after["lost"]]:
        if of == epoch:
            declared.add(first, appended[-1][0] if last is None else last)
    for seq, crc in appended:
        assert served.get((epoch, seq)) == crc or seq in declared, seq
    assert all(served[epoch, seq] == crc for seq, crc in appended if (epoch, seq) in served)
    if not overwritten:
        assert sum((epoch, seq) in served for seq, _ in appended) == len(appended)


def test_a_copy_that_broke_is_made_again_at_the_next_start_so_that_the_other_one_may_break_too(box):
    appended = fill(box, 5, length=3000)
    copies = box("find", text=f" {box('facts')['epoch']} 5 ")
    assert len(copies) == 2
    for at in copies:
        box("put", at=at + 500, hex="0000")
        facts = box("open")
        assert (facts["state"], facts["last_seq"]) == ("ok", 5)
        assert box.all_held() == appended


def test_a_last_record_that_broke_in_both_copies_is_declared_and_its_number_is_not_given_again(box):
    appended = fill(box, 5, length=3000)
    for at in box("find", text=f" {box('facts')['epoch']} 5 "):
        box("put", at=at + 500, hex="0000")
    facts = box("open")
    assert facts["lost"] == [[facts["epoch"], 5, 5, "unreadable"]]
    assert box.all_held() == appended[:4]
    assert box("append", length=10)[0] == 6


def test_a_flash_that_fails_to_write_refuses_the_scan_and_serves_what_it_holds(box):
    appended = fill(box, 20)
    box("fail", operations=8)
    refused = []
    for _ in range(6):
        try:
            appended.append(box("append", length=100))
        except SpoolFault as fault:
            refused.append(fault.code)
    assert set(refused) == {"flash"}
    assert box("facts")["state"] == "fault"
    held = box.all_held()
    assert held[: len(appended)] == appended
    assert len(held) <= len(appended) + 1
