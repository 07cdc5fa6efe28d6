"""An update on the real interpreter, from the offer to the switch: the right ones, and all the wrong ones."""

import hashlib

import pytest

from firmware.wire import update
from scripts.provisioning.key import FleetKey
from tests.firmware.update.rig import BOX, FILES, KEY, NEW, NEWER, OLD, Story, bundle, offer, on_volume, taken_back

OFFER = offer(NEW, 5)


@pytest.fixture
def story(tmp_path):
    return Story(tmp_path)


# What is right


def test_a_version_is_fetched_checked_and_switched_to(story):
    end = story.run([OFFER])
    assert end.switched(NEW)
    assert end.slot_is("a", OLD)
    assert end.states == ["begun", "manifest", "files", "restarting"]
    assert end.slot["good"] == "a"
    assert end.slot["floor"] == 2  # the new one counts once it is confirmed
    assert end.counters == {}


def test_the_pieces_are_no_larger_than_the_settings_say_and_each_is_asked_for_once(story):
    end = story.run([OFFER], limits={"piece_bytes": 700, "window": 3})
    assert end.switched(NEW)
    assert max(length for _, _, length in end.wants) == 700
    assert len({tuple(want) for want in end.wants}) == len(end.wants)


def test_what_the_slot_that_runs_has_already_is_copied_and_not_fetched(story):
    end = story.run([OFFER])
    assert "spool.pack" not in {path for path, _, _ in end.wants}


def test_from_slot_b_the_update_goes_into_slot_a(story):
    story.files = {**on_volume("b", OLD), **on_volume("a", OLD), "/fleet.key": story.files["/fleet.key"]}
    story.case = {"running": "b", "slot": {"active": "b", "good": "b", "floor": 2}}
    end = story.run([OFFER])
    assert end.switched(NEW, "a")
    assert end.slot_is("b", OLD)


def test_safe_mode_takes_an_update_too(story):
    story.files = {**story.files, **on_volume("s", bundle(FILES, 1)), **on_volume("b", OLD)}
    story.case = {"running": "s", "slot": {"active": "b", "good": "a", "bad": "ab", "floor": 2}}
    end = story.run([OFFER])
    assert end.switched(NEW, "b")
    assert end.slot["bad"] == "a"
    assert end.slot_is("s", bundle(FILES, 1))


def test_in_safe_mode_no_version_counts_as_running_not_even_its_own(story):
    story.files = {**story.files, **on_volume("s", bundle(FILES, 5))}
    story.case = {"running": "s", "slot": {"active": "b", "good": "a", "bad": "ab", "floor": 2}}
    end = story.run([OFFER])
    assert end.switched(NEW, "b")
    assert end.facts["firmware_version"] == 0


@pytest.mark.parametrize("code", ["damaged", "not_whole"])
def test_a_version_of_which_the_flash_lost_a_file_may_come_again(story, code):
    story.case["slot"].update(bad="b", back={"slot": "b", "version": 5, "code": code, "detail": ""})
    assert story.run([OFFER]).switched(NEW)


def test_without_room_in_memory_safe_mode_is_asked_to_do_it(story):
    story.files = {**story.files, **on_volume("s", bundle(FILES, 1))}
    end = story.run([OFFER], heap="900K", fill_bytes=10**6)
    assert end.states == ["begun", "lean"]
    assert (end.slot["lean"], end.restarts) == (1, 1)


def test_without_room_in_memory_and_without_a_safe_mode_it_is_refused(story):
    assert story.run([OFFER], heap="900K", fill_bytes=10**6).refused["code"] == "memory"


def test_what_an_earlier_update_left_behind_is_cleared_away(story):
    rest = {"link.pack": b"half", "firmware/old/deep/thing.bin": b"gone", "spool.pack": NEWER["spool.pack"]}
    story.files = {**story.files, **on_volume("b", rest)}
    end = story.run([OFFER])
    assert end.switched(NEW)


def test_an_update_that_was_cut_off_before_the_switch_goes_on_where_it_was(story):
    story.files = {**story.files, **on_volume("b", NEWER), "/manifest": NEW["manifest"]}
    end = story.run([OFFER])
    assert end.switched(NEW)
    assert end.wants == []


def test_an_update_that_was_cut_off_at_the_very_switch_fetches_nothing(story):
    story.files = {**story.files, **on_volume("b", NEW)}
    end = story.run([OFFER])
    assert end.switched(NEW)
    assert end.wants == []


def test_a_lower_version_above_the_floor_is_taken(story):
    lower = bundle(NEWER, 3)
    assert story.run([offer(lower, 3)], lower).switched(lower)


def test_the_same_offer_again_changes_nothing(story):
    end = story.run([[OFFER, OFFER, OFFER]])
    assert end.switched(NEW)
    assert end.states.count("begun") == 1


def test_the_version_that_runs_is_no_update(story):
    end = story.run([offer(OLD, 4)])
    assert end.is_untouched()
    assert end.wants == []
    assert end.states == []


def test_an_offer_that_replaces_another_one_is_the_one_that_is_taken(story):
    other = bundle({**NEWER, "link.pack": b"six"}, 6)
    end = story.run([[OFFER, offer(other, 6)]], other)
    assert end.switched(other)


def test_an_offer_that_is_taken_back_is_not_carried_out(story):
    end = story.run([OFFER], at_want={"4": taken_back()})
    assert end.slot_is("a", OLD)
    assert end.slot == story.case["slot"]
    assert end.states[-1] == "idle"
    assert end.refused is None
    assert len(end.wants) < 8


def test_an_offer_of_the_version_that_runs_takes_another_one_back(story):
    end = story.run([OFFER], at_want={"4": offer(OLD, 4)})
    assert end.slot == story.case["slot"]
    assert end.states[-1] == "idle"


def test_an_offer_in_the_middle_of_an_update_replaces_it(story):
    other = bundle({**NEWER, "link.pack": b"six"}, 6)
    end = story.run([OFFER], {**NEW, "link.pack": b"six"}, at_want={"4": offer(other, 6)}, serve_next=other)
    assert end.switched(other)


def test_an_offer_that_is_taken_back_at_once_is_not_even_begun(story):
    end = story.run([[OFFER, taken_back()]])
    assert end.is_untouched()
    assert end.states == []


# Pieces that do not come as they should


@pytest.mark.parametrize(
    ("what", "counter"),
    [
        ("drop", None),
        ("flip", "update_crc"),
        ("truncated", "update_length"),
        ("long", "update_length"),
        ("garbage", None),
        ("short", "update_not_asked"),
        ("other_box", "update_other_box"),
        ("other_version", "update_other_version"),
        ("other_path", "update_not_asked"),
        ("other_offset", "update_not_asked"),
        ("twice", "update_not_asked"),
        ("hold", None),
    ],
)
@pytest.mark.parametrize("at", [0, 5])
def test_one_bad_piece_is_counted_under_its_name_asked_for_again_and_does_no_harm(story, what, counter, at):
    end = story.run([OFFER], faults=[[at, what]])
    assert end.switched(NEW)
    if counter:
        assert end.counters.get(counter) == 1 or (counter == "update_not_asked" and end.counters)


@pytest.mark.parametrize(
    "what", ["flip", "truncated", "short", "other_box", "other_version", "other_path", "other_offset"]
)
def test_a_gateway_that_sends_nothing_else_is_refused_in_the_end(story, what):
    end = story.run([OFFER], faults=[[-1, what]])
    assert end.refused == {"version": 5, "code": "pieces", "detail": "manifest"}
    assert end.is_untouched()
    assert len(end.wants) < 60


def test_a_manifest_that_never_is_the_one_that_was_offered_is_refused_by_name(story):
    end = story.run([OFFER], faults=[[-1, "wrong"]])
    assert end.refused == {"version": 5, "code": "hash", "detail": "manifest"}
    assert end.counters["update_hash"] == 3
    assert end.is_untouched()


def test_a_file_that_is_wrong_is_fetched_again(story):
    end = story.run([OFFER], faults=[[2, "wrong"], [5, "wrong"]])
    assert end.switched(NEW)
    assert end.counters["update_hash"] >= 1


def test_a_file_that_stays_wrong_is_refused_by_name_and_the_slot_that_runs_is_kept(story):
    end = story.run([OFFER], {**NEW, "link.pack": b"x" * len(NEWER["link.pack"])})
    assert end.refused == {"version": 5, "code": "hash", "detail": "link.pack"}
    assert end.slot_is("a", OLD)
    assert end.slot == story.case["slot"]
    assert "/b/manifest" not in end._files


def test_a_piece_that_nobody_waits_for_is_counted_and_dropped(story):
    piece = update.encode_piece(update.Piece(BOX, 5, "manifest", 0, b"x"))
    end = story.run([piece.hex()])
    assert end.counters == {"update_not_asked": 1}
    assert end.is_untouched()


# Offers


def altered(**fields):
    plain = {"box": BOX, "version": "5", "length": str(len(NEW["manifest"])), "sha256": "ab" * 32}
    plain.update(fields)
    return "1 offer {box} {version} {length} {sha256}\n".format(**plain).encode().hex()


@pytest.mark.parametrize(
    ("message", "counter"),
    [
        (altered(box="box-000002"), "update_other_box"),
        (altered(box="BOX"), "update_field"),
        (altered(version="x"), "update_field"),
        (altered(version="-5"), "update_field"),
        (altered(version="05"), "update_field"),
        (altered(version="4294967296"), "update_field"),
        (altered(length="0"), "update_field"),
        (altered(length="1e3"), "update_field"),
        (altered(sha256="ab" * 31), "update_field"),
        (altered(sha256="AB" * 32), "update_field"),
        (altered(sha256="-"), "update_field"),
        (altered(sha256="ab" * 32 + " 1"), "update_header"),
        (altered()[:-2], "update_header"),
        (altered() + "00", "update_length"),
        (b"1 offer ".hex() + "ff" * 600, "update_header"),
        (b"2 offer box-000001 5 1 x\n".hex(), "update_not_asked"),
        (b"1 want box-000001 5 manifest 0 1\n".hex(), "update_not_asked"),
        (b"".hex(), "update_not_asked"),
        (b"\x00".hex(), "update_not_asked"),
    ],
)
def test_an_offer_that_is_none_is_counted_under_its_name_and_changes_nothing(story, message, counter):
    end = story.run([message])
    assert end.counters == {counter: 1}
    assert end.is_untouched()
    assert end.wants == []


def test_an_offer_of_a_list_that_is_too_long_is_refused(story):
    end = story.run([offer(NEW, 5, length=24577)])
    assert end.refused["code"] == "manifest_too_long"
    assert end.is_untouched()
    assert end.wants == []


def test_a_length_that_is_not_the_list_s_is_refused(story):
    end = story.run([offer(NEW, 5, length=len(NEW["manifest"]) - 1)])
    assert end.refused["code"] == "hash"
    assert end.is_untouched()


@pytest.mark.parametrize("version", [1])
def test_a_version_below_the_floor_is_refused(story, version):
    older = bundle(NEWER, version)
    end = story.run([offer(older, version)], older)
    assert end.refused == {"version": version, "code": "floor", "detail": "2"}
    assert end.is_untouched()
    assert end.wants == []


def test_the_floor_of_the_version_that_runs_counts_although_slot_has_forgotten_it(story):
    story.case["slot"] = {"active": "a", "good": "a"}
    older = bundle(NEWER, 1)
    assert story.run([offer(older, 1)], older).refused["code"] == "floor"


# Manifests


def manifest_with(old: bytes, new: bytes) -> dict[str, bytes]:
    """The list with something else in it, signed anew: what only the fleet itself could get wrong."""
    body = NEW["manifest"][:-517]
    assert old in body
    body = body.replace(old, new, 1)
    return {**NEW, "manifest": body + b"sig " + KEY.sign(body).hex().encode() + b"\n"}


def refusal(story, files, version=5):
    end = story.run([offer(files, version)], files)
    assert end.is_untouched()
    assert end.restarts == 0
    return end.refused["code"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"1 manifest 5 ", b"2 manifest 5 ", "manifest_version"),
        (b"1 manifest 5 ", b"1 manifesto 5 ", "manifest_word"),
        (b"1 manifest 5 ", b"1 manifest  5 ", "manifest_header"),
        (b"1 manifest 5 ", b"1 manifest 0 ", "manifest_field"),
        (b"1 manifest 5 ", b"1 manifest five ", "manifest_field"),
        (b"1 manifest 5 3 ", b"1 manifest 5 6 ", "manifest_field"),
        (b"1 manifest 5 ", b"1 manifest 6 ", "other_version"),
        (b" v5 ", b" V5 ", "manifest_field"),
        (b" v5 ", b" " + b"v" * 33 + b" ", "manifest_field"),
        (b" v5 ", b" " + b"v" * 700 + b" ", "manifest_header"),
        (b" linux ", b" pico_w ", "board"),
        (b" linux ", b" linux,esp32 ", "manifest_field"),
        (b" linux ", b"  ", "manifest_field"),
        (b" linux 4\n", b" linux 3\n", "manifest_length"),
        (b" linux 4\n", b" linux 5\n", "manifest_header"),
        (b" linux 4\n", b" linux 201\n", "manifest_field"),
        (b" linux 4\n", b" linux many\n", "manifest_field"),
        (b"codes.pack", b"../fleet.key", "manifest_field"),
        (b"codes.pack", b"/fleet.key", "manifest_field"),
        (b"codes.pack", b"a//b", "manifest_field"),
        (b"codes.pack", b"c" * 65, "manifest_field"),
        (b"codes.pack", b"manifest", "manifest_field"),
        (b"codes.pack", b"zzz", "manifest_field"),
        (b"codes.pack", b"firmware.pack", "manifest_field"),
        (b"codes.pack 33 ", b"codes.pack -33 ", "manifest_field"),
        (b"codes.pack 33 ", b"codes.pack 4294967296 ", "manifest_field"),
        (b"codes.pack 33 ", b"codes.pack 33 33 ", "manifest_header"),
        (b"codes.pack 33 ", b"codes.pack 4294967295 ", "space"),
        (b"codes.pack 33 ", b"codes.pack 400000 ", "space"),
        (hashlib.sha256(NEWER["codes.pack"]).hexdigest().encode(), b"0" * 63, "manifest_field"),
    ],
)
def test_a_list_that_is_signed_but_wrong_is_refused_by_name(story, old, new, code):
    assert refusal(story, manifest_with(old, new)) == code


def test_a_list_for_another_board_as_it_was_built_is_refused(story):
    assert refusal(story, bundle(NEWER, 5, boards=("esp32", "pico_w"))) == "board"


def test_a_list_with_a_file_where_another_one_needs_a_folder_is_refused(story):
    assert refusal(story, manifest_with(b"spool.pack", b"link.pack/x")) == "manifest_field"


@pytest.mark.parametrize("at", [12, 15, 40, 120, 300])
def test_a_list_of_which_one_character_is_not_what_was_signed_is_refused(story, at):
    data = bytearray(NEW["manifest"])
    data[at] = ord("1") if data[at] != ord("1") else ord("2")
    files = {**NEW, "manifest": bytes(data)}
    assert refusal(story, files) in ("signature", "manifest_field", "manifest_header", "manifest_length")


@pytest.mark.parametrize("key", ["another", "none", "zeros", "shifted"])
def test_a_signature_that_is_not_the_fleet_s_is_refused(story, key):
    body = NEW["manifest"][:-517]
    signature = {
        "another": FleetKey.make().sign(body),
        "none": b"\x00" * 256,
        "zeros": b"\x00" * 255 + b"\x01",
        "shifted": KEY.sign(body)[1:] + b"\x00",
    }[key]
    files = {**NEW, "manifest": body + b"sig " + signature.hex().encode() + b"\n"}
    assert refusal(story, files) == "signature"


def test_a_signature_of_another_list_is_refused(story):
    files = {**NEW, "manifest": NEW["manifest"][:-517] + OLD["manifest"][-517:]}
    assert refusal(story, files) == "signature"


@pytest.mark.parametrize("kept", [1, 20, 200, -600, -517, -516, -1])
def test_a_list_that_is_cut_off_is_refused(story, kept):
    assert refusal(story, {**NEW, "manifest": NEW["manifest"][:kept]}).startswith("manifest_")


@pytest.mark.parametrize("more", [b"x", b"\n", NEW["manifest"]])
def test_a_list_with_something_behind_it_is_refused(story, more):
    assert refusal(story, {**NEW, "manifest": NEW["manifest"] + more}).startswith("manifest_")


@pytest.mark.parametrize("key", [b"", b"not hexadecimal", b"ab", b"00" * 256])
def test_without_a_key_nothing_is_taken(story, key):
    story.files["/fleet.key"] = key
    assert refusal(story, NEW) in ("no_key", "signature")


def test_a_machine_without_slots_refuses_by_name(story):
    story.case["running"] = ""
    assert story.run([OFFER]).refused["code"] == "no_slots"


# Again


def test_what_was_refused_is_not_tried_again_until_something_else_was_offered(story):
    wrong = bundle(NEWER, 5, boards=("esp32",))
    end = story.run([offer(wrong, 5), offer(wrong, 5), offer(wrong, 5)], wrong)
    assert end.states.count("begun") == 1
    assert end.counters["update_refused_again"] == 2
    assert end.refused["code"] == "board"


def test_after_a_refusal_the_next_offer_is_taken(story):
    wrong = offer(NEW, 5, sha256="00" * 32)
    end = story.run([wrong, OFFER])
    assert end.switched(NEW)


def test_a_version_that_has_gone_back_is_refused_and_says_why_it_went(story):
    story.files = {**story.files, **on_volume("b", NEW)}
    story.case["slot"].update(bad="b", back={"slot": "b", "version": 5, "code": "watchdog", "detail": ""})
    end = story.run([OFFER])
    assert end.refused == {"version": 5, "code": "went_back", "detail": "watchdog"}
    assert end.is_untouched()


def test_a_box_tells_from_its_start_why_it_went_back(story):
    story.case["slot"].update(back={"slot": "b", "version": 5, "code": "watchdog", "detail": ""})
    assert story.run([]).refused == {"version": 5, "code": "watchdog", "detail": ""}


def test_the_same_number_on_another_list_is_another_try(story):
    story.files = {**story.files, **on_volume("b", NEW)}
    story.case["slot"].update(bad="b", back={"slot": "b", "version": 5, "code": "watchdog", "detail": ""})
    other = bundle({**NEWER, "link.pack": b"mended"}, 5)
    assert story.run([offer(other, 5)], other).switched(other)


def test_an_offer_that_is_taken_back_forgives_a_version_that_went_back(story):
    story.files = {**story.files, **on_volume("b", NEW)}
    story.case["slot"].update(bad="b", back={"slot": "b", "version": 5, "code": "watchdog", "detail": ""})
    end = story.run([taken_back(), OFFER])
    assert end.switched(NEW)
    assert end.slot["bad"] == ""


def test_a_flash_without_room_is_told_before_anything_is_removed(story):
    story.files = {**story.files, **on_volume("b", {"link.pack": b"old"})}
    end = story.run([OFFER], blocks=26)
    assert end.refused["code"] == "space"
    assert end.is_untouched()


# The trial


def test_a_trial_is_confirmed_and_raises_the_floor(story):
    story.files = {**story.files, **on_volume("b", NEW)}
    story.case = {"running": "b", "slot": {"active": "b", "good": "a", "trial": 1, "tries": 1, "floor": 2}}
    end = story.run([])
    assert end.states == ["trial", "confirmed"]
    assert (end.slot["good"], end.slot["trial"], end.slot["floor"]) == ("b", 0, 3)
    assert end.restarts == 0


def test_a_trial_without_a_gateway_goes_back_and_says_so(story):
    story.files = {**story.files, **on_volume("b", NEW)}
    story.case = {"running": "b", "slot": {"active": "b", "good": "a", "trial": 1, "tries": 1, "floor": 2}}
    end = story.run([], there=[True, True, False])
    assert end.states == ["trial", "given_up"]
    assert end.restarts == 1
    assert (end.slot["active"], end.slot["trial"], end.slot["floor"], end.slot["bad"]) == ("a", 0, 2, "b")
    assert end.slot["back"] == {"slot": "b", "version": 5, "code": "unconfirmed", "detail": "gateway"}


def test_an_offer_waits_for_the_end_of_the_trial(story):
    story.files = {**story.files, **on_volume("b", NEW)}
    story.case = {"running": "b", "slot": {"active": "b", "good": "a", "trial": 1, "tries": 1, "floor": 2}}
    newest = bundle({**NEWER, "link.pack": b"seven"}, 7)
    end = story.run([offer(newest, 7)], newest)
    assert end.states == ["trial", "confirmed", "begun", "manifest", "files", "restarting"]
    assert end.switched(newest, "a")


def test_a_slot_that_stumbled_is_forgiven_after_a_minute(story):
    story.case["slot"].update(fails=2)
    end = story.run([], there=[False, False, False])
    assert end.states == ["watched", "confirmed"]
    assert end.slot["fails"] == 0


def test_nothing_is_written_where_nothing_happened(story):
    end = story.run([])
    assert end.states == []
    assert end.is_untouched()
