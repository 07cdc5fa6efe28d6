"""What does not go through is named, with its reason; nothing else is."""

import pytest

from gateway.health import Facts, judge
from gateway.reasons import key_of, of

WELL = Facts(10.0, True, "connected", 0.0, None, 0.0, None, True, [], echo_age_s=1.0, is_synchronised=True)


def states(**changes):
    return {one.part: one for one in judge(WELL._replace(**changes))}


def test_where_everything_goes_through_everything_is_well():
    assert all(one.state == "ok" for one in judge(WELL))


@pytest.mark.parametrize(
    "changes, part, state, word",
    [
        ({"broker_up": False, "broker_reason": "unreachable"}, "broker", "down", "broker_down unreachable"),
        ({"is_shared": True, "broker_up": False}, "broker", "in_use", "broker_shared"),
        ({"echo_age_s": 7.6}, "broker", "not_delivering", "broker_no_echo 8"),
        ({"echo_age_s": 2.1, "beacon_s": 1.0}, "broker", "not_delivering", "broker_no_echo 2"),
        ({"trouble": "disk_full: no room"}, "keeping", "stopped", "keeping_disk_full no room"),
        ({"oldest_in_hand_s": 10.1}, "keeping", "stuck", "keeping_message_waits 10"),
        ({"oldest_in_hand_s": 99.0, "trouble": "io: error"}, "keeping", "stopped", "keeping_io error"),
        ({"writer_silent_s": 11.0}, "keeping", "stuck", "keeping_writer_silent 11"),
        ({"finished_files": 1}, "storage", "finished_file", "storage_given_up 1"),
        ({"rows_saved": 0}, "storage", "damaged", "storage_saved 0"),
        ({"commit_s": 2.04}, "storage", "slow", "storage_slow 2"),
        ({"server_reason": "unreachable"}, "sending", "waiting", "sending_unreachable"),
        (
            {"server_reason": "unreachable: https://a: no way"},
            "sending",
            "waiting",
            "sending_unreachable https://a: no",
        ),
        ({"server_reason": "hunting"}, "sending", "waiting", "sending_other hunting"),
        ({"oldest_waiting_s": 71.0}, "sending", "late", "sending_backlog"),
        ({"is_falling_behind": True}, "sending", "falling_behind", "sending_grows"),
        ({"certificate_days": 29.9}, "certificate", "expiring", "certificate_left 30"),
        ({"certificate_days": -2.0}, "certificate", "expired", "certificate_over 2"),
        ({"utc_known": False, "time_service": "chrony"}, "clock", "unknown", "clock_no_utc chrony"),
        ({"is_synchronised": False}, "clock", "unsynchronised", "clock_server_only_alone"),
        ({"contradiction_ms": 240_000}, "clock", "contradiction", "clock_ahead 240000"),
        ({"contradiction_ms": -90_000_000, "utc_known": False}, "clock", "contradiction", "clock_behind 90000000"),
        ({"stepped_ms": -7_200_000, "step_age_s": 9.0}, "clock", "stepped", "clock_set_backwards 7200000"),
        ({"stepped_ms": 300, "step_age_s": 9.0}, "clock", "stepped", "clock_set_forwards 300"),
        ({"wishes_trouble": "No space left on device"}, "wishes", "stopped", "No space"),
        ({"wishes_damaged": ["b.json", "a.json"]}, "wishes", "damaged", "a.json, b.json"),
        ({"wishes_trouble": "No space", "wishes_damaged": ["a.json"]}, "wishes", "stopped", "No space"),
        ({"boxes_refusing": ["box-a: settings 7: config_value"]}, "wishes", "refused", "box-a: settings 7"),
        ({"boxes_damaged": ["box-a.json"]}, "enrolled", "damaged", "box-a.json"),
        ({"enrol_trouble": "port 8884"}, "enrolled", "stopped", "port"),
        ({"told_in_vain": 2}, "enrolled", "stopped", "enrolled_unheard 2"),
        ({"panel_trouble": "port_in_use: 8443"}, "panel", "down", "panel_port_in_use 8443"),
        ({"readers": [("/dev/ttyACM0", "no_permission", "group dialout")]}, "readers", "no_permission", "dialout"),
        ({"lag_s": 2.5}, "program", "slow", "program_late 2.5"),
    ],
)
def test_what_does_not_go_through_is_named_with_its_reason(changes, part, state, word):
    found = states(**changes)
    assert found[part].state == state
    assert word in found[part].reason
    assert all(one.state == "ok" for one in found.values() if one.part != part)


def test_several_readers_are_one_reason_with_how_many_more():
    bad = [(f"/dev/tty{n}", "absent", of("reader_absent", f"/dev/tty{n}")) for n in range(3)]
    found = states(readers=bad)["readers"]
    assert (found.state, found.reason) == ("absent", "readers_more 2 reader_absent /dev/tty0")


def test_whatever_is_said_of_what_is_not_well_has_words():
    found = judge(
        WELL._replace(broker_up=False, trouble="io: x", rows_saved=1, server_reason="odd", certificate_days=1.0)
    )
    assert all(key_of(one.reason) for one in found if one.state != "ok")


@pytest.mark.parametrize(
    "changes",
    [
        {"echo_age_s": 7.4},
        {"echo_age_s": None},
        {"echo_age_s": 60.0, "is_paused": True},
        {"oldest_in_hand_s": 9.9},
        {"writer_silent_s": 9.9},
        {"certificate_days": 30.1},
        {"certificate_days": None},
        {"step_age_s": 601.0, "stepped_ms": 10**9},
        {"is_synchronised": None},
        {"readers": [("/dev/ttyACM0", "half_configured", "sound")]},
        {"lag_s": 1.9},
        {"oldest_waiting_s": 69.0},
    ],
)
def test_what_is_usual_is_no_alarm(changes):
    assert all(one.state == "ok" for one in judge(WELL._replace(**changes)))
